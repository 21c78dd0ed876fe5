/** A slow, obvious binary64 quantiser on the deterministic dataset, measured by the error accumulator and the code histogram. */
import { densityLevels } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import {
  addCodes,
  codeHistogram,
  entropy,
  errorAccumulator,
  fitDistribution,
  fitStudentT,
  idealBits,
} from '../src/index.ts';
import { addMagnitudes, magnitudeHistogram } from '../src/quantiles.ts';
import { dataset, densityLaw, floats, integers, type Row, reference } from './reference.ts';

/** Code of the nearest level, ties to the lower one. */
function codeOf(levels: ArrayLike<number>, x: number): number {
  let code = 0;
  while (code + 1 < levels.length && x > (levels[code]! + levels[code + 1]!) / 2) code++;
  return code;
}

function roundTrip(
  x: Float64Array,
  levels: ArrayLike<number>,
  block: number,
  scaleOf: (tile: Float64Array) => number,
) {
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += block) {
    const tile = x.subarray(start, start + block);
    const scale = scaleOf(tile);
    tile.forEach((value, i) => {
      y[start + i] = levels[codeOf(levels, value / scale)]! * scale;
    });
  }
  return y;
}

const rms = (tile: Float64Array) => Math.sqrt(tile.reduce((sum, v) => sum + v * v, 0) / tile.length);
const absmax = (tile: Float64Array) => tile.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const signmax = (tile: Float64Array) => (tile.includes(absmax(tile)) ? absmax(tile) : -absmax(tile));

function bf16(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  const bits = view.getUint32(0);
  view.setUint32(0, ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0);
  return view.getFloat32(0);
}

function relativeError(x: Float64Array, y: Float64Array): number {
  const errors = errorAccumulator();
  errors.add(x, y);
  return errors.result().relativeError;
}

/** Levels, block and scale of a test by its words; `null` where it is not a scalar code of fixed length. */
function plan(
  row: Row,
): { levels: ArrayLike<number>; block: number; scaleOf: (tile: Float64Array) => number } | null {
  const words: string = row.test;
  const block = Number(/block(\d+)/.exec(words)?.[1] ?? 65536);
  const rounded = words.includes('bf16') ? bf16 : (scale: number) => scale;
  const crd = /^(?:crd)_(\d)b/.exec(words);
  if (crd) {
    const by = words.includes('tensor rms') ? 'rms' : words.includes('signmax') ? 'signmax' : 'absmax';
    // The Laplace rows of the tensor do not say their mode: it is the symmetric one, as its table's first column.
    const mode = words.includes('asymmetric') ? 'asymmetric' : 'symmetric';
    const scaled = by === 'rms' ? { by } : { by, block };
    const levels = densityLevels({
      law: densityLaw(row.data),
      power: 1 / 3,
      count: 2 ** Number(crd[1]),
      mode,
      scaled,
    } as never);
    return { levels, block, scaleOf: (tile) => rounded({ rms, signmax, absmax }[by](tile)) };
  }
  if (words.startsWith('INT4 symmetric'))
    return { levels: integers(4, 'symmetric'), block, scaleOf: (t) => absmax(t) / 7.5 };
  if (words.startsWith('INT4 asymmetric')) {
    const scaleOf = words.includes('signmax')
      ? (t: Float64Array) => signmax(t) / -8
      : (t: Float64Array) => absmax(t) / 7;
    return { levels: integers(4, 'asymmetric'), block, scaleOf };
  }
  if (words.startsWith('NF4')) return { levels: reference!.fixed_codebooks.NF4, block, scaleOf: absmax };
  if (words.startsWith('E2M1')) {
    const power = (t: Float64Array) => 2 ** Math.ceil(Math.log2(absmax(t) / 3));
    return { levels: floats(2, 1), block, scaleOf: words.includes('2^ceil') ? power : (t) => absmax(t) / 3 };
  }
  return null;
}

