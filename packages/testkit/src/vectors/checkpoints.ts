/**
 * Cases of checkpoint packings: GPTQ, AWQ, compressed-tensors, HQQ, ONNX MatMulNBits, BitNet, EXL3, E8P.
 *
 * These state layouts more than fits: codes go in, words come out. Where a peer's test keeps a scale in another type than its
 * checkpoints do, or stops before a rotation, the Format (plain data) is changed in that one place and said so.
 */
import { type Codec, type Format, streamBytes } from '@fewerbits/format';
import { type NumberType, PRELUDE, resolveNumber } from '@fewerbits/numerics';
import { checkExpectation } from './check.ts';
import { valuesDiffer } from './compare.ts';
import { numberOfField } from './ggml.ts';
import { arrayOf, isArrayRef, numberOf, type VectorCase } from './manifest.ts';
import { float32Bytes } from './scaled-floats.ts';
import { type CaseEnvironment, failed, noFormat, passed, skipped, type Verdict } from './verdict.ts';

/** Checks one case of the group `pack`. */
export async function checkCheckpoint(vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  switch (vector.rule) {
    case 'gptq-pack':
      return checkGptq(vector, environment);
    case 'awq-pack':
      return checkAwq(vector, environment);
    case 'ct-pack':
      return checkCompressedTensors(vector, environment);
    case 'hqq-pack':
      return checkHqq(vector, environment);
    case 'onnx-mnb':
      return checkMatMulNBits(vector, environment);
    case 'bitnet-i2s':
      return checkBitnet(vector, environment);
    case 'exl3-codebook':
      return checkExl3Codebook(vector, environment);
    case 'exl3-trellis':
      return checkExl3Trellis(vector, environment);
    case 'e8p':
      return checkE8p(vector, environment);
    default:
      return skipped(`rule ${vector.rule} is not known to this kit`);
  }
}

/** A rows × cols matrix as cols × rows. */
function transposed<T extends Float32Array | Float64Array | Uint8Array>(values: T, rows: number, cols: number): T {
  const out = values.slice() as T;
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = values[r * cols + c]!;
  return out;
}

/** The format with one field stored as another number. */
function storedAs(format: Format, field: string, key: string, number: NumberType): Format {
  return {
    ...format,
    numbers: { ...format.numbers, [key]: number },
    fields: format.fields.map((f) =>
      f.name === field ? { ...f, storage: { kind: 'number', number: key, dims: [] } } : f,
    ),
  };
}

/** The two sides of a matrix. */
function sides(vector: VectorCase, name: string): [rows: number, cols: number] {
  const [rows, cols] = arrayOf(vector, name).shape;
  if (rows === undefined || cols === undefined) throw new RangeError(`${vector.id}: ${name} is not a matrix`);
  return [rows, cols];
}

/** AutoGPTQ's quantizer keeps binary32 scales; its checkpoints hold binary16. */
async function checkGptq(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const size = numberOf(vector, 'group_size');
  const gptq = await format('gptq', { bits: numberOf(vector, 'bits'), size });
  if (gptq === null) return noFormat('gptq');
  const [rows, cols] = sides(vector, 'W');
  const groups = new DataView(new ArrayBuffer(cols * 4));
  for (let c = 0; c < cols; c++) groups.setInt32(c * 4, Math.floor(c / size), true);
  return checkExpectation(codecOf(storedAs(gptq, 'scale', 'f32', PRELUDE.f32!)), {
    shape: [rows, cols],
    streams: {
      qweight: await read.bytes(arrayOf(vector, 'qweight')),
      qzeros: await read.bytes(arrayOf(vector, 'qzeros')),
      scales: await read.bytes(arrayOf(vector, 'scales_stored')),
      g_idx: new Uint8Array(groups.buffer),
    },
    encode: { weights: await read.floats(arrayOf(vector, 'W')), fit: vector.sym === true ? 'sym' : undefined },
    decoded: await read.floats(arrayOf(vector, 'W_dq')),
    zeros: 'either',
    repack: 'bytes',
    note: 'scales as binary32, as the peer computed them',
  });
}

