/** Models: exact sums, least loss and optimal lengths against brute force, bytes there and back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildModel, codedBits } from '../src/entropy/build-model.ts';
import { canonicalCodes, codeLengths } from '../src/entropy/code-lengths.ts';
import { countSymbols, idealBits, mergeCounts } from '../src/entropy/counts.ts';
import { normaliseCounts } from '../src/entropy/frequencies.ts';
import { logStep, portableLog2 } from '../src/entropy/logarithm.ts';
import { type Model, modelProblem } from '../src/entropy/model.ts';
import { modelBits, modelBytes, readModel } from '../src/entropy/model-bytes.ts';
import { readReferenceModel } from './entropy-reference.ts';

const runs = { seed: 20240601, numRuns: 300 };
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const place = { stream: 'model', chunk: null, base: 0 };

describe('logarithms', () => {
  it('agree with the engine', () => {
    for (const a of [1, 2, 3, 10, 65535, 65536, 1e6 + 1, 2 ** 40 + 1, 1.0000001]) {
      expect(portableLog2(a)).toBeCloseTo(Math.log2(a), 13);
      expect(Math.abs(logStep(a) * a - Math.log1p(1 / a) * a)).toBeLessThan(1e-15);
    }
  });
});

describe('counts', () => {
  it('are ascending and complete, however far the symbols lie apart', () => {
    const symbols = [5, -(2 ** 31), 5, 2 ** 31 - 1, 0, 5, 0];
    const expected = {
      symbols: Int32Array.of(-(2 ** 31), 0, 5, 2 ** 31 - 1),
      counts: Float64Array.of(1, 2, 3, 1),
      total: 7,
    };
    expect(countSymbols(symbols)).toEqual(expected);
    expect(countSymbols([3, -1, 3]).counts).toEqual(Float64Array.of(1, 2));
    expect(mergeCounts([countSymbols(symbols.slice(0, 3)), countSymbols(symbols.slice(3))])).toEqual(
      expected,
    );
  });

  it('refuse what is no symbol', () => {
    expect(() => countSymbols([0, 1.5])).toThrow('symbols[1] = 1.5');
    expect(() => countSymbols([Number.NaN])).toThrow('symbols[0] = NaN');
    expect(() => countSymbols(Uint32Array.of(2 ** 31))).toThrow('symbols[0] = 2147483648');
  });

  it('give the entropy', () => {
    expect(idealBits(countSymbols([0, 1, 2, 3]))).toBe(8);
    expect(idealBits(countSymbols([7, 7]))).toBe(0);
    expect(idealBits(countSymbols([]))).toBe(0);
  });
});

describe('frequencies', () => {
  const loss = (counts: readonly number[], frequencies: readonly number[]) =>
    sum(counts.map((count, i) => -count * Math.log2(frequencies[i]!)));

  /** The least loss of all ways to split `units` into parts of at least 1. */
  function leastLoss(counts: readonly number[], units: number): number {
    if (counts.length === 1) return loss(counts, [units]);
    let least = Infinity;
    for (let first = 1; first <= units - counts.length + 1; first++) {
      least = Math.min(least, loss([counts[0]!], [first]) + leastLoss(counts.slice(1), units - first));
    }
    return least;
  }

  it('lose as little as any: brute force over all of 5 bits', () => {
    const counts = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 10 ** 6 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(counts, (values) => {
        const frequencies = [...normaliseCounts(Float64Array.from(values), 5)];
        expect(sum(frequencies)).toBe(32);
        expect(loss(values, frequencies)).toBeLessThanOrEqual(leastLoss(values, 32) * (1 - 1e-12) + 1e-9);
      }),
      runs,
    );
  });

  it('sum exactly, are at least 1, and no exchange of a unit would help', () => {
    const counts = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2 ** 22 })), {
      minLength: 1,
      maxLength: 600,
    });
    fc.assert(
      fc.property(counts, fc.integer({ min: 10, max: 16 }), (values, bits) => {
        const frequencies = normaliseCounts(Float64Array.from(values), bits);
        expect(sum(frequencies)).toBe(2 ** bits);
        const gains = values.map((count, i) => count * Math.log1p(1 / frequencies[i]!));
        const losses = values.map((count, i) =>
          frequencies[i]! > 1 ? count * Math.log1p(1 / (frequencies[i]! - 1)) : Infinity,
        );
        expect(Math.min(...frequencies)).toBeGreaterThanOrEqual(1);
        // The best gain and the least loss of two different entries; of one entry, loss > gain always.
        expect(Math.max(...gains)).toBeLessThanOrEqual(Math.min(...losses) * (1 + 1e-12));
      }),
      runs,
    );
  });

  it('are the least loss of tight tables too, where the floors of the shares are not below the optimum', () => {
    const counts = fc.array(
      fc.integer({ min: 0, max: 1400 }).map((e) => Math.floor(Math.exp(e / 100))),
      { minLength: 2, maxLength: 40, size: 'max' },
    );
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 2 }), (values, spare) => {
        const bits = Math.ceil(Math.log2(values.length)) + spare;
        const greedy = new Array<number>(values.length).fill(1);
        for (let units = 2 ** bits - values.length; units > 0; units--) {
          const gains = values.map((count, i) => count * logStep(greedy[i]!));
          greedy[gains.indexOf(Math.max(...gains))]!++;
        }
        expect([...normaliseCounts(Float64Array.from(values), bits)]).toEqual(greedy);
      }),
      { ...runs, numRuns: 3000 },
    );
  });

  it('refuse too many entries', () => {
    expect(() => normaliseCounts(new Float64Array(5).fill(1), 2)).toThrow(RangeError);
    expect(() => normaliseCounts(Float64Array.of(2 ** 37), 12)).toThrow('at most 2^36');
  });
});

