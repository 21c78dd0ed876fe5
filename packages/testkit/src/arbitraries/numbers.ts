/**
 * Number types of every kind, all well formed: integers in each coding, floats with every choice of specials, listed levels,
 * vectors, signs; with moves, exceptions, rounding and overflow.
 */
import {
  codebook,
  float,
  grid,
  int,
  move,
  type NumberType,
  type Overflow,
  ROUNDINGS,
  resolveNumber,
  signs,
  vectors,
  withExcept,
  withOverflow,
  withRounding,
} from '@fewerbits/numerics';
import * as fc from 'fast-check';

/** What is drawn. */
export interface NumberOptions {
  /** `scalar` (default) leaves vectors, signs and `grid` out; `any` draws them too. */
  readonly kinds?: 'scalar' | 'any';
  /** The widest code, 16 bits by default. */
  readonly maxBits?: number;
}

/** Well-formed number types of every kind. */
export function numberTypes(options: NumberOptions = {}): fc.Arbitrary<NumberType> {
  const { kinds = 'scalar', maxBits = 16 } = options;
  const scalar = fc.oneof(
    { weight: 4, arbitrary: integers(maxBits) },
    { weight: 4, arbitrary: floats(maxBits) },
    { weight: 3, arbitrary: codebooks(maxBits) },
  );
  const decorated = scalar.chain((type) => fc.oneof(fc.constant(type), modified(type)));
  const fitting = decorated.filter((type) => isWellFormed(type, maxBits));
  if (kinds === 'scalar') return fitting;
  return fc.oneof(
    { weight: 6, arbitrary: fitting },
    { weight: 2, arbitrary: vectorNumbers() },
    { weight: 1, arbitrary: fc.constant(grid()) },
  );
}

/** Integers of every coding, of at least two values, ranges that are no power of two among them. */
export function integers(maxBits = 16): fc.Arbitrary<NumberType> {
  const bits = fc.integer({ min: 1, max: Math.min(maxBits, 31) });
  const coding = fc.constantFrom('twos' as const, 'offset' as const, 'sign_magnitude' as const);
  return fc
    .tuple(bits, coding, fc.nat(), fc.nat())
    .map(([width, code, a, b]) => {
      const half = 2 ** (width - 1);
      if (code === 'offset') {
        const count = 2 + (a % (2 ** width - 1));
        const low = (b % (2 * half)) - half;
        return int(low, low + count - 1, code);
      }
      if (code === 'twos') return int(-(a % (half + 1)), b % half, code);
      return int(-(a % half), b % half, code);
    })
    .filter(({ base }) => base.kind === 'int' && base.low < base.high)
    .filter((type) => isWellFormed(type, maxBits));
}

/** Floats of 2 to `maxBits` bits with every choice of sign, subnormals, bias and specials that leaves a finite code. */
export function floats(maxBits = 16): fc.Arbitrary<NumberType> {
  return fc
    .record({
      exponent: fc.integer({ min: 1, max: Math.min(8, maxBits - 1) }),
      mantissa: fc.integer({ min: 0, max: Math.min(10, maxBits - 2) }),
      signed: fc.boolean(),
      subnormals: fc.boolean(),
      specials: fc.constantFrom(
        'none' as const,
        'nan' as const,
        'ieee' as const,
        'nan_zero' as const,
        'nan_zero_inf' as const,
      ),
      shift: fc.integer({ min: -2, max: 2 }),
    })
    .map(({ shift, ...fields }) => ({ ...fields, bias: 2 ** (fields.exponent - 1) - 1 + shift }))
    .filter((fields) => fields.specials !== 'ieee' || fields.mantissa > 0)
    .filter((fields) => fields.exponent + fields.mantissa + (fields.signed ? 1 : 0) <= maxBits)
    .map((fields) => {
      try {
        const type = float(fields);
        resolveNumber(type);
        return type;
      } catch {
        // Specials may leave a tiny float without a finite code; the same float without them is well formed.
        return float({ ...fields, specials: 'none' });
      }
    })
    .filter((type) => isWellFormed(type, maxBits));
}

/** Increasing codebooks, and unordered ones with repeats; levels are multiples of 1/64. */
export function codebooks(maxBits = 8): fc.Arbitrary<NumberType> {
  const maxLength = 2 ** Math.min(maxBits, 5);
  const level = fc.integer({ min: -256, max: 256 }).map((k) => k / 64);
  const increasing = fc
    .uniqueArray(level, { minLength: 2, maxLength })
    .map((levels) => codebook(levels.toSorted((a, b) => a - b)));
  const unordered = fc
    .array(level, { minLength: 2, maxLength })
    .filter((levels) => new Set(levels).size > 1)
    .map((levels) => codebook(levels, { order: 'any' }));
  return fc.oneof({ weight: 3, arbitrary: increasing }, { weight: 1, arbitrary: unordered });
}

/** Vector codebooks of a dimension, or of 2 to 4. */
export function vectorCodebooks(dimension?: number): fc.Arbitrary<NumberType> {
  const component = fc.integer({ min: -8, max: 8 }).map((k) => k / 8);
  const size = dimension === undefined ? fc.integer({ min: 2, max: 4 }) : fc.constant(dimension);
  return size.chain((d) =>
    fc
      .array(fc.array(component, { minLength: d, maxLength: d }), { minLength: 2, maxLength: 16 })
      .filter((levels) => levels.flat().some((c) => c !== 0))
      .map((levels) => vectors(levels)),
  );
}

function vectorNumbers(): fc.Arbitrary<NumberType> {
  const signVectors = fc
    .tuple(fc.integer({ min: 2, max: 8 }), fc.boolean())
    .map(([dimension, even]) => signs(dimension, even));
  return fc.oneof(vectorCodebooks(), signVectors);
}

/** The number moved, with an exception, another rounding or an overflow rule. */
function modified(type: NumberType): fc.Arbitrary<NumberType> {
  const constant = fc.integer({ min: -32, max: 32 }).filter((k) => k !== 0);
  const moves = fc
    .tuple(fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const), constant, fc.boolean())
    .map(([op, k, swapped]) =>
      move(type, op, op === '*' || op === '/' ? k : k / 4, op === '/' ? false : swapped),
    );
  const rounding = fc.constantFrom(...ROUNDINGS, { stochastic: 7 }).map((rule) => withRounding(type, rule));
  const overflow = fc
    .constantFrom<Overflow>('error', 'saturate', 'nan', 'inf')
    .map((rule) => withOverflow(type, rule));
  const except = fc.tuple(fc.nat(), fc.integer({ min: -64, max: 64 })).map(([code, level]) => {
    const { codes, bits } = resolveNumber(type);
    return bits <= 8 ? withExcept(type, [[code % codes, level / 16]]) : type;
  });
  return fc.oneof(moves, rounding, overflow, except);
}

/** Whether a number resolves: two modifiers may exclude each other (`overflow nan` needs a NaN). */
function isWellFormed(type: NumberType, maxBits: number): boolean {
  try {
    return resolveNumber(type).bits <= maxBits;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
