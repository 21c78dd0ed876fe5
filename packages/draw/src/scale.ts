/**
 * From values to places: linear and logarithmic scales, their ticks, and numbers as people write them.
 */

/** A map from values to coordinates. */
export interface Scale {
  readonly kind: 'linear' | 'log';
  /** The lowest and the highest value. */
  readonly domain: readonly [number, number];
  readonly at: (value: number) => number;
}

/** Relative width under which a domain is a single value: its ticks would differ in digits that nobody can read. */
const NARROWEST = 1e-9;

/** `low..high` onto `from..to`; a domain of one value is widened around it. */
export function linearScale(low: number, high: number, from: number, to: number): Scale {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const around = (size || 1) / 2;
  const [first, last] = high - low > size * NARROWEST ? [low, high] : [low - around, low + around];
  return {
    kind: 'linear',
    domain: [first, last],
    at: (v) => from + ((v - first) / (last - first)) * (to - from),
  };
}

/**
 * The logarithm of `low..high` onto `from..to`; a domain of one value is widened around it.
 * @throws RangeError unless both are positive.
 */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  if (!(low > 0 && high > 0)) {
    throw new RangeError(`low: a logarithmic scale has positive ends, not ${low} and ${high}`);
  }
  const [first, last] = high / low > 1 + NARROWEST ? [low, high] : [low / 1.5, low * 1.5];
  const span = Math.log(last / first);
  return {
    kind: 'log',
    domain: [first, last],
    at: (v) => from + (Math.log(v / first) / span) * (to - from),
  };
}

/** Round values inside the domain, about `count` of them: steps of 1, 2, 2.5 or 5 times a power of ten, or of a decade. */
export function ticks(scale: Scale, count = 6): readonly number[] {
  const [low, high] = scale.domain;
  return scale.kind === 'linear' ? linearTicks(low, high, count) : logTicks(low, high, count);
}

/** A value with at most `digits` significant digits, in powers of ten only where plain decimals are long. */
export function shown(value: number, digits = 4): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const text =
    magnitude >= 1e5 || magnitude < 9.999e-5
      ? value
          .toExponential(digits - 1)
          .replace(/\.?0+e/, 'e')
          .replace('e+', 'e')
      : String(Number(value.toPrecision(digits)));
  return text.replace('-', '\u2212').replace('e-', 'e\u2212');
}

function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 2.5, 5, 10].find((factor) => factor * decade >= rough * (1 - 1e-9)) ?? 10);
  const values: number[] = [];
  // Multiples of the step, not sums of it: the tenth tick is as round as the first.
  const first = Math.ceil(low / step - 1e-9);
  for (let k = first; k * step <= high + step * 1e-9; k++) values.push(Number((k * step).toPrecision(12)));
  // A single tick gives no scale to read by.
  return values.length >= 2 ? values : linearTicks(low, high, 2 * count);
}

function logTicks(low: number, high: number, count: number): number[] {
  const choices = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]];
  const lists = choices.map((factors) => decadeTicks(low, high, factors));
  const decades = lists[0]!;
  if (decades.length > count + 2) {
    const every = Math.ceil(decades.length / count);
    return decades.filter((_, i) => i % every === 0);
  }
  const enough = lists.find((list) => list.length >= Math.min(4, count)) ?? lists.at(-1)!;
  // Less than half an octave or so: round steps say more than factors.
  return enough.length >= 3 ? enough : linearTicks(low, high, count).filter((v) => v > 0);
}

function decadeTicks(low: number, high: number, factors: readonly number[]): number[] {
  const values: number[] = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++) {
    for (const factor of factors) {
      const value = Number(`${factor}e${decade}`);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push(value);
    }
  }
  return values;
}