describe('code lengths', () => {
  /** The least Σ count · length of all complete prefix codes of at most `limit` bits. */
  function leastCost(counts: readonly number[], limit: number): number {
    const descending = [...counts].sort((a, b) => b - a);
    let least = Infinity;
    const place = (entry: number, shortest: number, left: number, cost: number) => {
      if (entry === descending.length) {
        if (left === 0) least = Math.min(least, cost);
        return;
      }
      for (let length = shortest; length <= limit; length++) {
        const used = 2 ** (limit - length);
        if (used <= left) place(entry + 1, length, left - used, cost + length * descending[entry]!);
      }
    };
    place(0, 1, 2 ** limit, 0);
    return least;
  }

  it('are optimal: brute force over all codes of up to 7 entries', () => {
    const counts = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3000 })), {
      minLength: 2,
      maxLength: 7,
    });
    fc.assert(
      fc.property(counts, fc.integer({ min: 3, max: 6 }), (values, limit) => {
        const lengths = [...codeLengths(Float64Array.from(values), limit)];
        expect(sum(lengths.map((length) => 2 ** (limit - length)))).toBe(2 ** limit);
        expect(sum(lengths.map((length, i) => length * values[i]!))).toBe(leastCost(values, limit));
      }),
      runs,
    );
  });

  it('keep the limit that Fibonacci counts want to break', () => {
    const counts = Float64Array.of(1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610);
    expect(Math.max(...codeLengths(counts, 16))).toBe(14);
    expect(Math.max(...codeLengths(counts, 11))).toBe(11);
    expect([...codeLengths(new Float64Array(16).fill(3), 4)]).toEqual(new Array(16).fill(4));
    expect([...codeLengths(Float64Array.of(9), 11)]).toEqual([1]);
    expect(() => codeLengths(new Float64Array(17), 4)).toThrow(RangeError);
  });

  it('have canonical codes (RFC 1951, 3.2.2), stored bit first bit lowest', () => {
    const codes = canonicalCodes([3, 3, 3, 3, 3, 2, 4, 4], 4);
    const words = [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111];
    const reversed = (value: number, width: number) =>
      Number.parseInt([...value.toString(2).padStart(width, '0')].reverse().join(''), 2);
    expect([...codes]).toEqual(words.map((value, i) => reversed(value, [3, 3, 3, 3, 3, 2, 4, 4][i]!)));
  });
});

