/**
 * What `inspect` says about a tensor: moments, extremes and the shape of its distribution, from one pass in chunks.
 *
 * Moments are kept about the mean and merged by the pairwise formulas of Chan, Golub and LeVeque (1979) and Pébay (SAND2008-6212),
 * which do not cancel where the mean is large. Different chunkings agree to rounding; counts and extremes agree exactly.
 */
import {
  addMagnitudes,
  binEdge,
  type MagnitudeHistogram,
  magnitudeHistogram,
  mergeMagnitudes,
} from './quantiles.ts';

const STRETCH = 4096;

/** Values seen so far; plain data that `structuredClone` copies. Made by `statistics`. */
export interface Statistics {
  /** Finite values. */
  count: number;
  mean: number;
  /** Σ(x − mean)^k for k = 2, 3, 4. */
  m2: number;
  m3: number;
  m4: number;
  /** Magnitudes of the values that are positive or +0, and of the others; NaN and ±Inf are counted in these. */
  readonly positive: MagnitudeHistogram;
  readonly negative: MagnitudeHistogram;
}

/** A tensor in numbers. Without finite values all but the counts are 0. */
export interface Summary {
  readonly count: number;
  /** NaN and ±Inf, which enter nothing else. */
  readonly nonFinite: number;
  readonly mean: number;
  readonly rms: number;
  readonly absmax: number;
  /** absmax / rms: how far the tail reaches. 0 for a tensor of zeros. */
  readonly crest: number;
  /** E(x−mean)⁴ / (E(x−mean)²)²: 3 for Normal data; 0 for constant data. */
  readonly kurtosis: number;
  /** Part of the values that are ±0. */
  readonly zeroFraction: number;
}

/** Statistics that have seen nothing. */
export function statistics(): Statistics {
  return {
    count: 0,
    mean: 0,
    m2: 0,
    m3: 0,
    m4: 0,
    positive: magnitudeHistogram(),
    negative: magnitudeHistogram(),
  };
}

/** Sees the next values. */
export function addValues(s: Statistics, x: Float32Array | Float64Array): void {
  const length = Math.min(STRETCH, x.length);
  const positive = new Float64Array(length);
  const negative = new Float64Array(length);
  const finite = new Float64Array(length);
  for (let start = 0; start < x.length; start += STRETCH) {
    const end = Math.min(x.length, start + STRETCH);
    let positives = 0;
    let negatives = 0;
    let finites = 0;
    for (let i = start; i < end; i++) {
      const value = x[i]!;
      if (value < 0 || Object.is(value, -0)) negative[negatives++] = value;
      else positive[positives++] = value;
      if (Number.isFinite(value)) finite[finites++] = value;
    }
    addMagnitudes(s.positive, positive.subarray(0, positives));
    addMagnitudes(s.negative, negative.subarray(0, negatives));
    combine(s, momentsOf(finite.subarray(0, finites)));
  }
}

/** Adds what `other` has seen to `s`. */
export function mergeStatistics(s: Statistics, other: Statistics): void {
  combine(s, other);
  mergeMagnitudes(s.positive, other.positive);
  mergeMagnitudes(s.negative, other.negative);
}

/**
 * The numbers of a tensor.
 * @throws RangeError where fourth powers leave the range of binary64 (binary64 data beyond about 1e75).
 */
export function summary(s: Statistics): Summary {
  if (![s.mean, s.m2, s.m3, s.m4].every(Number.isFinite)) {
    throw new RangeError(
      'x: fourth powers of the data leave the range of binary64; scale x by a power of two first',
    );
  }
  const { positive, negative } = s;
  const rms = s.count === 0 ? 0 : Math.sqrt(s.m2 / s.count + s.mean * s.mean);
  const absmax = Math.max(positive.max, negative.max);
  return {
    count: s.count,
    nonFinite: positive.nonFinite + negative.nonFinite,
    mean: s.mean,
    rms,
    absmax,
    crest: rms === 0 ? 0 : absmax / rms,
    kurtosis: s.m2 === 0 ? 0 : (s.count * s.m4) / (s.m2 * s.m2),
    zeroFraction: s.count === 0 ? 0 : (positive.zeros + negative.zeros) / s.count,
  };
}

