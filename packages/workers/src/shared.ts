/**
 * Arrays that all threads see, where the engine shares memory.
 *
 * Node always does; a browser does where the page is cross-origin isolated. Elsewhere these are ordinary arrays, which a task
 * copies, or hands over for good with `transfer`. A codec takes either.
 */

/** Whether threads can see one memory. */
export function canShare(): boolean {
  return typeof SharedArrayBuffer !== 'undefined';
}

/** `bytes` bytes of zeros, shared where that can be. */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  return canShare() ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/** Binary32 zeros, shared where that can be. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(sharedBuffer(4 * length) as ArrayBuffer);
}

/** Whether a view lies in memory that threads see: then it crosses as it is, with no copy. */
export function isShared({ buffer }: ArrayBufferView): boolean {
  return canShare() && buffer instanceof SharedArrayBuffer;
}
