/**
 * A kernel as a WebAssembly module: one function `decode(units, out, s0, s1, …)` over its own memory, where the levels of
 * its tables stand first.
 *
 * One loop. Before it: constants, tables' vectors and whatever is the same in every unit. In it every weight's value is
 * computed where it is stored, so that few vectors live at a time.
 */
import { fixedInRow, type Kernel, operandsOf } from '@fewerbits/kernel';
import { assemble, type Code } from '@fewerbits/wasm-assembler';
import { constantsOf } from './constants.ts';
import { emitValue, type Scene } from './operations.ts';

export interface DecodeModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each table stands in the memory, in bytes. */
  readonly tables: readonly number[];
}

/** Weights and bytes of a value in memory. */
const VECTOR = 16;

/**
 * The module of a kernel. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin
 * @throws Error for a kernel that works on single weights.
 */
export function decodeModule(kernel: Kernel, base = 0): DecodeModule {
  if (kernel.lanes !== 4) throw new Error('lower the kernel for four weights at a time');
  const tables: number[] = [];
  let end = base;
  for (const table of kernel.tables) {
    tables.push(end);
    // A look-up of four from the last level reads beyond it.
    end += Math.ceil(table.byteLength / VECTOR) * VECTOR;
  }
  const params = ['i32', 'i32', ...kernel.sources.map(() => 'i32')] as 'i32'[];
  const bytes = assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 1 },
    functions: [{ name: 'decode', params, results: [], body: (code) => emitBody(code, kernel, tables) }],
  });
  return { bytes, tables };
}

const UNITS = 0;
const OUT = 1;
const FIRST_SOURCE = 2;

function emitBody(code: Code, kernel: Kernel, tables: readonly number[]): void {
  const { values, stores, sources, width } = kernel;
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
      const kept = code.local(values[k]!.type === 'i32' ? 'i32' : values[k]!.type === 'f32' ? 'f32' : 'v128');
      locals.set(k, kept);
      code.tee(kept);
    },
    vector: (bytes) => code.get(vectors.get(bytes.join())!),
    source: (source) => code.get(FIRST_SOURCE + source),
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
  for (const k of values.keys()) {
    if (!fixed[k] || isConstant(k) || locals.has(k)) continue;
    const local = code.local(values[k]!.type === 'i32' ? 'i32' : values[k]!.type === 'f32' ? 'f32' : 'v128');
    emitValue(k, scene);
    locals.set(k, local);
    code.set(local);
  }
  const add = (local: number, bytes: number): void => {
    code.get(local);
    code.i32(bytes);
    code.op('i32.add');
    code.set(local);
  };
  code.loop(() => {
    for (const { offset, value } of stores) {
      code.get(OUT);
      scene.push(value);
      code.store('v128.store', 4 * offset);
    }
    add(OUT, 4 * width);
    for (const [k, { moves, stride }] of sources.entries())
      if (moves === 'unit' || moves === 'column') add(FIRST_SOURCE + k, stride);
    code.get(UNITS);
    code.i32(1);
    code.op('i32.sub');
    code.tee(UNITS);
    code.brIf(0);
  });
}

/** How often an operation pushes each of its operands. */
function pushesOf(op: Kernel['values'][number]['op']): number {
  return op === 'book' ? 8 : op === 'swizzle' || op === 'from_f16' ? 2 : 1;
}
