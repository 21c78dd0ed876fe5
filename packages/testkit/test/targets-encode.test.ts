/**
 * The target matrix of encoders: every format under `formats/` whose fits have kernels, under each of them, and random formats; each
 * target against the interpreter, on weights that round, tie, overflow and vanish.
 */
import { interpreter, whyNotExecutable } from '@fewerbits/codec';
import { type Codec, type Format, matrixShape } from '@fewerbits/format';
import {
  type EncodeKernel,
  encodeKernel,
  interpretEncodeKernel,
  type Value,
  verifyLoops,
  withEncodeKernel,
} from '@fewerbits/kernel';
import { jsEncoder } from '@fewerbits/target-js';
import { makeArena, wasmEncoder } from '@fewerbits/target-wasm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenLaw, formats, lawSameEncode, shapesOf, weights } from '../src/index.ts';
import { defaultFormats, findFormat } from './formats.ts';

function irEncoder(codec: Codec, change = (kernel: EncodeKernel): EncodeKernel => kernel): Codec | string {
  const kernelOf = (fit: string | null): EncodeKernel | string => {
    const kernel = encodeKernel(codec.format, fit);
    if (typeof kernel === 'string') return kernel;
    verifyLoops(kernel);
    return change(kernel);
  };
  const first = kernelOf(null);
  if (typeof first === 'string') return first;
  return withEncodeKernel(codec, (fit) => {
    const kernel = kernelOf(fit);
    return typeof kernel === 'string'
      ? kernel
      : { kernel, run: (run, x) => interpretEncodeKernel(kernel, run, x) };
  });
}

/** Weights in the arena of the encoder; its streams lie elsewhere. */
function arenaEncoder(codec: Codec): Codec | string {
  const arena = makeArena(4 << 20);
  const inner = wasmEncoder(codec, { arena });
  if (typeof inner === 'string') return inner;
  return {
    ...inner,
    encode: (x, options) => {
      const own = arena.floats(x.length);
      own.set(x);
      return inner.encode(own, options);
    },
  };
}

const TARGETS: Readonly<Record<string, (codec: Codec) => Codec | string>> = {
  IR: (codec) => irEncoder(codec),
  js: jsEncoder,
  wasm: wasmEncoder,
  'wasm from an arena': arenaEncoder,
};

/** A codec, and how often it had to encode by itself. */
function counted(format: Format): { codec: Codec; fallbacks: () => number } {
  const codec = interpreter(format);
  let count = 0;
  const encode: Codec['encode'] = (x, options) => {
    count++;
    return codec.encode(x, options);
  };
  return { codec: { ...codec, encode }, fallbacks: () => count };
}

/** Seeded numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What encoders get wrong: ordinary draws, ties between levels, both signs of one magnitude, empty blocks, the ends of binary32. */
const DATA: Readonly<Record<string, (next: () => number, i: number) => number>> = {
  ordinary: (next) => (next() + next() + next() + next() - 2) * 0.3,
  'of a grid': (next) => Math.round(next() * 30 - 15) / 2,
  'of one magnitude': (next) => (next() < 0.5 ? -0.75 : 0.75),
  'mostly zeros': (next, i) => (i % 96 < 70 ? (next() < 0.5 ? -0 : 0) : next() - 0.5),
  tiny: (next) => (next() - 0.5) * 1e-38,
  subnormal: (next) => (next() - 0.5) * 1e-44,
  huge: (next) => (next() - 0.5) * 6e38,
  'far apart': (next, i) => (next() - 0.5) * 2 ** ((i % 200) - 100),
  positive: (next) => next() + 3,
  'not finite': (next, i) => (i === 77 ? Number.NaN : i === 99 ? Infinity : next()),
};

/** Milliseconds that hundreds of drawn formats may take on a busy machine: each is compiled for every target. */
const SLOW = 300_000;

/** Weights that no kernel leaves to the interpreter. */
const ORDINARY = ['ordinary', 'of a grid', 'of one magnitude', 'mostly zeros', 'positive'];

const all = defaultFormats().filter((format) => whyNotExecutable(format) === null);
const withKernel = all.filter((format) => typeof encodeKernel(format) !== 'string');

function shapesFor({ width }: EncodeKernel): number[][] {
  return [
    [3, 2 * width],
    [1, width],
    [5, 5 * width],
    [3, Math.ceil(40_000 / width) * width],
    // Rows that are no whole units are left to the interpreter.
    [2, width + 1],
    [0, width],
  ];
}

