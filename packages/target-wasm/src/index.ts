/** Kernels as WebAssembly SIMD. */
export { wasmDecoder } from './decoder.ts';
export { type DecodeModule, decodeModule } from './module.ts';
