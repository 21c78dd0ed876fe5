/**
 * Named alternative fits: `fit NAME { names = expression … }`, which replace the fits of fields and the values of lets.
 * Specification: docs/design/language.md, "Fit".
 */
import type { FitSet } from '@fewerbits/format';
import { suggestion } from '../names.ts';
import { contextOf, mark, type Work } from './context.ts';
import { lowerFit, reportSharedResults } from './fit.ts';
import type { FlatFit } from './flatten.ts';

/** The named fits of a format, with the sets of each in order of writing. */
export function lowerFitSets(work: Work): FitSet[] {
  return [...work.flat.fits.values()].map((fit) => ({
    name: fit.name,
    sets: fit.sets.map((set) => {
      const context = contextOf(work, set, 'fit');
      const expr = lowerFit(set.expr, resultsWanted(set, work), context);
      return mark({ names: set.targets, expr }, set.place.span, context);
    }),
  }));
}

/** How many results a set takes: one, which fields share, or all that one let gives. Anything else is reported. */
function resultsWanted({ targets, expr, names, place }: FlatFit['sets'][number], { flat }: Work): number {
  const known = [...flat.fields.keys(), ...flat.lets.flatMap((item) => item.results)];
  const unknown = targets.find((target) => !known.includes(target));
  if (unknown !== undefined) {
    const message = `there is no field or let \`${unknown}\``;
    names.report('unknown-name', place.span, message, suggestion(unknown, known));
    return 1;
  }
  const replaced = flat.lets.find((item) => item.results.some((name) => targets.includes(name)));
  if (replaced === undefined) {
    reportSharedResults(targets.length, expr, names, place.span);
    return 1;
  }
  const { results } = replaced;
  if (results.length === targets.length && results.every((name) => targets.includes(name)))
    return results.length;
  names.report(
    'fit-results',
    place.span,
    `this sets ${list(targets)}, and the let that it replaces gives ${list(results)}`,
    'name all results of the let, and set nothing else with them',
  );
  return 1;
}

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
