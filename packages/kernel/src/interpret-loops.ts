/** Runs a kernel with loops item by item: what loops, arrays and places mean, in the plainest words. Slow; targets are held to it in tests. */
import type { Run } from './bind.ts';
import { lanesOf, type Result, resultOf } from './interpret.ts';
import { type At, type EncodeKernel, type Item, type Looped, type LoopKernel, operandsOf } from './ir.ts';

/**
 * Encodes the units of a run, all of them whole, into its sources. False: some unit is unsound, and the bytes say nothing.
 */
export function interpretEncodeKernel(
  kernel: EncodeKernel,
  { sources }: Run,
  weights: Float32Array,
): boolean {
  for (let unit = 0; unit * kernel.width < weights.length; unit++) {
    const own = weights.subarray(unit * kernel.width, (unit + 1) * kernel.width);
    const sound = interpretUnit(kernel, {
      weight: (place) => own[place]!,
      byte: () => 0,
      give: () => {},
      store: (source, offset, byte) => {
        const { bytes, stride } = sources[source]!;
        bytes[unit * stride + offset] = byte;
      },
    });
    if (!own.every(Number.isFinite) || !sound) return false;
  }
  return true;
}

/** Decodes a run into `out`. Bytes beyond a source's end read as 0. */
export function interpretLoops(kernel: LoopKernel, { rows, cols, sources }: Run, out: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    for (let first = 0; first < cols; first += kernel.width) {
      interpretUnit(kernel, {
        weight: () => 0,
        byte: (source, offset) => {
          const { bytes, stride, rowStride } = sources[source]!;
          return bytes[row * rowStride + (first / kernel.width) * stride + offset] ?? 0;
        },
        give: (place, value) => {
          if (first + place < cols) out[row * cols + first + place] = value;
        },
        store: () => {},
      });
    }
  }
}

/** What a unit reads and writes, by places in it. */
interface Surroundings {
  weight(place: number): number;
  byte(source: number, offset: number): number;
  give(place: number, value: number): void;
  store(source: number, offset: number, byte: number): void;
}

function interpretUnit(
  { values, tables, arrays, loops, body, ...rest }: Looped,
  around: Surroundings,
): boolean {
  const kernel = { values, tables, ...rest };
  const results: Result[] = [];
  const single = (k: number): number => results[k] as number;
  const turns: number[] = [];
  const scratch = arrays.map(({ type, length }) =>
    type === 'i32' ? new Int32Array(length) : new Float32Array(length),
  );
  const place = ({ base, steps }: At): number =>
    steps.reduce((sum, { loop, by }) => sum + turns[loop]! * by, base);
  const compute = (k: number): Result => {
    const value = values[k]!;
    switch (value.op) {
      case 'weight':
        return around.weight(place(value.at));
      case 'read': {
        let word = 0;
        for (let k = value.bytes - 1; k >= 0; k--)
          word = (word << 8) | around.byte(value.source, place(value.at) + k);
        return word;
      }
      case 'placed':
        return place(value.at);
      case 'read16':
        return Array.from({ length: 16 }, (_, k) => around.byte(value.source, place(value.at) + k));
      case 'turn':
        return turns[value.loop]!;
      case 'listed': {
        const from = place(value.at);
        const table = tables[value.table]!;
        return value.type === 'f32' ? table[from]! : [...table.subarray(from, from + 4)];
      }
      case 'get':
      case 'peek':
        return scratch[value.array]![place(value.at)]!;
      default: {
        const args = operandsOf(value).map((a) => results[a]!);
        return resultOf(value, args, kernel, []);
      }
    }
  };
  /** The values of a loop's slots, inside it or after it. */
  const setSlots = (op: 'carried' | 'result', loop: number, slots: readonly Result[]): void => {
    for (const [k, value] of values.entries())
      if (value.op === op && value.loop === loop) results[k] = slots[value.slot]!;
  };
  const run = (items: readonly Item[]): boolean => {
    for (const item of items) {
      switch (item.do) {
        case 'value':
          results[item.value] = compute(item.value);
          break;
        case 'put':
          scratch[item.array]!.set(lanesOf(results[item.value]!), place(item.at));
          break;
        case 'store':
          for (let k = 0; k < item.bytes; k++)
            around.store(item.source, place(item.at) + k, single(item.value) >>> (8 * k));
          break;
        case 'give':
          for (const [lane, weight] of lanesOf(results[item.value]!).entries())
            around.give(place(item.at) + lane, weight);
          break;
        case 'require':
          if (results[item.value] !== 1) return false;
          break;
        case 'loop': {
          let slots = item.carried.map(({ start }) => results[start]!);
          const last = item.when !== null && results[item.when] === 0 ? 0 : loops[item.loop]!;
          for (let turn = 0; turn < last; turn++) {
            turns[item.loop] = turn;
            setSlots('carried', item.loop, slots);
            if (!run(item.body)) return false;
            slots = item.carried.map(({ next }) => results[next]!);
            if (item.more !== null && results[item.more] === 0) break;
          }
          setSlots('result', item.loop, slots);
        }
      }
    }
    return true;
  };
  return run(body);
}
