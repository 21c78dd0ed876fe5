/** Coded streams as sources of a twin's kernel: their heads read and checked, the bytes that their symbols need, windows of symbols. */
import {
  hasEscape,
  type OutsideModels,
  readEscapesOf,
  readHeader,
  type StreamHeader,
  type SymbolRange,
} from '@fewerbits/codec';
import type { Window } from './parts.ts';
import type { SymbolOpener, SymbolReader, SymbolWidth } from './symbol-reader.ts';
import type { CodedField } from './twin.ts';

/** A coded stream whose head holds. */
export interface CodedStream {
  readonly coded: CodedField;
  readonly header: StreamHeader;
  readonly bytes: Uint8Array;
  readonly width: SymbolWidth;
  /** Symbols that its array holds. */
  readonly range: SymbolRange;
}

/**
 * Reads the head of a coded stream.
 * @param entries symbols that the tensor needs
 * @returns null for another number of symbols
 * @throws StreamError as the interpreter does
 */
export function openCoded(
  coded: CodedField,
  bytes: Uint8Array,
  entries: number,
  models: OutsideModels,
): CodedStream | null {
  const { bits } = coded;
  const model = models.get(coded.field.name);
  const header = readHeader(bytes, coded.stream, {
    ...(bits === 0 ? {} : { range: { min: 0, max: 2 ** bits - 1 } }),
    ...(model === undefined ? {} : { model }),
  });
  if (header.count !== entries) return null;
  const width = bits === 0 ? widthOf(header, bytes) : bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const half = 2 ** (8 * width - 1);
  const range = bits === 0 ? { min: -half, max: half - 1 } : { min: 0, max: 2 * half - 1 };
  return { coded, header, bytes, width, range };
}

/** Bytes that hold every symbol of a grid: those of its model, and those that escape. */
function widthOf(header: StreamHeader, bytes: Uint8Array): SymbolWidth {
  const { model } = header;
  if (model === null) return 1;
  let widest = 0;
  const note = (symbols: Int32Array): void => {
    for (const symbol of symbols) widest = Math.max(widest, symbol < 0 ? -1 - symbol : symbol);
  };
  note(model.symbols.subarray(0, 1));
  note(model.symbols.subarray(-1));
  if (hasEscape(model))
    for (let chunk = 0; chunk < header.checksums.length; chunk++) note(readEscapesOf(header, bytes, chunk));
  return widest < 128 ? 1 : widest < 32_768 ? 2 : 4;
}

/** The symbols as they are read. */
export function symbolWindow({ header, bytes, width, range }: CodedStream, open: SymbolOpener): Window {
  const reader = open(header, bytes, width, range);
  return (from, to) => reader.read((to - from) / width);
}

/** All symbols at once, for sources that do not simply move on. */
export function allSymbols(stream: CodedStream, open: SymbolOpener): Uint8Array | null {
  const { header, width } = stream;
  const reader: SymbolReader = open(header, stream.bytes, width, stream.range);
  const all = new Uint8Array(header.count * width);
  for (let at = 0; at < header.count; at += reader.most) {
    const part = reader.read(Math.min(reader.most, header.count - at));
    if (part === null) return null;
    all.set(part, at * width);
  }
  return all;
}

/** A binary32 level for each symbol, of a list that the tensor stores; symbols beyond it have its last. */
export function levelWindow(stream: CodedStream, open: SymbolOpener, levels: Float32Array): Window {
  const { header, bytes } = stream;
  const levelOf = (symbol: number): number => levels[Math.min(symbol, levels.length - 1)]!;
  const { model, table } = header;
  if (model !== null && table !== null && !hasEscape(model)) {
    // Without escapes a coder can look the levels up instead of the symbols.
    const bits = new Int32Array(Float32Array.from(table.symbols, levelOf).buffer);
    const every = { min: -(2 ** 31), max: 2 ** 31 - 1 };
    const reader = open({ ...header, table: { ...table, symbols: bits } }, bytes, 4, every);
    return (from, to) => reader.read((to - from) / 4);
  }
  const { width, range } = stream;
  const reader = open(header, bytes, width, range);
  const reals = new Float32Array(reader.most);
  return (from, to) => {
    const count = (to - from) / 4;
    const read = reader.read(count);
    if (read === null) return null;
    for (let k = 0; k < count; k++) {
      let symbol = 0;
      for (let byte = width - 1; byte >= 0; byte--) symbol = symbol * 256 + read[k * width + byte]!;
      reals[k] = levelOf(symbol);
    }
    return new Uint8Array(reals.buffer, 0, 4 * count);
  };
}
