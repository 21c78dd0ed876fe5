/**
 * Laws of numbers: what is decoded encodes to the same value, and rounding takes the neighbour that its rule says.
 */
import { describeNumber, type NumberType, type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import { BrokenLaw } from './broken-law.ts';

/** Codes tried where there are too many for all. */
const SAMPLE = 4096;

/**
 * Every code that has a level of its own decodes to a value which encodes to that value again: the same bits, but for the sign of a
 * zero that has one code only. NaN stays NaN where there is a code for it; infinities stay unless the number saturates.
 * Codes beyond the range of an integer decode and are never written: their values come back clamped. Vectors have no code of
 * their own to come back to; their components must be finite.
 * @param number the behaviour under test, this project's own by default
 * @throws BrokenLaw with the code and the values.
 */
export function lawNumberRoundTrip(type: NumberType, number: ResolvedNumber = resolveNumber(type)): void {
  if (number.bits === 0) return;
  const isWritten = writtenCodes(number);
  for (const code of codesOf(number)) {
    if (number.dimension > 1) {
      for (let i = 0; i < number.dimension; i++) {
        if (!Number.isFinite(number.levelOf(code, i)))
          fail(type, `component ${i} of code ${code} is ${number.levelOf(code, i)}`);
      }
      continue;
    }
    const level = number.levelOf(code);
    const problem = roundTripProblem(number, level, isWritten(code));
    if (problem !== null) fail(type, `code ${code} decodes to ${level}, ${problem}`);
  }
}

function fail(type: NumberType, message: string): never {
  throw new BrokenLaw('lawNumberRoundTrip', `${describeNumber(type)}: ${message}`);
}

/** All codes, or the ends and an even choice between them. */
function codesOf(number: ResolvedNumber): Iterable<number> {
  const count = Math.min(number.codes, 2 ** number.bits);
  if (count <= 65536) return Array.from({ length: count }, (_, code) => code);
  const step = Math.floor(count / SAMPLE);
  return Array.from({ length: SAMPLE }, (_, k) => (k % 2 === 0 ? k * step : count - k * step - 1));
}

/** Whether an encoder may write a code: codes of an `int` beyond its range decode as the coding says and are never written. */
function writtenCodes({ type: { base }, bits }: ResolvedNumber): (code: number) => boolean {
  if (base.kind !== 'int') return () => true;
  const half = 2 ** (bits - 1);
  return (code) => {
    const { low, high, coding } = base;
    // The second zero of sign and magnitude is never written either.
    if (coding === 'sign_magnitude' && code === half && bits > 1) return false;
    const value =
      coding === 'offset'
        ? low + code
        : code < half
          ? code
          : coding === 'twos'
            ? code - 2 * half
            : half - code;
    return value >= low && value <= high;
  };
}

function roundTripProblem(number: ResolvedNumber, level: number, isWritten: boolean): string | null {
  if (Number.isNaN(level)) {
    const again = number.levelOf(number.codeOf(level));
    return number.nanCode === null || Number.isNaN(again) ? null : `which encodes to ${again}`;
  }
  const { min, max } = number.facts;
  const inside = isWritten && level >= min && level <= max;
  // `overflow error` gives no code for what lies outside; the others clamp it or give it a code of its own.
  if (!inside && number.overflow === 'error') return null;
  const again = number.levelOf(number.codeOf(level));
  if (inside) return again === level ? null : `which encodes to ${again}`;
  if (Number.isFinite(level)) {
    // Beyond the range: the end on that side, or what overflow says. Never written but inside: some level.
    const clamped = level > max ? again === max : level < min ? again === min : again >= min && again <= max;
    const marked = number.overflow !== null && number.overflow !== 'saturate' && !Number.isFinite(again);
    return clamped || marked ? null : `which encodes to ${again}, outside ${min}..${max}`;
  }
  const kept = again === level || Number.isNaN(again) || again === (level > 0 ? max : min);
  return kept ? null : `which encodes to ${again}`;
}

/**
 * For each finite value inside the range: no level is nearer than the one chosen (rules that go to the nearest), or the level chosen
 * is on the side that a directed rule says. Boundaries between listed levels are binary32 midpoints, hence a tolerance of one unit
 * in the last place of the value. Stochastic rounding takes either neighbour.
 * @param number the behaviour under test, this project's own by default
 * @throws BrokenLaw with the value and the levels; RangeError for a vector or for more than 65,536 levels.
 */
export function lawNumberRounds(
  type: NumberType,
  values: ArrayLike<number>,
  number: ResolvedNumber = resolveNumber(type),
): void {
  if (number.levels === null || number.dimension > 1) {
    throw new RangeError(
      `lawNumberRounds: ${describeNumber(type)} has no list of scalar levels to compare with`,
    );
  }
  const { min, max } = number.facts;
  const sorted = writableLevels(number);
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (!(x >= min && x <= max)) continue;
    const chosen = number.levelOf(number.codeOf(x, i));
    const [below, above] = neighbours(sorted, x);
    const problem = roundingProblem(number, x, chosen, below, above);
    if (problem !== null) {
      const where = `${x} lies between ${below} and ${above} and becomes ${chosen}`;
      throw new BrokenLaw('lawNumberRounds', `${describeNumber(type)}: ${where}: ${problem}`);
    }
  }
}

/** Finite levels that an encoder may write, increasing, each once. */
function writableLevels(number: ResolvedNumber): Float64Array {
  const { min, max } = number.facts;
  const isWritten = writtenCodes(number);
  const levels = new Set<number>();
  for (let code = 0; code < number.codes; code++) {
    const level = number.levelOf(code);
    if (isWritten(code) && level >= min && level <= max) levels.add(level + 0);
  }
  return Float64Array.from(levels).sort();
}

function neighbours(sorted: Float64Array, x: number): [below: number, above: number] {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const half = (low + high + 1) >>> 1;
    if (sorted[half]! <= x) low = half;
    else high = half - 1;
  }
  const below = sorted[low]!;
  return [below, below === x ? below : (sorted[low + 1] ?? below)];
}

function roundingProblem(
  number: ResolvedNumber,
  x: number,
  chosen: number,
  below: number,
  above: number,
): string | null {
  if (chosen !== below && chosen !== above) return 'that is neither neighbour';
  const rule = number.rounding;
  if (typeof rule === 'object' || below === above) return null;
  switch (rule) {
    case 'down':
      return chosen === below ? null : 'rounding is down';
    case 'up':
      return chosen === above ? null : 'rounding is up';
    case 'in':
    case 'out': {
      // In a gap that holds zero the sign of the value, or the smaller magnitude, decides.
      if (below < 0 && above > 0) return null;
      const inner = Math.abs(below) < Math.abs(above) ? below : above;
      return (chosen === inner) === (rule === 'in')
        ? null
        : `rounding is ${rule === 'in' ? 'toward' : 'away from'} zero`;
    }
    case 'odd':
      return null;
    default: {
      const other = chosen === below ? above : below;
      const slack = 2 ** -23 * Math.max(Math.abs(x), Math.abs(below), Math.abs(above)) + 2 ** -149;
      return Math.abs(x - chosen) <= Math.abs(x - other) + slack ? null : 'the other is nearer';
    }
  }
}
