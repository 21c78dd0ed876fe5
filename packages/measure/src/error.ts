/**
 * The error of decoded weights y against the original x, accumulated in chunks and merged over parts.
 *
 * Follows docs/design/numerics.md §2.1: R = sqrt(Σ w(y−x)² / Σ w x²). Sums keep the one order that architecture.md, contract 1, writes
 * down: binary64 over runs of 4096 elements in index order, then the runs in order, so that R is the same to the last
 * bit for any chunking, and for any number of workers whose parts begin at multiples of 4096. It must not know formats or codecs.
 */
import { addMagnitudes, type MagnitudeHistogram, magnitudeHistogram, mergeMagnitudes } from './quantiles.ts';

/** Elements to a run of a sum; parts that begin at multiples of it merge without any change of rounding. */
export const RUN = 4096;

/** Everything that an accumulator knows; plain data that `structuredClone` copies. */
export interface ErrorState {
  /** Pairs whose x and y are both finite. */
  count: number;
  /** Pairs with a NaN or ±Inf, which enter no sum. */
  nonFinite: number;
  /** Σw(y−x)², Σw x² and Σw of each finished run. */
  readonly errorRuns: number[];
  readonly dataRuns: number[];
  readonly weightRuns: number[];
  /** The run under way: its elements (non-finite ones too) and sums. */
  runLength: number;
  runError: number;
  runData: number;
  runWeight: number;
  /** Largest |y−x| and |x| of pairs with a positive weight. */
  maxError: number;
  maxData: number;
  /** |y−x| of all finite pairs, or `null` where it was not asked for. */
  readonly magnitudes: MagnitudeHistogram | null;
}

/** What was measured. Errors are in the unit of the data unless said. */
export interface ErrorResult {
  readonly count: number;
  readonly nonFinite: number;
  /** R = sqrt(Σw(y−x)² / Σw x²). Where Σw x² is 0: 0 without error, else `Infinity`. */
  readonly relativeError: number;
  /** Signal to quantisation noise, −20·log10 R, in dB; `Infinity` without error. */
  readonly sqnr: number;
  readonly maxError: number;
  /** Weighted mean of (y−x)², and its root. */
  readonly meanSquare: number;
  readonly rms: number;
  /** Root of the weighted mean of x². */
  readonly dataRms: number;
  /** |y−x| in bins, for `quantile`; `null` where it was not asked for. */
  readonly bins: MagnitudeHistogram | null;
}

/** `add` sees the next pairs, `merge` those of a later part, `result` says what was measured so far. */
export interface ErrorAccumulator {
  readonly state: ErrorState;
  /**
   * The next elements: x original, y decoded, w weights (an importance, a Fisher diagonal; 1 without).
   * @throws RangeError for lengths that differ, and for weights that are negative, NaN or infinite.
   */
  add(x: Float32Array | Float64Array, y: Float32Array | Float64Array, w?: Float32Array | Float64Array): void;
  /** The elements that `other` saw, as coming after those seen here. A run under way ends here. */
  merge(other: { readonly state: ErrorState }): void;
  /** @throws RangeError where squares leave the range of binary64 (data beyond about 1e±150). */
  result(): ErrorResult;
}

/** An accumulator that has seen nothing. `bins`: also count |y−x| in bins, for quantiles. */
export function errorAccumulator(options: { readonly bins?: boolean } = {}): ErrorAccumulator {
  const state: ErrorState = {
    count: 0,
    nonFinite: 0,
    errorRuns: [],
    dataRuns: [],
    weightRuns: [],
    runLength: 0,
    runError: 0,
    runData: 0,
    runWeight: 0,
    maxError: 0,
    maxData: 0,
    magnitudes: options.bins ? magnitudeHistogram() : null,
  };
  return {
    state,
    add: (x, y, w) => addPairs(state, x, y, w),
    merge: (other) => mergeStates(state, other.state),
    result: () => resultOf(state),
  };
}

type Floats = Float32Array | Float64Array;

