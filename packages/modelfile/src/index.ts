/** Model files as plain and encoded tensors: recognised layouts, plans, writing, repacking. */
export {
  type Described,
  type Description,
  readDescription,
  type StoredStream,
  streamTensor,
  withDescription,
} from './description.ts';
export { ggufHeaderOf, withGgufHeader } from './gguf-header.ts';
export { ggmlTypeOfFormat, writeModelGguf } from './gguf-output.ts';
export { openModel } from './open.ts';
export { type EncodedOutput, type ModelOutput, type PlainOutput, writeModelSafetensors } from './output.ts';
export { type Decision, type ModelPlan, type PlannedTensor, type PlanRule, planModel } from './plan.ts';
export { FORMAT_OF_GGML_TYPE } from './recognise/gguf.ts';
export { type Repacked, repack } from './repack.ts';
export {
  type Decodable,
  type EncodedTensor,
  type FormatOf,
  type ModelFile,
  type Models,
  type ModelTensor,
  matrixOf,
  type PlainTensor,
  weightsOf,
} from './types.ts';
