/**
 * Cases of bitsandbytes: its tables, 4-bit blocks with plain and nested scales, 8-bit blocks, LLM.int8.
 */
import type { Format } from '@fewerbits/format';
import { checkExpectation, type Expectation } from './check.ts';
import { valuesDiffer } from './compare.ts';
import { numberOfField } from './ggml.ts';
import { arrayOf, numberOf, type VectorCase } from './manifest.ts';
import { float32Bytes } from './scaled-floats.ts';
import { type CaseEnvironment, failed, noFormat, passed, skipped, type Verdict } from './verdict.ts';

/** The format whose codes are each table of the peer. */
const TABLES: Readonly<Record<string, string>> = {
  nf4: 'nf4',
  fp4: 'fp4_bnb',
  dynamic8: 'dynamic8',
  dynamic8u: 'dynamic8_unsigned',
  bnb_fp8_52: 'fp8_bnb',
};

/** Checks one case of the group `bnb`. */
export async function checkBitsandbytes(vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  if (vector.op === 'table') return checkTable(vector, environment);
  switch (vector.type) {
    case 'nf4':
    case 'fp4':
      return checkFourBit(vector, environment);
    case 'dynamic8':
      return checkDynamic8(vector, environment);
    case 'llm_int8':
      return checkInt8(vector, environment);
    default:
      return skipped(`type ${vector.type} is not known to this kit`);
  }
}

async function checkTable(vector: VectorCase, { read, format }: CaseEnvironment): Promise<Verdict> {
  const name = TABLES[vector.type];
  if (name === undefined) return skipped(`table ${vector.type} is not known to this kit`);
  const owner = await format(name);
  if (owner === null) return noFormat(name);
  const number = numberOfField(owner, 'code');
  if (number === null) return failed(`${name} has no field code that is stored as one number`);
  const table = await read.floats(arrayOf(vector, 'table'));
  if (number.codes !== table.length) return failed(`${name}: ${number.codes} codes, the table has ${table.length}`);
  const levels = Float32Array.from(table, (_, code) => number.levelOf(code));
  // A table with two zeros has one of each sign; which stands first is an accident of its sort.
  const difference = valuesDiffer(table, levels, 'either');
  if (difference !== null && !difference.signOfZeroOnly) return failed(`levels of ${name}: ${difference.text}`);
  return passed(`${table.length} levels${difference === null ? '' : `; ${difference.text}`}`);
}

/** The nested scales of a case: the peer quantises them again around their mean. */
interface Nested extends Readonly<Record<string, unknown>> {
  readonly offset: number;
}

async function checkFourBit(vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  const { read, format, codecOf } = environment;
  const name = vector.type === 'nf4' ? 'nf4' : 'fp4_bnb';
  const size = numberOf(vector, 'block');
  const plain = await format(name, { size });
  if (plain === null) return noFormat(name);
  const weights = await read.floats(arrayOf(vector, 'x'));
  const weight = await read.bytes(arrayOf(vector, 'packed'));
  const verdict = checkExpectation(codecOf(plain), {
    shape: [weights.length],
    streams: { weight, absmax: await read.bytes(arrayOf(vector, 'absmax')) },
    decoded: await read.floats(arrayOf(vector, 'y')),
    encode: { weights },
    repack: 'bytes',
  });
  const nested = vector.nested as Nested | null | undefined;
  if (verdict.status !== 'passed' || nested === null || nested === undefined) return verdict;
  const double = await format('nf4_double', { size });
  if (double === null) return noFormat('nf4_double');
  const inner = await checkNested(vector, nested, withCodesOf(double, plain), weights, weight, environment);
  return inner.status === 'passed' ? passed(`${verdict.detail}; nested: ${inner.detail}`) : { ...inner, detail: `nested: ${inner.detail}` };
}

/** The nested format over the codes of another one: bitsandbytes nests the scales of nf4 and fp4 alike. */
function withCodesOf(nested: Format, plain: Format): Format {
  const storage = plain.fields.find((field) => field.name === 'code')!.storage;
  const fields = nested.fields.map((field) => (field.name === 'code' ? { ...field, storage } : field));
  return { ...nested, numbers: { ...nested.numbers, ...plain.numbers }, fields };
}

