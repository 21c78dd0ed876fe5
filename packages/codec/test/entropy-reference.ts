/**
 * A second decoder, written from docs/design/bit-streams.md alone: one bit and one big integer at a time, no
 * table, no shared code. It is what the real decoder is held against, and it says where the parts of a stream
 * are, so that tests can aim.
 */

/** CRC-32C bit by bit. */
export function slowCrc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return ~sum >>> 0;
}

const u16 = (bytes: Uint8Array, at: number) => bytes[at]! + 256 * bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number) => u16(bytes, at) + 65536 * u16(bytes, at + 2);

interface ReferenceModel {
  bits: number;
  symbols: number[];
  weights: number[];
  escapeWeight: number;
}

export interface ReferenceLayout {
  coder: number;
  count: number;
  chunk: number;
  model: ReferenceModel | null;
  modelAt: number;
  modelEnd: number;
  tableAt: number;
  checksumAt: number;
  chunks: { start: number; end: number; symbols: number }[];
}

/** Bits of `bytes` from the least significant, from a byte on. */
function bitReader(bytes: Uint8Array, from: number) {
  let position = 8 * from;
  const bit = () => {
    const value = (bytes[position >> 3]! >> (position & 7)) & 1;
    position++;
    return value;
  };
  const number = (width: number) => {
    let value = 0;
    for (let k = 0; k < width; k++) value += bit() * 2 ** k;
    return value;
  };
  const golomb = (order: number) => {
    let zeros = 0;
    while (bit() === 0) zeros++;
    return 2 ** (zeros + order) + number(zeros + order) - 2 ** order;
  };
  return { bit, number, golomb, at: () => position };
}

export function readReferenceModel(bytes: Uint8Array): ReferenceModel {
  const isRans = (bytes[0]! & 15) === 1;
  const bits = (bytes[0]! >> 4) + 1;
  const first = u32(bytes, 1) | 0;
  const last = u32(bytes, 5) | 0;
  const reader = bitReader(bytes, 9);
  const escapeWeight = reader.golomb(0);
  const model: ReferenceModel = { bits, symbols: [], weights: [], escapeWeight };
  let weight = 0;
  for (let symbol = first; symbol <= last; ) {
    const order = isRans ? Math.floor(weight.toString(2).length * (weight > 0 ? 1 : 0) * 0.5) : 0;
    const folded = reader.golomb(order);
    weight += folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    for (let repeats = folded === 0 ? 1 + reader.golomb(0) : 1; repeats > 0; repeats--, symbol++) {
      if (weight === 0) continue;
      model.symbols.push(symbol);
      model.weights.push(weight);
    }
  }
  return model;
}

export function readReferenceLayout(bytes: Uint8Array): ReferenceLayout {
  const modelLength = bytes[2] === 1 ? u32(bytes, 16) : 0;
  const count = u32(bytes, 8) + 2 ** 32 * u32(bytes, 12);
  const chunk = u32(bytes, 4);
  const tableAt = 20 + Math.ceil(modelLength / 4) * 4;
  const number = Math.ceil(count / chunk);
  const checksumAt = tableAt + 8 * number;
  const chunks = Array.from({ length: number }, (_, c) => ({
    start: checksumAt + 4 + (c === 0 ? 0 : 4 * u32(bytes, tableAt + 8 * (c - 1))),
    end: checksumAt + 4 + 4 * u32(bytes, tableAt + 8 * c),
    symbols: Math.min(chunk, count - c * chunk),
  }));
  const model = modelLength > 0 ? readReferenceModel(bytes.subarray(20, 20 + modelLength)) : null;
  return {
    coder: bytes[1]!,
    count,
    chunk,
    model,
    modelAt: 20,
    modelEnd: 20 + modelLength,
    tableAt,
    checksumAt,
    chunks,
  };
}

/** All symbols of a good stream. `model` is needed where it stands elsewhere. */
export function referenceDecode(bytes: Uint8Array, elsewhere?: Uint8Array): number[] {
  const layout = readReferenceLayout(bytes);
  const model = layout.model ?? (elsewhere === undefined ? null : readReferenceModel(elsewhere));
  return layout.chunks.flatMap(({ start, end, symbols }) => {
    const chunk = bytes.subarray(start, end);
    const escapes: number[] = [];
    let at = 0;
    if (model!.escapeWeight > 0) {
      const head = u32(chunk, 0);
      const reader = bitReader(chunk, 4);
      for (let k = 0; k < head % 2 ** 25; k++) {
        const folded = reader.number(Math.floor(head / 2 ** 25));
        escapes.push(folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2);
      }
      at = 4 + 4 * Math.ceil((reader.at() - 32) / 32);
    }
    return layout.coder === 1
      ? referenceRans(chunk, at, symbols, model!, escapes)
      : referenceHuffman(chunk, at, symbols, model!, escapes);
  });
}

function referenceRans(chunk: Uint8Array, from: number, n: number, model: ReferenceModel, escapes: number[]) {
  let at = from;
  const states = Array.from({ length: Math.min(32, n) }, () => {
    at += 4;
    return BigInt(u32(chunk, at - 4));
  });
  const entries = [...model.weights, model.escapeWeight];
  return Array.from({ length: n }, (_, i) => {
    const state = states[i % 32]!;
    let place = Number(state % 2n ** BigInt(model.bits));
    let entry = 0;
    while (place >= entries[entry]!) place -= entries[entry++]!;
    let next = BigInt(entries[entry]!) * (state >> BigInt(model.bits)) + BigInt(place);
    if (next < 65536n) {
      next = next * 65536n + BigInt(u16(chunk, at));
      at += 2;
    }
    states[i % 32] = next;
    return entry === model.symbols.length ? escapes.shift()! : model.symbols[entry]!;
  });
}

function referenceHuffman(
  chunk: Uint8Array,
  from: number,
  n: number,
  model: ReferenceModel,
  escapes: number[],
) {
  const lengths = [...model.weights, model.escapeWeight];
  const used = lengths.filter((length) => length > 0).length;
  // Canonical: count upwards through the lengths, in the order of the entries.
  const codes = new Map<string, number>();
  let code = 0;
  for (let length = 1; length <= model.bits; length++) {
    lengths.forEach((other, entry) => {
      if (other !== length) return;
      codes.set(used === 1 ? '' : code.toString(2).padStart(length, '0'), entry);
      code++;
    });
    code *= 2;
  }
  const reader = bitReader(chunk, from + 4 * Math.ceil(Math.ceil(n / 2048) / 2));
  return Array.from({ length: n }, () => {
    let word = '';
    while (!codes.has(word)) word += reader.bit();
    const entry = codes.get(word)!;
    return entry === model.symbols.length ? escapes.shift()! : model.symbols[entry]!;
  });
}