describe('encode kernels', () => {
  it('exist for formats whose fits are formulas over blocks', () => {
    expect(withKernel.length).toBeGreaterThan(30);
    const names = withKernel.map(({ name }) => name);
    for (const name of [
      'q4_0',
      'q5_1',
      'q8_0',
      'iq4_nl',
      'nf4',
      'mxfp4',
      'int4_asym',
      'student',
      'q4_k',
      'iq4_xs',
    ])
      expect(names).toContain(name);
  });

  it.each(withKernel.map((format) => [format.name, format] as const))(
    '%s: every target encodes alike',
    (_, format) => {
      const kernel = encodeKernel(format) as EncodeKernel;
      for (const fit of [null, ...format.fits.map(({ name }) => name)]) {
        if (typeof encodeKernel(format, fit) === 'string') continue;
        for (const [name, make] of Object.entries(TARGETS)) {
          const { codec, fallbacks } = counted(format);
          const target = make(codec);
          if (typeof target === 'string') throw new Error(`${name}: ${target}`);
          for (const [what, draw] of Object.entries(DATA)) {
            for (const shape of shapesFor(kernel)) {
              const { rows, cols } = matrixShape(format.view, shape);
              if (name === 'IR' && rows * cols > 4000) continue;
              if (what !== 'ordinary' && rows * cols > 4000) continue;
              // A named fit changes a scale; what becomes of it is the default's matter.
              if (fit !== null && what !== 'ordinary' && what !== 'mostly zeros') continue;
              const next = random(rows + cols);
              const x = Float32Array.from({ length: rows * cols }, (_, i) => draw(next, i));
              const before = fallbacks();
              lawSameEncode(interpreter(format), target, x, { shape, ...(fit === null ? {} : { fit }) });
              const whole = rows * cols > 0 && cols % kernel.width === 0;
              if (whole && ORDINARY.includes(what)) expect(fallbacks(), `${name} on ${shape}`).toBe(before);
            }
          }
        }
      }
    },
  );

  it.each(['mxfp4', 'mxfp8_e4m3'])('%s: blocks below the least normal number stay in the kernel', (name) => {
    const reference = interpreter(findFormat(name)!);
    const { codec, fallbacks } = counted(findFormat(name)!);
    for (const fit of [null, 'ceil']) {
      for (const scale of [2 ** -118, 2 ** -124, 2 ** -126, 2 ** -140]) {
        const next = random(5);
        const x = Float32Array.from({ length: 256 }, () => (next() - 0.5) * scale);
        const options = { shape: [2, 128], ...(fit === null ? {} : { fit }) };
        for (const make of [jsEncoder, wasmEncoder])
          lawSameEncode(reference, make(codec) as Codec, x, options);
      }
    }
    expect(fallbacks()).toBe(0);
  });

  it('give the same bytes when they are written short', () => {
    for (const format of withKernel) {
      const codec = interpreter(format);
      const short = withEncodeKernel(codec, () => {
        const kernel = encodeKernel(format, null, 'short') as EncodeKernel;
        verifyLoops(kernel);
        return { kernel, run: (run, x) => interpretEncodeKernel(kernel, run, x) };
      });
      const next = random(11);
      const { width } = encodeKernel(format) as EncodeKernel;
      const x = Float32Array.from({ length: 3 * width }, () => next() + next() - 1);
      lawSameEncode(codec, short, x, { shape: [3, width] });
    }
  });

  it(
    'encode random formats alike',
    () => {
      let kernels = 0;
      const drawn = formats().chain((format) =>
        shapesOf(format).chain((shape) => weights({ shape }).map((x) => ({ format, shape, x }))),
      );
      const law = fc.property(drawn, ({ format, shape, x }) => {
        if (whyNotExecutable(format) !== null) return;
        const reference = interpreter(format);
        for (const make of Object.values(TARGETS)) {
          const target = make(reference);
          if (typeof target === 'string') continue;
          kernels++;
          lawSameEncode(reference, target, x, { shape });
        }
      });
      fc.assert(law, { seed: 2026, numRuns: 600 });
      expect(kernels).toBeGreaterThan(100);
    },
    SLOW,
  );
});

describe('a mistake in an encoder is caught', () => {
  it.each<[mistake: string, format: string, change: (value: Value) => Value | null]>([
    ['a wrong shift', 'q4_0', (v) => (v.op === 'i_shl' ? { ...v, op: 'i_shr' } : null)],
    ['codes one too high', 'q8_0', (v) => (v.op === 'to_int' ? { ...v, less: v.less - 1 } : null)],
    ['rounding towards zero', 'int4', (v) => (v.op === 'whole' ? { ...v, op: 'trunc' } : null)],
    [
      'another boundary',
      'nf4',
      (v) => (v.op === 'rank' ? { ...v, args: [Math.max(0, v.args[0] - 1)] } : null),
    ],
    ['the smaller magnitude', 'mxfp4', (v) => (v.op === 'greatest' ? { ...v, op: 'lesser' } : null)],
    [
      'a sum in another order',
      'iq4_nl',
      (v) => (v.op === 'add' ? { ...v, args: [v.args[0], v.args[0]] } : null),
    ],
    [
      'the codes of a neighbour',
      'q5_0',
      (v) => (v.op === 'get' ? { ...v, at: { ...v.at, base: v.at.base ^ 1 } } : null),
    ],
    ['errors under other weights', 'q4_k', (v) => (v.op === 'sqrt' ? { ...v, op: 'abs' } : null)],
    ['codes of the try before', 'q3_k', (v) => (v.op === 'ne' ? { ...v, op: 'eq' } : null)],
  ])('%s (%s)', (_, name, change) => {
    const codec = interpreter(findFormat(name)!);
    const next = random(3);
    const x = Float32Array.from({ length: 2048 }, () => next() + next() - 1);
    const mutated = (kernel: EncodeKernel): EncodeKernel => {
      const at = kernel.values.findLastIndex((value) => change(value) !== null);
      expect(at, 'nothing to mutate').toBeGreaterThanOrEqual(0);
      return { ...kernel, values: kernel.values.map((value, k) => (k === at ? change(value)! : value)) };
    };
    lawSameEncode(codec, irEncoder(codec) as Codec, x, { shape: [2, 1024] });
    const broken = irEncoder(codec, mutated) as Codec;
    expect(() => lawSameEncode(codec, broken, x, { shape: [2, 1024] })).toThrow(BrokenLaw);
  });
});