/**
 * "compare offset with rel tol 1e-6, then the rest given this offset exactly": a decode starts from the peer's offset; an encode has
 * its own, so its scale codes are compared to the peer's where both rounded the mean alike.
 */
async function checkNested(
  vector: VectorCase,
  nested: Nested,
  format: Format,
  weights: Float32Array,
  weight: Uint8Array,
  { read, codecOf }: CaseEnvironment,
): Promise<Verdict> {
  const codec = codecOf(format);
  const shape = [weights.length];
  const absmax = await read.bytes(arrayOf(nested, 'qabsmax'));
  const peer = {
    weight,
    absmax,
    nested_absmax: await read.bytes(arrayOf(nested, 'absmax2')),
    nested_offset: float32Bytes([nested.offset]),
  };
  const own = codec.encode(weights, { shape });
  const offsetBytes = own.streams.nested_offset;
  if (offsetBytes?.length !== 4) return failed(`stream nested_offset has ${offsetBytes?.length ?? 'no'} bytes, want 4`);
  const offset = new DataView(offsetBytes.buffer, offsetBytes.byteOffset, 4).getFloat32(0, true);
  if (Math.abs(offset - nested.offset) > Math.abs(nested.offset) * 1e-6) {
    return failed(`${vector.id}: the mean of the scales is ${offset}, want ${nested.offset} within 1e-6`);
  }
  const expected: Expectation = {
    shape,
    streams: peer,
    decoded: await read.floats(arrayOf(nested, 'y')),
    repack: 'bytes',
  };
  if (offset === nested.offset) return checkExpectation(codec, { ...expected, encode: { weights } });
  const note = `the mean is ${offset}, the peer's ${nested.offset}: scales compared after decoding`;
  const verdict = checkExpectation(codec, { ...expected, note });
  if (verdict.status !== 'passed') return verdict;
  const differ = codeDistance(own.streams.absmax ?? new Uint8Array(0), absmax);
  return differ > 1 ? failed(`scale codes are up to ${differ} levels away from the peer's`) : verdict;
}

/** The largest distance between two codes of a sorted table at the same place; Infinity for other lengths. */
function codeDistance(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, code, i) => Math.max(most, Math.abs(code - b[i]!)), 0);
}

async function checkDynamic8(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const dynamic8 = await format('dynamic8', { size: numberOf(vector, 'block') });
  if (dynamic8 === null) return noFormat('dynamic8');
  const weights = await read.floats(arrayOf(vector, 'x'));
  const code = await read.bytes(arrayOf(vector, 'codes'));
  return checkExpectation(codecOf(dynamic8), {
    shape: [weights.length],
    streams: { scale: await read.bytes(arrayOf(vector, 'absmax')), code },
    decoded: await read.floats(arrayOf(vector, 'y')),
    codes: { code },
    encode: { weights },
    repack: 'bytes',
  });
}

/** The peer gives codes and row scales and no values; columns of outliers are zero in its codes. */
async function checkInt8(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const threshold = numberOf(vector, 'threshold');
  const ref = arrayOf(vector, 'x');
  // Threshold 0 turns the peer's outliers off; no finite weight reaches the largest binary32.
  const llmInt8 = await format('llm_int8', { threshold: threshold > 0 ? threshold : 3.4028234663852886e38 });
  if (llmInt8 === null) return noFormat('llm_int8');
  const codec = codecOf(llmInt8);
  const packed = codec.encode(await read.floats(ref), { shape: ref.shape });
  const signed = await read.integers(arrayOf(vector, 'codes'));
  const streams: Record<string, Uint8Array> = {
    scale: await read.bytes(arrayOf(vector, 'row_stats')),
    code: Uint8Array.from(signed, (code) => code & 255),
  };
  if (Array.isArray(vector.outlier_cols)) streams['outliers.index'] = int32Bytes(vector.outlier_cols as number[]);
  for (const [name, want] of Object.entries(streams)) {
    const got = packed.streams[name];
    const first = got === undefined ? 0 : want.findIndex((byte, i) => byte !== got[i]);
    if (got?.length !== want.length || first >= 0) {
      return failed(`stream ${name}: ${got?.length ?? 'no'} bytes, want ${want.length}; first difference at ${first}`);
    }
  }
  return passed(`encode: ${Object.keys(streams).join(', ')}`);
}

function int32Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, i) => {
    view.setInt32(i * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}
