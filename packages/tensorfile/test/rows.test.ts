import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromRows, toRows } from '../src/index.ts';

const counting = (count: number) => Float32Array.from({ length: count }, (_, i) => i);

describe('rows along the contraction axis', () => {
  it('turns [in, out] into out rows of in', () => {
    const rows = toRows(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], 0);
    expect(rows).toEqual({ data: Float32Array.of(1, 4, 2, 5, 3, 6), rows: 3, cols: 2 });
  });

  it('keeps the other axes in order', () => {
    // [h=1, w=2, in=2, out=2], contraction over in: rows are (h, w, out).
    const rows = toRows(counting(8), [1, 2, 2, 2], 2);
    expect(rows).toEqual({ data: Float32Array.of(0, 2, 1, 3, 4, 6, 5, 7), rows: 4, cols: 2 });
  });

  it('gives back the same array where the axis is last', () => {
    const data = counting(6);
    expect(toRows(data, [2, 3], 1).data).toBe(data);
    expect(toRows(data, [6], null)).toEqual({ data, rows: 1, cols: 6 });
    expect(toRows(counting(1), [], null)).toEqual({ data: counting(1), rows: 1, cols: 1 });
    expect(toRows(new Float32Array(0), [0, 3], 0)).toMatchObject({ rows: 3, cols: 0 });
  });

  it('places every element by its index, and fromRows undoes it', () => {
    const tensor = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(tensor, fc.nat(2), (shape, pick) => {
        const axis = pick % shape.length;
        const count = shape.reduce((a, b) => a * b, 1);
        const data = counting(count);
        const { data: moved, rows, cols } = toRows(data, shape, axis);
        expect([rows * cols, cols]).toEqual([count, shape[axis]]);
        const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        for (let i = 0; i < count; i++) {
          const along = Math.floor(i / inner) % cols;
          const row = Math.floor(i / (inner * cols)) * inner + (i % inner);
          if (moved[row * cols + along] !== i) throw new Error(`element ${i} is not in row ${row}`);
        }
        expect(fromRows(moved, shape, axis)).toEqual(data);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  it('refuses shapes and axes that do not fit', () => {
    expect(() => toRows(counting(5), [2, 3], 0)).toThrow(/shape \[2,3\] holds 6 elements, but data holds 5/);
    expect(() => toRows(counting(6), [2, 3], 2)).toThrow(/contractionAxis must be null or 0\.\.1/);
    expect(() => fromRows(counting(6), [2, 3], -1)).toThrow(RangeError);
    expect(() => toRows([1] as unknown as Float32Array, [1], 0)).toThrow(TypeError);
    expect(() => toRows(counting(6), [-2, -3], 0)).toThrow(/whole numbers/);
  });
});