/** The magnitudes of all values, for `quantile` and the fits of distributions. */
export function magnitudesOf(s: Statistics): MagnitudeHistogram {
  const all = magnitudeHistogram();
  mergeMagnitudes(all, s.positive);
  mergeMagnitudes(all, s.negative);
  return all;
}

/**
 * Counts of x/rms in `bins` equal bins of [−limit, limit], for a plot; `below` and `above` count the values outside. The values of a
 * logarithmic bin are taken as evenly spread over it, so single counts may be fractions; they sum to `count` exactly but for rounding.
 * @throws RangeError for bins that are not a positive whole number, a limit that is not positive, or a tensor without nonzero values.
 */
export function shapeHistogram(
  s: Statistics,
  options: { readonly bins?: number; readonly limit?: number } = {},
): {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly below: number;
  readonly above: number;
} {
  const { bins = 81, limit = 8 } = options;
  if (!(Number.isSafeInteger(bins) && bins > 0))
    throw new RangeError(`bins: a positive whole number, not ${bins}`);
  if (!(limit > 0 && limit < Infinity)) throw new RangeError(`limit: a positive number of rms, not ${limit}`);
  const { rms } = summary(s);
  if (rms === 0) throw new RangeError('s: values that are all zero have no shape in units of their rms');
  const width = (2 * limit) / bins;
  // One place before the first bin and one after the last, for the values outside.
  const counts = new Float64Array(bins + 2);
  const place = (value: number): number =>
    Math.min(bins + 1, Math.max(0, Math.floor((value + limit) / width) + 1));
  counts[place(0)]! += s.positive.zeros + s.negative.zeros;
  for (const [sign, h] of [[1, s.positive] as const, [-1, s.negative] as const]) {
    h.counts.forEach((count, i) => {
      if (count === 0) return;
      const ends = [(sign * binEdge(i)) / rms, (sign * binEdge(i + 1)) / rms];
      spread(counts, count, Math.min(...ends), Math.max(...ends), place, (at) => (at - 1) * width - limit);
    });
  }
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? limit : i * width - limit));
  return { edges, counts: [...counts.subarray(1, bins + 1)], below: counts[0]!, above: counts[bins + 1]! };
}

/** `count` evenly over low..high, cut at the edges of the places that it covers. */
function spread(
  counts: Float64Array,
  count: number,
  low: number,
  high: number,
  place: (value: number) => number,
  edge: (at: number) => number,
): void {
  const last = place(high);
  let from = low;
  for (let at = place(low); at < last; at++) {
    const to = Math.min(high, Math.max(from, edge(at + 1)));
    counts[at]! += (count * (to - from)) / (high - low);
    from = to;
  }
  counts[last]! += (count * (high - from)) / (high - low);
}

type Moments = Pick<Statistics, 'count' | 'mean' | 'm2' | 'm3' | 'm4'>;

/** In two passes: the mean, then powers of the distances from it. */
function momentsOf(x: Float64Array): Moments {
  const count = x.length;
  if (count === 0) return { count, mean: 0, m2: 0, m3: 0, m4: 0 };
  let sum = 0;
  for (const value of x) sum += value;
  const mean = sum / count;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (const value of x) {
    const distance = value - mean;
    const square = distance * distance;
    m2 += square;
    m3 += square * distance;
    m4 += square * square;
  }
  return { count, mean, m2, m3, m4 };
}

/** Pébay's equations 1.2 to 1.5 for two sets. */
function combine(into: Statistics, b: Moments): void {
  if (b.count === 0) return;
  const a: Moments = { ...into };
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  const step = delta / count;
  const product = a.count * b.count * step * delta;
  into.count = count;
  into.mean = a.mean + step * b.count;
  into.m2 = a.m2 + b.m2 + product;
  into.m3 = a.m3 + b.m3 + product * step * (a.count - b.count) + 3 * step * (a.count * b.m2 - b.count * a.m2);
  into.m4 =
    a.m4 +
    b.m4 +
    product * step * step * (a.count ** 2 - a.count * b.count + b.count ** 2) +
    6 * step * step * (a.count ** 2 * b.m2 + b.count ** 2 * a.m2) +
    4 * step * (a.count * b.m3 - b.count * a.m3);
}
