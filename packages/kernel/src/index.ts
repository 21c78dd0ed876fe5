/** From the bit plan of a Format to kernels: the IR, what makes it and what reads it. */
export {
  type DecodeRun,
  type EncodeRun,
  type Encoder,
  type UnpackRun,
  withDecodeKernel,
  withEncodeKernel,
  withUnpackKernel,
} from './accelerate.ts';
export { type Binding, type Bound, bindKernel, type Run } from './bind.ts';
export { type CompiledDecoder, type DecodeTarget, targetDecoder } from './compose/decoder.ts';
export {
  plainSymbols,
  type SymbolOpener,
  type SymbolReader,
  type SymbolWidth,
} from './compose/symbol-reader.ts';
export { encodeKernel } from './encode/lower.ts';
export { interpretEncodeKernel, interpretKernel, interpretUnpackKernel } from './interpret.ts';
export {
  type BinaryOp,
  type ByteStore,
  type EncodeKernel,
  fixedInRow,
  type IntOp,
  type Kernel,
  type Lanes,
  type Output,
  operandsOf,
  type Program,
  runsFlat,
  type Source,
  type Store,
  type Type,
  type UnaryOp,
  type UnpackKernel,
  type Value,
} from './ir.ts';
export { decodeKernel } from './lower/decode.ts';
export { unpackKernel } from './lower/unpack.ts';
export {
  interpretMatvec,
  type Matvec,
  type MultiplyRun,
  matvecOf,
  multiplyRows,
  PARTIAL_SUMS,
} from './matvec.ts';
export { printKernel } from './print.ts';
export { findUnit, type Piece, type Place, type Unit } from './unit.ts';
export { verifyEncodeKernel, verifyKernel, verifyUnpackKernel } from './verify.ts';