function addPairs(state: ErrorState, x: Floats, y: Floats, w: Floats | undefined): void {
  if (y.length !== x.length) throw new RangeError(`y: has ${y.length} elements and x has ${x.length}`);
  if (w && w.length !== x.length) throw new RangeError(`w: has ${w.length} weights for ${x.length} elements`);
  // Before anything is added, so that a refused call leaves the sums as they were.
  w?.forEach((weight, i) => {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`w: weights are finite and not negative, w[${i}] is ${weight}`);
    }
  });
  // Of binary64, so that errors of binary64 data keep their exact extremes.
  const errors = state.magnitudes ? new Float64Array(Math.min(RUN, x.length)) : null;
  for (let start = 0; start < x.length; ) {
    const end = Math.min(x.length, start + RUN - state.runLength);
    addStretch(state, x, y, w, start, end, errors);
    state.runLength += end - start;
    if (state.runLength === RUN) endRun(state);
    start = end;
  }
}

/** Elements start..end, all of one run. `errors`: room for them where they are binned. */
function addStretch(
  state: ErrorState,
  x: Floats,
  y: Floats,
  w: Floats | undefined,
  start: number,
  end: number,
  errors: Float64Array | null,
): void {
  let { runError, runData, runWeight, maxError, maxData } = state;
  let finite = 0;
  for (let i = start; i < end; i++) {
    const data = x[i]!;
    const decoded = y[i]!;
    const error = decoded - data;
    // 0 for finite values, NaN for others. Two finite binary64 may still differ by Inf, and `result` reports that overflow.
    if (data - data !== 0 || decoded - decoded !== 0) continue;
    const weight = w ? w[i]! : 1;
    if (errors) errors[finite] = error;
    finite++;
    runError += weight * error * error;
    runData += weight * data * data;
    runWeight += weight;
    if (weight > 0) {
      maxError = Math.max(maxError, Math.abs(error));
      maxData = Math.max(maxData, Math.abs(data));
    }
  }
  state.count += finite;
  state.nonFinite += end - start - finite;
  Object.assign(state, { runError, runData, runWeight, maxError, maxData });
  if (errors) addMagnitudes(state.magnitudes!, errors.subarray(0, finite));
}

function endRun(state: ErrorState): void {
  if (state.runLength === 0) return;
  state.errorRuns.push(state.runError);
  state.dataRuns.push(state.runData);
  state.weightRuns.push(state.runWeight);
  Object.assign(state, { runLength: 0, runError: 0, runData: 0, runWeight: 0 });
}

function mergeStates(state: ErrorState, other: ErrorState): void {
  if (other === state) throw new TypeError('other: an accumulator cannot be merged with itself');
  if ((state.magnitudes === null) !== (other.magnitudes === null)) {
    throw new TypeError(
      'other: one accumulator counts bins and the other does not; make both with the same options',
    );
  }
  endRun(state);
  for (const sum of other.errorRuns) state.errorRuns.push(sum);
  for (const sum of other.dataRuns) state.dataRuns.push(sum);
  for (const sum of other.weightRuns) state.weightRuns.push(sum);
  const { runLength, runError, runData, runWeight } = other;
  Object.assign(state, { runLength, runError, runData, runWeight });
  state.count += other.count;
  state.nonFinite += other.nonFinite;
  state.maxError = Math.max(state.maxError, other.maxError);
  state.maxData = Math.max(state.maxData, other.maxData);
  if (state.magnitudes) mergeMagnitudes(state.magnitudes, other.magnitudes!);
}

function resultOf(state: ErrorState): ErrorResult {
  const error = total(state.errorRuns, state.runError, state.maxError);
  const data = total(state.dataRuns, state.runData, state.maxData);
  const weight = state.weightRuns.reduce((sum, run) => sum + run, 0) + state.runWeight;
  const relativeError = error === 0 ? 0 : data === 0 ? Infinity : Math.sqrt(error / data);
  const meanSquare = weight === 0 ? 0 : error / weight;
  return {
    count: state.count,
    nonFinite: state.nonFinite,
    relativeError,
    sqnr: -20 * Math.log10(relativeError),
    maxError: state.maxError,
    meanSquare,
    rms: Math.sqrt(meanSquare),
    dataRms: weight === 0 ? 0 : Math.sqrt(data / weight),
    bins: state.magnitudes,
  };
}

/** The runs in order. `largest`: the largest magnitude squared in them, which tells an underflow from a true zero. */
function total(runs: readonly number[], last: number, largest: number): number {
  let sum = 0;
  for (const run of runs) sum += run;
  sum += last;
  if (!(sum < Infinity) || (sum === 0 && largest > 0)) {
    throw new RangeError(
      `x: squares of data or errors of magnitude ${largest} leave the range of binary64; scale x and y by a power of two first`,
    );
  }
  return sum;
}
