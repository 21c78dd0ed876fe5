/**
 * The laws that weights are modelled by: normal, Laplace, Student-t and uniform, all symmetric about 0, as values with functions.
 *
 * Everything is computed from the lower tail, where small probabilities keep their digits; for the upper tail use the symmetry.
 * Knows nothing of codebooks. Specification: docs/design/numerics.md, sections 0 and 1.2 (families), 3.2 (partial moments).
 */
import { normalCdf, normalPdf, normalQuantile } from './normal.ts';
import { studentCdf, studentPdf, studentQuantile } from './student.ts';

/** ∫ x^k p(x) dx over an interval, for k = 0, 1, 2. */
export interface PartialMoments {
  readonly m0: number;
  readonly m1: number;
  readonly m2: number;
}

/** A symmetric law: a standard one stretched by `scale`. */
export interface Law {
  readonly name: 'normal' | 'laplace' | 'student_t' | 'uniform';
  /** Degrees of freedom of a Student-t; `null` for the others. */
  readonly df: number | null;
  /** What a standard variate is multiplied by: sigma, the Laplace scale, the half width of a uniform law. */
  readonly scale: number;
  /** The root of E[x^2]; Infinity for a Student-t with df <= 2. */
  readonly rms: number;
  readonly pdf: (x: number) => number;
  /** P(X <= x), with full relative precision in the lower tail. */
  readonly cdf: (x: number) => number;
  /** The x with cdf(x) = p; -Infinity (uniform: the end) at 0. @throws RangeError for p outside 0..1. */
  readonly quantile: (p: number) => number;
  /** The antiderivatives of p, x p and x^2 p on x <= 0 that vanish at the lower end, or their values at x for a law without limit there. */
  readonly lowerMoments: (x: number) => PartialMoments;
}

/** N(0, sigma^2). @throws RangeError unless 0 < sigma < Infinity. */
export function normal(sigma = 1): Law {
  return scaled('normal', null, sigma, 1, {
    pdf: normalPdf,
    cdf: normalCdf,
    quantile: normalQuantile,
    lowerMoments: (x) => {
      const m0 = normalCdf(x);
      if (x === -Infinity) return NO_MASS;
      const density = normalPdf(x);
      return { m0, m1: -density, m2: m0 - x * density };
    },
  });
}

/** The Laplace law exp(-|x| / scale) / (2 scale). @throws RangeError unless 0 < scale < Infinity. */
export function laplace(scale = 1): Law {
  return scaled('laplace', null, scale, Math.SQRT2, {
    pdf: (x) => Math.exp(-Math.abs(x)) / 2,
    cdf: (x) => (x <= 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2),
    quantile: (p) => (p <= 0.5 ? Math.log(2 * p) : -Math.log(2 * (1 - p))),
    lowerMoments: (x) => {
      if (x === -Infinity) return NO_MASS;
      const m0 = Math.exp(x) / 2;
      return { m0, m1: m0 * (x - 1), m2: m0 * (x * x - 2 * x + 2) };
    },
  });
}

/** Student's t with `df` degrees of freedom, times `scale`. @throws RangeError unless df and scale are positive and finite. */
export function studentT(df: number, scale = 1): Law {
  requirePositive('studentT: df', df);
  return scaled('student_t', df, scale, df > 2 ? Math.sqrt(df / (df - 2)) : Infinity, {
    pdf: (x) => studentPdf(df, x),
    cdf: (x) => studentCdf(df, x),
    quantile: (p) => studentQuantile(df, p),
    lowerMoments: (x) => studentMoments(df, x),
  });
}

/** Uniform on -halfWidth..halfWidth. @throws RangeError unless 0 < halfWidth < Infinity. */
export function uniform(halfWidth = 1): Law {
  return scaled('uniform', null, halfWidth, Math.sqrt(1 / 3), {
    pdf: (x) => (Math.abs(x) <= 1 ? 0.5 : 0),
    cdf: (x) => Math.min(1, Math.max(0, (1 + x) / 2)),
    quantile: (p) => 2 * p - 1,
    lowerMoments: (x) => {
      const y = Math.max(-1, x);
      return { m0: (y + 1) / 2, m1: (y * y - 1) / 4, m2: (y ** 3 + 1) / 6 };
    },
  });
}

