/**
 * The target matrix can fail: kernels with one mistake in them, of the kinds that a lowering could make, are caught.
 */
import { interpreter } from '@fewerbits/codec';
import { type Codec, type Packed, streamBytes } from '@fewerbits/format';
import {
  type DecodeTarget,
  decodeVectors,
  interpretLoops,
  type LoopKernel,
  plainSymbols,
  type SymbolOpener,
  targetDecoder,
  type Value,
  withDecodeKernel,
} from '@fewerbits/kernel';
import { describe, expect, it } from 'vitest';
import { BrokenLaw, lawSameDecode } from '../src/index.ts';
import { findFormat } from './formats.ts';

/** A kernel with its first value that a change applies to changed. */
function mutated(kernel: LoopKernel, change: (value: Value) => Value | null): LoopKernel {
  const at = kernel.values.findIndex((value) => change(value) !== null);
  expect(at, 'nothing to mutate').toBeGreaterThanOrEqual(0);
  return { ...kernel, values: kernel.values.map((value, k) => (k === at ? change(value)! : value)) };
}

/** A kernel as a target; `lost` weights at the end of every row are left out. */
function run(codec: Codec, kernel: LoopKernel, lost = 0): Codec {
  return withDecodeKernel(codec, kernel, ({ rows, cols, sources }, out) =>
    interpretLoops(kernel, { rows, cols: cols - lost, sources }, out),
  );
}

function bytesFor(codec: Codec, shape: readonly number[]): Packed {
  const streams = Object.entries(streamBytes(codec.format, shape)).map(
    ([name, length]) =>
      [name, Uint8Array.from({ length }, (_, k) => (k * 73 + (k >> 3) * 41) & 255)] as const,
  );
  return { shape, streams: Object.fromEntries(streams) };
}

function setUp(name: string): { codec: Codec; kernel: LoopKernel } {
  const codec = interpreter(findFormat(name)!);
  const kernel = decodeVectors(codec.format);
  if (typeof kernel === 'string') throw new Error(kernel);
  return { codec, kernel };
}

describe('a mistake in a kernel is caught', () => {
  it.each<[mistake: string, format: string, change: (value: Value) => Value | null]>([
    ['a wrong shift', 'q4_0', (v) => (v.op === 'shift' ? { ...v, by: v.by + 1 } : null)],
    ['a dropped sign extension', 'q8_0', (v) => (v.op === 'reals' ? { ...v, signed: !v.signed } : null)],
    [
      'a mask of one bit too few',
      'q4_1',
      (v) => (v.op === 'b_and' ? { ...v, lanes: v.lanes.map((m) => m >> 1) } : null),
    ],
    [
      'codes times half the factor',
      'mxfp6_e3m2',
      (v) => (v.op === 'mul16' ? { ...v, factors: v.factors.map((f) => f >> 1) } : null),
    ],
    [
      'a bit tested at another place',
      'q5_0',
      (v) => (v.op === 'b_eq' ? { ...v, lanes: v.lanes.toReversed() } : null),
    ],
    ['another quarter of the levels', 'nf4', (v) => (v.op === 'book' ? { ...v, part: 3 - v.part } : null)],
    [
      'a source one byte on',
      'q6_k',
      (v) => (v.op === 'read16' ? { ...v, at: { ...v.at, base: v.at.base + 1 } } : null),
    ],
    [
      'a loop that moves too far',
      'q6_k',
      (v) =>
        v.op === 'read16'
          ? { ...v, at: { ...v.at, steps: v.at.steps.map((s) => ({ ...s, by: s.by + 1 })) } }
          : null,
    ],
    [
      'a shift that loops say, one too far',
      'q5_k',
      (v) => (v.op === 'placed' ? { ...v, at: { ...v.at, base: v.at.base + 1 } } : null),
    ],
    [
      'the level of another block',
      'q4_k',
      (v) => (v.op === 'get' ? { ...v, at: { ...v.at, base: 1 - v.at.base } } : null),
    ],
    [
      'operands in the other order',
      'q4_k',
      (v) => (v.op === 'sub' ? { ...v, args: [v.args[1], v.args[0]] } : null),
    ],
  ])('%s (%s)', (_, name, change) => {
    const { codec, kernel } = setUp(name);
    const packed = bytesFor(codec, [3, 1024]);
    lawSameDecode(codec, run(codec, kernel), packed);
    expect(() => lawSameDecode(codec, run(codec, mutated(kernel, change)), packed)).toThrow(BrokenLaw);
  });

  it('a lost tail (student_rms, a row that ends inside a unit)', () => {
    const { codec, kernel } = setUp('student_rms');
    const packed = bytesFor(codec, [1, 2 * kernel.width + 5]);
    lawSameDecode(codec, run(codec, kernel), packed);
    const short = run(codec, kernel, 5);
    expect(() => lawSameDecode(codec, short, packed)).toThrow(BrokenLaw);
  });
});

/** A target of the kernel's own interpreter whose coded streams are read with a mistake. */
function misreading(change: (open: SymbolOpener) => SymbolOpener): DecodeTarget {
  return {
    compile: (format) => {
      const kernel = decodeVectors(format);
      if (typeof kernel === 'string') return kernel;
      return { kernel, run: (run, out) => interpretLoops(kernel, run, out) };
    },
    symbols: () => change(plainSymbols),
  };
}

describe('a mistake in a reader of coded streams is caught', () => {
  const codec = interpreter(findFormat('ecsq')!);
  const count = 70_000;
  const packed = codec.pack({
    shape: [count],
    codes: {
      step: Uint32Array.of(0x3f800000),
      code: Int32Array.from({ length: count }, (_, k) => (Math.imul(k, 2_654_435_761) >>> 9) % 23),
    },
    kept: new Float32Array(0),
  });
  const decoder = (change: (open: SymbolOpener) => SymbolOpener): Codec => {
    const never = (): never => {
      throw new Error('the interpreter decodes');
    };
    const made = targetDecoder({ ...codec, decode: never }, misreading(change));
    if (typeof made === 'string') throw new Error(made);
    return made;
  };

  it('none: the target decodes as the interpreter does', () => {
    lawSameDecode(
      codec,
      decoder((open) => open),
      packed,
    );
  });

  it.each<[mistake: string, change: (bytes: Uint8Array, from: number) => void]>([
    [
      'the last symbol of a chunk left as it was',
      (bytes, from) => {
        const last = 65_535 - from;
        if (last >= 0 && last < bytes.length) bytes[last] = 0;
      },
    ],
    [
      'two lanes exchanged',
      (bytes) => {
        for (let k = 0; k + 32 <= bytes.length; k += 32)
          [bytes[k], bytes[k + 1]] = [bytes[k + 1]!, bytes[k]!];
      },
    ],
    [
      'a symbol of a pair stored twice',
      (bytes) => {
        bytes[5] = bytes[4]!;
      },
    ],
  ])('%s', (_, change) => {
    const target = decoder((open) => (header, bytes, width, range) => {
      const reader = open(header, bytes, width, range);
      let from = 0;
      return {
        ...reader,
        read: (symbols) => {
          const read = reader.read(symbols);
          if (read !== null) change(read, from);
          from += symbols;
          return read;
        },
      };
    });
    expect(() => lawSameDecode(codec, target, packed)).toThrow(BrokenLaw);
  });
});
