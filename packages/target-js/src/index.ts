/** Kernels as plain JavaScript. */
export { jsDecoder } from './decoder.ts';
export { moduleText } from './module.ts';
