/**
 * A flat format with its parameters bound becomes a Format: the parts put together in the one order that makes equal
 * texts equal values.
 * Specification: docs/design/language.md, "From text to kernels".
 */
import { defaultLayout, FORMAT_VERSION, type Format } from '@fewerbits/format';
import type { NumberRef } from '../constant.ts';
import type { Origins, Work } from './context.ts';
import { numberTable } from './context.ts';
import { lowerEntropy } from './entropy.ts';
import { lowerFields, lowerLets, lowerOutliers, lowerScopes, type Nested } from './fields.ts';
import { lowerFitSets } from './fit-sets.ts';
import type { Flat, Written } from './flatten.ts';
import { lowerLayout } from './layout.ts';
import { numberText } from './parameters.ts';
import type { Report } from './report.ts';
import { lowerSteps } from './steps.ts';

/** What a Format is called and made with. */
export interface Heading {
  readonly name: string;
  readonly doc: string;
  readonly parameters: ReadonlyMap<string, number | NumberRef>;
  readonly place: Written['place'];
  readonly report: Report;
}

/** Lowers all members. The result is a good Format only if nothing was reported. */
export function lowerFormat(flat: Flat, heading: Heading, nested: Nested, origins: Origins): Format {
  const numbers = numberTable();
  const work: Work = { flat, numbers, origins };
  const parameters: Record<string, number | string> = {};
  for (const [name, value] of heading.parameters) {
    parameters[name] = typeof value === 'number' ? value : numberText(value);
    if (typeof value !== 'number') numbers.use(value);
  }
  const fields = lowerFields(work, nested);
  const outliers = lowerOutliers(work);
  const scopes = lowerScopes(work);
  const steps = lowerSteps(work, heading.report, heading.place);
  const lets = lowerLets(work);
  const fits = lowerFitSets(work);
  const entropy = lowerEntropy(work);
  const layout = lowerLayout(work, fields, outliers) ?? defaultLayout({ fields, outliers });
  const setting = <T extends string>(name: string, fallback: T): T =>
    (flat.settings.get(name) as T | undefined) ?? fallback;
  return {
    version: FORMAT_VERSION,
    name: heading.name,
    parameters,
    doc: heading.doc,
    arithmetic: setting<Format['arithmetic']>('arithmetic', 'f32'),
    view: setting<Format['view']>('view', 'last'),
    tail: setting<Format['tail']>('tail', 'error'),
    nonfinite: setting<Format['nonfinite']>('nonfinite', 'error'),
    numbers: numbers.all(),
    scopes,
    fields,
    lets,
    steps,
    outliers,
    entropy,
    fits,
    layout,
  };
}
