/** The named fits that have a lowering, by the name that a file uses. */
import { affineSearch } from './affine-search.ts';
import { coordinateSearch } from './coordinate-search.ts';
import type { FitLowering } from './fit.ts';
import { levelSearch } from './level-search.ts';
import { signedSearch } from './signed-search.ts';

/** A fit, its results in order (codes last) and the defaults of its constants: as in `codec/src/fits`, whose bytes it gives. */
export interface LoweredFit {
  readonly results: readonly string[];
  readonly constants: Readonly<Record<string, number | null>>;
  readonly words: Readonly<Record<string, string>>;
  readonly numbers: readonly string[];
  readonly lower: FitLowering;
}

export const LOWERED_FITS: Readonly<Record<string, LoweredFit>> = {
  affine_search: {
    results: ['scale', 'min', 'codes'],
    constants: { levels: null, from: null, step: null, steps: null },
    words: { error: 'squared' },
    numbers: [],
    lower: affineSearch,
  },
  signed_search: {
    results: ['scale', 'codes'],
    constants: { levels: null, tries: null, step: null },
    words: {},
    numbers: [],
    lower: signedSearch,
  },
  coordinate_search: {
    results: ['scale', 'codes'],
    constants: { levels: null, passes: 5 },
    words: {},
    numbers: [],
    lower: coordinateSearch,
  },
  level_search: {
    results: ['scale'],
    constants: { tries: null },
    words: {},
    numbers: ['levels'],
    lower: levelSearch,
  },
};
