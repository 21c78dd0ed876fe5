/**
 * Cases of number types alone: the value of every code, and the code of each tricky input.
 *
 * The peers' names are mapped to numbers here. Where a peer's cast says more than a number's rounding and overflow can (what
 * Inf becomes when saturating, what E8M0 does with zero), the manifest's rule text is followed input by input.
 */
import { float, type NumberType, PRELUDE, type Rounding, resolveNumber } from '@fewerbits/numerics';
import { valuesDiffer } from './compare.ts';
import { arrayOf, type VectorCase } from './manifest.ts';
import { type CaseEnvironment, failed, passed, skipped, type Verdict } from './verdict.ts';

/** ml_dtypes' names of the numbers in the prelude. */
const NAMES: Readonly<Record<string, NumberType | undefined>> = {
  float8_e4m3fn: PRELUDE.e4m3,
  float8_e4m3: PRELUDE.e4m3_ieee,
  float8_e4m3fnuz: PRELUDE.e4m3fnuz,
  float8_e5m2: PRELUDE.e5m2,
  float8_e8m0fnu: PRELUDE.e8m0,
  float6_e2m3fn: PRELUDE.e2m3,
  float6_e3m2fn: PRELUDE.e3m2,
  float4_e2m1fn: PRELUDE.e2m1,
  float16: PRELUDE.f16,
  bfloat16: PRELUDE.bf16,
};

/** gfloat's names of rounding modes. */
const ROUNDINGS: Readonly<Record<string, Rounding>> = {
  TiesToEven: 'even',
  TiesToAway: 'half_away',
  TowardZero: 'in',
  TowardNegative: 'down',
  TowardPositive: 'up',
  ToOdd: 'odd',
};

/** Checks one case of the group `floats`. */
export async function checkFloat(vector: VectorCase, { read }: CaseEnvironment): Promise<Verdict> {
  const type = floatOf(vector);
  if (type === null) return skipped(`no number of this kit is the peer's ${vector.type}`);
  if (vector.op === 'decode_table') {
    const number = resolveNumber(type);
    const table = await read.floats(arrayOf(vector, 'y'));
    const actual = Float32Array.from(table, (_, code) => number.levelOf(code));
    const difference = valuesDiffer(table, actual, 'exact');
    return difference === null ? passed(`${table.length} codes`) : failed(`value of a code: ${difference.text}`);
  }
  if (vector.op === 'encode') return checkEncode(vector, type, await read.floats(arrayOf(vector, 'x')), read);
  return skipped(`op ${vector.op} is not defined for floats`);
}

async function checkEncode(
  vector: VectorCase,
  type: NumberType,
  x: Float32Array,
  read: CaseEnvironment['read'],
): Promise<Verdict> {
  const cast = peerCast(vector, type);
  if (cast === null) return skipped(`rule ${vector.rule} is not known to this kit`);
  const codes = await read.integers(arrayOf(vector, 'codes'));
  const number = resolveNumber(type);
  const wrong: string[] = [];
  for (let i = 0; i < codes.length; i++) {
    const want = codes[i]!;
    const got = cast(x[i]!);
    if (got !== want && !sameSpecial(x[i]!, number.levelOf(want), number.levelOf(got))) {
      wrong.push(`x[${i}] = ${text(x[i]!)} gives code ${got} (${number.levelOf(got)}), want ${want} (${number.levelOf(want)})`);
    }
  }
  if (wrong.length === 0) return passed(`${codes.length} inputs`);
  return failed(`${wrong.length} of ${codes.length} inputs; first: ${wrong.slice(0, 3).join('; ')}`);
}

/** NaNs of either sign and any payload are one; where there is no NaN, the rules leave the sign of the zero it becomes open. */
function sameSpecial(x: number, want: number, got: number): boolean {
  if (Number.isNaN(want)) return Number.isNaN(got);
  return Number.isNaN(x) && want === 0 && got === 0;
}

function text(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** The number that a case is about; its rounding and overflow come from the rule. */
function floatOf(vector: VectorCase): NumberType | null {
  const params = vector.params as P3109 | undefined;
  if (params === undefined) return NAMES[vector.type] ?? null;
  const { k, precision, signed, extended, bias } = params;
  const mantissa = precision - 1;
  const exponent = k - mantissa - (signed ? 1 : 0);
  return float({ exponent, mantissa, bias, signed, specials: extended ? 'nan_zero_inf' : 'nan_zero' });
}

/** IEEE P3109 binary<k>p<precision>, the implicit bit counted; `extended`: with infinities. */
interface P3109 {
  readonly k: number;
  readonly precision: number;
  readonly signed: boolean;
  readonly extended: boolean;
  readonly bias: number;
}

type Cast = (x: number) => number;

/** The cast that a rule describes, or null for a rule that is not known. */
function peerCast(vector: VectorCase, type: NumberType): Cast | null {
  switch (vector.rule) {
    case 'mld-encode':
    case 'rne-ieee':
      return mlDtypesCast(type, false);
    case 'mld-encode-sat':
      return mlDtypesCast(type, true);
    case 'gfloat-encode':
      return gfloatCast(type, vector.saturate === true);
    case 'gfloat-round': {
      const round = ROUNDINGS[String(vector.rounding)];
      if (round === undefined) return null;
      const number = resolveNumber({ ...type, round, overflow: 'saturate' });
      return (x) => number.codeOf(x);
    }
    default:
      return null;
  }
}

/** What lies beyond the largest level where a type is left to itself: Inf if it has one, else NaN, else the largest level. */
function beyond(type: NumberType): NumberType {
  const number = resolveNumber(type);
  const overflow = number.infCode !== null ? 'inf' : number.nanCode !== null ? 'nan' : 'saturate';
  return { ...type, overflow };
}

/**
 * ml_dtypes: "RNE, overflow to Inf if the type has it, else NaN, else max finite"; saturating, "Inf stays Inf/NaN where the type
 * has it". E8M0 has no zero and no sign: "negative, zero and overflow -> NaN", saturating "zero/negative clamp to 2^-127"; its
 * ties between powers of two go up, and so does every binary32 subnormal above 2^-127 (the peer rounds mantissa bits, and a
 * subnormal lacks the leading one), which its rule does not say.
 */
function mlDtypesCast(type: NumberType, saturate: boolean): Cast {
  const isScale = type.base.kind === 'float' && !type.base.signed && !type.base.subnormals;
  const rounded: NumberType = isScale ? { ...type, round: 'half_up' } : type;
  const number = resolveNumber(beyond(rounded));
  const clamped = resolveNumber({ ...rounded, overflow: 'saturate' });
  return (x) => {
    if (isScale && (x === Number.NEGATIVE_INFINITY || (x <= 0 && !saturate))) return number.nanCode!;
    if (isScale && x > 2 ** -127 && x < 2 ** -126) return 1;
    return (saturate && Number.isFinite(x) ? clamped : number).codeOf(x);
  };
}

/** gfloat: "-0 encodes as 0; saturate: Inf clamps to max finite too; NaN -> NaN code". */
function gfloatCast(type: NumberType, saturate: boolean): Cast {
  const number = resolveNumber(saturate ? { ...type, overflow: 'saturate' } : beyond(type));
  return (x) => number.codeOf(x);
}
