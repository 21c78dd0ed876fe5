/** The named fits that have a lowering, by the name that a file uses. Their results and arguments stand in `codec/src/fits`. */
import { affineSearch } from './affine-search.ts';
import { coordinateSearch } from './coordinate-search.ts';
import type { FitLowering } from './fit.ts';
import { levelSearch } from './level-search.ts';
import { signedSearch } from './signed-search.ts';

export const LOWERED_FITS: Readonly<Record<string, FitLowering>> = {
  affine_search: affineSearch,
  signed_search: signedSearch,
  coordinate_search: coordinateSearch,
  level_search: levelSearch,
};
