/**
 * What becomes of the values of a unit: weights go to memory, or into the sum of their row; codes go to memory.
 *
 * The parameters of the functions, in order: rows, units of a row, then those of the sink, then each source's address and its step
 * from row to row.
 */
import { type CodeStore, PARTIAL_SUMS, type UnpackKernel } from '@fewerbits/kernel';
import type { Code } from '@fewerbits/wasm-assembler';

export const ROWS = 0;
export const UNITS = 1;
const OUT = 2;
/** Of `decode` and of `matvec`. */
const BACK = 3;
const VECTOR_AT = 3;
/** Parameters before the sources of `decode` and `matvec`; the first output of `unpack`. */
export const DECODE_PARAMS = 4;
export const FIRST_OUTPUT = 2;

/** What becomes of the values of a unit. */
export interface Sink {
  beginRow(): void;
  endUnit(): void;
  endRow(): void;
}

/** What becomes of weights. */
export interface WeightSink extends Sink {
  /** The local that moves on with the weights. */
  readonly moves: number;
  /**
   * Takes four weights, which `push` leaves on the stack.
   * @param weight the first of them, but for what loops move it, which is a multiple of 16
   * @param place pushes where they belong, and says which bytes an instruction must add
   */
  take(weight: number, place: () => number, push: () => void): void;
}

/** What becomes of codes. */
export interface CodeSink extends Sink {
  take(store: CodeStore, push: () => void): void;
}

/** Adds to a local, or subtracts from it, what is pushed. */
export function advance(
  code: Code,
  local: number,
  push: () => void,
  op: 'i32.add' | 'i32.sub' = 'i32.add',
): void {
  code.get(local);
  push();
  code.op(op);
  code.set(local);
}

/** Weights go to memory. */
export function decodeSink(code: Code, width: number): WeightSink {
  return {
    moves: OUT,
    beginRow: () => {},
    take: (_, place, push) => {
      const offset = place();
      push();
      code.store('v128.store', offset);
    },
    endUnit: () => advance(code, OUT, () => code.i32(4 * width)),
    endRow: () => advance(code, OUT, () => code.get(BACK), 'i32.sub'),
  };
}

/** Weights times the vector, in sixteen partial sums: four vectors that take turns, so that no addition waits for the one before. */
export function matvecSink(code: Code, width: number): WeightSink {
  const sums = Array.from({ length: PARTIAL_SUMS / 4 }, () => code.local('v128'));
  const at = code.local('i32');
  const join = (to: number, from: number): void => {
    code.get(to);
    code.get(from);
    code.op('f32x4.add');
    code.set(to);
  };
  return {
    moves: at,
    beginRow: () => {
      for (const sum of sums) {
        code.f32(0);
        code.op('f32x4.splat');
        code.set(sum);
      }
      code.get(VECTOR_AT);
      code.set(at);
    },
    take: (weight, place, push) => {
      const sum = sums[(weight / 4) % sums.length]!;
      code.get(sum);
      push();
      code.load('v128.load', place());
      code.op('f32x4.mul');
      code.op('f32x4.add');
      code.set(sum);
    },
    endUnit: () => advance(code, at, () => code.i32(4 * width)),
    endRow: () => {
      const [first, second, third, fourth] = sums as [number, number, number, number];
      join(first, third);
      join(second, fourth);
      join(first, second);
      const lane = (k: number): void => {
        code.get(first);
        code.lane('f32x4.extract_lane', k);
      };
      code.get(OUT);
      for (const k of [0, 1]) {
        lane(k);
        lane(k + 2);
        code.op('f32.add');
      }
      code.op('f32.add');
      code.store('f32.store', 0);
      advance(code, OUT, () => code.i32(4));
    },
  };
}

/** Codes go to memory, each output to its own. */
export function unpackSink(code: Code, { outputs, values }: UnpackKernel): CodeSink {
  return {
    beginRow: () => {},
    take: ({ output, entry, value }, push) => {
      const { bytes } = outputs[output]!;
      code.get(FIRST_OUTPUT + output);
      push();
      const narrow = bytes === 1 ? 'i32.store8' : bytes === 2 ? 'i32.store16' : 'i32.store';
      code.store(values[value]!.type === 'u8x16' ? 'v128.store' : narrow, bytes * entry);
    },
    endUnit: () => {
      for (const [k, { entries, bytes }] of outputs.entries())
        advance(code, FIRST_OUTPUT + k, () => code.i32(entries * bytes));
    },
    endRow: () => {},
  };
}
