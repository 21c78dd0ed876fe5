/**
 * Quantiles of magnitudes from fixed logarithmic bins, 64 to an octave, read from the bits of a binary32.
 *
 * A tensor is seen once, in chunks, and neither sorted nor kept: the state is one count for each bin, so that parts
 * of a tensor (or the workers that hold them) merge by adding counts, exactly and in any order. The file knows magnitudes only;
 * what they are magnitudes of (weights, errors) is the caller's business.
 */

const BINS_PER_OCTAVE = 64;
const MANTISSA_KEPT = 6;
/** Exponent of the smallest positive binary32, where bin 0 starts. */
const LOWEST_EXPONENT = -149;
/** Octaves 2^-149 … 2^127. */
const BINS = (128 - LOWEST_EXPONENT) * BINS_PER_OCTAVE;
/** Shift of a normal binary32's leading bits (exponent field, then 6 bits of mantissa), from exponent field 1 to bin 23 octaves up. */
const NORMAL_OFFSET = (-127 - LOWEST_EXPONENT) * BINS_PER_OCTAVE;
const CHUNK = 4096;

/** The largest relative distance of `quantile` from a magnitude of its bin: half a bin at the lower end of an octave. */
export const QUANTILE_RELATIVE_ERROR = 1 / (2 * BINS_PER_OCTAVE);

/** Magnitudes seen so far; plain data that `structuredClone` copies. Made by `magnitudeHistogram`. */
export interface MagnitudeHistogram {
  /** Counts of nonzero finite magnitudes by bin; bin k·64 + j is [2^e·(1 + j/64), 2^e·(1 + (j+1)/64)), e = k − 149. */
  readonly counts: Float64Array;
  /** Finite values in all, zeros among them. */
  total: number;
  zeros: number;
  /** NaN and ±Inf, which are in no other number here. */
  nonFinite: number;
  /** Smallest and largest finite magnitude, exact; `Infinity` and 0 before the first. */
  min: number;
  max: number;
}

/** A histogram that has seen nothing. */
export function magnitudeHistogram(): MagnitudeHistogram {
  return { counts: new Float64Array(BINS), total: 0, zeros: 0, nonFinite: 0, min: Infinity, max: 0 };
}

/**
 * Counts |v| for each v. A binary64 is binned by the binary32 next to it; one beyond the range of binary32 goes to the first
 * or the last bin, while `min` and `max` stay exact.
 */
export function addMagnitudes(h: MagnitudeHistogram, values: Float32Array | Float64Array): void {
  if (values instanceof Float32Array) {
    addBits(h, values, values);
    return;
  }
  const rounded = new Float32Array(Math.min(CHUNK, values.length));
  for (let start = 0; start < values.length; start += CHUNK) {
    const chunk = values.subarray(start, start + CHUNK);
    const near = rounded.subarray(0, chunk.length);
    near.set(chunk);
    addBits(h, near, chunk);
  }
}

/** Adds what `other` has seen to `h`; as if `h` had seen it all. */
export function mergeMagnitudes(h: MagnitudeHistogram, other: MagnitudeHistogram): void {
  for (let i = 0; i < BINS; i++) h.counts[i]! += other.counts[i]!;
  h.total += other.total;
  h.zeros += other.zeros;
  h.nonFinite += other.nonFinite;
  h.min = Math.min(h.min, other.min);
  h.max = Math.max(h.max, other.max);
}

/**
 * The smallest magnitude that at least the part `p` of all finite values does not exceed, within `QUANTILE_RELATIVE_ERROR` (0.8 %);
 * zero, the smallest (p = 0) and the largest (p = 1) are exact.
 * @throws RangeError for p outside [0, 1] and for a histogram without finite values.
 */
export function quantile(h: MagnitudeHistogram, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p: a quantile is asked for a part in [0, 1], not ${p}`);
  if (h.total === 0) throw new RangeError('h: a histogram without finite values has no quantiles');
  const rank = Math.min(h.total, Math.max(1, Math.ceil(p * h.total)));
  if (rank === h.total) return h.max;
  if (rank <= h.zeros) return 0;
  let below = h.zeros;
  for (let i = 0; i < BINS; i++) {
    below += h.counts[i]!;
    if (below >= rank) return p === 0 ? h.min : Math.min(h.max, Math.max(h.min, binMiddle(i)));
  }
  return h.max;
}

/**
 * What is left of a histogram when its `count` largest finite magnitudes are taken out, as outliers are; `max` is then the upper edge of a bin.
 * @throws RangeError for a count that is not a whole number from 0 to the finite values there are.
 */
export function withoutLargest(h: MagnitudeHistogram, count: number): MagnitudeHistogram {
  if (!(Number.isSafeInteger(count) && count >= 0 && count <= h.total))
    throw new RangeError(`count: a whole number of the ${h.total} values, not ${count}`);
  const rest = { ...h, counts: h.counts.slice(), total: h.total - count };
  let left = count;
  for (let i = BINS - 1; i >= 0 && left > 0; i--) {
    const taken = Math.min(left, rest.counts[i]!);
    if (taken === 0) continue;
    rest.counts[i]! -= taken;
    left -= taken;
  }
  rest.zeros -= left;
  const last = rest.counts.findLastIndex((filled) => filled > 0);
  rest.max = last < 0 ? 0 : Math.min(h.max, binEdge(last + 1));
  if (last < 0) rest.min = rest.total > 0 ? 0 : Infinity;
  return rest;
}

/** Lower edge of bin i; the upper edge is that of bin i + 1. */
export function binEdge(i: number): number {
  const octave = Math.floor(i / BINS_PER_OCTAVE);
  return 2 ** (octave + LOWEST_EXPONENT) * (1 + (i % BINS_PER_OCTAVE) / BINS_PER_OCTAVE);
}

/** The value that stands for the magnitudes of bin i: its middle. */
export function binMiddle(i: number): number {
  return (binEdge(i) + binEdge(i + 1)) / 2;
}

/** The same values twice: as binary32 for the bin, and as they came for the extremes. */
function addBits(h: MagnitudeHistogram, near: Float32Array, exact: Float32Array | Float64Array): void {
  const bits = new Uint32Array(near.buffer, near.byteOffset, near.length);
  for (let i = 0; i < bits.length; i++) {
    const magnitude = Math.abs(exact[i]!);
    if (!(magnitude < Infinity)) {
      h.nonFinite++;
      continue;
    }
    h.total++;
    if (magnitude < h.min) h.min = magnitude;
    if (magnitude > h.max) h.max = magnitude;
    if (magnitude === 0) h.zeros++;
    else h.counts[binOf(bits[i]! & 0x7fffffff)]!++;
  }
}

/** Bin of the binary32 with these bits and no sign; 0 (underflow of a binary64) and Inf (overflow) go to the nearest end. */
function binOf(bits: number): number {
  if (bits >= 0x7f800000) return BINS - 1;
  if (bits >= 0x00800000) return (bits >>> (23 - MANTISSA_KEPT)) + NORMAL_OFFSET;
  if (bits === 0) return 0;
  const octave = 31 - Math.clz32(bits);
  const shift = octave - MANTISSA_KEPT;
  const mantissa = (shift >= 0 ? bits >>> shift : bits << -shift) & (BINS_PER_OCTAVE - 1);
  return octave * BINS_PER_OCTAVE + mantissa;
}
