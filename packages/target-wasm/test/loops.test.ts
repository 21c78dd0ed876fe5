/** Loops in a module move places both ways: a kernel whose loops run backwards decodes the same, from the first bytes of the memory on. */
import { compileFile, makeSource } from '@fewerbits/dsl';
import type { Format } from '@fewerbits/format';
import {
  type At,
  decodeVectors,
  type Item,
  type LoopKernel,
  type Value,
  verifyLoops,
} from '@fewerbits/kernel';
import { describe, expect, it } from 'vitest';
import { decodeModule } from '../src/index.ts';

function formatOf(text: string): Format {
  const file = compileFile(makeSource('test.qf', text), { read: () => null });
  const { format, diagnostics } = file.instantiate('f');
  if (format === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return format;
}

/** Nibbles in halves, with a fifth bit elsewhere, and scales that change their place halfway: loops, arrays, and bits that slide. */
const FORMAT = formatOf(`format f {
  superblock 256 {
    d: f16 = absmax / 31
    block 32 { scale: u6 = 31, each code: u5 - 16 }
  }
  value = d * scale * code
  layout {
    superblock {
      code bits 4..5: (b i:32) -> (i b)
      code bits 0..4: (c half:2 i:32) -> (c i half)
      zip(scale[0..4] bits 0..6, scale[4..8] bits 4..6)
      scale[4..8] bits 0..4
      d
    }
  }
}`);

function reversed(kernel: LoopKernel): LoopKernel {
  const at = ({ base, steps }: At): At => ({
    base: steps.reduce((sum, { loop, by }) => sum + by * (kernel.loops[loop]! - 1), base),
    steps: steps.map(({ loop, by }) => ({ loop, by: -by })),
  });
  const item = (one: Item): Item => {
    if (one.do === 'loop') return { ...one, body: one.body.map(item) };
    return 'at' in one ? { ...one, at: at(one.at) } : one;
  };
  const values = kernel.values.map(
    (value): Value => ('at' in value ? { ...value, at: at(value.at) } : value),
  );
  return { ...kernel, values, body: kernel.body.map(item) };
}

/** Two units whose bytes stand at the very start of the memory. */
function decoded(kernel: LoopKernel): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { stride } = kernel.sources[0]!;
  new Uint8Array(memory.buffer).set(Uint8Array.from({ length: 2 * stride }, (_, k) => (k * 73 + 41) & 63));
  const { bytes } = decodeModule(kernel, 1024);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { fewerbits: { memory } });
  const out = 8192;
  (exports.decode as (...args: number[]) => void)(1, 2, out, 0, 0, 0);
  return new Float32Array(memory.buffer, out, 2 * kernel.width).slice();
}

describe('loops', () => {
  it('may run backwards', () => {
    const kernel = decodeVectors(FORMAT);
    if (typeof kernel === 'string') throw new Error(kernel);
    const back = reversed(kernel);
    verifyLoops(back);
    expect(kernel.loops.length).toBeGreaterThan(0);
    expect(kernel.values.some(({ op }) => op === 'down')).toBe(true);
    const want = decoded(kernel);
    expect(new Set(want).size).toBeGreaterThan(50);
    expect(decoded(back)).toEqual(want);
  });
});
