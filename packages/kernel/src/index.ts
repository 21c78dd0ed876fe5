/** From the bit plan of a Format to kernels: the IR, what makes it and what reads it. */
export { TENSOR_FITS } from '@fewerbits/codec';
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
export { interpretUnpackKernel } from './interpret.ts';
export { interpretEncodeKernel, interpretLoops } from './interpret-loops.ts';
export {
  type At,
  type BinaryOp,
  type CodeStore,
  type EncodeKernel,
  fixedInRow,
  type IntOp,
  type Item,
  itemsOf,
  type Lanes,
  type Looped,
  type LoopKernel,
  type Output,
  operandsOf,
  type Program,
  runsFlat,
  type ScratchArray,
  type Source,
  type Type,
  type UnaryOp,
  type UnpackKernel,
  type Value,
} from './ir.ts';
export { decodeLoops } from './lower/decode-loops.ts';
export { decodeVectors } from './lower/decode-vectors.ts';
export { unpackKernel } from './lower/unpack.ts';
export {
  interpretMatvec,
  type Matvec,
  type MultiplyRun,
  matvecOf,
  multiplyRows,
  PARTIAL_SUMS,
} from './matvec.ts';
export { namedIn } from './named.ts';
export { printKernel } from './print.ts';
export { findUnit, type Piece, type Place, type Unit } from './unit.ts';
export { verifyUnpackKernel } from './verify.ts';
export { verifyLoops } from './verify-loops.ts';
