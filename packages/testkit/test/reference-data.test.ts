/**
 * The deterministic dataset of the paper's companion (docs/design/numerics.md, §3) through formats: from a text to bytes and back, with
 * the relative errors of its reference library. Origin of the figures: `deterministic_dataset` of numerics-reference.json.
 */
import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import { describe, expect, it } from 'vitest';
import { dataset } from '../../measure/test/reference.ts';

const DENSITIES: Readonly<Record<string, string>> = {
  normal: 'normal',
  laplace: 'laplace',
  t5: 'student_t(5)',
};

const curve = (data: string, bits: number, rest: string): string =>
  `density ${DENSITIES[data]} power 1/3 in ${2 ** bits} ${rest}`;
const tensor = (data: string, bits: number, mode: string, more = ''): string =>
  `format f { ${more} tensor scale: f32 = rms  each code: ${curve(data, bits, `${mode} scaled rms`)}  value = scale * code }`;
const blocks = (size: number, scale: string, code: string): string =>
  `format f { block ${size} { scale: ${scale}, each code: ${code} } value = scale * code }`;
const density = (data: string, bits: number, size: number, by: string, mode: string, scale: string): string =>
  blocks(size, scale, curve(data, bits, `${mode} scaled ${by}(${size})`));

/** Of two equal magnitudes the library takes the positive one; `signmax` takes the first, as llama.cpp does. */
const SIGNED_MAXIMUM = 'f32 = if(max(x) == absmax, absmax, -absmax)';

describe('the deterministic dataset through formats', () => {
  it.each<[data: string, what: string, text: string, error: number]>([
    ['normal', '3 bits, tensor rms', tensor('normal', 3, 'asymmetric'), 0.189649611712],
    ['normal', '4 bits, tensor rms', tensor('normal', 4, 'asymmetric'), 0.0979626178741],
    ['t5', '4 bits, tensor rms', tensor('t5', 4, 'asymmetric'), 0.142931133509],
    ['laplace', '4 bits, tensor rms', tensor('laplace', 4, 'symmetric'), 0.123805426061],
    [
      'laplace',
      '4 bits, tensor rms, one weight in 1024 apart',
      tensor('laplace', 4, 'symmetric', 'outliers top 1/1024 { index: u32, value: f32 }'),
      0.116712369025,
    ],
    [
      'normal',
      '3 bits, absmax of 64',
      density('normal', 3, 64, 'absmax', 'symmetric', 'bf16 = absmax'),
      0.191647559404,
    ],
    [
      't5',
      '4 bits, absmax of 128',
      density('t5', 4, 128, 'absmax', 'symmetric', 'bf16 = absmax'),
      0.110945232213,
    ],
    [
      'normal',
      '4 bits, signmax of 64',
      density('normal', 4, 64, 'signmax', 'asymmetric', SIGNED_MAXIMUM),
      0.0873648375273,
    ],
    [
      't5',
      '3 bits, signmax of 128',
      density('t5', 3, 128, 'signmax', 'asymmetric', SIGNED_MAXIMUM),
      0.22184099257,
    ],
    ['normal', 'INT4, symmetric', blocks(64, 'f32 = absmax / 7.5', 'i4 + 1/2'), 0.10052639991],
    ['laplace', 'INT4, asymmetric', blocks(64, 'f32 = absmax / 7', 'i4'), 0.141157224774],
    ['laplace', 'INT4, signed maximum', blocks(64, 'f32 = signmax / -8', 'i4'), 0.123776957393],
    [
      'normal',
      'E2M1 under E8M0, rounded up',
      blocks(32, 'e8m0 = ceil_pow2(absmax / 6)', 'e2m1'),
      0.115346431732,
    ],
    ['t5', 'E2M1 under E8M0, rounded up', blocks(32, 'e8m0 = ceil_pow2(absmax / 6)', 'e2m1'), 0.132093176246],
    ['laplace', 'E2M1 under an exact scale', blocks(32, 'f32 = absmax / 6', 'e2m1'), 0.102722302079],
  ])('%s: %s', (data, _, text, error) => {
    const { format, diagnostics } = compileFile(makeSource('test.qf', text)).instantiate('f');
    if (format === null) throw new RangeError(diagnostics.map(({ message }) => message).join('\n'));
    const x = Float32Array.from(dataset(data));
    const codec = interpreter(format);
    const y = codec.decode(codec.encode(x));
    let [squared, power] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      squared += (x[i]! - y[i]!) ** 2;
      power += x[i]! ** 2;
    }
    expect(Math.abs(Math.sqrt(squared / power) / error - 1)).toBeLessThan(1e-5);
  });
});
