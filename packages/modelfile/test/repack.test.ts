/** Repacking: codes moved where only the layout differs, weights compared where they are found again, and nothing lost on the way. */
import { loadFormatSync } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { describe, expect, it } from 'vitest';
import { repack } from '../src/index.ts';
import { encoded } from './layouts.ts';

const SHAPE = [128, 256] as const;
const codec = (name: string) => interpreter(loadFormatSync(name));

describe('repack', () => {
  it.each([
    ['nvfp4', 'nvfp4_swizzled', 'moved'],
    ['nvfp4_swizzled', 'nvfp4', 'moved'],
    ['ggml_mxfp4', 'mxfp4', 'moved'],
    ['mxfp4', 'ggml_mxfp4', 'moved'],
    ['q4_0', 'q4_0', 'moved'],
  ])('%s as %s: codes are %s, weights the same', (from, to, by) => {
    const { packed, decoded } = encoded(from, SHAPE);
    const there = repack(codec(from), codec(to), packed);
    expect(there.by).toBe(by);
    // ggml's MXFP4 has one zero only.
    const unsigned = (weights: Float32Array) => weights.map((weight) => weight + 0);
    expect(unsigned(codec(to).decode(there.packed))).toEqual(unsigned(decoded));
    expect(repack(codec(to), codec(from), there.packed).packed.streams).toEqual(packed.streams);
  });

  it('names the first weight that would change', () => {
    const { packed, decoded } = encoded('q8_0', SHAPE);
    const first = new RegExp(
      `^w: q4_0 does not hold these numbers: row 0, column 0 is ${decoded[0]} in q8_0`,
    );
    expect(() => repack(codec('q8_0'), codec('q4_0'), packed, 'w')).toThrow(first);
  });
});
