/**
 * Bad streams: every field of the header, truncation, flipped bits, hostile bytes under correct checksums.
 * Each throws a StreamError that says where; none reads a neighbour's byte, writes outside the output, or
 * reserves memory by a count that it was told.
 */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../src/entropy/build-model.ts';
import { countSymbols } from '../src/entropy/counts.ts';
import { decodeSymbols } from '../src/entropy/decode-symbols.ts';
import { encodeSymbols } from '../src/entropy/encode-symbols.ts';
import type { Model } from '../src/entropy/model.ts';
import { modelBytes, readModel } from '../src/entropy/model-bytes.ts';
import { StreamError } from '../src/entropy/stream-error.ts';
import { readReferenceLayout, slowCrc } from './entropy-reference.ts';

/** A generator of integers below n; its own, so that a failing case has a number. */
function dice(seed: number) {
  let state = seed;
  return (n: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let h = Math.imul(state ^ (state >>> 15), state | 1);
    h ^= h + Math.imul(h ^ (h >>> 7), h | 61);
    return Math.floor((((h ^ (h >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly model?: Model;
}

const roll = dice(1);
const bell = Int32Array.from({ length: 700 }, () => roll(6) + roll(6) + roll(6) - 7);
const outliers = bell.map((symbol, i) => (i % 97 === 5 ? roll(2 ** 30) - 2 ** 29 : symbol));
const shared = {
  rans: buildModel(countSymbols(bell), 'rans', { escape: 'always' }),
  huffman: buildModel(countSymbols(bell), 'huffman', { escape: 'always' }),
};

const SAMPLES: Sample[] = (['rans', 'huffman'] as const).flatMap((coder) => [
  { name: `${coder}, a bell`, bytes: encodeSymbols(bell, { coder, chunk: 256 }), count: 700 },
  { name: `${coder}, escapes`, bytes: encodeSymbols(outliers, { coder, chunk: 300 }), count: 700 },
  {
    name: `${coder}, one symbol`,
    bytes: encodeSymbols(new Uint8Array(100), { coder, chunk: 40 }),
    count: 100,
  },
  { name: `${coder}, no symbols`, bytes: encodeSymbols([], { coder }), count: 0 },
  {
    name: `${coder}, two segments`,
    bytes: encodeSymbols(
      Int32Array.from({ length: 2500 }, (_, i) => bell[i % 700]!),
      { coder },
    ),
    count: 2500,
  },
  {
    name: `${coder}, model elsewhere`,
    bytes: encodeSymbols(outliers, { coder, chunk: 300, model: shared[coder] }),
    count: 700,
    model: shared[coder],
  },
]);

/**
 * `ok` with the symbols, or the error; anything but a StreamError is thrown on. Checks that nothing outside
 * `out` was written.
 */
function attempt(bytes: Uint8Array, sample: Sample): { symbols: Int32Array } | { error: StreamError } {
  const { count } = sample;
  const room = new Int32Array(count + 8).fill(0x5a5a5a5a);
  const out = room.subarray(4, 4 + count);
  const error = errorOf(bytes, out, sample);
  for (let k = 0; k < 4; k++) {
    if (room[k] !== 0x5a5a5a5a || room[count + 4 + k] !== 0x5a5a5a5a) throw new Error('written outside out');
  }
  return error === null ? { symbols: out } : { error };
}

function errorOf(bytes: Uint8Array, out: Int32Array, { count, model }: Sample): StreamError | null {
  try {
    decodeSymbols(bytes, out, count, 'codes', model === undefined ? {} : { model });
    return null;
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    if (!error.message.startsWith('codes, ') || error.stream !== 'codes') throw error;
    if (!(error.offset >= 0 && error.offset <= bytes.length)) {
      throw new Error(`byte ${error.offset} is not in the stream: ${error.message}`);
    }
    return error;
  }
}

/** The same bytes with other neighbours: an outcome that differs has read one of them. */
function attemptAmong(bytes: Uint8Array, sample: Sample): ReturnType<typeof attempt> {
  const [low, high] = [0x00, 0xff].map((filler) => {
    const room = new Uint8Array(bytes.length + 48).fill(filler);
    room.set(bytes, 24);
    return attempt(room.subarray(24, 24 + bytes.length), sample);
  });
  expect('error' in low! ? low.error.message : low!.symbols).toEqual(
    'error' in high! ? high.error.message : high!.symbols,
  );
  return low!;
}

/**
 * Corrects all checksums, so that what is behind them is tested; leaves bytes alone that have no such places
 * any more.
 */
function reseal(bytes: Uint8Array): Uint8Array {
  const sealed = bytes.slice();
  if (sealed.length < 24) return sealed;
  const view = new DataView(sealed.buffer);
  const modelLength = sealed[2] === 1 ? view.getUint32(16, true) : 0;
  const chunks = Math.ceil(
    (view.getUint32(8, true) + 2 ** 32 * view.getUint32(12, true)) / view.getUint32(4, true),
  );
  const tableAt = 20 + 4 * Math.ceil(modelLength / 4);
  const end = tableAt + 8 * chunks;
  if (!(end + 4 <= sealed.length)) return sealed;
  let from = end + 4;
  for (let c = 0; c < chunks; c++) {
    const to = end + 4 + 4 * view.getUint32(tableAt + 8 * c, true);
    view.setUint32(tableAt + 8 * c + 4, slowCrc(sealed.subarray(from, to)), true);
    from = to;
  }
  view.setUint32(end, slowCrc(sealed.subarray(0, end)), true);
  return sealed;
}

const isSame = (a: Int32Array | Uint8Array, b: Int32Array | Uint8Array) =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const flip = (bytes: Uint8Array, bit: number) => {
  const changed = bytes.slice();
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};

describe.each(SAMPLES)('$name', (sample) => {
  const { bytes, count } = sample;

  it('is good as it is', () => {
    expect('symbols' in attemptAmong(bytes, sample)).toBe(true);
    expect(reseal(bytes)).toEqual(bytes);
  });

  it('throws for every flipped bit', () => {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      expect('error' in attempt(flip(bytes, bit), sample), `bit ${bit}`).toBe(true);
    }
  });

  it('throws for every truncation, and for bytes too many', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect('error' in attempt(bytes.subarray(0, length), sample), `${length} bytes`).toBe(true);
      expect('error' in attempt(reseal(bytes.subarray(0, length)), sample), `${length} bytes, resealed`).toBe(
        true,
      );
    }
    for (const more of [1, 2, 4, 8]) {
      const longer = new Uint8Array(bytes.length + more);
      longer.set(bytes);
      expect('error' in attempt(longer, sample)).toBe(true);
    }
  });

  it('throws for every value of a header field but its own, under correct checksums', () => {
    for (const at of [0, 1, 2, 3]) {
      for (let value = 0; value < 256; value++) {
        // Without symbols, either coder will do.
        if (value === bytes[at] || (at === 1 && count === 0 && (value === 1 || value === 2))) continue;
        const changed = bytes.slice();
        changed[at] = value;
        expect('error' in attempt(reseal(changed), sample), `byte ${at} is ${value}`).toBe(true);
      }
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const whole = attempt(bytes, sample);
    const good = 'symbols' in whole ? whole.symbols : new Int32Array(0);
    for (const at of [4, 8, 12, 16]) {
      const own = view.getUint32(at, true);
      for (const value of [0, 1, own - 1, own + 1, 2 * own, 2 ** 16, 2 ** 24 + 1, 2 ** 31, 2 ** 32 - 1]) {
        if (value >>> 0 === own) continue;
        const changed = bytes.slice();
        new DataView(changed.buffer).setUint32(at, value, true);
        const result = attempt(reseal(changed), sample);
        // A size of chunk that cuts the same chunks, of no bits or just one, is no damage.
        const isHarmless = at === 4 && 'symbols' in result && isSame(result.symbols, good);
        expect('error' in result || isHarmless, `field ${at} is ${value}`).toBe(true);
      }
    }
  });
});

describe('fuzz', () => {
  const EXTREMES = [0, 1, 127, 128, 255];

  /** One to four changes of any kind. */
  function mutate(bytes: Uint8Array, other: Uint8Array, next: (n: number) => number): Uint8Array {
    let changed = bytes.slice();
    for (let changes = 1 + next(4); changes > 0 && changed.length > 0; changes--) {
      const at = next(changed.length);
      const kind = next(7);
      if (kind <= 1) changed = flip(changed, 8 * at + next(8));
      else if (kind === 2) changed[at] = EXTREMES[next(EXTREMES.length)]!;
      else if (kind === 3) changed.fill(next(256), at, at + 1 + next(16));
      else if (kind === 4)
        changed.set(changed.slice(at, at + 4 * (1 + next(4))), Math.max(0, next(changed.length) - 16));
      else if (kind === 5)
        changed = Uint8Array.from([...changed.subarray(0, at), ...changed.subarray(at + 1 + next(9))]);
      else
        changed.set(
          other.subarray(at, at + 1 + next(40)),
          at < other.length ? Math.min(at, Math.max(0, changed.length - 40)) : 0,
        );
    }
    return changed;
  }

  function mutated(sample: Sample, other: Sample, seed: number): Uint8Array {
    const next = dice(seed);
    try {
      return mutate(sample.bytes, other.bytes, next);
    } catch (error) {
      // A splice that does not fit.
      if (error instanceof RangeError) return flip(sample.bytes, next(8 * sample.bytes.length));
      throw error;
    }
  }

  it('12,000 damaged streams throw', () => {
    for (let seed = 0; seed < 12_000; seed++) {
      const sample = SAMPLES[seed % SAMPLES.length]!;
      const bytes = mutated(sample, SAMPLES[(seed * 7) % SAMPLES.length]!, seed);
      // A splice may have made another sample whole.
      if (SAMPLES.some((whole) => isSame(whole.bytes, bytes))) continue;
      expect('error' in attempt(bytes, sample), `${sample.name}, seed ${seed}`).toBe(true);
    }
  });

  it('12,000 hostile streams under correct checksums throw or decode, and touch nothing else', () => {
    let thrown = 0;
    for (let seed = 0; seed < 12_000; seed++) {
      const sample = SAMPLES[seed % SAMPLES.length]!;
      const bytes = reseal(mutated(sample, SAMPLES[(seed * 11) % SAMPLES.length]!, seed + 1_000_000));
      if ('error' in attemptAmong(bytes, sample)) thrown++;
    }
    // Final states, sums and lengths find nearly all even without checksums.
    expect(thrown).toBeGreaterThan(0.9 * 12_000 * (10 / 12));
  });

  it('4,000 hostile models throw or are models', () => {
    const place = { stream: 'model', chunk: null, base: 0 };
    const models = [shared.rans, shared.huffman, buildModel(countSymbols(outliers), 'rans')].map(modelBytes);
    for (let seed = 0; seed < 4000; seed++) {
      const bytes = mutate(models[seed % 3]!, new Uint8Array(0), dice(seed));
      let model: Model;
      try {
        model = readModel(bytes, place);
      } catch (error) {
        expect(error).toBeInstanceOf(StreamError);
        continue;
      }
      expect(modelBytes(model), `seed ${seed}`).toEqual(bytes);
    }
  });
});

describe('what is wrong is said, with stream, chunk and byte', () => {
  const sample = SAMPLES.find(({ name }) => name === 'rans, escapes')!;
  const huffman = SAMPLES.find(({ name }) => name === 'huffman, two segments')!;
  const { chunks, tableAt, checksumAt } = readReferenceLayout(sample.bytes);

  function problem(
    from: Sample,
    change: (bytes: Uint8Array, view: DataView) => void,
    sealAgain = true,
  ): StreamError {
    const bytes = from.bytes.slice();
    change(bytes, new DataView(bytes.buffer));
    const result = attempt(sealAgain ? reseal(bytes) : bytes, from);
    if (!('error' in result)) throw new Error('it decodes');
    return result.error;
  }

  it('checksums', () => {
    const inHeader = problem(sample, (bytes) => bytes.set([1], 30), false);
    expect(inHeader).toMatchObject({ stream: 'codes', chunk: null, offset: checksumAt });
    const inChunk = problem(
      sample,
      (bytes) => bytes.fill(9, chunks[1]!.start + 8, chunks[1]!.start + 9),
      false,
    );
    expect(inChunk).toMatchObject({ chunk: 1, offset: chunks[1]!.start });
    expect(inChunk.message).toBe(
      `codes, chunk 1, byte ${chunks[1]!.start}: the chunk does not have its checksum`,
    );
  });

  it('offsets', () => {
    expect(problem(sample, (_, view) => view.setUint32(tableAt, 2 ** 32 - 1, true)).message).toContain(
      'chunk 0 ends at byte',
    );
    expect(problem(sample, (_, view) => view.setUint32(tableAt + 8, 1, true)).message).toContain(
      'chunk 1 ends before it begins',
    );
    expect(
      problem(sample, (_, view) => view.setUint32(tableAt + 16, view.getUint32(tableAt + 8, true), true))
        .message,
    ).toContain('follow the last chunk');
  });

  it('escapes', () => {
    const at = chunks[0]!.start;
    expect(problem(sample, (_, view) => view.setUint32(at, 2 ** 25 - 1, true))).toMatchObject({
      chunk: 0,
      offset: at,
    });
    expect(problem(sample, (_, view) => view.setUint32(at, 301, true)).message).toContain(
      '301 escapes for 300 symbols',
    );
    expect(
      problem(sample, (_, view) => view.setUint32(at, (4 + 33 * 2 ** 25) >>> 0, true)).message,
    ).toContain('33 bits');
    const { symbols } = readReferenceLayout(sample.bytes).model!;
    const entered = problem(sample, (_, view) => {
      const width = view.getUint32(at, true) >>> 25;
      const folded = symbols[0]! < 0 ? -2 * symbols[0]! - 1 : 2 * symbols[0]!;
      view.setUint32(
        at + 4,
        (Math.floor(view.getUint32(at + 4, true) / 2 ** width) * 2 ** width + folded) >>> 0,
        true,
      );
    });
    expect(entered.message).toContain('escapes');
    expect(problem(sample, (_, view) => view.setUint32(at, 0, true)).message).toMatch(
      /state|escape|words|left over/,
    );
  });

  it('states', () => {
    const bell = SAMPLES.find(({ name }) => name === 'rans, a bell')!;
    const layout = readReferenceLayout(bell.bytes);
    // The escape's list may be there or not; its states are the first words from 2^16 up.
    const at = layout.chunks[2]!.start + (layout.model!.escapeWeight > 0 ? 4 : 0);
    expect(problem(bell, (_, view) => view.setUint32(at + 4, 65535, true))).toMatchObject({
      chunk: 2,
      offset: at + 4,
    });
    expect(
      problem(bell, (_, view) => view.setUint32(at, view.getUint32(at, true) ^ 0x10000, true)).chunk,
    ).toBe(2);
  });

  it('states that end elsewhere, and words that are left over', () => {
    const still = SAMPLES.find(({ name }) => name === 'rans, one symbol')!;
    const layout = readReferenceLayout(still.bytes);
    const at = layout.chunks[1]!.start;
    const moved = problem(still, (_, view) => view.setUint32(at + 8, 0x20000, true));
    expect(moved.message).toContain('state 2 does not end where it began');
    const longer = new Uint8Array(still.bytes.length + 4);
    longer.set(still.bytes);
    const view = new DataView(longer.buffer);
    view.setUint32(layout.tableAt + 16, view.getUint32(layout.tableAt + 16, true) + 1, true);
    expect(() => decodeSymbols(reseal(longer), new Int32Array(100), 100, 'codes')).toThrow(
      '4 bytes are left over',
    );
  });

  it('escapes wider than they need', () => {
    const only = encodeSymbols([0, 2 ** 30], { coder: 'rans', model: shared.rans });
    const start = readReferenceLayout(only).chunks[0]!.start;
    const view = new DataView(only.buffer);
    expect(view.getUint32(start, true)).toBe(1 + 32 * 2 ** 25);
    view.setUint32(start + 4, 2 ** 31 - 2, true);
    expect(() => decodeSymbols(reseal(only), new Int32Array(2), 2, 'codes', { model: shared.rans })).toThrow(
      'escapes of 32 bits that need fewer',
    );
  });

  it('models written in other bytes than ours', () => {
    // Four codes of 2 bits. Escape 0: 1; up 2: 00110; a repeat and two more: 1 011, or a repeat twice: 1 1, 1 010.
    const bytes = (low: number, high: number) => Uint8Array.of(0x12, 0, 0, 0, 0, 3, 0, 0, 0, low, high);
    const place = { stream: 'model', chunk: null, base: 0 };
    expect([...readModel(bytes(0x59, 0x03), place).weights]).toEqual([2, 2, 2, 2, 0]);
    expect(() => readModel(bytes(0xd9, 0x05), place)).toThrow('a run follows a run');
  });

  it('segments and padding', () => {
    const layout = readReferenceLayout(huffman.bytes);
    const at = layout.chunks[0]!.start + (layout.model!.escapeWeight > 0 ? 4 : 0);
    expect(
      problem(huffman, (_, view) => view.setUint16(at, view.getUint16(at, true) + 1, true)).message,
    ).toContain('segment 0 takes');
    expect(problem(huffman, (_, view) => view.setUint16(at + 2, 65535, true)).message).toContain(
      'segment 1 leaves the chunk',
    );
    const padded = problem(huffman, (bytes) => {
      bytes[bytes.length - 1]! ^= 128;
    });
    expect(padded.message).toMatch(/padding bits are not zero/);
  });

  it('counts far beyond the stream reserve nothing', () => {
    const huge = problem(SAMPLES[0]!, (_, view) => {
      view.setUint32(4, 1, true);
      view.setUint32(12, 2 ** 20, true);
    });
    expect(huge.message).toContain('need a header of');
  });
});