async function checkAwq(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const awq = await format('awq', { size: numberOf(vector, 'group_size') });
  if (awq === null) return noFormat('awq');
  const [inputs, outputs] = sides(vector, 'codes');
  const half = resolveNumber(PRELUDE.f16!);
  const scales = await read.floats(arrayOf(vector, 'scales'));
  const scaleBytes = new DataView(new ArrayBuffer(scales.length * 2));
  scales.forEach((scale, i) => {
    scaleBytes.setUint16(i * 2, half.codeOf(scale), true);
  });
  return checkExpectation(codecOf(awq), {
    shape: [outputs, inputs],
    streams: {
      qweight: await read.bytes(arrayOf(vector, 'qweight')),
      qzeros: await read.bytes(arrayOf(vector, 'qzeros')),
      scales: new Uint8Array(scaleBytes.buffer),
    },
    codes: { code: transposed(await read.integers(arrayOf(vector, 'codes')), inputs, outputs) },
    decoded: transposed(await read.floats(arrayOf(vector, 'W_dq')), inputs, outputs),
    zeros: 'either',
    repack: 'bytes',
  });
}

/** Codes of a field through `pack` and `unpack`: the stream of the peer both ways, the other fields zero. */
function checkPacking(
  codec: Codec,
  shape: readonly number[],
  code: Float64Array,
  stream: string,
  bytes: Uint8Array,
  note?: string,
): Verdict {
  const lengths = Object.entries(streamBytes(codec.format, shape));
  const empty = Object.fromEntries(lengths.map(([name, length]) => [name, new Uint8Array(length)]));
  const zeros = codec.unpack({ shape, streams: empty });
  const packed = codec.pack({ ...zeros, codes: { ...zeros.codes, code: Uint32Array.from(code) } });
  const own = packed.streams[stream];
  const first = own === undefined ? 0 : bytes.findIndex((byte, i) => byte !== own[i]);
  if (own?.length !== bytes.length || first >= 0) {
    return failed(`pack: stream ${stream} has ${own?.length ?? 'no'} bytes, want ${bytes.length}; first difference at ${first}`);
  }
  const streams = { ...packed.streams, [stream]: bytes };
  return checkExpectation(codec, { shape, streams, codes: { code }, repack: 'bytes', note });
}

async function checkCompressedTensors(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const bits = numberOf(vector, 'bits');
  const shape = arrayOf(vector, 'values').shape;
  const packed = await format('compressed_tensors', { bits, size: shape.at(-1)! });
  if (packed === null) return noFormat('compressed_tensors');
  const values = await read.integers(arrayOf(vector, 'values'));
  const codes = values.map((value) => value + 2 ** (bits - 1));
  return checkPacking(codecOf(packed), shape, codes, 'weight_packed', await read.bytes(arrayOf(vector, 'packed')));
}

async function checkHqq(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const names: Readonly<Record<number, string>> = { 8: 'hqq8', 4: 'hqq', 3: 'hqq3', 2: 'hqq2', 1: 'hqq1' };
  const name = names[numberOf(vector, 'bits')];
  if (name === undefined) return skipped(`HQQ with ${numberOf(vector, 'bits')} bits is not known to this kit`);
  const [rows, cols] = sides(vector, 'values');
  const hqq = await format(name, { size: cols });
  if (hqq === null) return noFormat(name);
  const codes = await read.integers(arrayOf(vector, 'values'));
  return checkPacking(codecOf(hqq), [rows * cols], codes, 'W_q', await read.bytes(arrayOf(vector, 'packed')));
}

/** The peer's weight is [K, N]; blocks run along K. */
async function checkMatMulNBits(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const name = vector.sym === true ? 'onnx_matmulnbits' : 'onnx_matmulnbits_asym';
  const onnx = await format(name, { size: numberOf(vector, 'block') });
  if (onnx === null) return noFormat(name);
  const [k, n] = [numberOf(vector, 'K'), numberOf(vector, 'N')];
  const streams: Record<string, Uint8Array> = {
    B: await read.bytes(arrayOf(vector, 'B')),
    scales: await read.bytes(arrayOf(vector, 'scales')),
  };
  if (isArrayRef(vector.zero_points)) streams.zero_points = await read.bytes(vector.zero_points);
  return checkExpectation(codecOf(onnx), {
    shape: [n, k],
    streams,
    encode: { weights: transposed(await read.floats(arrayOf(vector, 'W')), k, n) },
    decoded: await read.floats(arrayOf(vector, 'W_dq_NK')),
    zeros: 'either',
    repack: 'bytes',
  });
}