describe('model bytes', () => {
  const symbols = fc.oneof(
    fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 400 }),
    fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 60 }),
    fc.array(fc.constantFrom(0, 1, 2, 3, 65535, -70000), { minLength: 1, maxLength: 3000 }),
  );
  const models = fc
    .tuple(
      symbols,
      fc.constantFrom('rans' as const, 'huffman' as const),
      fc.constantFrom('asNeeded' as const, 'always' as const),
    )
    .map(([values, coder, rule]) => buildModel(countSymbols(values), coder, { escape: rule }));

  it('come back, and the second reader agrees', () => {
    fc.assert(
      fc.property(models, (model) => {
        expect(modelProblem(model)).toBe(null);
        const bytes = modelBytes(model);
        expect(readModel(bytes, place)).toEqual(model);
        const other = readReferenceModel(bytes);
        expect(other.symbols).toEqual([...model.symbols]);
        expect([...other.weights, other.escapeWeight]).toEqual([...model.weights]);
      }),
      runs,
    );
  });

  it('cost little for wide and sparse alphabets', () => {
    const even = buildModel(countSymbols(Int32Array.from({ length: 65536 }, (_, i) => i)), 'rans');
    expect(even.symbols.length === 65536 || even.symbols.length === 0).toBe(true);
    const full: Model = {
      coder: 'rans',
      bits: 16,
      symbols: Int32Array.from({ length: 65536 }, (_, i) => i),
      weights: new Uint32Array(65537).fill(1, 0, 65536),
    };
    expect(modelBytes(full).length).toBeLessThan(24);
    const sparse = buildModel(
      countSymbols(Int32Array.from({ length: 65536 }, (_, i) => (i % 16) * 4000)),
      'rans',
    );
    expect(sparse.symbols.length).toBe(16);
    expect(modelBits(sparse) / 8).toBeLessThan(128);
  });

  it('are refused unless they are exactly those of a model', () => {
    const problems: [Partial<Model>, string][] = [
      [{ bits: 11 }, '12..16 bits'],
      [{ weights: Uint32Array.of(2048, 2047, 0) }, 'sum to 4095'],
      [{ weights: Uint32Array.of(2048, 2048) }, 'have 2 weights'],
      [{ weights: Uint32Array.of(4096, 0, 0) }, 'weight 0'],
      [{ symbols: Int32Array.of(1, 1) }, 'follows'],
      [{ symbols: new Int32Array(0), weights: Uint32Array.of(0) }, 'no entries'],
      [{ coder: 'huffman', bits: 2, weights: Uint32Array.of(1, 2, 0) }, 'fill 3 of 4'],
      [{ coder: 'huffman', bits: 3, weights: Uint32Array.of(1, 1, 0) }, 'longest code has 1'],
      [{ coder: 'huffman', bits: 2, symbols: Int32Array.of(4), weights: Uint32Array.of(2, 0) }, 'only code'],
    ];
    const good: Model = {
      coder: 'rans',
      bits: 12,
      symbols: Int32Array.of(0, 1),
      weights: Uint32Array.of(2048, 2048, 0),
    };
    expect(modelProblem(good)).toBe(null);
    for (const [part, text] of problems) {
      expect(() => modelBytes({ ...good, ...part })).toThrow(text);
    }
  });
});

describe('choosing a model', () => {
  it('escapes symbols that are too rare for a place, and counts them', () => {
    const symbols = Int32Array.from({ length: 200_000 }, (_, i) => (i % 20_000 === 7 ? 1000 + i : i % 8));
    const counts = countSymbols(symbols);
    const model = buildModel(counts, 'rans');
    expect(model.bits).toBe(12);
    expect([...model.symbols]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(model.weights[8]).toBeGreaterThan(0);
    expect(codedBits(counts, model)).toBeGreaterThan(idealBits(counts));
    expect(
      codedBits(countSymbols([99]), { ...model, weights: Uint32Array.of(...model.weights.slice(0, 8), 0) }),
    ).toBe(Infinity);
  });

  it('widens the table for an alphabet that needs it, and not otherwise', () => {
    const wide = countSymbols(Int32Array.from({ length: 400_000 }, (_, i) => i % 20_000));
    expect(buildModel(wide, 'rans').bits).toBeGreaterThan(14);
    expect(buildModel(wide, 'huffman').bits).toBe(15);
    const narrow = countSymbols(Int32Array.from({ length: 4000 }, (_, i) => i % 256));
    expect(buildModel(narrow, 'rans').bits).toBe(12);
    expect(buildModel(narrow, 'huffman').bits).toBe(8);
  });

  it('has an escape for what it has not seen, if asked', () => {
    const model = buildModel(countSymbols([1, 1, 1]), 'huffman', { escape: 'always' });
    expect(model.weights[model.symbols.length]).toBeGreaterThan(0);
    expect(() => buildModel(countSymbols([]), 'rans')).toThrow('at least one symbol');
  });
});
