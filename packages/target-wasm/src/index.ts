/** Kernels as WebAssembly SIMD. */
export { type Arena, makeArena } from './arena.ts';
export { type WasmOptions, wasmDecoder } from './decoder.ts';
export { type DecodeModule, decodeModule } from './module.ts';
