/**
 * Student's t law for any real number of degrees of freedom: density, distribution function and its inverse, to about 1e-14 relative.
 *
 * Distribution: the incomplete beta function by its continued fraction (Lentz; DLMF 8.17.22), on the side where it converges.
 * Inverse: Newton, in x near the centre and on log p over log x in the tail, from a side where it approaches without overshooting.
 * df may be tiny (1/3 for the cube root of a t with df 3), so everything is computed from the lower tail.
 */
import { normalQuantile } from './normal.ts';

const ROOT_PI = 1.772453850905516;

/** The density at x. */
export function studentPdf(df: number, x: number): number {
  if (Number.isNaN(x)) return NaN;
  const front = gammaRatio(df / 2) / (ROOT_PI * Math.sqrt(df));
  return front * onePlusSquare(x / Math.sqrt(df), (df + 1) / 2);
}

/** P(T <= x). */
export function studentCdf(df: number, x: number): number {
  if (Number.isNaN(x)) return NaN;
  return x > 0 ? 1 - lowerTail(df, x) : lowerTail(df, -x);
}

/** P(T <= -x) for x >= 0. */
function lowerTail(df: number, x: number): number {
  if (x === 0) return 0.5;
  if (x === Infinity) return 0;
  return isCentral(df, x) ? 0.5 - centralMass(df, x) : tailMass(df, x);
}

/** Whether the continued fraction about the centre converges faster than the one of the tail (DLMF 8.17.22). */
function isCentral(df: number, x: number): boolean {
  return (x * x) / (df + x * x) < 3 / (df + 5);
}

/** P(-x <= T <= 0) = I(u; 1/2, df/2) / 2 at u = x^2 / (df + x^2); the front factor of the fraction is x p(x). */
function centralMass(df: number, x: number): number {
  return x * studentPdf(df, x) * betaFraction(0.5, df / 2, (x * x) / (df + x * x));
}

/** P(T <= -x) = I(z; df/2, 1/2) / 2 at z = df / (df + x^2). */
function tailMass(df: number, x: number): number {
  const t = x / Math.sqrt(df);
  // z^a (1 - z)^b / (2 a B(a, b)) with a = df/2 and b = 1/2.
  const front =
    (gammaRatio(df / 2) / (ROOT_PI * df)) * onePlusSquare(t, df / 2) * Math.min(1, t * onePlusSquare(t, 0.5));
  return front * betaFraction(df / 2, 0.5, onePlusSquare(t, 1));
}

/** The x with studentCdf(df, x) = p, for p in 0..1. */
export function studentQuantile(df: number, p: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -lowerQuantile(df, 1 - p, p - 0.5);
  return lowerQuantile(df, p, 0.5 - p);
}

const MOST_STEPS = 200;

/** `share` is 1/2 - p, given apart because it may be known better than 1 - p. */
function lowerQuantile(df: number, p: number, share: number): number {
  if (p === 0) return -Infinity;
  return p > 0.25 ? -centralQuantile(df, share) : -tailQuantile(df, p);
}

/** The x with P(-x <= T <= 0) = share: concave in x, so Newton from 0 climbs to it. */
function centralQuantile(df: number, share: number): number {
  let x = 0;
  for (let step = 0; step < MOST_STEPS; step++) {
    const mass = x === 0 ? 0 : isCentral(df, x) ? centralMass(df, x) : 0.5 - tailMass(df, x);
    const next = x + (share - mass) / studentPdf(df, x);
    if (Math.abs(next - x) <= 1e-16 * next || (step > 2 && next < x)) return next;
    x = next;
  }
  return x;
}

/** Newton on log p over log x, which is concave and nearly straight: the asymptote of the tail lies outside, a normal quantile inside. */
function tailQuantile(df: number, p: number): number {
  // P ~ front (x / sqrt(df))^-df
  const front = gammaRatio(df / 2) / (ROOT_PI * df);
  const asymptote = Math.sqrt(df) * (front / p) ** (1 / df);
  // So far out the next term of the expansion is below rounding, and densities would underflow.
  if (asymptote > 1e9 * Math.sqrt(df)) return asymptote;
  let x = df < 4 ? asymptote : -normalQuantile(p);
  for (let step = 0; step < MOST_STEPS; step++) {
    const mass = lowerTail(df, x);
    const slope = (x * studentPdf(df, x)) / mass;
    const change = Math.min(50, Math.max(-50, Math.log(mass / p) / slope));
    x *= Math.exp(change);
    if (Math.abs(change) <= 4e-16) break;
  }
  return x;
}

/** (1 + t^2)^-e, without overflow and without the error that the logarithm of a large power would bring. */
function onePlusSquare(t: number, e: number): number {
  const size = Math.abs(t);
  if (size > 1e8) return size ** (-2 * e);
  return size > 1 ? (1 + t * t) ** -e : Math.exp(-e * Math.log1p(t * t));
}

/**
 * Gamma(a + 1/2) / Gamma(a) for a > 0: the asymptotic series (DLMF 5.11.13) at a + n, carried down by the recurrence.
 */
function gammaRatio(a: number): number {
  let product = 1;
  let b = a;
  while (b < 24) {
    product *= b / (b + 0.5);
    b += 1;
  }
  const y = 1 / b;
  let sum = 0;
  for (let i = SERIES.length - 1; i >= 0; i--) sum = sum * y + SERIES[i]!;
  return product * Math.sqrt(b) * sum;
}

const SERIES = [
  1,
  -1 / 8,
  1 / 128,
  5 / 1024,
  -21 / 32768,
  -399 / 262144,
  869 / 4194304,
  39325 / 33554432,
  -334477 / 2147483648,
];

/** The continued fraction of I(x; a, b), without its front factor, by the modified Lentz method. */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m < 10000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    if (Math.abs(c) < tiny) c = tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    if (Math.abs(c) < tiny) c = tiny;
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 2e-16) break;
  }
  return fraction;
}
