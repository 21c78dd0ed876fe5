/** Kernels as WebAssembly SIMD. */
export { type Arena, makeArena } from './arena.ts';
export { type CodecModule, codecModule } from './codec-module.ts';
export { type WasmOptions, wasmDecoder } from './decoder.ts';
export { encodeModule } from './encode-module.ts';
export { wasmEncoder } from './encoder.ts';
export { wasmMatvec } from './matvec.ts';
export { type DecodeModule, decodeModule, matvecModule } from './module.ts';
export { unpackModule } from './unpack-module.ts';
export { wasmUnpacker } from './unpacker.ts';
