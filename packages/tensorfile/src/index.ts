/** Streamed reading and writing of tensor files: safetensors, npy, ONNX, GGUF, TF.js and raw binary32. */
export { TensorFileError } from './error.ts';
export type { GgmlType } from './gguf/types.ts';
export { GGML_TYPES, ggmlTypeNamed, ggmlTypeOf } from './gguf/types.ts';
export type {
  GgufArray,
  GgufBigType,
  GgufHeader,
  GgufKeyValue,
  GgufNumberType,
  GgufValue,
  GgufValueType,
} from './gguf/values.ts';
export { ggufKeyValue } from './gguf/values.ts';
export type { GgufOutputTensor, WriteGgufOptions } from './gguf/write.ts';
export { writeGguf } from './gguf/write.ts';
export type { NpyArray, WriteNpyOptions } from './npy/write.ts';
export { writeNpy } from './npy/write.ts';
export { openTensorFile } from './open.ts';
export type { WriteOptions } from './output.ts';
export type { Rows } from './rows.ts';
export { fromRows, toRows } from './rows.ts';
export type { SafetensorsEntry, SafetensorsHeader } from './safetensors/header.ts';
export { parseSafetensorsHeader } from './safetensors/header.ts';
export type { OutputTensor } from './safetensors/write.ts';
export { writeSafetensors } from './safetensors/write.ts';
export type { Container, OpenOptions, TensorFile, TensorInfo } from './types.ts';
