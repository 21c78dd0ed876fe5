/** Threads over shared memory for whole tensors, in Node and in browsers. */
export { type Band, bandOf, bandsOf, joinBands, rowsApart } from './bands.ts';
export { makePool, type Pool, type PoolOptions, type RunOptions } from './pool.ts';
export { type Answer, type Handler, serve } from './serve.ts';
export { canShare, isShared, sharedBuffer, sharedFloats } from './shared.ts';
export {
  type CodecPool,
  type CodecResult,
  type CodecTask,
  codecTasks,
  decodeTensor,
  encodeTensor,
  type PlacedFormat,
  type TensorOptions,
} from './tensors.ts';
export type { ThreadModule } from './thread.ts';
