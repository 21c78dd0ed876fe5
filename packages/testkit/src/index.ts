/** Laws, arbitraries and golden vectors for weight formats, for any test runner. */
export { type ExpressionOptions, expressions } from './arbitraries/expressions.ts';
export { float32ByBits, float32sByBits } from './arbitraries/float32.ts';
export { type FormatOptions, formats } from './arbitraries/formats.ts';
export { layouts } from './arbitraries/layouts.ts';
export {
  codebooks,
  floats,
  integers,
  type NumberOptions,
  numberTypes,
  vectorCodebooks,
} from './arbitraries/numbers.ts';
export { fieldsOf, packedOf, shapesOf } from './arbitraries/tensors.ts';
export { qfTexts, type TextOptions } from './arbitraries/texts.ts';
export { type WeightOptions, weights } from './arbitraries/weights.ts';
export { BrokenLaw } from './laws/broken-law.ts';
export {
  lawByteLength,
  lawDecodeTotal,
  lawEncodeDeterministic,
  lawPackBijection,
  lawUnpackStable,
} from './laws/codecs.ts';
export { lawErrorNames, lawErrorsNamed } from './laws/errors.ts';
export { lawIdempotent, lawNearestCode, whyNoNearestCode } from './laws/fits.ts';
export { lawNumberRounds, lawNumberRoundTrip } from './laws/numbers.ts';
export { lawSameDecode, lawSameEncode } from './laws/targets.ts';
export { lawJson, lawPrintParse } from './laws/texts.ts';
export type { ArrayRef, Dtype, Manifest, VectorCase, VectorFiles } from './vectors/manifest.ts';
export { type CaseResult, runManifest, type VectorRun } from './vectors/run.ts';
export type { FormatArgs } from './vectors/verdict.ts';
