/** The codebooks and roundings of docs/design/numerics.md, and the tables and blocks of bitsandbytes. */
import { describe, expect, it } from 'vitest';
import {
  codebook,
  float,
  int,
  move,
  type NumberType,
  PRELUDE,
  preludeNumber,
  type ResolvedNumber,
  resolveNumber,
  withRounding,
} from '../src/index.ts';
import { type Case, cases, hasShared, load, numericsReference, type Stored } from './vectors.ts';

const reference = numericsReference();

/** The floats of the paper's library: bias 2^(E-1), no specials. */
function library(exponent: number, mantissa: number, signed = true): NumberType {
  return float({ exponent, mantissa, bias: 2 ** (exponent - 1), signed });
}

const nfApprox = (n: number) =>
  codebook(
    Array.from({ length: n }, (_, i) => {
      const u = -1 + (2 * i) / (n - 1);
      return (u + u * u * u) / 2;
    }),
    { precision: 'f64' },
  );

const CODEBOOKS: Record<string, NumberType> = {
  NF4: PRELUDE.nf4!,
  E2M0: library(2, 0),
  E2M1: library(2, 1),
  E3M0: library(3, 0),
  E2M2: library(2, 2),
  E3M1: library(3, 1),
  INT3_asymmetric: int(-4, 3),
  INT3_symmetric: move(int(-3, 4, 'offset'), '-', 0.5),
  INT4_asymmetric: preludeNumber('i4')!,
  INT4_symmetric: move(int(-7, 8, 'offset'), '-', 0.5),
  nf_approx_3bit: nfApprox(8),
  nf_approx_4bit: nfApprox(16),
};

describe.skipIf(reference === null)('fixed codebooks of numerics-reference.json', () => {
  it.each(Object.keys(CODEBOOKS))('%s', (name) => {
    const levels = [...new Set(resolveNumber(CODEBOOKS[name]!).levels)].sort((a, b) => a - b);
    expect(levels.length).toBe(reference?.fixed_codebooks[name]?.length);
    reference?.fixed_codebooks[name]?.forEach((level, i) => {
      expect(Math.abs(levels[i]! - level)).toBeLessThan(1e-15);
    });
  });
});

const ROUNDINGS: [name: string, inputs: string, type: NumberType][] = [
  ['E2M1', 'x', withRounding(library(2, 1), 'half_zero')],
  ['E2M1-RZ', 'x', withRounding(library(2, 1), 'in')],
  ['E2M1-RI', 'x', withRounding(library(2, 1), 'out')],
  ['E3M0', 'x', withRounding(library(3, 0), 'half_zero')],
  ['E3M0-RI', 'x', withRounding(library(3, 0), 'out')],
  ['E2M0', 'x', withRounding(library(2, 0), 'half_zero')],
  ['UE2M1', 'x', withRounding(library(2, 1, false), 'half_zero')],
  ['INT4_asymmetric', 'x_int', preludeNumber('i4')!],
  ['EXP8_E8M0_ceil', 'x_exp', withRounding(PRELUDE.e8m0!, 'up')],
  [
    'EXP4_ceil',
    'x_exp',
    withRounding(float({ exponent: 4, mantissa: 0, signed: false, subnormals: false }), 'up'),
  ],
  ['BFLOAT16', 'x_scale', PRELUDE.bf16!],
  ['E8M7_to_inf', 'x_scale', withRounding(PRELUDE.bf16!, 'out')],
  ['E7M7_to_inf', 'x_scale', withRounding(library(7, 7), 'out')],
  ['E4M3_nearest', 'x_scale', withRounding(library(4, 3), 'half_zero')],
];

describe.skipIf(reference === null)('rounding examples of numerics-reference.json', () => {
  it.each(ROUNDINGS)('%s', (name, inputs, type) => {
    const number = resolveNumber(type);
    const examples = reference?.scalar_format_rounding_examples;
    // The sign of zero counts for floats; the library's integers are floats too, ours have no -0.
    const signed = (level: number) => (type.base.kind === 'int' ? level + 0 : level);
    const rounded = (examples?.[inputs] ?? []).map((x) => number.levelOf(number.codeOf(x)));
    expect(rounded).toEqual(examples?.[name]?.map(signed));
  });

  it('INT4_symmetric, whose half steps the library ties to even after adding a half', () => {
    const number = resolveNumber(CODEBOOKS.INT4_symmetric!);
    const examples = reference?.scalar_format_rounding_examples;
    const rounded = (examples?.x_int ?? []).map((x) => number.levelOf(number.codeOf(x)));
    expect(rounded).toEqual(examples?.INT4_symmetric);
  });

  it('a tie between listed levels goes down', () => {
    const rule = reference?.lut_tie_rule;
    const number = resolveNumber(codebook(rule?.codebook ?? [0]));
    expect(rule?.x.map((x) => number.levelOf(number.codeOf(x)))).toEqual(rule?.out);
  });
});

const FP4 = [0, 0.0625, 8, 12, 4, 6, 2, 3, 0, -0.0625, -8, -12, -4, -6, -2, -3];

function table(type: string): number[] {
  return load(cases('bnb', 'table').find((entry) => entry.type === type)!.table!);
}

/** Blocks multiplied by the reciprocal of their absmax, as the peer does; its short last block is divided. */
function normalised(entry: Case & { block?: number }): Float32Array {
  const x = load(entry.x!);
  const absmax = load(entry.absmax!);
  const block = entry.block!;
  return Float32Array.from(x, (value, i) => {
    const scale = absmax[Math.floor(i / block)]!;
    const isShort = Math.floor(i / block) === Math.floor(x.length / block);
    const ratio = isShort
      ? Math.fround(value / scale)
      : Math.fround(value * Math.fround(1 / Math.max(scale, 1e-38)));
    return Math.min(1, Math.max(-1, Number.isNaN(ratio) ? 0 : ratio));
  });
}

describe.skipIf(!hasShared)('bitsandbytes', () => {
  const fp4 = resolveNumber(move(codebook(FP4, { order: 'any' }), '/', 12));

  it('has the levels of its tables', () => {
    expect(Array.from(resolveNumber(PRELUDE.nf4!).levels!)).toEqual(table('nf4'));
    expect(Array.from(fp4.levels!, (level) => level + 0)).toEqual(table('fp4').map((level) => level + 0));
  });

  it('keeps both zeros of FP4: negatives take code 0, small positives code 8', () => {
    expect([-1e-6, -0, 0, 1e-6].map((x) => fp4.codeOf(x))).toEqual([0, 0, 0, 8]);
    expect(fp4.facts.levels).toBe(15);
  });

  const blocks = cases('bnb', 'quantize').filter(({ type }) => ['nf4', 'fp4', 'dynamic8'].includes(type));
  it.each(blocks.map((entry) => [entry.id, entry] as const))('%s', (_, entry) => {
    const number: ResolvedNumber =
      entry.type === 'fp4' ? fp4 : resolveNumber(codebook(table(entry.type), { order: 'increasing' }));
    const x = normalised(entry);
    const codes = new Uint8Array(x.length);
    number.encodeInto(x, codes);
    if (entry.type === 'dynamic8') expect(Array.from(codes)).toEqual(load(entry.codes as Stored));
    else {
      const packed = load(entry.packed!).flatMap((byte) => [byte >> 4, byte & 15]);
      expect(Array.from(codes)).toEqual(packed.slice(0, codes.length));
    }
  });
});
