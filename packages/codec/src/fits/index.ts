/** The named fits that run over one tile at a time, by the name that a file uses. */
import { affineSearch } from './affine-search.ts';
import { coordinateSearch } from './coordinate-search.ts';
import { evenSigns } from './even-signs.ts';
import type { TileFit } from './fit.ts';
import { gridSearch } from './grid-search.ts';
import { halfQuadratic } from './half-quadratic.ts';
import { levelSearch } from './level-search.ts';
import { positiveSearch } from './positive-search.ts';
import { signedSearch } from './signed-search.ts';
import { stepForRate } from './step-for-rate.ts';
import { ternarySearch } from './ternary-search.ts';

export const TILE_FITS: Readonly<Record<string, TileFit>> = {
  affine_search: affineSearch,
  signed_search: signedSearch,
  positive_search: positiveSearch,
  coordinate_search: coordinateSearch,
  level_search: levelSearch,
  grid_search: gridSearch,
  ternary_search: ternarySearch,
  even_signs: evenSigns,
  half_quadratic: halfQuadratic,
  step_for_rate: stepForRate,
};

/** Fits that choose among stored values of one field, with everything that depends on it refitted: `best`, `search` and `mse_scale`. */
export const CHOICE_FITS: readonly string[] = ['best', 'search', 'mse_scale'];

/** The rule for codes by name: every code tried, |x - value| in the Format's arithmetic, the first wins. */
export const NEAREST_FIT = 'nearest';

/** Rules for codes that are entropy coded: error against length, over all codes of the field. */
export const RATE_FITS: readonly string[] = ['urq', 'cheapest'];

/** Fits whose result in one tile depends on weights in others, wherever they stand: rows of a tensor are then not fitted apart. */
export const TENSOR_FITS: readonly string[] = [
  ...RATE_FITS,
  ...Object.keys(TILE_FITS).filter((name) => TILE_FITS[name]!.runTogether !== undefined),
];
