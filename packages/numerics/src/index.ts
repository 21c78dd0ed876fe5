/** Number types of weight formats: integers, small floats, codebooks and densities; their levels, codes and rounding. */

export {
  type CodebookOptions,
  codebook,
  constantText,
  defaultBias,
  type FloatFields,
  float,
  grid,
  int,
  move,
  signs,
  twos,
  uint,
  vectors,
  withExcept,
  withOverflow,
  withRounding,
} from './build.ts';
export { type CodeArray, OVERFLOW } from './coder.ts';
export { type DensityLaw, type DensityOptions, type DensityScaling, densityLevels } from './density.ts';
export { type DensityMode, densityGrid, type GridPoint } from './density-grid.ts';
export { describeNumber, sameNumber } from './describe.ts';
export {
  type Law,
  laplace,
  normal,
  type PartialMoments,
  partialMoments,
  studentT,
  uniform,
  unitRms,
} from './distributions.ts';
export {
  ceilPow2,
  exponentOf,
  floorPow2,
  fromFloat32Bits,
  nextUp,
  pow2,
  roundHalfEven,
  roundMantissa,
  toFloat32Bits,
} from './float32.ts';
export { packLevels, unpackLevels } from './levels-text.ts';
export { nearestVector } from './nearest-vector.ts';
export { resolveNumber } from './number.ts';
export { PRELUDE, preludeNumber } from './prelude.ts';
export { type NumberFacts, numberFacts, type ResolvedNumber } from './resolved.ts';
export { stochasticDraw } from './rounding.ts';
export {
  type FloatBase,
  type GridBase,
  type IntBase,
  type IntCoding,
  type LevelsBase,
  type Move,
  type NumberBase,
  type NumberType,
  type Overflow,
  ROUNDINGS,
  type Rounding,
  type SignsBase,
  type Specials,
} from './types.ts';
