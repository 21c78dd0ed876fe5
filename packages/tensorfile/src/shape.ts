/**
 * Shapes and element counts, kept inside the integers that a double holds exactly.
 */

/** Elements of a shape, or `null` when an entry is not a whole number >= 0 or the count leaves the safe integers. */
export function elementCount(shape: readonly unknown[]): number | null {
  let count = 1;
  let empty = false;
  for (const extent of shape) {
    if (!isCount(extent)) return null;
    if (extent === 0) empty = true;
    else count *= extent;
    if (count > Number.MAX_SAFE_INTEGER) return null;
  }
  return empty ? 0 : count;
}

/** A whole number from 0 to 2^53 - 1 (and not -0). */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

/** `[2, 3]`, for messages; long shapes are cut. */
export function shapeText(shape: readonly unknown[]): string {
  const shown = shape.slice(0, 8).map((extent) => (typeof extent === 'object' ? '?' : String(extent)));
  return `[${shown.join(', ')}${shape.length > 8 ? ', …' : ''}]`;
}

/**
 * Checks a shape that a caller gave and counts its elements.
 * @throws TypeError when it is not an array; RangeError when an entry is not a whole number >= 0 or the count is too large.
 */
export function checkedCount(argument: string, shape: readonly number[]): number {
  if (!Array.isArray(shape))
    throw new TypeError(`${argument} must be an array of whole numbers, not ${typeof shape}`);
  const count = elementCount(shape);
  if (count === null)
    throw new RangeError(
      `${argument} must hold whole numbers >= 0 with a product below 2^53, not ${shapeText(shape)}`,
    );
  return count;
}
