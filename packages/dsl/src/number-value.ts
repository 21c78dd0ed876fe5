/** The value of a number as written. Specification: docs/design/language.md, "Grammar", `NUMBER`. */

/**
 * The binary64 nearest to a `NUMBER`: decimal, with exponent, per cent, or `0x…`. Per cent shifts the decimal exponent,
 * so that the result is rounded once. Infinite if it is too large.
 */
export function numberValue(text: string): number {
  if (!text.endsWith('%')) return Number(text);
  const [digits, exponent] = text.slice(0, -1).split(/[eE]/) as [string, string?];
  return Number(`${digits}e${Number(exponent ?? 0) - 2}`);
}
