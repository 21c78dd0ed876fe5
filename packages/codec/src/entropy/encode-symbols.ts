/**
 * Symbols → an entropy-coded stream. Chunks know nothing of each other; the model is made from all of them,
 * or given. Specification: docs/design/bit-streams.md.
 */
import { MOST_CHUNK } from '@fewerbits/format';
import { buildModel } from './build-model.ts';
import { countSymbols } from './counts.ts';
import { escapeBytes } from './escapes.ts';
import { DEFAULT_CHUNK, headerBytes } from './header.ts';
import { encodeHuffman } from './huffman.ts';
import { type Coder, entryFinder, hasEscape, type Model, modelProblem } from './model.ts';
import { encodeRans } from './rans.ts';

/** Options of `encodeSymbols`. */
export interface EntropyOptions {
  readonly coder: Coder;
  /** Symbols of a chunk, 1..2^24; 65,536 by default. */
  readonly chunk?: number;
  /**
   * `tensor` (default): a model made from these symbols and stored in the stream. A model: one that stands
   * elsewhere, in the format or beside several tensors; the stream has its checksum only.
   */
  readonly model?: 'tensor' | Model;
}

/**
 * The stream of any number of symbols, integers in -2^31..2^31-1. Equal symbols and options give equal bytes
 * on every engine.
 * @throws RangeError naming a symbol that is no such integer, or that the given model cannot code; or for a
 * wrong option.
 */
export function encodeSymbols(symbols: ArrayLike<number>, options: EntropyOptions): Uint8Array {
  const { coder, chunk = DEFAULT_CHUNK, model: source = 'tensor' } = options;
  if (coder !== 'rans' && coder !== 'huffman') throw new RangeError(`coder is ${coder}; rans or huffman`);
  if (!(Number.isInteger(chunk) && chunk >= 1 && chunk <= MOST_CHUNK)) {
    throw new RangeError(`chunk is ${chunk}; a whole number in 1..${MOST_CHUNK}`);
  }
  const counts = countSymbols(symbols);
  if (counts.total === 0) return headerBytes(coder, 0, chunk, null, false, []);
  const model = source === 'tensor' ? buildModel(counts, coder) : usable(source, coder);
  const entryOf = entryFinder(model);
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < symbols.length; from += chunk) {
    chunks.push(encodeChunk(model, entryOf, symbols, from, Math.min(symbols.length, from + chunk)));
  }
  return concatenate([
    headerBytes(coder, symbols.length, chunk, model, source !== 'tensor', chunks),
    ...chunks,
  ]);
}

function usable(model: Model, coder: Coder): Model {
  const problem = modelProblem(model);
  if (problem !== null) throw new RangeError(`model: ${problem}`);
  if (model.coder !== coder) throw new RangeError(`model is one of ${model.coder}, the coder is ${coder}`);
  return model;
}

function encodeChunk(
  model: Model,
  entryOf: (symbol: number) => number,
  symbols: ArrayLike<number>,
  from: number,
  to: number,
): Uint8Array {
  const escapeEntry = model.symbols.length;
  const canEscape = hasEscape(model);
  const entries = new Uint32Array(to - from);
  const escaped: number[] = [];
  for (let i = from; i < to; i++) {
    const entry = entryOf(symbols[i]);
    entries[i - from] = entry;
    if (entry !== escapeEntry) continue;
    if (!canEscape) {
      throw new RangeError(
        `symbols[${i}] = ${symbols[i]} is not in the model, which has no escape; give the model one (escape)`,
      );
    }
    escaped.push(symbols[i]);
  }
  const coded = model.coder === 'rans' ? encodeRans(model, entries) : encodeHuffman(model, entries);
  return canEscape ? concatenate([escapeBytes(escaped), coded]) : coded;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
