import { describe, expect, it } from 'vitest';
import {
  codeFields,
  codeHistogramOf,
  compareTensor,
  isMeasured,
  levelKind,
  type MeasuredRow,
  paretoFront,
  storedBits,
  totals,
} from '../src/index.ts';
import { fc, test } from './fast-check.ts';
import { AFFINE, codecOf, contender, formatOf, INT4, INT8, tensor, weights } from './formats.ts';

const measured = (rows: ReturnType<typeof compareTensor>): MeasuredRow[] => rows.filter(isMeasured);

describe('one tensor', () => {
  it('counts everything that is stored', () => {
    const [row] = measured(compareTensor(tensor('w', 4, 32), [contender('int4', INT4)]));
    // 128 weights of 4 bits and 8 scales of 16.
    expect(row).toMatchObject({
      tensor: 'w',
      format: 'int4',
      weights: 128,
      bytes: 80,
      bitsPerParam: 5,
      tableBytes: 0,
    });
  });

  it('measures the error by its definition', () => {
    const w = tensor('w', 4, 32);
    const codec = codecOf(INT4);
    const back = codec.decode(codec.encode(w.data, { shape: [4, 32] }));
    const sum = (of: (x: number, i: number) => number): number =>
      w.data.reduce((all, x, i) => all + of(x, i), 0);
    const error = sum((x, i) => (back[i]! - x) ** 2);
    const data = sum((x) => x * x);
    const rms = Math.sqrt(data / 128);
    const sizes = [...w.data].map((x, i) => Math.abs(back[i]! - x)).sort((a, b) => a - b);
    const [row] = measured(compareTensor(w, [{ label: 'int4', codec }]));
    expect(row!.relativeError).toBeCloseTo(Math.sqrt(error / data), 12);
    expect(row!.sqnr).toBeCloseTo(10 * Math.log10(data / error), 9);
    expect(row!.maxError).toBeCloseTo(sizes.at(-1)! / rms, 12);
    expect(row!.medianError / (sizes[63]! / rms)).toBeCloseTo(1, 1.9);
    expect(row!.p95Error / (sizes[121]! / rms)).toBeCloseTo(1, 1.9);
    expect(row!.scaledError).toBeCloseTo(row!.relativeError! * 32, 12);
  });

  it('finds the entropy of the codes, and what ideal coding leaves', () => {
    // Two codes, equally often: one bit a weight, beside 16 bits of scale for 16 weights.
    const data = Float32Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 7 : -7));
    const [row] = measured(compareTensor({ name: 'w', data, rows: 2, cols: 32 }, [contender('int4', INT4)]));
    expect(row).toMatchObject({
      relativeError: 0,
      sqnr: null,
      codeEntropy: 1,
      idealBits: 2,
      maxError: 0,
      scaledError: 0,
    });
  });

  it('a format that cannot take the tensor is a row with the reason, and the others go on', () => {
    const rows = compareTensor(tensor('w', 2, 24), [
      contender('int4', INT4),
      contender('whole', 'format whole { each code: f32 }'),
    ]);
    expect(rows[0]).toMatchObject({ format: 'int4', failure: expect.stringContaining('24') });
    expect(rows[1]).toMatchObject({ format: 'whole', relativeError: 0 });
  });

  it('NaN is refused with its place, not averaged', () => {
    const data = weights(32);
    data[5] = Number.NaN;
    const [row] = compareTensor({ name: 'w', data, rows: 1, cols: 32 }, [contender('int4', INT4)]);
    expect(row).toHaveProperty('failure');
    expect((row as { failure: string }).failure).toContain('5');
  });

  it('a bug is no refusal', () => {
    const codec = {
      ...codecOf(INT4),
      encode: () => {
        throw new TypeError('broken');
      },
    };
    expect(() => compareTensor(tensor('w', 1, 32), [{ label: 'x', codec }])).toThrow('broken');
  });

  it('takes a named fit', () => {
    const text =
      'format f { block 16 { scale: f16 = absmax / 7, each code: int(-7..7) } value = scale * code fit wide { scale = absmax / 3 } }';
    const [usual, wide] = measured(
      compareTensor(tensor('w', 1, 32), [contender('a', text), { ...contender('b', text), fit: 'wide' }]),
    );
    expect(wide!.relativeError!).toBeGreaterThan(usual!.relativeError!);
  });
});

