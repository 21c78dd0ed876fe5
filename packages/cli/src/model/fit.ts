/**
 * Which fit encodes: the one that is asked for, or the one that a format has for importances where there are some.
 */
import type { ChosenFormat } from '../format-argument.ts';

/** Formats whose libraries have a second search for importances name it so; the first would not read them. */
const IMPORTANCE_FIT = 'imatrix';

/** The fit's name; `null`: the format's own. */
export function fitFor({ format, fit }: ChosenFormat, hasImportances: boolean): string | null {
  if (fit !== null || !hasImportances) return fit;
  return format.fits.some(({ name }) => name === IMPORTANCE_FIT) ? IMPORTANCE_FIT : null;
}
