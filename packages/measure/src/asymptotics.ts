/**
 * What no quantiser of a law can beat, and what the two kinds of code reach with many bits, as constants R·2^b.
 *
 * Follows docs/design/numerics.md §3.3: Shannon's lower bound, Gish and Pierce (1968) for the uniform grid with an ideal coder, Panter and
 * Dite (1951) for fixed-length codes. Closed forms from the densities at zero; nothing is integrated.
 */
import { type Law, laplace, normal, studentT } from '@fewerbits/numerics';

/**
 * E x² of a law.
 * @throws RangeError for a Student-t with df of 2 or less, which has none.
 */
export function secondMoment(law: Law): number {
  if (!(law.rms < Infinity)) {
    throw new RangeError(`law: a Student-t with df ${law.df} has no second moment; take df > 2`);
  }
  return law.rms ** 2;
}

/** Differential entropy −∫ p log2 p, in bits. */
export function differentialEntropy(law: Law): number {
  return (nats(law) - Math.log(law.pdf(0))) / Math.LN2;
}

/**
 * R·2^b that no code of b bits goes below at any b: 2^h / sqrt(2πe) over the RMS.
 * @throws RangeError for a law without a second moment; so do the other two.
 */
export function shannonLowerBound(law: Law): number {
  return 2 ** differentialEntropy(law) / Math.sqrt(2 * Math.PI * Math.E * secondMoment(law));
}

/** R·2^b of a fine uniform grid with an ideal entropy coder, b the entropy: 2^h / sqrt(12) over the RMS. */
export function entropyCodedGrid(law: Law): number {
  return 2 ** differentialEntropy(law) / Math.sqrt(12 * secondMoment(law));
}

/** R·2^b of the best fixed-length codebook with many levels: sqrt((∫ p^(1/3))³ / 12) over the RMS. */
export function panterDite(law: Law): number {
  const square = secondMoment(law);
  // p^(1/3) is the integral times a density of the same family, so at zero the two give the integral.
  const integral = Math.cbrt(law.pdf(0)) / cubeRoot(law).pdf(0);
  return Math.sqrt(integral ** 3 / (12 * square));
}

/** The law whose density is proportional to p^(1/3) (§1.2). */
function cubeRoot(law: Law): Law {
  switch (law.name) {
    case 'normal':
      return normal(law.scale * Math.sqrt(3));
    case 'laplace':
      return laplace(law.scale * 3);
    case 'student_t': {
      const df = (law.df! - 2) / 3;
      return studentT(df, law.scale * Math.sqrt(law.df! / df));
    }
    case 'uniform':
      return law;
  }
}

/** E ln(p(0)/p(x)): the entropy in nats but for the height of the density at zero. */
function nats(law: Law): number {
  switch (law.name) {
    case 'normal':
      return 0.5;
    case 'laplace':
      return 1;
    case 'student_t':
      return ((law.df! + 1) / 2) * (digamma((law.df! + 1) / 2) - digamma(law.df! / 2));
    case 'uniform':
      return 0;
  }
}

/** ψ(x) for x > 0: upward to 10 by ψ(x) = ψ(x+1) − 1/x, then its asymptotic series (Abramowitz and Stegun 6.3.18). */
function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 10; at++) shift -= 1 / at;
  const y = 1 / (at * at);
  const series =
    y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - (y * 691) / 32760)))));
  return shift + Math.log(at) - 1 / (2 * at) - series;
}