/** The law scaled so that E[x^2] = 1. @throws RangeError for a Student-t with df <= 2, whose E[x^2] is infinite. */
export function unitRms(law: Law): Law {
  if (!Number.isFinite(law.rms))
    throw new RangeError(`unitRms: a Student-t with df = ${law.df} has no rms; use df > 2`);
  const scale = law.scale / law.rms;
  switch (law.name) {
    case 'normal':
      return normal(scale);
    case 'laplace':
      return laplace(scale);
    case 'student_t':
      return studentT(law.df!, scale);
    case 'uniform':
      return uniform(scale);
  }
}

/**
 * ∫ x^k p(x) dx over a..b for k = 0, 1, 2, in closed form; a and b may be infinite.
 * @throws RangeError unless a <= b; for a Student-t with df <= 2, whose closed form for k = 2 does not hold.
 */
export function partialMoments(law: Law, a: number, b: number): PartialMoments {
  if (!(a <= b)) throw new RangeError(`partialMoments: the interval ${a}..${b} must rise`);
  if (law.name === 'student_t' && law.df! <= 2) {
    throw new RangeError(`partialMoments: a Student-t with df = ${law.df} has no second moment; use df > 2`);
  }
  // Reflected to the lower tail, where nothing is lost to 1 - p; an interval across 0 is cut there.
  if (b <= 0) return between(law, a, b);
  if (a >= 0) return reflected(between(law, -b, -a));
  const left = between(law, a, 0);
  const right = reflected(between(law, -b, 0));
  return { m0: left.m0 + right.m0, m1: left.m1 + right.m1, m2: left.m2 + right.m2 };
}

const NO_MASS: PartialMoments = { m0: 0, m1: 0, m2: 0 };

function between(law: Law, a: number, b: number): PartialMoments {
  const low = law.lowerMoments(a);
  const high = law.lowerMoments(b);
  return { m0: high.m0 - low.m0, m1: high.m1 - low.m1, m2: high.m2 - low.m2 };
}

function reflected({ m0, m1, m2 }: PartialMoments): PartialMoments {
  return { m0, m1: -m1, m2 };
}

/**
 * For x <= 0, with u = x^2 / df: the first moment is -(df / (df - 1)) (1 + u) p(x), and x^2 = df ((1 + u) - 1) turns the second into
 * the distribution function of df - 2 degrees of freedom, where (1 + u) p is (df - 1) / (df - 2) times that law's density.
 */
function studentMoments(df: number, x: number): PartialMoments {
  if (x === -Infinity) return NO_MASS;
  const m0 = studentCdf(df, x);
  const m1 = -(df / (df - 1)) * (1 + (x * x) / df) * studentPdf(df, x);
  const narrower = studentCdf(df - 2, x * Math.sqrt((df - 2) / df));
  return { m0, m1, m2: df * (((df - 1) / (df - 2)) * narrower - m0) };
}

type Standard = Pick<Law, 'pdf' | 'cdf' | 'quantile' | 'lowerMoments'>;

function scaled(name: Law['name'], df: number | null, scale: number, rms: number, law: Standard): Law {
  requirePositive(`${name}: scale`, scale);
  return {
    name,
    df,
    scale,
    rms: rms * scale,
    pdf: (x) => law.pdf(x / scale) / scale,
    cdf: (x) => law.cdf(x / scale),
    quantile: (p) => {
      if (!(p >= 0 && p <= 1)) throw new RangeError(`${name}.quantile: p = ${p} is not in 0..1`);
      return scale * law.quantile(p);
    },
    lowerMoments: (x) => {
      const { m0, m1, m2 } = law.lowerMoments(x / scale);
      return { m0, m1: m1 * scale, m2: m2 * scale * scale };
    },
  };
}

function requirePositive(what: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new RangeError(`${what} must be positive and finite, got ${value}`);
}
