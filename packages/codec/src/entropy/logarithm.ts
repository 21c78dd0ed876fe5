/**
 * Logarithms from the four basic operations alone: `Math.log2` differs between engines, and a model must not.
 * Series: ln((1 + y) / (1 - y)) = 2 (y + y³/3 + y⁵/5 + …), Abramowitz & Stegun 4.1.27.
 */

/** ln((1 + y) / (1 - y)) for 0 <= |y| <= 1/3, to a few units in the last place. */
function seriesLog(y: number): number {
  const square = y * y;
  let power = y;
  let sum = y;
  for (let k = 3; ; k += 2) {
    power *= square;
    const next = sum + power / k;
    if (next === sum) return 2 * sum;
    sum = next;
  }
}

/** ln((f + 1) / f) for f >= 1: what one more unit of frequency f saves on one symbol, in nats. */
export function logStep(f: number): number {
  return seriesLog(1 / (2 * f + 1));
}

/** log2(a), for a finite a >= 1, the same bits on every engine. */
export function portableLog2(a: number): number {
  let exponent = 0;
  let mantissa = a;
  while (mantissa >= 65536) {
    mantissa /= 65536;
    exponent += 16;
  }
  while (mantissa >= 2) {
    mantissa /= 2;
    exponent++;
  }
  return exponent + seriesLog((mantissa - 1) / (mantissa + 1)) / Math.LN2;
}
