/**
 * Counts → the model that an encoder should use: which symbols have an entry and which escape, how wide the
 * table is, what weighs what. Only the encoder knows this; decoders take any model. Deterministic on every
 * engine. Specification: docs/design/bit-streams.md, "Choosing a model".
 */
import { codeLengths } from './code-lengths.ts';
import type { SymbolCounts } from './counts.ts';
import { foldedWidth } from './escapes.ts';
import { normaliseCounts } from './frequencies.ts';
import { type Coder, entryBits, MOST_BITS, type Model } from './model.ts';
import { modelBits } from './model-bytes.ts';

/** Options of `buildModel`. */
export interface ModelOptions {
  /**
   * `asNeeded` (default): symbols too rare for an entry escape. `always`: and the model has an escape even if
   * none does, so that it can code tensors it has not seen.
   */
  readonly escape?: 'asNeeded' | 'always';
}

/**
 * rANS tables of 4,096 places and codes of at most 11 bits are what decoders are fastest at; wider ones must
 * earn it.
 */
const NARROWEST: Readonly<Record<Coder, number>> = { rans: 12, huffman: 11 };
/** What a wider table must save, in bits a symbol. */
const WORTH: Readonly<Record<Coder, number>> = { rans: 1 / 256, huffman: 1 / 32 };

/** A model and the bits that it would make. */
export interface Candidate {
  readonly model: Model;
  readonly cost: number;
}

/**
 * A model for symbols that occur as counted. Of the tables of 12 to 16 bits (Huffman: codes of at most 11 to
 * 16) the narrowest that costs at most 1/256 (1/32) bit a symbol more than the cheapest, and with it the
 * number of rare symbols to escape that is cheapest; the model itself and the escaped values are counted.
 * @throws RangeError if nothing was counted.
 */
export function buildModel(counts: SymbolCounts, coder: Coder, options: ModelOptions = {}): Model {
  if (counts.total === 0) throw new RangeError('counts: a model needs at least one symbol');
  const always = options.escape === 'always';
  return narrowestWorth(counts.total, counts.symbols.length, coder, (width) =>
    bestOfWidth(counts, coder, width, always),
  );
}

/**
 * The narrowest model that costs little more than the cheapest, for `total` occurrences of `distinct` symbols.
 * @param ofWidth the best model of a width, 11 or 12 to 16, or null if the symbols do not fit
 */
export function narrowestWorth(
  total: number,
  distinct: number,
  coder: Coder,
  ofWidth: (width: number) => Candidate | null,
): Model {
  const found: Candidate[] = [];
  for (let width = NARROWEST[coder]; width <= MOST_BITS; width++) {
    const candidate = ofWidth(width);
    if (candidate === null) continue;
    found.push(candidate);
    // All symbols fit and no code needs the limit: wider ones would give the same codes.
    if (coder === 'huffman' && candidate.model.bits < width && distinct < 2 ** width) break;
  }
  const least = Math.min(...found.map(({ cost }) => cost));
  return found.find(({ cost }) => cost <= least + total * WORTH[coder])!.model;
}

/**
 * Tries thresholds 1, 2, 3, 4, 6, 8, 12, … below which a count is too small for an entry, up to that which
 * leaves the escape alone.
 */
function bestOfWidth(counts: SymbolCounts, coder: Coder, width: number, always: boolean): Candidate {
  let best: Candidate | null = null;
  const most = counts.counts.reduce((a, b) => Math.max(a, b), 0);
  let worse = 0;
  for (let step = 0; worse < 3; step++) {
    const threshold = step === 0 ? 1 : step % 2 === 1 ? 2 ** ((step + 1) / 2) : 3 * 2 ** (step / 2 - 1);
    if (threshold > most) break;
    const candidate = candidateAt(counts, coder, width, threshold, always);
    if (candidate === null) continue;
    if (best === null || candidate.cost < best.cost) {
      best = candidate;
      worse = 0;
    } else {
      worse++;
    }
  }
  // Last, so that among equals the symbols have entries.
  const bare = candidateAt(counts, coder, width, Infinity, always)!;
  return best === null || bare.cost < best.cost ? bare : best;
}

/**
 * The model of a width that codes entries which occur as given in the fewest bits.
 * @param occurrences of each symbol, then of the escape if there is one
 */
export function modelOfWidth(
  symbols: Int32Array,
  occurrences: Float64Array,
  coder: Coder,
  width: number,
): Model {
  const weights = new Uint32Array(symbols.length + 1);
  weights.set(coder === 'rans' ? normaliseCounts(occurrences, width) : codeLengths(occurrences, width));
  const bits = coder === 'rans' ? width : weights.reduce((a, b) => Math.max(a, b), 0);
  return { coder, bits, symbols, weights };
}

/** The model that keeps symbols of at least `threshold` occurrences, or null if they do not fit. */
function candidateAt(
  { symbols, counts }: SymbolCounts,
  coder: Coder,
  width: number,
  threshold: number,
  always: boolean,
): Candidate | null {
  const isKept = (_: unknown, i: number) => counts[i] >= threshold;
  const kept = symbols.filter(isKept);
  let escaped = 0;
  let escapeWidth = 0;
  for (let i = 0; i < symbols.length; i++) {
    if (counts[i] >= threshold) continue;
    escaped += counts[i];
    escapeWidth = Math.max(escapeWidth, foldedWidth(symbols[i]));
  }
  const withEscape = escaped > 0 || always;
  if (kept.length + (withEscape ? 1 : 0) > 2 ** width) return null;
  const occurrences = new Float64Array(kept.length + (withEscape ? 1 : 0));
  occurrences.set(counts.filter(isKept));
  // An escape that nobody needs yet is as likely as something seen once.
  if (withEscape) occurrences[kept.length] = Math.max(1, escaped);
  const model = modelOfWidth(kept, occurrences, coder, width);
  // A list of escapes has a head of one word, in every chunk.
  let cost = modelBits(model) + escaped * escapeWidth + (withEscape ? 32 : 0);
  for (let entry = 0; entry < occurrences.length; entry++) {
    cost += occurrences[entry] * entryBits(model, entry);
  }
  return { model, cost };
}

/**
 * Bits that a model makes of counted symbols: codes and escaped values, without the model, headers and what
 * states and padding take. Infinity if a symbol has no entry and the model no escape.
 */
export function codedBits({ symbols, counts }: SymbolCounts, model: Model): number {
  const entries = new Map(Array.from(model.symbols, (symbol, entry) => [symbol, entry]));
  const escapeEntry = model.symbols.length;
  let bits = 0;
  let escaped = 0;
  let width = 0;
  for (let i = 0; i < symbols.length; i++) {
    const entry = entries.get(symbols[i]) ?? escapeEntry;
    bits += counts[i] * entryBits(model, entry);
    if (entry !== escapeEntry) continue;
    escaped += counts[i];
    width = Math.max(width, foldedWidth(symbols[i]));
  }
  return bits + escaped * width;
}
