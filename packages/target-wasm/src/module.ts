/**
 * A decode kernel as a WebAssembly module of one function: `decode(rows, units, out, back, s0, r0, s1, r1, …)` writes weights; `back`:
 * the bytes by which the weights of a row end before its units do. `matvec(rows, units, out, vector, s0, r0, …)` multiplies each
 * weight where it is computed and writes the sum of each row. rK: how far source K moves from the end of a row to the next.
 *
 * A loop over rows around one over units. Constants stand before both, what is the same in all units of a row before the
 * inner one. In it every weight's value is computed where it is stored, so that few vectors live at a time.
 */
import {
  fixedInRow,
  type Kernel,
  operandsOf,
  PARTIAL_SUMS,
  type Program,
  type UnpackKernel,
  type Value,
} from '@fewerbits/kernel';
import { assemble, type Code, type ValueType } from '@fewerbits/wasm-assembler';
import { constantsOf } from './constants.ts';
import type { LinkedModule } from './link.ts';
import { emitValue, type Scene } from './operations.ts';

/** A module that decodes. */
export type DecodeModule = LinkedModule;

/** Bytes of a vector. */
const VECTOR = 16;

/**
 * The module of a kernel. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin
 * @throws Error for a kernel that works on single weights.
 */
export function decodeModule(kernel: Kernel, base = 0): DecodeModule {
  requireLanes(kernel);
  return moduleOf(kernel, base, 'decode', DECODE_PARAMS, decodeSink);
}

function requireLanes({ lanes }: Kernel): void {
  if (lanes !== 4) throw new Error('lower the kernel for four weights at a time');
}

/**
 * The module that multiplies rows by a vector, without the weights standing anywhere. Its rows are whole units.
 * @throws Error as `decodeModule`
 */
export function matvecModule(kernel: Kernel, base = 0): LinkedModule {
  requireLanes(kernel);
  return moduleOf(kernel, base, 'matvec', DECODE_PARAMS, matvecSink);
}

/** The module that unpacks: `unpack(rows, units, o0, o1, …, s0, r0, …)` writes the codes of each output from its address on. */
export function unpackModule(kernel: UnpackKernel, base = 0): LinkedModule {
  return moduleOf(kernel, base, 'unpack', FIRST_OUTPUT + kernel.outputs.length, unpackSink);
}

/** A program and what it stores. */
type Storing = Program & { readonly stores: readonly { readonly value: number }[] };

function moduleOf<K extends Storing>(
  kernel: K,
  base: number,
  name: string,
  first: number,
  sinkOf: (code: Code, kernel: K) => Sink,
): LinkedModule {
  const tables: number[] = [];
  let end = base;
  for (const table of kernel.tables) {
    tables.push(end);
    // A look-up of four from the last level reads beyond it.
    end += Math.ceil(table.byteLength / VECTOR) * VECTOR;
  }
  const params = new Array<'i32'>(first + 2 * kernel.sources.length).fill('i32');
  const bytes = assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 0 },
    functions: [
      {
        name,
        params,
        results: [],
        body: (code) => emitBody(code, kernel, tables, first, sinkOf(code, kernel)),
      },
    ],
  });
  return { bytes, tables };
}

const ROWS = 0;
const UNITS = 1;
const OUT = 2;
/** Of `decode` and of `matvec`. */
const BACK = 3;
const VECTOR_AT = 3;
/** Parameters before the sources of `decode` and `matvec`; the first output of `unpack`. */
const DECODE_PARAMS = 4;
const FIRST_OUTPUT = 2;

/** What becomes of the values of a unit. */
interface Sink {
  beginRow(): void;
  /** What a store takes, which `push` leaves on the stack. */
  take(store: number, push: () => void): void;
  endUnit(): void;
  endRow(): void;
}

function advance(code: Code, local: number, push: () => void, op: 'i32.add' | 'i32.sub' = 'i32.add'): void {
  code.get(local);
  push();
  code.op(op);
  code.set(local);
}

/** Weights go to memory. */
function decodeSink(code: Code, { width, stores }: Kernel): Sink {
  return {
    beginRow: () => {},
    take: (store, push) => {
      code.get(OUT);
      push();
      code.store('v128.store', 4 * stores[store]!.offset);
    },
    endUnit: () => advance(code, OUT, () => code.i32(4 * width)),
    endRow: () => advance(code, OUT, () => code.get(BACK), 'i32.sub'),
  };
}

