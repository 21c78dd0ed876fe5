/** The IR by itself: what a kernel of Q4_0 reads like, what is refused and why, and that the verifier sees mistakes. */
import { compileFile, makeSource } from '@fewerbits/dsl';
import type { Format } from '@fewerbits/format';
import { describe, expect, it } from 'vitest';
import {
  bindKernel,
  decodeLoops,
  decodeVectors,
  type EncodeKernel,
  encodeKernel,
  type Item,
  itemsOf,
  type LoopKernel,
  printKernel,
  type Value,
  verifyLoops,
} from '../src/index.ts';

function formatOf(text: string): Format {
  const { format, diagnostics } = compileFile(makeSource('test.qf', text), { read: () => null }).instantiate(
    'f',
  );
  if (format === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return format;
}

function kernelOf(format: Format, lanes: 1 | 4 = 4): LoopKernel {
  const kernel = lanes === 4 ? decodeVectors(format) : decodeLoops(format);
  if (typeof kernel === 'string') throw new Error(kernel);
  return kernel;
}

const NIBBLES = formatOf(`format f {
  block 32 { scale: f16 = signmax / -8, each code: u4 - 8 }
  value = scale * code
  layout { block { scale, code: (half:2 i) -> (i half) } }
}`);

describe('a kernel', () => {
  it('of nibbles in halves: two loads, a mask for each half, nothing twice', () => {
    const kernel = kernelOf(NIBBLES);
    verifyLoops(kernel);
    expect(kernel.width).toBe(32);
    expect(kernel.sources).toEqual([{ stream: '', segment: 0, moves: 'unit', stride: 18 }]);
    const text = printKernel(kernel);
    expect(text).toContain('source 0: the stream, 18 bytes a unit');
    expect(text.match(/read16/g)).toHaveLength(1);
    expect(kernel.loops).toEqual([]);
    expect(text.match(/b_and/g)).toHaveLength(2);
    expect(text.match(/from_f16/g)).toHaveLength(1);
    expect(text).toMatch(/weight \[28\] = %\d+\n$/);
  });

  it('of single weights has no vectors', () => {
    const kernel = kernelOf(NIBBLES, 1);
    verifyLoops(kernel);
    expect(new Set(kernel.values.map(({ type }) => type))).toEqual(new Set(['i32', 'f32']));
  });

  it('moves row scales by row and tensor scales not at all', () => {
    const rows = formatOf(
      'format f { tensor top: f32 = absmax, row scale: f32 = absmax, each code: i8, value = top * scale * code }',
    );
    expect(kernelOf(rows).sources.map(({ moves, stride }) => [moves, stride])).toEqual([
      ['tensor', 0],
      ['row', 4],
      ['unit', 32],
    ]);
  });

  it.each([
    [
      'outliers',
      'outliers top 1% { index: u32, value: bf16 } block 32 { scale: f16 = absmax, each code: i8 } value = scale * code',
      /outliers/,
    ],
    [
      'entropy coding',
      'tensor step: f32 = step_for_rate(3), each code: grid, value = step * code, entropy code with rans',
      /entropy coded/,
    ],
    [
      'rotations',
      'block 32 { scale: f16 = absmax, each code: i8 } value = scale * code, rotate row by hadamard(32, seed: 1)',
      /steps after/,
    ],
    [
      'tiles of several rows',
      'tile [4, 8] { scale: f16 = absmax, each code: i8 } value = scale * code',
      /several rows/,
    ],
    [
      'binary64',
      'arithmetic f64 block 32 { scale: f16 = absmax, each code: i8 } value = scale * code',
      /binary64/,
    ],
    [
      'a position that changes with the row',
      'block 32 { scale: f16 = absmax, each code: i8 } value = scale * code * at(column)',
      /position in a column/,
    ],
    [
      'several numbers in one field',
      'block 32 { scale: f16 = absmax, each code: choose(mod(at(row), 64) < 32, nf4, e2m1) } value = scale * code',
      /several numbers/,
    ],
  ])('says why it has none: %s', (_, body, reason) => {
    expect(decodeVectors(formatOf(`format f { ${body} }`))).toMatch(reason);
  });
});

describe('binding', () => {
  it('runs through a tensor at once, or row by row where a scale changes with it', () => {
    const nibbles = bindKernel(kernelOf(NIBBLES), NIBBLES, [4, 64])!;
    const bytes = new Uint8Array(144);
    expect(nibbles.run({ shape: [4, 64], streams: { '': bytes } })).toEqual({
      rows: 1,
      cols: 256,
      sources: [{ bytes, stride: 18, rowStride: 0 }],
    });
    const rows = formatOf('format f { row scale: f32 = absmax, each code: i8, value = scale * code }');
    const packed = { shape: [3, 40], streams: { scale: new Uint8Array(12), code: new Uint8Array(120) } };
    const run = bindKernel(kernelOf(rows), rows, [3, 40])!.run(packed);
    expect([run.rows, run.cols]).toEqual([3, 40]);
    expect(run.sources.map(({ stride, rowStride }) => [stride, rowStride])).toEqual([
      [0, 4],
      [32, 40],
    ]);
  });

  it('names the stream that is missing or too short', () => {
    const binding = bindKernel(kernelOf(NIBBLES), NIBBLES, [4, 64])!;
    expect(() => binding.run({ shape: [4, 64], streams: {} })).toThrow(/the stream is missing/);
    const short = { shape: [4, 64], streams: { '': new Uint8Array(143) } };
    expect(() => binding.run(short)).toThrow(/143 bytes, 4 × 64 weights need 144/);
  });

  it('leaves rows that blocks do not divide to the interpreter', () => {
    const short = formatOf(
      'format f { tail short, block 32 { scale: f16 = absmax, each code: i8 } value = scale * code }',
    );
    expect(bindKernel(kernelOf(short), short, [2, 40])).toBeNull();
    expect(bindKernel(kernelOf(short), short, [2, 64])).not.toBeNull();
  });
});

/** Sixty-four sixteens of one shape, their scales in front. */
const BYTES = formatOf(`format f {
  superblock 1024 { block 128 { scale: f16 = absmax / 127, each code: i8 } }
  value = scale * code
  layout { superblock { scale, code } }
}`);

describe('the verifier', () => {
  const straight = kernelOf(NIBBLES);
  const looped = kernelOf(BYTES);
  const appended = (kernel: LoopKernel, value: Value): LoopKernel => ({
    ...kernel,
    values: [...kernel.values, value],
    body: [...kernel.body, { do: 'value', value: kernel.values.length }],
  });
  it.each<[string, (kernel: LoopKernel) => LoopKernel, RegExp]>([
    [
      'an operand from later',
      (k) => ({ ...k, values: [{ op: 'neg', type: 'f32', args: [3] }, ...k.values.slice(1)] }),
      /does not stand before it/,
    ],
    [
      'an operand of another type',
      (k) => appended(k, { op: 'neg', type: 'f32', args: [0] }),
      /is i32, not f32/,
    ],
    ['a source that is none', (k) => ({ ...k, sources: [] }), /there is no source 0/],
    ['a weight twice', (k) => ({ ...k, body: [...k.body, k.body.at(-1)!] }), /weights are given/],
    ['a weight that is left out', (k) => ({ ...k, body: k.body.slice(0, -1) }), /weights are given/],
    ['vectors among single weights', (k) => ({ ...k, lanes: 1 }), /for single weights/],
    [
      'a read at no place',
      (k) => appended(k, { op: 'load16', type: 'u8x16', source: 0, offset: 0 }),
      /loops read at places/,
    ],
  ])('sees %s', (_, change, message) => {
    verifyLoops(straight);
    expect(() => verifyLoops(change(straight))).toThrow(message);
  });

  it('sees loops with too many turns, and bodies of other loops', () => {
    verifyLoops(looped);
    expect(looped.loops.length).toBeGreaterThan(0);
    expect(() => verifyLoops({ ...looped, loops: looped.loops.map((turns) => turns + 1) })).toThrow(
      /there is no (weight|element)/,
    );
    const outside = looped.body.flatMap((item) => (item.do === 'loop' ? item.body : [item]));
    expect(() => verifyLoops({ ...looped, body: outside })).toThrow(/is not around it/);
  });
});

describe('a kernel with loops', () => {
  const encoder = encodeKernel(NIBBLES) as EncodeKernel;
  const decoder = decodeLoops(NIBBLES) as LoopKernel;

  it('reads a scale once, two codes from each byte', () => {
    verifyLoops(decoder);
    const text = printKernel(decoder);
    expect(text.match(/read/g)).toHaveLength(5);
    expect(text).toMatch(/read source 0 at \[0\] bytes 2/);
    expect(text).toMatch(/loop t0 of 4/);
    expect(text).toMatch(/weight \[16 \+ 4 t0\] = /);
  });

  it('stores a scale, then words of eight codes', () => {
    verifyLoops(encoder);
    const stores = [...itemsOf(encoder.body)].filter((item) => item.do === 'store');
    expect(stores.map(({ bytes }) => bytes)).toEqual([2, 4]);
    expect(printKernel(encoder)).toMatch(/source 0 \[2 \+ 4 t\d\] bytes 4 = /);
  });

  /** The items of a body, each through a change. */
  const changed = (items: readonly Item[], change: (item: Item) => Item[]): Item[] =>
    items.flatMap((item) =>
      change(item.do === 'loop' ? { ...item, body: changed(item.body, change) } : item),
    );

  it.each<[string, (kernel: EncodeKernel) => EncodeKernel, RegExp]>([
    [
      'a value that is not computed',
      (k) => ({
        ...k,
        body: changed(k.body, (item) =>
          item.do === 'value' && k.values[item.value]!.op === 'bits_of' ? [] : [item],
        ),
      }),
      /is not known there/,
    ],
    [
      'a byte that is stored twice',
      (k) => ({ ...k, body: changed(k.body, (item) => (item.do === 'store' ? [item, item] : [item])) }),
      /is stored \[2 2/,
    ],
    [
      'a byte that is not stored',
      (k) => ({
        ...k,
        body: changed(k.body, (item) => (item.do === 'store' && item.bytes === 2 ? [] : [item])),
      }),
      /is stored \[0 0 1/,
    ],
    [
      'a place beyond the unit',
      (k) => ({
        ...k,
        values: k.values.map((v) =>
          v.op === 'weight' ? { ...v, at: { ...v.at, base: v.at.base + 32 } } : v,
        ),
      }),
      /there is no weight/,
    ],
    [
      'a loop that is not around',
      (k) => ({
        ...k,
        values: k.values.map((v) =>
          v.op === 'weight' ? { ...v, at: { base: 0, steps: [{ loop: 99, by: 1 }] } } : v,
        ),
      }),
      /loop 99 is not around it/,
    ],
    [
      'a type that a loop cannot carry on',
      (k) => {
        const integer = k.values.findIndex(({ op }) => op === 'int');
        return {
          ...k,
          body: changed(k.body, (item) =>
            item.do === 'loop'
              ? [{ ...item, carried: item.carried.map(({ next }) => ({ start: integer, next })) }]
              : [item],
          ),
        };
      },
      /values of one type|is not known there/,
    ],
  ])('is refused for %s', (_, change, message) => {
    expect(() => verifyLoops(change(encoder))).toThrow(message);
  });
});
