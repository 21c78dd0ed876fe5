/**
 * Codes of a unit → its bytes: words of 32 bits put together, in loops where words follow each other in one pattern (`runs.ts`).
 *
 * Words never mix bytes of different fields that do not share a byte, so that a scale before its codes does not shift their pattern.
 */
import type { StoredField } from '@fewerbits/format';
import type { At } from '../ir.ts';
import { fixed, plus } from '../loops/at.ts';
import { inLoops, type Nest } from '../loops/nest.ts';
import { cutAt, runsOf } from '../loops/runs.ts';
import { inBytes } from '../lower/codes.ts';
import { NoKernel } from '../no-kernel.ts';
import type { Unit } from '../unit.ts';
import type { Fitted } from './fitted.ts';

/** Bits `low … low + width` of a field's code at a weight, from a bit on: of the source, then of a word. */
interface Part {
  readonly field: StoredField;
  readonly element: number;
  readonly low: number;
  readonly width: number;
  readonly bit: number;
}

/** Bytes of a source that are stored at once. */
interface Word {
  readonly offset: number;
  readonly bytes: 1 | 2 | 4;
  readonly parts: readonly Part[];
}

/**
 * Writes every byte of a unit in every source; bits that no field covers are 0.
 * @throws NoKernel for digits, copies, and sources that do not move with the unit
 */
export function packUnit(b: Nest, unit: Unit, fitted: Fitted): void {
  for (const { moves } of unit.sources)
    if (moves !== 'unit') throw new NoKernel('some of its bytes belong to more than a unit');
  for (const stream of unit.plan.streams)
    for (const segment of stream.segments)
      if (segment.slots().some(({ copy }) => copy)) throw new NoKernel('it stores copies');
  const sources = unit.sources.map(({ stride }, source) =>
    wordsOf(partsOf(unit, source, stride), stride, b.short),
  );
  const split = splitFields(sources.flat(2));
  const codeOf = (field: StoredField, at: At): number => {
    const apart = split.has(field) || fitted.isLong(field) || !fitted.tiles.isPlaced(at);
    return apart ? fitted.keptCodeAt(field, at) : fitted.codeAt(field, at);
  };
  for (const [source, groups] of sources.entries()) {
    for (const words of groups) {
      for (const { start, period, loops } of runsOf(words, placesOf, shapeOf)) {
        const pattern = words.slice(start, start + period);
        inLoops(b, cutAt(loops, fitted.tiles.widths), 2, 1, ([element, offset]) => {
          for (const word of pattern) {
            const value = wordValue(b, word, element!, codeOf);
            b.store(source, plus(fixed(word.offset), offset!), word.bytes, value);
          }
        });
      }
    }
  }
}

function wordValue(
  b: Nest,
  { parts }: Word,
  element: At,
  codeOf: (field: StoredField, at: At) => number,
): number {
  const values = parts.map(({ field, element: own, low, width, bit }) => {
    const code = b.integer('i_shr', codeOf(field, plus(fixed(own), element)), b.int(low));
    const part = low + width < field.bits! ? b.integer('i_and', code, b.int(2 ** width - 1)) : code;
    return b.integer('i_shl', part, b.int(bit));
  });
  return values.length === 0 ? b.int(0) : values.reduce((p, q) => b.integer('i_or', p, q));
}

/** The weight that a word's codes begin at, and its first byte. */
function placesOf({ parts, offset }: Word): readonly number[] {
  return [parts[0]?.element ?? 0, offset];
}

function shapeOf({ bytes, parts }: Word): string {
  const origin = parts[0]?.element ?? 0;
  const texts = parts.map(
    ({ field, element, low, width, bit }) => `${field.id} ${element - origin} ${low} ${width} ${bit}`,
  );
  return `${bytes}: ${texts.join('; ')}`;
}

/** The bits of a source in pieces that each stand in one byte, in order. */
function partsOf(unit: Unit, source: number, stride: number): Part[] {
  const parts: Part[] = [];
  for (const field of unit.plan.fields) {
    for (let element = 0; element < unit.width; element += field.tiling.width) {
      const { pieces, digit } = unit.placeOf(field, element);
      if (digit !== null) throw new NoKernel('its codes are digits of a word');
      for (const piece of pieces) {
        if (piece.source !== source) continue;
        if (piece.bit + piece.width > 8 * stride) throw new NoKernel('its units lie inside each other');
        for (const { bit, low, width } of inBytes(piece)) parts.push({ field, element, low, width, bit });
      }
    }
  }
  return parts.sort((p, q) => p.bit - q.bit);
}

/** Words over bytes of the same fields, a group for each run of such bytes. */
function wordsOf(parts: readonly Part[], stride: number, short: boolean): Word[][] {
  const bytes = Array.from({ length: stride }, (): Part[] => []);
  for (const part of parts) bytes[Math.floor(part.bit / 8)]!.push(part);
  const keyOf = (byte: number): string =>
    [...new Set(bytes[byte]!.map(({ field }) => field.id))].sort((p, q) => p - q).join();
  const groups: Word[][] = [];
  for (let from = 0; from < stride; ) {
    let to = from + 1;
    while (to < stride && keyOf(to) === keyOf(from)) to++;
    const words: Word[] = [];
    for (let offset = from; offset < to; ) {
      const sizes = ([4, 2, 1] as const).filter((size) => size <= to - offset);
      const wordOf = (size: Word['bytes']): Word => {
        const own = bytes.slice(offset, offset + size).flat();
        return { offset, bytes: size, parts: joined(own, 8 * offset) };
      };
      // Bytes repeat more often than words do, and take less text.
      const word = short
        ? (sizes.map(wordOf).find((one) => one.parts.length === 1) ?? wordOf(1))
        : wordOf(sizes[0]!);
      words.push(word);
      offset += word.bytes;
    }
    groups.push(words);
    from = to;
  }
  return groups;
}

/** Parts with bits counted from a word's first, neighbours of one code put together. */
function joined(parts: readonly Part[], origin: number): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const bit = part.bit - origin;
    const last = out.at(-1);
    const follows =
      last?.field === part.field &&
      last.element === part.element &&
      last.low + last.width === part.low &&
      last.bit + last.width === bit;
    if (follows) out[out.length - 1] = { ...last, width: last.width + part.width };
    else out.push({ ...part, bit });
  }
  return out;
}

/** Fields with codes in several words: those are computed once, before. */
function splitFields(words: readonly Word[]): Set<StoredField> {
  const seen = new Set<string>();
  const split = new Set<StoredField>();
  for (const { parts } of words) {
    for (const key of new Set(parts.map(({ field, element }) => `${field.id}/${element}`))) {
      if (seen.has(key))
        for (const { field, element } of parts) if (`${field.id}/${element}` === key) split.add(field);
      seen.add(key);
    }
  }
  return split;
}