/** Weights times the vector, in sixteen partial sums: four vectors that take turns, so that no addition waits for the one before. */
function matvecSink(code: Code, { width, stores }: Kernel): Sink {
  const sums = Array.from({ length: PARTIAL_SUMS / 4 }, () => code.local('v128'));
  const at = code.local('i32');
  const join = (to: number, from: number): void => {
    code.get(to);
    code.get(from);
    code.op('f32x4.add');
    code.set(to);
  };
  return {
    beginRow: () => {
      for (const sum of sums) {
        code.f32(0);
        code.op('f32x4.splat');
        code.set(sum);
      }
      code.get(VECTOR_AT);
      code.set(at);
    },
    take: (store, push) => {
      const { offset } = stores[store]!;
      const sum = sums[(offset / 4) % sums.length]!;
      code.get(sum);
      push();
      code.get(at);
      code.load('v128.load', 4 * offset);
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
function unpackSink(code: Code, { stores, outputs, values }: UnpackKernel): Sink {
  return {
    beginRow: () => {},
    take: (store, push) => {
      const { output, entry, value } = stores[store]!;
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

function emitBody(code: Code, kernel: Storing, tables: readonly number[], first: number, sink: Sink): void {
  /** The parameter with the address of a source, and the one with its step from row to row. */
  const addressOf = (source: number): number => first + 2 * source;
  const stepOf = (source: number): number => addressOf(source) + 1;
  const { values, stores, sources } = kernel;
  const fixed = fixedInRow(kernel);
  const uses = new Array<number>(values.length).fill(0);
  for (const value of values) for (const k of operandsOf(value)) uses[k]! += pushesOf(value.op);
  for (const { value } of stores) uses[value]!++;

  const vectors = new Map<string, number>();
  const locals = new Map<number, number>();
  const shared = new Map<string, number>();
  const isConstant = (k: number): boolean => values[k]!.op === 'int' || values[k]!.op === 'real';
  const scene: Scene = {
    code,
    kernel,
    push: (k) => {
      const local = locals.get(k);
      if (local !== undefined) return code.get(local);
      emitValue(k, scene);
      if (isConstant(k) || uses[k]! < 2) return;
      const kept = code.local(typeInWasm(values[k]!));
      locals.set(k, kept);
      code.tee(kept);
    },
    vector: (bytes) => code.get(vectors.get(bytes.join())!),
    source: (source) => code.get(addressOf(source)),
    tableAt: (table) => tables[table]!,
    once: (key, type, make) => {
      const known = shared.get(key);
      if (known !== undefined) return code.get(known);
      make();
      const local = code.local(type);
      shared.set(key, local);
      code.tee(local);
    },
  };

  for (const value of values) {
    for (const bytes of constantsOf(value, kernel)) {
      if (vectors.has(bytes.join())) continue;
      const local = code.local('v128');
      vectors.set(bytes.join(), local);
      code.v128(bytes);
      code.set(local);
    }
  }
  const left = code.local('i32');
  const again = (count: number): void => {
    code.get(count);
    code.i32(1);
    code.op('i32.sub');
    code.tee(count);
    code.brIf(0);
  };
  code.loop(() => {
    for (const k of values.keys()) {
      if (!fixed[k] || isConstant(k) || locals.has(k)) continue;
      const local = code.local(typeInWasm(values[k]!));
      emitValue(k, scene);
      locals.set(k, local);
      code.set(local);
    }
    sink.beginRow();
    code.get(UNITS);
    code.set(left);
    code.loop(() => {
      for (const [k, { value }] of stores.entries()) sink.take(k, () => scene.push(value));
      sink.endUnit();
      for (const [k, { moves, stride }] of sources.entries())
        if (moves === 'unit' || moves === 'column') advance(code, addressOf(k), () => code.i32(stride));
      again(left);
    });
    sink.endRow();
    for (const k of sources.keys()) advance(code, addressOf(k), () => code.get(stepOf(k)));
    again(ROWS);
  });
}

function typeInWasm({ type }: Value): ValueType {
  return type === 'i32' || type === 'f32' ? type : 'v128';
}

/** How often an operation pushes each of its operands. */
function pushesOf(op: Value['op']): number {
  return op === 'book' ? 8 : op === 'swizzle' || op === 'from_f16' ? 2 : 1;
}
