/** What a format does to weights: error, entropy, distribution fits and rate–distortion theory. */
export {
  differentialEntropy,
  entropyCodedGrid,
  panterDite,
  secondMoment,
  shannonLowerBound,
} from './asymptotics.ts';
export {
  addCodes,
  type CodeHistogram,
  codeCounts,
  codeHistogram,
  DENSE_CODES,
  entropy,
  idealBits,
  mergeCodes,
} from './entropy.ts';
export { type ErrorAccumulator, type ErrorResult, type ErrorState, errorAccumulator, RUN } from './error.ts';
export {
  DF_GRID,
  type FittedLaw,
  type FittedLaws,
  fitDistribution,
  fitStudentT,
  type StudentTOptions,
} from './fit-distribution.ts';
export {
  addMagnitudes,
  type MagnitudeHistogram,
  magnitudeHistogram,
  mergeMagnitudes,
  QUANTILE_RELATIVE_ERROR,
  quantile,
  withoutLargest,
} from './quantiles.ts';
export { type OrthogonalRotation, orthogonalRotation } from './rotation.ts';
export {
  addValues,
  magnitudesOf,
  mergeStatistics,
  type Statistics,
  type Summary,
  shapeHistogram,
  statistics,
  summary,
} from './statistics.ts';
export {
  type BlockScaling,
  blockError,
  gridEntropy,
  gridError,
  type SparseScaling,
  sparseError,
  tensorError,
} from './theory.ts';
