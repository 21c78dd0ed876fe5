/** Arrays that symbols are decoded into, and what each can hold. */

/** Any array of integers of at most 32 bits. */
export type SymbolArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** Symbols from `min` to `max`, both included. */
export interface SymbolRange {
  readonly min: number;
  readonly max: number;
}

/**
 * The symbols that an array can hold; of a Uint32Array the lower half, since symbols are signed.
 * @throws TypeError if it is no array of integers.
 */
export function rangeOfArray(array: SymbolArray): SymbolRange {
  if (array instanceof Int32Array) return { min: -(2 ** 31), max: 2 ** 31 - 1 };
  if (array instanceof Uint32Array) return { min: 0, max: 2 ** 31 - 1 };
  if (array instanceof Int16Array) return { min: -(2 ** 15), max: 2 ** 15 - 1 };
  if (array instanceof Uint16Array) return { min: 0, max: 2 ** 16 - 1 };
  if (array instanceof Int8Array) return { min: -128, max: 127 };
  if (array instanceof Uint8Array) return { min: 0, max: 255 };
  throw new TypeError(
    'out must be an Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array or Uint32Array',
  );
}

/** The symbols that are in both. */
export function overlap(a: SymbolRange, b: SymbolRange): SymbolRange {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}
