/**
 * Model ↔ bytes: range of the symbols, then the weights as a walk through the range, differences in
 * exponential Golomb codes. Specification: docs/design/bit-streams.md, "Model".
 */
import {
  type BitSink,
  type BitSource,
  bitSink,
  finishBits,
  finishReading,
  readGolomb,
  writeBits,
  writeGolomb,
} from './bits.ts';
import { crc32c } from './crc32c.ts';
import { type Coder, MOST_ENTRIES, type Model, modelProblem } from './model.ts';
import { failStream, type StreamPlace } from './stream-error.ts';

/** Coder and bits, the first symbol, the last. */
const HEAD_BYTES = 9;

/** The coders' numbers in a stream. */
export const CODER_IDS: Readonly<Record<Coder, number>> = { rans: 1, huffman: 2 };

/** The coder of a number, or null. */
export function coderOf(id: number): Coder | null {
  return id === CODER_IDS.rans ? 'rans' : id === CODER_IDS.huffman ? 'huffman' : null;
}

/**
 * The bytes of a model, as they stand in a stream or apart from it. Equal models have equal bytes.
 * @throws RangeError if the model is no model (`modelProblem`).
 */
export function modelBytes(model: Model): Uint8Array {
  const problem = modelProblem(model);
  if (problem !== null) throw new RangeError(`model: ${problem}`);
  const { symbols, weights } = model;
  const n = symbols.length;
  const sink = bitSink();
  writeBits(sink, CODER_IDS[model.coder] | ((model.bits - 1) << 4), 8);
  writeBits(sink, n === 0 ? 0 : symbols[0], 32);
  writeBits(sink, n === 0 ? -1 : symbols[n - 1], 32);
  writeGolomb(sink, weights[n], 0);
  writeWalk(sink, model);
  return finishBits(sink);
}

/**
 * Runs of equal weights from the first symbol to the last; symbols of the range that the model lacks have
 * weight 0.
 */
function writeWalk(sink: BitSink, { coder, symbols, weights }: Model): void {
  let weight = 0;
  let run = 0;
  const next = (value: number, length: number) => {
    if (value === weight && run > 0) {
      run += length;
      return;
    }
    if (run > 1) writeRepeats(sink, coder, weight, run);
    writeGolomb(sink, foldSign(value - weight), order(coder, weight));
    weight = value;
    run = length;
  };
  for (let i = 0; i < symbols.length; i++) {
    const absent = i === 0 ? 0 : symbols[i] - symbols[i - 1] - 1;
    if (absent > 0) next(0, absent);
    next(weights[i], 1);
  }
  if (run > 1) writeRepeats(sink, coder, weight, run);
}

/** The second of a run is a difference of 0; how many more follow comes after it. */
function writeRepeats(sink: BitSink, coder: Coder, weight: number, run: number): void {
  writeGolomb(sink, 0, order(coder, weight));
  writeGolomb(sink, run - 2, 0);
}

/**
 * The noise of a count grows as its root, so half the bits of a frequency are expected to change; lengths
 * hardly do.
 */
function order(coder: Coder, weight: number): number {
  return coder === 'rans' ? (32 - Math.clz32(weight)) >>> 1 : 0;
}

/** 0, -1, 1, -2, 2 … → 0, 1, 2, 3, 4 … */
function foldSign(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unfoldSign(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

/**
 * The model that `bytes` are, all of them. Memory is bounded by `MOST_ENTRIES`, whatever they say.
 * @throws StreamError unless they are exactly what `modelBytes` writes for a model.
 */
export function readModel(bytes: Uint8Array, place: StreamPlace): Model {
  if (bytes.length < HEAD_BYTES) failStream(place, bytes.length, 'the model is cut off');
  const coder = coderOf(bytes[0] & 15);
  if (coder === null) failStream(place, 0, `there is no coder ${bytes[0] & 15}`);
  const bits = (bytes[0] >>> 4) + 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const first = view.getInt32(1, true);
  const last = view.getInt32(5, true);
  const isEmpty = first === 0 && last === -1;
  if (first > last && !isEmpty) failStream(place, 1, `the symbols range from ${first} to ${last}`);
  const source: BitSource = { bytes, at: HEAD_BYTES, bit: 0, place };
  const escapeWeight = readGolomb(source, 0);
  const limit = coder === 'rans' ? 2 ** bits : bits;
  if (escapeWeight > limit) failStream(place, source.at, `the escape has weight ${escapeWeight} of ${limit}`);
  const walk = isEmpty ? { symbols: [], weights: [] } : readWalk(source, coder, limit, first, last);
  finishReading(source);
  const symbols = Int32Array.from(walk.symbols);
  const model = { coder, bits, symbols, weights: Uint32Array.from([...walk.weights, escapeWeight]) };
  const problem = modelProblem(model);
  if (problem !== null) failStream(place, 0, problem);
  return model;
}

function readWalk(
  source: BitSource,
  coder: Coder,
  limit: number,
  first: number,
  last: number,
): { symbols: number[]; weights: number[] } {
  const symbols: number[] = [];
  const weights: number[] = [];
  let weight = 0;
  let inRun = false;
  for (let symbol = first; symbol <= last; ) {
    const step = unfoldSign(readGolomb(source, order(coder, weight)));
    if (step === 0 && inRun) failStream(source.place, source.at, 'a run follows a run of the same weight');
    inRun = step === 0;
    const repeats = step === 0 ? 1 + readGolomb(source, 0) : 1;
    weight += step;
    if (!(weight >= 0 && weight <= limit)) {
      failStream(source.place, source.at, `symbol ${symbol} has weight ${weight} of ${limit}`);
    }
    if (repeats > last - symbol + 1) failStream(source.place, source.at, `a run leaves the range at ${last}`);
    if (weight > 0) {
      if (symbols.length + repeats > MOST_ENTRIES) {
        failStream(source.place, source.at, `the model has more than ${MOST_ENTRIES} symbols`);
      }
      for (let k = 0; k < repeats; k++) {
        symbols.push(symbol + k);
        weights.push(weight);
      }
    } else if (symbol === first || symbol + repeats > last) {
      failStream(source.place, source.at, 'the range begins or ends with symbols that the model lacks');
    }
    symbol += repeats;
  }
  return { symbols, weights };
}

/** The checksum by which a stream names a model that stands elsewhere. */
export function modelChecksum(model: Model): number {
  return crc32c(modelBytes(model));
}

/** Bits of a model in a stream, its padding to whole words included. */
export function modelBits(model: Model): number {
  return 32 * Math.ceil(modelBytes(model).length / 4);
}