async function checkBitnet(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const bitnet = await format('bitnet_i2_s');
  if (bitnet === null) return noFormat('bitnet_i2_s');
  const weights = await read.floats(arrayOf(vector, 'x'));
  const packed = await read.bytes(arrayOf(vector, 'packed'));
  const scale = float32Bytes([numberOf(vector, 'scale')]);
  const bytes = new Uint8Array(packed.length + scale.length);
  bytes.set(packed);
  bytes.set(scale, packed.length);
  return checkExpectation(codecOf(bitnet), {
    shape: [weights.length],
    streams: { [bitnet.layout[0]!.name]: bytes },
    encode: { weights },
    decoded: weights,
    zeros: 'either',
    repack: 'bytes',
  });
}

async function checkExl3Codebook(vector: VectorCase, { read, format }: CaseEnvironment): Promise<Verdict> {
  const levels = vector.id.endsWith('_mul1') ? 'mul1' : 'inst3';
  const exl3 = await format('exl3', { bits: 4, levels });
  if (exl3 === null) return noFormat('exl3');
  const type = exl3.numbers[levels];
  if (type === undefined) return failed(`exl3 with levels ${levels} names no number ${levels}`);
  const number = resolveNumber(type);
  const half = resolveNumber(PRELUDE.f16!);
  const table = await read.integers(arrayOf(vector, 'table'));
  const want = Float32Array.from(table, (code) => half.levelOf(code));
  const difference = valuesDiffer(want, Float32Array.from(table, (_, state) => number.levelOf(state)), 'exact');
  return difference === null ? passed(`${table.length} levels`) : failed(`levels of ${levels}: ${difference.text}`);
}

/** One tile of the trellis, before the permutation and the rotations. */
async function checkExl3Trellis(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const half = resolveNumber(PRELUDE.f16!);
  const code = await read.integers(arrayOf(vector, 'codes'));
  for (const levels of ['inst3', 'mul1']) {
    const exl3 = await format('exl3', { bits: numberOf(vector, 'bits'), levels });
    if (exl3 === null) return noFormat('exl3');
    const values = await read.integers(arrayOf(vector, levels === 'mul1' ? 'values_mul1' : 'values_3inst'));
    const verdict = checkExpectation(codecOf({ ...exl3, steps: exl3.steps.slice(0, 1) }), {
      shape: [16, 16],
      streams: { trellis: await read.bytes(arrayOf(vector, 'packed')), suh: new Uint8Array(32), svh: new Uint8Array(32) },
      codes: { code },
      decoded: Float32Array.from(values, (bits) => half.levelOf(bits)),
      repack: 'bytes',
    });
    if (verdict.status !== 'passed') return { ...verdict, detail: `${levels}: ${verdict.detail}` };
  }
  return passed('unpack, decode with both codebooks, repack; before the permutation and the rotations');
}

/** The peer lists magnitudes; under a low byte of 0 the grid holds them, the last sign by parity, moved by a quarter. */
async function checkE8p(vector: VectorCase, { read, format }: CaseEnvironment): Promise<Verdict> {
  const quip = await format('quip_e8p');
  if (quip === null) return noFormat('quip_e8p');
  const number = numberOfField(quip, 'code');
  if (number === null) return failed('quip_e8p has no field code that is stored as one number');
  const table = await read.floats(arrayOf(vector, 'table'));
  const { dimension } = number;
  const levels = table.map((_, i) => {
    const row = Math.floor(i / dimension);
    return Math.abs(number.levelOf(row * 256, i % dimension) - 0.25);
  });
  const difference = valuesDiffer(table, levels, 'exact');
  return difference === null ? passed(`${table.length / dimension} rows`) : failed(`magnitudes: ${difference.text}`);
}
