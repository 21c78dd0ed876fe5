/** Kernels as plain JavaScript. */
export { jsDecoder } from './decoder.ts';
export { jsEncoder } from './encoder.ts';
export { codecModuleText, encodeModuleText, moduleText } from './module.ts';
