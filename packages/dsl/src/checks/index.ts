/**
 * The checks in order: first those of the Format alone, then, if all is well so far, those that need its bit plan.
 * One file is one check and one diagnostic.
 */
import type { Diagnostic } from '../diagnostics/catalogue.ts';
import { checkBits } from './bits.ts';
import type { Check, Checked } from './checked.ts';
import { checkEntropyModel } from './entropy-model.ts';
import { checkExpectations } from './expectations.ts';
import { checkFitCircle } from './fit-circle.ts';
import { checkFitSuits } from './fit-suits.ts';
import { checkGridEntropy } from './grid-entropy.ts';
import { checkGroupScope } from './group-scope.ts';
import { checkHeld } from './held.ts';
import { checkLaterValues } from './later-values.ts';
import { checkNoEncoder } from './no-encoder.ts';
import { checkOverflow } from './overflow.ts';
import { checkPlanSize } from './plan-size.ts';
import { checkRateEntropy } from './rate-entropy.ts';
import { checkShown } from './shown.ts';
import { checkTileDivides } from './tile-divides.ts';
import { checkTwoCodes } from './two-codes.ts';
import { checkVectorTile } from './vector-tile.ts';

/** Checks of any Format, also one with parts that are wrong and stand as 0. */
const CHECKS: readonly Check[] = [
  checkTileDivides,
  checkVectorTile,
  checkTwoCodes,
  checkGridEntropy,
  checkEntropyModel,
  checkHeld,
  checkFitCircle,
  checkLaterValues,
  checkGroupScope,
];

/** Notes on a Format that is right. */
const NOTES: readonly Check[] = [checkNoEncoder, checkOverflow, checkRateEntropy];

/** Runs the checks; `broken` says that lowering already found errors. */
export function runChecks(checked: Checked, broken: boolean): Diagnostic[] {
  const found = CHECKS.flatMap((check) => check(checked));
  if (broken || found.length > 0) return found;
  const sized = checkPlanSize(checked);
  if (sized.length > 0) return sized;
  const planned = [checkFitSuits, checkBits, checkShown].flatMap((check) => check(checked));
  if (planned.length > 0) return planned;
  const expected = checked.atDefaults ? checkExpectations(checked) : [];
  return [...expected, ...NOTES.flatMap((note) => note(checked))];
}
