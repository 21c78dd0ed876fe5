/**
 * Text that goes into files as UTF-8.
 */

/**
 * Checks text that a caller gave.
 * @throws TypeError when it is no string; RangeError when it holds half a surrogate pair.
 */
export function checkText(text: unknown, argument: string): asserts text is string {
  if (typeof text !== 'string') throw new TypeError(`${argument} must be a string, not ${typeof text}`);
  if (/\p{Surrogate}/u.test(text))
    throw new RangeError(`${argument} holds half a surrogate pair, which UTF-8 cannot store`);
}
