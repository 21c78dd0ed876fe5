import { describe, expect, it } from 'vitest';
import {
  float,
  type NumberType,
  type Overflow,
  PRELUDE,
  type ResolvedNumber,
  type Rounding,
  resolveNumber,
  withOverflow,
  withRounding,
} from '../src/index.ts';
import { type Case, cases, hasShared, load } from './vectors.ts';

const NAMES: Record<string, string> = {
  float8_e4m3: 'e4m3_ieee',
  float8_e4m3fn: 'e4m3',
  float8_e4m3fnuz: 'e4m3fnuz',
  float8_e5m2: 'e5m2',
  float8_e8m0fnu: 'e8m0',
  float6_e2m3fn: 'e2m3',
  float6_e3m2fn: 'e3m2',
  float4_e2m1fn: 'e2m1',
  float16: 'f16',
  bfloat16: 'bf16',
};

function typeOf({ type, params }: Case): NumberType {
  if (params === undefined) return PRELUDE[NAMES[type]!]!;
  const { k, precision, signed, extended, bias } = params;
  return float({
    exponent: k - precision + (signed ? 0 : 1),
    mantissa: precision - 1,
    bias,
    signed,
    specials: extended ? 'nan_zero_inf' : 'nan_zero',
  });
}

/** Overflow to Inf where the number has it, else to NaN, else the largest finite level: the casts of ml_dtypes and gfloat. */
function unsaturated(type: NumberType): NumberType {
  const { infCode, nanCode } = resolveNumber(type);
  const overflow: Overflow = infCode !== null ? 'inf' : nanCode !== null ? 'nan' : 'saturate';
  return withOverflow(type, overflow);
}

const MODES: Record<string, Rounding> = {
  TowardZero: 'in',
  TowardNegative: 'down',
  TowardPositive: 'up',
  TiesToAway: 'half_away',
  ToOdd: 'odd',
};

/**
 * The casts of ml_dtypes, said in terms of ours: infinities overflow even under saturation, to Inf or NaN. Its E8M0 takes ties up,
 * anything not positive as overflow, and (an accident of binary32's subnormals) everything between its two lowest levels up.
 */
function mlDtypes(entry: Case, type: NumberType): (x: number) => number {
  const isScale = entry.type === 'float8_e8m0fnu';
  const rounded = isScale ? withRounding(type, 'half_up') : type;
  const saturating = resolveNumber(withOverflow(rounded, 'saturate'));
  const hard = resolveNumber(unsaturated(rounded));
  return (x) => {
    if (isScale && x > 2 ** -127 && x < 2 ** -126) return 1;
    if (isScale && x <= 0 && (!entry.saturate || x === -Infinity)) return hard.nanCode!;
    return (entry.saturate && Number.isFinite(x) ? saturating : hard).codeOf(x);
  };
}

/** Inputs whose code differs from the vector's; two codes of NaN are the same. */
function differing(entry: Case, codeOf: (x: number) => number, number: ResolvedNumber): string[] {
  const expected = load(entry.codes!);
  return load(entry.x!).flatMap((x, i) => {
    const code = codeOf(x);
    if (Number.isNaN(x) && number.nanCode === null) {
      // Peers write a NaN that has no code as some number; here it is code 0 (docs/design/language.md).
      return code === 0 ? [] : [`NaN -> ${code}, not 0`];
    }
    const bothNaN = Number.isNaN(number.levelOf(code)) && Number.isNaN(number.levelOf(expected[i]!));
    return code === expected[i] || bothNaN ? [] : [`${x} -> ${code}, not ${expected[i]}`];
  });
}

describe.skipIf(!hasShared)('golden vectors: floats', () => {
  it.each(cases('floats', 'decode_table').map((entry) => [entry.id, entry] as const))('%s', (_, entry) => {
    const number = resolveNumber(typeOf(entry));
    expect(Array.from(number.levels!)).toEqual(load(entry.y!));
  });

  it.each(cases('floats', 'encode').map((entry) => [entry.id, entry] as const))('%s', (_, entry) => {
    const type = typeOf(entry);
    const number = resolveNumber(type);
    const saturated = resolveNumber(entry.saturate ? withOverflow(type, 'saturate') : unsaturated(type));
    let codeOf = entry.rule.startsWith('mld') ? mlDtypes(entry, type) : (x: number) => saturated.codeOf(x);
    if (entry.rounding !== undefined) {
      const rounded = resolveNumber(withRounding(withOverflow(type, 'saturate'), MODES[entry.rounding]!));
      codeOf = (x) => rounded.codeOf(x);
    }
    expect(differing(entry, codeOf, number)).toEqual([]);
  });
});
