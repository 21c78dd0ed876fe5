/**
 * Laws of fits: the encoder picks the nearest value under the scale as it is stored, and what was decoded encodes to itself.
 * They hold for some formats only; each law says which, and refuses the others.
 */
import { affineIn, type Codec, type Codes, type Field, type Format } from '@fewerbits/format';
import { type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import { valuesDiffer, valueText } from '../vectors/compare.ts';
import { BrokenLaw, placeOf } from './broken-law.ts';

/** Rules that take the nearest level. */
const NEAREST = ['even', 'half_down', 'half_up', 'half_away', 'half_zero', 'first'];

/**
 * Why `lawNearestCode` says nothing about a format, or null if it applies: one code for each weight, stored as one number of at most
 * 256 codes with a nearest rounding, chosen by the rule for codes; value = a·code + b and no later step; no outliers.
 */
export function whyNoNearestCode(format: Format): string | null {
  if (format.steps.length !== 1) return 'later steps mix weights';
  if (format.outliers !== null) return 'outliers are taken out first';
  const codes = format.fields.filter((field) => field.scope === 'each');
  if (codes.length !== 1) return `it has ${codes.length} fields for each weight`;
  const code = codes[0]!;
  if (code.fit !== null) return `the fit of ${code.name} is its own`;
  const number = numberOf(format, code);
  if (number === null) return `${code.name} is not stored as one number`;
  if (number.dimension > 1 || number.bits === 0 || number.bits > 8)
    return `${code.name} has more than 256 levels, or none of its own`;
  if (typeof number.rounding === 'object' || !NEAREST.includes(number.rounding))
    return `${code.name} is not rounded to the nearest`;
  if (number.overflow !== null && number.overflow !== 'saturate') return `${code.name} does not saturate`;
  const { step } = format.steps[0]!;
  if (step !== 'value' || affineOf(format, code) === null) return `the value is not affine in ${code.name}`;
  return null;
}

function affineOf(format: Format, code: Field): ReturnType<typeof affineIn> {
  const first = format.steps[0]!;
  return first.step === 'value' ? affineIn(first.expr, code.name) : null;
}

function numberOf(format: Format, field: Field): ResolvedNumber | null {
  if (field.storage.kind !== 'number' || field.storage.dims.length > 0) return null;
  return resolveNumber(format.numbers[field.storage.number]!);
}

/**
 * No other code of a weight, everything else as stored, decodes nearer to it. The quotient (x − b) / a is rounded before the code is,
 * so two values whose distances differ by a few units in the last place count as equal.
 * @throws BrokenLaw with the weight and both codes; RangeError where the law does not apply (`whyNoNearestCode`).
 */
export function lawNearestCode(
  codec: Codec,
  weights: Float32Array,
  options: { readonly shape?: readonly number[]; readonly fit?: string } = {},
): void {
  const { format } = codec;
  const reason = whyNoNearestCode(format);
  if (reason !== null) throw new RangeError(`lawNearestCode does not apply to ${format.name}: ${reason}`);
  const code = format.fields.find((field) => field.scope === 'each')!;
  const number = numberOf(format, code)!;
  const hasOffset = affineOf(format, code)!.offset !== null;
  const packed = codec.encode(weights, options);
  const fields = codec.unpack(packed);
  const chosen = fields.codes[code.name]!;
  const values = codec.decode(packed);
  const nearest = values.slice();
  const nearestCode = Array.from<number | null>({ length: values.length }).fill(null);
  const size = Float64Array.from(values, (value) => (hasOffset ? Math.abs(value) : 0));
  for (const k of writableCodes(number)) {
    const all: Codes = chosen.slice().fill(k);
    const other = codec.decode(codec.pack({ ...fields, codes: { ...fields.codes, [code.name]: all } }));
    for (let i = 0; i < other.length; i++) {
      if (!Number.isFinite(other[i])) continue;
      if (hasOffset) size[i] = Math.max(size[i]!, Math.abs(other[i]!));
      if (Math.abs(weights[i]! - other[i]!) < Math.abs(weights[i]! - nearest[i]!)) {
        nearest[i] = other[i]!;
        nearestCode[i] = k;
      }
    }
  }
  for (let i = 0; i < values.length; i++) {
    const [x, value, best] = [weights[i]!, values[i]!, nearest[i]!];
    const slack = 2 ** -21 * (Math.abs(x) + Math.abs(value) + size[i]!) + 2 ** -147;
    if (Math.abs(x - value) <= Math.abs(x - best) + slack) continue;
    const place = placeOf(format, options.shape ?? [weights.length]);
    const message = `weight ${i} = ${valueText(x)} decodes to ${valueText(value)}; code ${nearestCode[i]} gives ${valueText(best)}`;
    throw new BrokenLaw('lawNearestCode', `${place}: ${message}`);
  }
}

/** Codes that an encoder may write: those of finite levels inside the range. */
function writableCodes(number: ResolvedNumber): number[] {
  const { min, max } = number.facts;
  const codes = Array.from({ length: number.codes }, (_, code) => code);
  return codes.filter((code) => number.levelOf(code) >= min && number.levelOf(code) <= max);
}

/**
 * Encoding what was decoded changes nothing: decode ∘ encode is the identity on its own results, by bits, but for the sign of
 * zero. This holds where the fit finds the same scales in the decoded weights: scales that do not read the data; powers of two
 * from the absolute maximum (MX); an absolute maximum whose weight decodes to exactly the scale (a codebook that ends at ±1 on
 * both sides). It does not hold for scales divided by a level count, for searches, or for stored levels.
 * @throws BrokenLaw with the first weight that changes.
 */
export function lawIdempotent(
  codec: Codec,
  weights: Float32Array,
  options: { readonly shape?: readonly number[]; readonly fit?: string } = {},
): void {
  const once = codec.decode(codec.encode(weights, options));
  const twice = codec.decode(codec.encode(once, options));
  const difference = valuesDiffer(once, twice, 'either');
  if (difference === null || difference.signOfZeroOnly) return;
  const place = placeOf(codec.format, options.shape ?? [weights.length]);
  throw new BrokenLaw('lawIdempotent', `${place}: a second encoding changes ${difference.text}`);
}
