/** Rows apart: the bytes of bands, one after another, are those of the whole tensor, for every format and fit that says so. */
import { catalogueIndex, loadFormat } from '@fewerbits/catalogue';
import { interpreter, whyNotExecutable } from '@fewerbits/codec';
import type { Format } from '@fewerbits/format';
import { describe, expect, it } from 'vitest';
import { bandOf, bandsOf, joinBands, rowsApart } from '../src/index.ts';

/** Weights whose rows differ in size, so that anything chosen from more than a row shows. */
function weights(rows: number, cols: number): Float32Array {
  return Float32Array.from(
    { length: rows * cols },
    (_, i) => Math.sin(1.7 * i) ** 3 * 2 ** -(Math.floor(i / cols) % 5),
  );
}

const formats: Format[] = [];
for (const { name } of catalogueIndex()) formats.push(await loadFormat(name).catch(() => null as never));
const apart = formats.filter((format) => format !== null && typeof rowsApart(format) === 'number');

describe('rows apart', () => {
  it('most block formats have them, and formats that belong together say why', async () => {
    expect(apart.length).toBeGreaterThan(50);
    for (const [name, reason] of [
      ['e4m3', /more than a row \(tensor\)/],
      ['ecsq', /entropy coded/],
      ['student_sparse', /outliers/],
      ['rotated_int4', /rotated/],
      ['nf4_double', /format of its own/],
    ] as const)
      expect(rowsApart(await loadFormat(name)), name).toMatch(reason);
  });

  it.each(
    apart
      .filter((format) => whyNotExecutable(format) === null)
      .map((format) => [format.name, format] as const),
  )('%s: bands give the bytes of the whole', (_, format) => {
    const unit = rowsApart(format) as number;
    const [rows, cols] = [7, 2 * unit];
    const shape = [rows, cols];
    const data = weights(rows, cols);
    const codec = interpreter(format);
    const importance = Float32Array.from({ length: cols }, (_, i) => 1 + (i % 7));
    for (const fit of [null, ...format.fits.map(({ name }) => name)]) {
      const options = { importance, ...(fit === null ? {} : { fit }) };
      let whole: ReturnType<typeof codec.encode>;
      try {
        whole = codec.encode(data, { ...options, shape });
      } catch (error) {
        // Formats that only decode.
        if (error instanceof RangeError || error instanceof TypeError) continue;
        throw error;
      }
      const bands = bandsOf(unit, shape, 2 * cols);
      expect(bands.length).toBeGreaterThan(2);
      const parts = bands.map(({ first, end }) =>
        codec.encode(data.subarray(first * cols, end * cols), { ...options, shape: [end - first, cols] }),
      );
      expect(joinBands(shape, parts)).toEqual(whole);
      const back = codec.decode(whole);
      for (const band of bands)
        expect(codec.decode(bandOf(whole, band))).toEqual(back.slice(band.first * cols, band.end * cols));
    }
  });

  it('bands are whole rows, even and complete', () => {
    expect(bandsOf(32, [5, 64], 128)).toEqual([
      { first: 0, end: 1 },
      { first: 1, end: 3 },
      { first: 3, end: 5 },
    ]);
    expect(bandsOf(32, [5, 48], 64)).toEqual([{ first: 0, end: 5 }]);
    expect(bandsOf('it counts rows', [5, 64], 64)).toEqual([{ first: 0, end: 5 }]);
    expect(bandsOf(32, [0, 64], 64)).toEqual([{ first: 0, end: 0 }]);
  });
});
