/** The weights of four units side by side: a vector for each place in the unit, with one weight of each. */
import type { Code } from '@fewerbits/wasm-assembler';
import { UNITS, VECTOR } from './lanes.ts';
import { counted, scaled } from './loops.ts';

/**
 * The weights of four units, four at a time, as vectors with one weight of every unit: transpositions. `largest` keeps the bits of the
 * largest magnitudes, among which those that are not finite are the greatest.
 */
export function turnWeights(code: Code, from: number, width: number, to: number, largest: number): void {
  const turn = code.local('i32');
  const at = code.local('i32');
  const rows = Array.from({ length: UNITS }, () => code.local('v128'));
  const halves = Array.from({ length: UNITS }, () => code.local('v128'));
  const shuffled = (a: number, b: number, words: readonly number[]): void => {
    code.get(a);
    code.get(b);
    code.shuffle(words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)));
  };
  counted(code, turn, width / UNITS, VECTOR, () => {
    code.get(turn);
    scaled(code, VECTOR, VECTOR);
    code.get(from);
    code.op('i32.add');
    code.set(at);
    for (const [unit, row] of rows.entries()) {
      code.get(largest);
      code.get(at);
      code.load('v128.load', 4 * unit * width);
      code.tee(row);
      code.op('f32x4.abs');
      code.op('i32x4.max_s');
      code.set(largest);
    }
    const [a, b, c, d] = rows as [number, number, number, number];
    const [ab, cd, abHigh, cdHigh] = halves as [number, number, number, number];
    for (const [half, p, q, words] of [
      [ab, a, b, [0, 4, 1, 5]],
      [cd, c, d, [0, 4, 1, 5]],
      [abHigh, a, b, [2, 6, 3, 7]],
      [cdHigh, c, d, [2, 6, 3, 7]],
    ] as const) {
      shuffled(p, q, words);
      code.set(half);
    }
    for (const [k, [p, q, words]] of (
      [
        [ab, cd, [0, 1, 4, 5]],
        [ab, cd, [2, 3, 6, 7]],
        [abHigh, cdHigh, [0, 1, 4, 5]],
        [abHigh, cdHigh, [2, 3, 6, 7]],
      ] as const
    ).entries()) {
      code.get(turn);
      scaled(code, VECTOR * UNITS, VECTOR);
      shuffled(p, q, words);
      code.store('v128.store', to + VECTOR * k);
    }
    return null;
  });
}

/** The same lane by lane. */
export function gatherWeights(code: Code, from: number, width: number, to: number, largest: number): void {
  const turn = code.local('i32');
  const at = code.local('i32');
  const four = code.local('v128');
  counted(code, turn, width, VECTOR, () => {
    code.get(turn);
    scaled(code, 4, VECTOR);
    code.get(from);
    code.op('i32.add');
    code.tee(at);
    code.load('v128.load32_zero', 0);
    code.set(four);
    for (let unit = 1; unit < UNITS; unit++) {
      code.get(at);
      code.get(four);
      code.loadLane('v128.load32_lane', unit, 4 * unit * width);
      code.set(four);
    }
    code.get(turn);
    code.get(four);
    code.store('v128.store', to);
    code.get(largest);
    code.get(four);
    code.op('f32x4.abs');
    code.op('i32x4.max_s');
    code.set(largest);
    return null;
  });
}
