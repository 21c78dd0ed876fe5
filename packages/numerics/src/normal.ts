/**
 * The standard normal law: density, distribution function and its inverse, to about 1e-15 relative, far tails included.
 *
 * Distribution: the series of Marsaglia (2004) in the middle, the continued fraction of Mills' ratio (Abramowitz & Stegun 26.2.14)
 * in the tails. Inverse: AS 241 (Wichura 1988), in the tails polished by a Newton step on the logarithm.
 */

const ROOT_TWO_PI = 2.5066282746310007;

/** exp(-x^2 / 2), the square split so that its rounding error is not magnified by the exponent. */
function gauss(x: number): number {
  const head = Math.fround(x);
  return Math.exp((-head * head) / 2) * Math.exp((-(x - head) * (x + head)) / 2);
}

/** The density exp(-x^2/2) / sqrt(2 pi). */
export function normalPdf(x: number): number {
  return Number.isFinite(x) ? gauss(x) / ROOT_TWO_PI : Number.isNaN(x) ? NaN : 0;
}

/** P(Z <= x). */
export function normalCdf(x: number): number {
  if (x < -1.2) return lowerTail(-x);
  if (x > 1.2) return 1 - lowerTail(x);
  // Phi(x) - 1/2 = phi(x) (x + x^3/3 + x^5/15 + ...): all terms of one sign.
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > Math.abs(sum) * 1e-17; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + normalPdf(x) * sum;
}

/**
 * P(Z <= -x) for x > 1: phi(x) / (x + 1/(x + 2/(x + 3/(x + ...)))), from the inside out, beginning with what the rest tends to:
 * the root of r = x + k / r.
 */
function lowerTail(x: number): number {
  if (x > 40) return 0;
  const terms = Math.ceil(12 + 220 / (x * x));
  let rest = (x + Math.sqrt(x * x + 4 * (terms + 1))) / 2;
  for (let k = terms; k > 0; k--) rest = x + k / rest;
  return normalPdf(x) / rest;
}

/** The x with normalCdf(x) = p, for p in 0..1. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE_TOP, r)) / polynomial(CENTRE_BOTTOM, r);
  }
  if (q > 0) return -lowerQuantile(1 - p);
  return lowerQuantile(p);
}

function lowerQuantile(p: number): number {
  if (p === 0) return -Infinity;
  const logP = Math.log(p);
  const r = Math.sqrt(-logP);
  const x =
    r <= 5
      ? -polynomial(MIDDLE_TOP, r - 1.6) / polynomial(MIDDLE_BOTTOM, r - 1.6)
      : -polynomial(FAR_TOP, r - 5) / polynomial(FAR_BOTTOM, r - 5);
  const cdf = normalCdf(x);
  const density = normalPdf(x);
  // Below the normal range of binary64 the step would divide noise by noise; AS 241 alone is good to 1e-16 there.
  return cdf > 1e-300 ? x - ((Math.log(cdf) - logP) * cdf) / density : x;
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}

const CENTRE_TOP = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const CENTRE_BOTTOM = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
];
const MIDDLE_TOP = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const MIDDLE_BOTTOM = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const FAR_TOP = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const FAR_BOTTOM = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
];