describe.skipIf(!reference)('the deterministic dataset', () => {
  const tests: readonly Row[] = reference?.deterministic_dataset.tests ?? [];
  const data = new Map(
    ['normal', 'laplace', 't5', 't7'].map((name) => [name, reference ? dataset(name) : new Float64Array()]),
  );

  it('is the reference one', () => {
    for (const row of tests.filter((row) => row.test === 'rms_of_dataset')) {
      const x = data.get(row.data)!;
      expect([...x.subarray(0, 8)]).toEqual(row.first8);
      expect(rms(x)).toBeCloseTo(row.value, 11);
      expect(absmax(x)).toBeCloseTo(row.absmax, 9);
    }
  });

  it('fixed-length codes: R to 1e-9', () => {
    let checked = 0;
    for (const row of tests) {
      const how = row.R_float64 === undefined ? null : plan(row);
      if (!how) continue;
      const x = data.get(row.data)!;
      const R = relativeError(x, roundTrip(x, how.levels, how.block, how.scaleOf));
      expect(Math.abs(R / row.R_float64! - 1), `${row.data}: ${row.test}: ${R}`).toBeLessThan(1e-9);
      checked++;
    }
    expect(checked).toBe(39);
  });

  it('uniform grids: R, bits of the smoothed model and entropy', () => {
    let checked = 0;
    for (const row of tests) {
      const n = Number(/^uniform grid linspace\(-amax,amax,(\d+)\)/.exec(row.test)?.[1]);
      if (!n) continue;
      const x = data.get(row.data)!;
      const scale = rms(x);
      const most = absmax(x) / scale;
      const levels = Array.from({ length: n }, (_, i) => -most + (2 * most * i) / (n - 1));
      const codes = codeHistogram(n);
      addCodes(
        codes,
        Array.from(x, (value) => codeOf(levels, value / scale)),
      );
      expect(
        Math.abs(relativeError(x, roundTrip(x, levels, x.length, rms)) / row.R_float64! - 1),
      ).toBeLessThan(1e-9);
      expect(idealBits(codes, 1) / codes.total).toBeCloseTo(row.bits_per_element_model, 10);
      expect(entropy(codes)).toBeCloseTo(row.empirical_entropy, 10);
      checked++;
    }
    expect(checked).toBe(5);
  });

  it('fits of laws as §2.6 makes them: grid of df, tolerance 1e-3', () => {
    for (const row of reference!.student_t_ml_fit.fits) {
      const x = data.get(row.data)!;
      const grid = reference!.student_t_ml_fit.df_grid;
      const fits = fitDistribution(x, { grid, tolerance: 1e-3, refine: false });
      expect(fits.studentT.df).toBe(row.best_df);
      expect(fits.studentT.scale).toBeCloseTo(row.best_scale, 10);
      expect(fits.studentT.meanLogLikelihood).toBeCloseTo(row.best_mean_loglik, 10);
      expect(fits.normal.meanLogLikelihood).toBeCloseTo(row.normal_mean_loglik, 10);
      expect(fits.laplace.meanLogLikelihood).toBeCloseTo(row.laplace_mean_loglik, 10);
      const five = fitStudentT(x, { grid: [5], tolerance: 1e-3, refine: false });
      expect(five.scale).toBeCloseTo(row.df5_scale, 10);
      expect(five.meanLogLikelihood).toBeCloseTo(row.df5_mean_loglik, 10);
    }
  });

  it('fits from bins agree with fits from values', () => {
    for (const [name, x] of data) {
      const h = magnitudeHistogram();
      addMagnitudes(h, x);
      const binned = fitDistribution(h);
      // At the df that the bins found, so that scales compare.
      const df = binned.studentT.df!;
      const exact = fitDistribution(x, { grid: [df], refine: false });
      expect(binned.best.law.name, name).toBe({ normal: 'normal', laplace: 'laplace' }[name] ?? 'student_t');
      for (const kind of ['normal', 'laplace', 'studentT'] as const) {
        expect(Math.abs(binned[kind].scale / exact[kind].scale - 1), `${name} ${kind}`).toBeLessThan(2e-4);
        const distance = Math.abs(binned[kind].meanLogLikelihood - exact[kind].meanLogLikelihood);
        expect(distance, `${name} ${kind}`).toBeLessThan(2e-4);
      }
      if (name === 't5') expect(binned.best.df).toBeCloseTo(5, 0);
    }
  });
});
