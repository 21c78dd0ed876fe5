/**
 * The small floats of ml_dtypes and of IEEE P3109, each named in a `.qf` and read by the codec, against their specifications said over
 * the bits of a code. Golden vectors hold some of them to the peers; this holds all of docs/design/bit-layouts.md, section 6.
 */
import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import { encodedLength } from '@fewerbits/format';
import { describe, expect, it } from 'vitest';
import { fileLoader, P3109 } from './formats.ts';

/** What a float of ml_dtypes is: fields, bias, and what stands in place of the top codes and of -0. */
interface Fields {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** `ieee`: the top exponent is Inf and NaN. `fn`: finite but for all ones. `none`: all finite. `fnuz`: NaN in place of -0. */
  readonly kind: 'ieee' | 'fn' | 'none' | 'fnuz';
}

/** ml_dtypes' names, what they are in a `.qf`, and their fields. */
const ML_DTYPES: readonly [name: string, qf: string, fields: Fields][] = [
  ['float8_e5m2', 'e5m2', { exponent: 5, mantissa: 2, bias: 15, kind: 'ieee' }],
  ['float8_e4m3fn', 'e4m3', { exponent: 4, mantissa: 3, bias: 7, kind: 'fn' }],
  ['float8_e4m3', 'e4m3_ieee', { exponent: 4, mantissa: 3, bias: 7, kind: 'ieee' }],
  ['float8_e3m4', 'e3m4_ieee', { exponent: 3, mantissa: 4, bias: 3, kind: 'ieee' }],
  ['float8_e4m3fnuz', 'e4m3fnuz', { exponent: 4, mantissa: 3, bias: 8, kind: 'fnuz' }],
  ['float8_e5m2fnuz', 'e5m2fnuz', { exponent: 5, mantissa: 2, bias: 16, kind: 'fnuz' }],
  ['float8_e4m3b11fnuz', 'e4m3b11fnuz', { exponent: 4, mantissa: 3, bias: 11, kind: 'fnuz' }],
  ['float6_e2m3fn', 'e2m3', { exponent: 2, mantissa: 3, bias: 1, kind: 'none' }],
  ['float6_e3m2fn', 'e3m2', { exponent: 3, mantissa: 2, bias: 3, kind: 'none' }],
  ['float4_e2m1fn', 'e2m1', { exponent: 2, mantissa: 1, bias: 1, kind: 'none' }],
  ['bfloat16', 'bf16', { exponent: 8, mantissa: 7, bias: 127, kind: 'ieee' }],
  ['float16', 'f16', { exponent: 5, mantissa: 10, bias: 15, kind: 'ieee' }],
];

function mlDtypes({ exponent, mantissa, bias, kind }: Fields): (code: number) => number {
  const half = 2 ** (exponent + mantissa);
  return (code) => {
    const sign = code >= half ? -1 : 1;
    const rest = code % half;
    const [field, fraction] = [Math.floor(rest / 2 ** mantissa), (rest % 2 ** mantissa) / 2 ** mantissa];
    if (kind === 'fnuz' && code === half) return Number.NaN;
    if (kind === 'fn' && rest === half - 1) return Number.NaN;
    if (kind === 'ieee' && field === 2 ** exponent - 1) return fraction === 0 ? sign / 0 : Number.NaN;
    return sign * (field === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (field - bias));
  };
}

/** P3109's decode: K bits of precision P, signed or not, with infinities or without. */
function p3109(k: number, p: number, signed: boolean, extended: boolean): (code: number) => number {
  const bias = signed ? 2 ** (k - p - 1) : 2 ** (k - p);
  const [nan, top] = signed ? [2 ** (k - 1), 2 ** (k - 1) - 1] : [2 ** k - 1, 2 ** k - 2];
  return (code) => {
    if (code === nan) return Number.NaN;
    const negative = signed && code > nan;
    const magnitude = negative ? code - nan : code;
    const sign = negative ? -1 : 1;
    if (extended && magnitude === top) return sign / 0;
    const trailing = magnitude % 2 ** (p - 1);
    const field = Math.floor(magnitude / 2 ** (p - 1));
    const significand = trailing * 2 ** (1 - p) + (field === 0 ? 0 : 1);
    return sign * significand * 2 ** (Math.max(field, 1) - bias);
  };
}

/** Every code decoded, and the codes that encoding those values gives. */
function everyCode(number: string, head = ''): { levels: Float32Array; codes: ArrayLike<number> } {
  const text = `${head}format small {\n  nonfinite keep\n  each code: ${number}\n}\n`;
  const file = compileFile(makeSource(new URL('small.qf', P3109).href, text), fileLoader);
  const { format, diagnostics } = file.instantiate('small', {});
  if (format === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const codec = interpreter(format);
  // Eight codes take as many bytes as a code has bits.
  const bits = encodedLength(format, [8]);
  const all = Uint32Array.from({ length: 2 ** bits }, (_, code) => code);
  const packed = codec.pack({ shape: [all.length], codes: { code: all }, kept: new Float32Array(0) });
  const levels = codec.decode(packed);
  return { levels, codes: codec.unpack(codec.encode(levels)).codes.code! };
}

function expectFloat(number: string, decode: (code: number) => number, head = ''): void {
  const { levels, codes } = everyCode(number, head);
  for (let code = 0; code < levels.length; code++) {
    const want = Math.fround(decode(code));
    if (!Object.is(levels[code], want))
      expect.fail(`${number}: code ${code} is ${levels[code]}, not ${want}`);
    // Every value is its own nearest; a NaN becomes one, perhaps of another payload.
    const back = levels[codes[code]!]!;
    if (!Object.is(back, want))
      expect.fail(`${number}: ${want} is written as code ${codes[code]}, which is ${back}`);
  }
}

describe('ml_dtypes', () => {
  it.each(ML_DTYPES)('%s is %s', (_, qf, fields) => {
    expectFloat(qf, mlDtypes(fields));
  });

  it('float8_e8m0fnu is e8m0', () => {
    expectFloat('e8m0', (code) => (code === 255 ? Number.NaN : 2 ** (code - 127)));
  });

  it.each([1, 2, 4, 8])('int%i and uint%i', (bits) => {
    expectFloat(`u${bits}`, (code) => code);
    expectFloat(`i${bits}`, (code) => (code >= 2 ** (bits - 1) ? code - 2 ** bits : code));
  });
});

describe('IEEE P3109', () => {
  const head = 'import p3109_sf, p3109_se, p3109_uf, p3109_ue from "p3109.qf"\n';
  const kinds: [name: string, signed: boolean, extended: boolean][] = [
    ['sf', true, false],
    ['se', true, true],
    ['uf', false, false],
    ['ue', false, true],
  ];
  for (const [kind, signed, extended] of kinds) {
    it.each([3, 4, 5, 6, 7, 8])(`K%i of every precision, ${kind}`, (k) => {
      for (let p = 1; p < k; p++) {
        const e = signed ? k - p : k - p + 1;
        expectFloat(`p3109_${kind}(${e}, ${p})`, p3109(k, p, signed, extended), head);
      }
    });
  }
});
