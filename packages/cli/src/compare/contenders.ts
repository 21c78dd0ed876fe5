/**
 * The formats of a comparison: which ones, and parameters that are fitted to each tensor.
 */
import { catalogueEntry } from '@fewerbits/catalogue';
import { whyNotExecutable } from '@fewerbits/codec';
import { type ComparedFormat, levelKind } from '@fewerbits/compare';
import { canonicalName, type Format } from '@fewerbits/format';
import { type FormatArgument, parseFormatArgument, resolveArgument } from '../format-argument.ts';
import { InputError } from '../input-error.ts';
import type { TaskContender } from './tasks.ts';

/** What is compared unless the user says otherwise: of every family the ones that people ask for. */
export const DEFAULT_FORMATS = [
  'q4_0', 'q4_k', 'q5_k', 'q6_k', 'q8_0', 'iq4_nl', 'nf4', 'nf4_double', 'mxfp4', 'nvfp4', 'mxfp8_e4m3', 'int4', 'int4_asym', 'int8', 'e4m3',
  'normal', 'student(df=fit)', 'student_signmax(bits=3)', 'student_rms(df=fit)', 'student_absmax(df=fit)', 'student_sparse(df=fit)', 'lloyd_max', 'ecsq(rate=4)',
  'student(bits=3)', 'student(bits=5)',
] as const; // biome-ignore format: a list of words

/** A parameter given as this word is fitted to each tensor. */
const FITTED = 'fit';
/** The parameter that can be fitted: degrees of freedom of a Student-t. */
const FITTED_PARAMETER = 'df';

/** Degrees of freedom of a tensor without a share of its largest magnitudes; `null`: unknown. */
type DfWithout = (ratio: number) => number | null;

/** Formats with their instances, growing as tensors are met. */
export interface Contenders {
  /** The contenders on a tensor. */
  on(dfWithout: DfWithout): Promise<TaskContender[]>;
  /** Instances so far by key, for the threads. */
  formats(): Readonly<Record<string, Format>>;
  /** For the report. */
  described(): ComparedFormat[];
}

/**
 * Resolves the formats of a list.
 * @throws InputError for formats that are not known, cannot be run, stand twice in the list, or have another parameter fitted than `df`.
 */
export async function chooseContenders(texts: readonly string[]): Promise<Contenders> {
  const instances = new Map<string, Format>();
  const chosen = await Promise.all(texts.map((text) => choose(text, instances)));
  const labels = chosen.map(({ label }) => label);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new InputError(`--formats: ${twice} stands twice in the list`);
  return {
    on: (dfWithout) => Promise.all(chosen.map((contender) => contender.on(dfWithout))),
    formats: () => Object.fromEntries(instances),
    described: () => chosen.map((contender) => contender.described()),
  };
}

interface Chosen {
  readonly label: string;
  on(dfWithout: DfWithout): Promise<TaskContender>;
  described(): ComparedFormat;
}

async function choose(text: string, instances: Map<string, Format>): Promise<Chosen> {
  const argument = parseFormatArgument(text);
  const { spec } = argument;
  const fitted = Object.entries(spec.args).filter(([, value]) => value === FITTED);
  const wrong = fitted.find(([name]) => name !== FITTED_PARAMETER);
  if (wrong !== undefined)
    throw new InputError(`${text}: only ${FITTED_PARAMETER} can be fitted to a tensor, not ${wrong[0]}`);
  const used = new Map<string, Format>();
  const instance = async (df: number | null): Promise<{ key: string; label: string; fit: string | null }> => {
    const exact = df === null ? argument : withDf(argument, df);
    const { label, format, fit } = await resolveArgument(exact, text);
    const reason = whyNotExecutable(format);
    if (reason !== null) throw new InputError(`${text} cannot be encoded yet: ${reason}`);
    const key = `${canonicalName(format)}#${label}`;
    if (!instances.has(key)) instances.set(key, format);
    used.set(key, instances.get(key)!);
    return { key, label, fit };
  };
  if (fitted.length === 0) {
    const only = await instance(null);
    const contender: TaskContender = { label: only.label, format: only.key, fit: only.fit };
    return {
      label: only.label,
      on: async () => contender,
      described: () => describe(only.label, only.fit, used),
    };
  }
  const range = dfRange(argument, text);
  // The curve is for what stays when the outliers are stored apart; their share does not depend on the curve.
  const apart = outlierShare((await resolveArgument(withDf(argument, range[1]), text)).format);
  const label = `${spec.name}(${Object.entries(spec.args)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')})${spec.fit === null ? '' : `@${spec.fit}`}`;
  return {
    label,
    on: async (dfWithout) => {
      const { key, fit } = await instance(roundedDf(dfWithout(apart) ?? range[1], range));
      return { label, format: key, fit };
    },
    described: () => describe(label, spec.fit, used),
  };
}

function withDf(argument: FormatArgument, df: number): FormatArgument {
  return { ...argument, spec: { ...argument.spec, args: { ...argument.spec.args, [FITTED_PARAMETER]: df } } };
}

/** Share of single weights that a format stores apart because they are the largest. */
function outlierShare({ outliers }: Format): number {
  if (outliers === null || outliers.unit !== 'each' || 'where' in outliers.select) return 0;
  return outliers.select.by === null ? outliers.select.top : 0;
}

/** Smallest and largest df that the family takes. */
function dfRange(argument: FormatArgument, text: string): readonly [number, number] {
  if (argument.kind !== 'catalogue')
    throw new InputError(
      `${text}: df=fit is for families of the catalogue; give a file's parameters as numbers`,
    );
  let parameters: ReturnType<typeof catalogueEntry>['parameters'];
  try {
    ({ parameters } = catalogueEntry(argument.spec.name));
  } catch (error) {
    throw error instanceof RangeError ? new InputError(error.message) : error;
  }
  const range = parameters.find(({ name }) => name === FITTED_PARAMETER)?.range;
  if (range === undefined || range === null)
    throw new InputError(`${text}: the family has no parameter ${FITTED_PARAMETER} with a range`);
  return range;
}

/** Two digits: levels hardly move with the third, and tensors that are alike share an instance. */
function roundedDf(df: number, [low, high]: readonly [number, number]): number {
  return Number(Math.min(high, Math.max(low, df)).toPrecision(2));
}

function describe(label: string, fit: string | null, used: ReadonlyMap<string, Format>): ComparedFormat {
  const formats = [...used.values()];
  return {
    label,
    instances: [...new Set(formats.map(canonicalName))].sort(),
    fit,
    doc: formats[0]?.doc.replaceAll('\n', ' ') ?? '',
    kind: formats[0] === undefined ? '' : levelKind(formats[0]),
  };
}
