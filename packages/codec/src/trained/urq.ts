/**
 * Rate–distortion-optimised rounding on a uniform grid: codes that give up a little error where that saves bits.
 *
 * The levels stay where they are (uniform reconstruction, "URQ"), so any decoder of the grid reads the codes; only the
 * encoder's thresholds move. Specification: docs/design/numerics.md §1.10; Sullivan (1996), "Efficient scalar quantization
 * of exponential and Laplacian random variables". Knows no coder: lengths are those of an ideal one, or given.
 */
import { roundHalfEven } from '@fewerbits/numerics';
import { assignSorted, type CodedLevels, cheapestLevel, intervalsOf } from './cheapest-levels.ts';
import {
  type Data,
  effectiveWeights,
  requireData,
  requireFromZero,
  requirePositive,
  requireWhole,
} from './data.ts';
import { entropyOfCounts, visitGridCells } from './grid-rate.ts';
import { relativeWeights } from './relative-weights.ts';
import { type Settling, settleLengths, type Weighed } from './settled-lengths.ts';
import { firstFrom, type SortedSample, sortedSample } from './sorted-sample.ts';

/** Lengths of a coder that is already there, such as Huffman's. */
export interface CodeLengths {
  /** The code that `bits[0]` is for; then one after the other. */
  readonly lowest: number;
  /** Bits of each code, from 0; Infinity for a code without a word. Codes outside have none either. */
  readonly bits: ArrayLike<number>;
}

export interface UrqOptions {
  /** Lengths to round for; left out: the ideal ones of the codes themselves, found by iteration. */
  readonly lengths?: CodeLengths;
  /** Importance of each value, from 0, relative to their mean. */
  readonly weights?: ArrayLike<number>;
  /** The most rounds of codes and lengths, from 1; 200 if left out. With `lengths` there is one. */
  readonly iterations?: number;
  /** Stop once the counts of codes change by at most this share of the values; left out: 0, but 1e-5 with weights that differ. */
  readonly tolerance?: number;
}

/** λ of the heuristic in units of step²; ln 2 / 6 = 0.1155 is what a fine grid trades (numerics.md §1.10 has 0.1). */
export const HEURISTIC = 0.1;

const ROUNDS = 200;

const LARGEST_CODE = 2 ** 31 - 1;

/**
 * The code of each value: the integer k with the least weight · (value − k·step)² + λ · length(k), lower k among equals.
 *
 * Without `lengths` it starts from plain rounding (half to even) with lengths −log2 of the codes' shares, and repeats until the codes
 * have the lengths they were chosen for; each round lessens Σ weight · error² + λ · bits. A code that died out does not
 * come back. λ = 0 without `lengths` is plain rounding.
 *
 * @param step distance of neighbouring levels
 * @param lambda worth of one bit in squared units of the values; 'heuristic': 0.1 · step²
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for no values, one that is not finite, a step that is not positive or gives codes beyond 32 bits, a λ, weights
 *   or lengths out of range, or lengths that leave no code.
 */
export function urqCodes(
  values: Data,
  step: number,
  lambda: number | 'heuristic',
  options: UrqOptions = {},
): Int32Array {
  const { lengths, iterations = ROUNDS } = options;
  requireData(values);
  requirePositive('step', step);
  const trade = lambda === 'heuristic' ? HEURISTIC * step * step : lambda;
  requireFromZero('lambda', trade);
  requireWhole('iterations', iterations, 1);
  const weights = relativeWeights(effectiveWeights(options.weights, values.length));
  const tolerance = options.tolerance ?? (weights === null ? 0 : 1e-5);
  requireFromZero('tolerance', tolerance);
  const plain = plainCodes(values, step);
  if (lengths !== undefined) return codesFor(values, weights, givenLevels(lengths, step), step, trade);
  if (trade === 0) return plain;
  const coded = consistentLevels(values, weights, step, trade, { iterations, tolerance });
  return codesFor(values, weights, coded, step, trade);
}

function plainCodes(values: Data, step: number): Int32Array {
  const codes = new Int32Array(values.length);
  for (let i = 0; i < codes.length; i++) {
    const code = roundHalfEven(values[i] / step);
    if (!(Math.abs(code) <= LARGEST_CODE)) {
      throw new RangeError(
        `step: with ${step} the code of values[${i}] = ${values[i]} is beyond 32 bits; give a larger step`,
      );
    }
    codes[i] = code;
  }
  return codes;
}

/** The grid's occupied levels, with the lengths of codes that are chosen under them. */
function consistentLevels(
  values: Data,
  weights: Float64Array | null,
  step: number,
  lambda: number,
  limits: Settling,
): CodedLevels {
  const sample = sortedSample(values);
  const { levels, counts } = gridLevels(sample.values, step);
  const data: Weighed = weights === null ? { weights, sample } : { weights, values };
  return settleLengths(data, levels, counts, lambda, limits).coded;
}

/** The levels of a grid that ascending values round to, and how many do. */
function gridLevels(ascending: Data, step: number): { levels: Float64Array; counts: Float64Array } {
  const levels: number[] = [];
  const counts: number[] = [];
  visitGridCells(ascending, step, (code, from, to) => {
    levels.push(code * step);
    counts.push(to - from);
  });
  return { levels: Float64Array.from(levels), counts: Float64Array.from(counts) };
}

/**
 * Bits per value that the codes of `urqCodes` have with equal weights, λ = `trade` · step², for values that are sorted and checked.
 * At `trade` 0 that is the entropy of plain rounding.
 */
export function sortedUrqRate(sample: SortedSample, step: number, trade: number): number {
  const { levels, counts } = gridLevels(sample.values, step);
  if (trade === 0) return entropyOfCounts(counts, sample.values.length);
  const limits = { iterations: ROUNDS, tolerance: 0 };
  const { coded } = settleLengths({ weights: null, sample }, levels, counts, trade * step * step, limits);
  const assigned = assignSorted(sample, coded, trade * step * step);
  return entropyOfCounts(assigned.counts, sample.values.length);
}

function givenLevels({ lowest, bits }: CodeLengths, step: number): CodedLevels {
  const last = lowest + bits.length - 1;
  if (!(Number.isSafeInteger(lowest) && lowest >= -LARGEST_CODE && last <= LARGEST_CODE)) {
    throw new RangeError(`lengths: codes ${lowest}..${last} are not 32-bit integers`);
  }
  let usable = false;
  for (let k = 0; k < bits.length; k++) {
    if (!(bits[k] >= 0))
      throw new RangeError(`lengths.bits[${k}] is ${bits[k]}; a length is a number from 0`);
    usable ||= bits[k] < Infinity;
  }
  if (!usable) throw new RangeError('lengths: no code has a finite length; give at least one');
  return {
    levels: Float64Array.from(bits, (_, k) => (lowest + k) * step),
    lengths: Float64Array.from(bits),
  };
}

/** The codes of all values under fixed lengths. */
function codesFor(
  values: Data,
  weights: Float64Array | null,
  coded: CodedLevels,
  step: number,
  lambda: number,
): Int32Array {
  const codeOf = Int32Array.from(coded.levels, (level) => roundHalfEven(level / step));
  const codes = new Int32Array(values.length);
  if (weights === null) {
    const { winners, thresholds } = intervalsOf(coded, lambda);
    for (let i = 0; i < codes.length; i++) codes[i] = codeOf[winners[firstFrom(thresholds, values[i])]];
  } else {
    const cheapest = cheapestLevel(coded, lambda);
    for (let i = 0; i < codes.length; i++) codes[i] = codeOf[cheapest(values[i], weights[i])];
  }
  return codes;
}
