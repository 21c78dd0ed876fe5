import { describe, expect, it } from 'vitest';
import { workplace } from './run.ts';

const { run, write } = workplace();

describe('bench', () => {
  it('times each target that a format has, and gives sizes of its code', () => {
    const { code, out } = run('bench', '--formats', 'q4_0, nvfp4, aqlm_2x8', '--weights', '65536', '--json');
    expect(code).toBe(0);
    const { weights, rounds, copyNanoseconds, rows } = JSON.parse(out);
    expect({ weights, rounds }).toEqual({ weights: 65536, rounds: 9 });
    expect(copyNanoseconds).toBeGreaterThan(0);
    const row = (format: string, target: string) =>
      rows.find((one: { format: string; target: string }) => one.format === format && one.target === target);
    const positive = expect.closeTo(1e9, -10);
    expect(row('q4_0', 'wasm')).toMatchObject({ decode: positive, encode: positive, matvec: positive });
    expect(row('q4_0', 'wasm').decoderBytes).toBeLessThan(2048);
    expect(row('q4_0', 'js')).toMatchObject({ encode: positive, matvec: null, compileWarm: positive });
    expect(row('q4_0', 'interpreter')).toMatchObject({
      decode: positive,
      compileCold: null,
      decoderBytes: null,
    });
    // The scale of the tensor has no encoder, and AQLM no fit at all.
    expect(row('nvfp4', 'wasm')).toMatchObject({ decode: positive, encode: null });
    expect(row('aqlm_2x8', 'interpreter')).toMatchObject({ decode: positive, encode: null });
    expect(row('q4_0', 'interpreter').decode).toBeGreaterThan(row('q4_0', 'wasm').decode);
  });

  it.each([
    ['--weights 1000', ['--weights', '1000'], 'from 65536 on'],
    ['--weights 65537', ['--weights', '65537'], 'a multiple of 1024'],
    ['--rounds 3', ['--rounds', '3'], 'from 9 on'],
    ['--formats of data-dependent length', ['--formats', 'ecsq(rate=4)'], 'depends on the data'],
    ['--formats of a fit', ['--formats', 'mxfp4@ceil'], 'leave @ceil out'],
    ['an empty list', ['--formats', ','], 'the list is empty'],
  ])('refuses %s', (_, args, reason) => {
    expect(run('bench', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(reason) });
  });

  it('takes a file', () => {
    write(
      'mine.qf',
      'format mine { block 32 { scale: f16 = absmax / 7, each code: i4 } value = scale * code }',
    );
    const { out } = run('bench', '--formats', 'mine.qf', '--target', 'wasm', '--weights', '65536');
    expect(out).toMatch(/^mine +wasm +[\d.]+ +[\d.]+ +[\d.]+ +\d+ +[\d.]+ +\d+ +\d+$/m);
    expect(out).toContain('Every result equalled the interpreter’s, bit for bit');
  });
});