describe('totals', () => {
  test.prop(
    [
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 99 }),
    ],
    {
      seed: 7,
      numRuns: 40,
    },
  )('parts of a tensor add up to the whole', (parts, seed) => {
    const rows = parts.reduce((a, b) => a + b, 0);
    const whole = tensor('whole', rows, 32, seed);
    const formats = [contender('int4', INT4), contender('int8', INT8)];
    let start = 0;
    const pieces = parts.flatMap((count, i) => {
      const data = whole.data.subarray(start * 32, (start + count) * 32);
      start += count;
      return compareTensor({ name: `part ${i}`, data, rows: count, cols: 32 }, formats);
    });
    const all = totals(compareTensor(whole, formats));
    totals(pieces).forEach((total, i) => {
      expect(total.relativeError).toBeCloseTo(all[i]!.relativeError!, 10);
      expect(total).toMatchObject({
        weights: all[i]!.weights,
        bytes: all[i]!.bytes,
        bitsPerParam: all[i]!.bitsPerParam,
        complete: true,
      });
    });
  });

  it('a format that missed a tensor is not on the front, however good', () => {
    const formats = [
      contender('int4', INT4),
      contender('int8', INT8),
      contender('any', 'format any { each code: f32 }'),
    ];
    const rows = [
      ...compareTensor(tensor('a', 1, 32), formats),
      ...compareTensor(tensor('b', 1, 24), formats),
    ];
    const byName = new Map(totals(rows).map((total) => [total.format, total]));
    expect(byName.get('int4')).toMatchObject({ tensors: 1, failed: 1, complete: false, onFront: false });
    expect(byName.get('any')).toMatchObject({ tensors: 2, failed: 0, complete: true, onFront: true });
  });

  const place = fc.record({ bits: fc.integer({ min: 1, max: 6 }), error: fc.integer({ min: 1, max: 6 }) });
  test.prop([fc.array(place, { maxLength: 12 })], { seed: 3, numRuns: 300 })(
    'the front is what nothing beats, and it beats all the rest',
    (points) => {
      const places = points.map((point, i) => ({ ...point, label: `${i}` }));
      const front = paretoFront(places);
      const beats = (a: (typeof places)[number], b: (typeof places)[number]): boolean =>
        a.bits <= b.bits && a.error <= b.error && (a.bits < b.bits || a.error < b.error);
      const on = places.filter(({ label }) => front.has(label));
      for (const a of on) expect(places.some((b) => beats(b, a))).toBe(false);
      for (const a of places) if (!front.has(a.label)) expect(on.some((b) => beats(b, a))).toBe(true);
    },
  );
});

describe('codes', () => {
  it('are the fields of single weights and fitless fields of the innermost tiles', () => {
    expect([...codeFields(formatOf(INT4))]).toEqual(['code']);
    const vectors =
      'format v { block 16 { scale: f16, group 2 { index: pair, sign: signs(2) } } value = scale * index * sign }';
    const format = formatOf(`number pair = codebook of 2 [[1, 1], [1, 2], [2, 1], [2, 2]]\n${vectors}`);
    expect([...codeFields(format)]).toEqual(['index', 'sign']);
    expect(levelKind(format)).toBe('vectors');
  });

  it.each([
    [INT4, 'integers'],
    [
      'format e { block 16 { scale: f32 = absmax / 6, each code: e2m1 } value = scale * code }',
      'small floats',
    ],
    ['format n { block 16 { scale: f32 = absmax, each code: nf4 } value = scale * code }', 'codebooks'],
    [
      'number l = codebook [-1, 0, 1, 3]\nformat t { block 16 { scale: f32 = absmax, each code: u2 = 0 } value = scale * l[code] }',
      'codebooks',
    ],
  ])('kind of levels of %s', (text, kind) => expect(levelKind(formatOf(text))).toBe(kind));

  it('tables of the whole tensor are told apart', () => {
    const format = formatOf(`format stored {
      tensor levels: f16[4]
      row { scale: f32 = absmax, each code: u2 }
      value = scale * levels[code]
    }`);
    const codes = {
      levels: Uint16Array.of(1, 2, 3, 4),
      scale: Uint32Array.of(5, 6),
      code: new Uint8Array(64).fill(3),
    };
    const bits = storedBits(format, { shape: [2, 32], codes, kept: new Float32Array(0) });
    expect(bits).toEqual({ idealCodeBits: 0, otherBits: 64 + 64, tableBits: 64 });
  });

  it('bits of codes, tables and the rest add up to what is stored', () => {
    const codec = codecOf(AFFINE);
    const packed = codec.encode(weights(64), { shape: [2, 32] });
    const bits = storedBits(codec.format, codec.unpack(packed));
    expect(bits.otherBits).toBe(4 * (32 + 4));
    expect(bits.idealCodeBits).toBeGreaterThan(0);
    expect(bits.idealCodeBits).toBeLessThanOrEqual(64 * 4);
  });
});

describe('weights beside levels', () => {
  const plain = tensor('w', 8, 64);

  it.each([
    ['scale · code', INT4],
    ['zero points', AFFINE],
  ])('every weight is within half a step of its level: %s', (_, text) => {
    const histogram = codeHistogramOf(plain, contender('f', text))!;
    expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(
      Math.round((1 - histogram.leftOut) * plain.data.length),
    );
    expect(histogram.leftOut).toBeLessThan(0.01);
    expect(histogram.levels.length).toBeGreaterThanOrEqual(15);
    expect(histogram.bins[0]!).toBeLessThan(histogram.levels[0]!);
    expect(histogram.bins.at(-1)!).toBeGreaterThan(histogram.levels.at(-1)!);
  });

  it('counts where the weights are', () => {
    // Codes of INT4 on these weights are x itself: 7 fixes the scale at 1.
    const data = Float32Array.from({ length: 32 }, (_, i) => (i % 16 === 0 ? 7 : i % 2 === 0 ? 3 : -3));
    const { bins, counts } = codeHistogramOf(
      { name: 'w', data, rows: 1, cols: 32 },
      contender('int4', INT4),
    )!;
    const at = (value: number): number => counts[bins.findLastIndex((edge) => edge <= value)]!;
    expect([at(7), at(3), at(-3)]).toEqual([2, 14, 16]);
  });

  it('formats that it does not suit have none', () => {
    expect(codeHistogramOf(plain, contender('wide', 'format wide { each code: f32 }'))).toBeNull();
    const looked =
      'number l = codebook [-1, 0, 0.1, 3]\nformat t { block 16 { scale: f32 = absmax, each code: u2 } value = scale * l[code] }';
    expect(codeHistogramOf(plain, contender('t', looked))).toBeNull();
  });
});
