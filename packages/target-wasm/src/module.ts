/**
 * A kernel as a WebAssembly module: one function `decode(rows, units, out, back, s0, r0, s1, r1, …)`. `back`: the bytes by
 * which the weights of a row end before its units do; rK: how far source K moves from the end of a row to the next.
 *
 * A loop over rows around one over units. Constants stand before both, what is the same in all units of a row before the
 * inner one. In it every weight's value is computed where it is stored, so that few vectors live at a time.
 */
import { fixedInRow, type Kernel, operandsOf, type Value } from '@fewerbits/kernel';
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
  if (kernel.lanes !== 4) throw new Error('lower the kernel for four weights at a time');
  const tables: number[] = [];
  let end = base;
  for (const table of kernel.tables) {
    tables.push(end);
    // A look-up of four from the last level reads beyond it.
    end += Math.ceil(table.byteLength / VECTOR) * VECTOR;
  }
  const params = new Array<'i32'>(FIRST_SOURCE + 2 * kernel.sources.length).fill('i32');
  const bytes = assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 0 },
    functions: [{ name: 'decode', params, results: [], body: (code) => emitBody(code, kernel, tables) }],
  });
  return { bytes, tables };
}

const ROWS = 0;
const UNITS = 1;
const OUT = 2;
const BACK = 3;
const FIRST_SOURCE = 4;

/** The parameter with the address of a source, and the one with its step from row to row. */
const addressOf = (source: number): number => FIRST_SOURCE + 2 * source;
const stepOf = (source: number): number => addressOf(source) + 1;

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
  const add = (local: number, push: () => void, op: 'i32.add' | 'i32.sub' = 'i32.add'): void => {
    code.get(local);
    push();
    code.op(op);
    code.set(local);
  };
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
    code.get(UNITS);
    code.set(left);
    code.loop(() => {
      for (const { offset, value } of stores) {
        code.get(OUT);
        scene.push(value);
        code.store('v128.store', 4 * offset);
      }
      add(OUT, () => code.i32(4 * width));
      for (const [k, { moves, stride }] of sources.entries())
        if (moves === 'unit' || moves === 'column') add(addressOf(k), () => code.i32(stride));
      again(left);
    });
    add(OUT, () => code.get(BACK), 'i32.sub');
    for (const k of sources.keys()) add(addressOf(k), () => code.get(stepOf(k)));
    again(ROWS);
  });
}

function typeInWasm({ type }: Value): ValueType {
  return type === 'i32' || type === 'f32' ? type : 'v128';
}

/** How often an operation pushes each of its operands. */
function pushesOf(op: Kernel['values'][number]['op']): number {
  return op === 'book' ? 8 : op === 'swizzle' || op === 'from_f16' ? 2 : 1;
}
