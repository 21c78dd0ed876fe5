/** The Format value at the waist: types, schema, builder, derived facts, names and the bit plan. */
export {
  absmax,
  add,
  aggregate,
  block,
  buildFormat,
  call,
  chooseField,
  column,
  div,
  type ExprArgument,
  each,
  equal,
  type FormatParts,
  field,
  fit,
  less,
  let_,
  letRef,
  mul,
  type Node,
  type NumberArgument,
  nestedField,
  ref,
  rms,
  row,
  signmax,
  sub,
  tensor,
  unrounded,
  x,
} from './build.ts';
export type { Codec, Codes, DecodeOptions, EncodeOptions, Fields, Packed } from './codec.ts';
export { defaultLayout, outlierStreams, storedFieldNames } from './default-layout.ts';
export {
  ENTROPY_MODELS,
  MOST_CHUNK,
  type ModelProblem,
  type StaticWeights,
  staticModelProblem,
  staticWeights,
} from './entropy-model.ts';
export {
  type Affine,
  affineIn,
  childrenOf,
  fieldsRead,
  readsData,
  scaleTimesCode,
  some,
  withChildren,
} from './expr.ts';
export {
  encodedLength,
  type FormatFacts,
  formatFacts,
  hasStoredWidths,
  streamBytes,
} from './facts.ts';
export { FUNCTION_ARITY, FUNCTIONS } from './functions.ts';
export { decodeText, formatId, sameDecoding, sameNumbers } from './identity.ts';
export { isCode } from './is-code.ts';
export { KEPT_STREAM, keptWeights } from './kept.ts';
export { canonicalName, type FormatSpec, kebabName, parseSpec, parseSpecList, specText } from './name.ts';
export type { RadixGroup } from './plan/bits.ts';
export { checkLayout, type LayoutProblem, probeShape } from './plan/coverage.ts';
export { indexInside, type PlanOptions, type StoredField, tileOrigin } from './plan/fields.ts';
export { type Geometry, geometry, lcm, matrixShape, type Tiling, tileMultiple } from './plan/geometry.ts';
export { LayoutError } from './plan/layout-error.ts';
export { permute } from './plan/pattern.ts';
export { type Plan, type PlannedStream, planLayout } from './plan/plan.ts';
export type { Segment, Slot } from './plan/segment.ts';
export { formatFromJson, formatToJson } from './schema.ts';
export { evaluateWithoutData, type MatrixShape, sizeOf } from './sizes.ts';
export * from './types.ts';
