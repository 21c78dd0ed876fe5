/** From the bit plan of a Format to kernels: the IR, what makes it and what reads it. */
export {
  type DecodeRun,
  type EncodeRun,
  type Encoder,
  withDecodeKernel,
  withEncodeKernel,
} from './accelerate.ts';
export { type Binding, type Bound, bindKernel, type Run } from './bind.ts';
export { encodeKernel } from './encode/lower.ts';
export { interpretEncodeKernel, interpretKernel } from './interpret.ts';
export {
  type BinaryOp,
  type ByteStore,
  type EncodeKernel,
  fixedInRow,
  type IntOp,
  type Kernel,
  type Lanes,
  operandsOf,
  type Program,
  runsFlat,
  type Source,
  type Store,
  type Type,
  type UnaryOp,
  type Value,
} from './ir.ts';
export { decodeKernel } from './lower/decode.ts';
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
export { verifyEncodeKernel, verifyKernel } from './verify.ts';
