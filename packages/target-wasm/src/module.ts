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
  type Program,
  type UnpackKernel,
  type Value,
} from '@fewerbits/kernel';
import type { Code, ValueType } from '@fewerbits/wasm-assembler';
import { assembleKernel, type KernelFunction } from './assemble-kernel.ts';
import { constantsOf } from './constants.ts';
import type { LinkedModule } from './link.ts';
import { emitValue, type Scene } from './operations.ts';
import {
  advance,
  DECODE_PARAMS,
  decodeSink,
  FIRST_OUTPUT,
  matvecSink,
  ROWS,
  type Sink,
  UNITS,
  unpackSink,
} from './sinks.ts';

/** A module that decodes. */
export type DecodeModule = LinkedModule;

/**
 * The module of a kernel. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin
 * @throws Error for a kernel that works on single weights.
 */
export function decodeModule(kernel: Kernel, base = 0): DecodeModule {
  return assembleKernel(decodeFunction(kernel), base);
}

/** The same as a function that is not yet in a module. @throws Error as `decodeModule` */
export function decodeFunction(kernel: Kernel): KernelFunction {
  requireLanes(kernel);
  return functionOf(kernel, 'decode', DECODE_PARAMS, decodeSink);
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
  return assembleKernel(functionOf(kernel, 'matvec', DECODE_PARAMS, matvecSink), base);
}

/** The module that unpacks: `unpack(rows, units, o0, o1, …, s0, r0, …)` writes the codes of each output from its address on. */
export function unpackModule(kernel: UnpackKernel, base = 0): LinkedModule {
  return assembleKernel(functionOf(kernel, 'unpack', FIRST_OUTPUT + kernel.outputs.length, unpackSink), base);
}

/** A program and what it stores. */
type Storing = Program & { readonly stores: readonly { readonly value: number }[] };

function functionOf<K extends Storing>(
  kernel: K,
  name: string,
  first: number,
  sinkOf: (code: Code, kernel: K) => Sink,
): KernelFunction {
  const params = new Array<'i32'>(first + 2 * kernel.sources.length).fill('i32');
  return {
    name,
    params,
    results: [],
    tables: kernel.tables,
    scratch: 0,
    body: (code, tables) => emitBody(code, kernel, tables, first, sinkOf(code, kernel)),
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
