/** Kernels as functions of a module, and where their tables and scratch room stand in its memory. */
import type { Program } from '@fewerbits/kernel';
import { assemble, type Code, type ModuleSpec, type ValueType } from '@fewerbits/wasm-assembler';
import type { LinkedModule } from './link.ts';

/** Bytes of a vector. A look-up of four from a table's last level reads beyond it. */
const VECTOR = 16;

/** A kernel as a function that is not yet in a module. */
export interface KernelFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly tables: Program['tables'];
  /** Bytes that it writes and reads between its loops. */
  readonly scratch: number;
  /** Writes the function, given the byte of each table and that of its scratch room. */
  readonly body: (code: Code, tables: readonly number[], scratch: number) => void;
}

/** Functions with places for what they need in memory. */
export interface PlacedFunctions {
  readonly functions: ModuleSpec['functions'];
  /** The byte of each table, function after function. */
  readonly tables: readonly number[];
  /** The first byte after tables and scratch room, a multiple of a vector. */
  readonly end: number;
}

/** Gives each function's tables and scratch room places from a byte of the memory on. */
export function placeFunctions(kernels: readonly KernelFunction[], base: number): PlacedFunctions {
  const places: number[] = [];
  let end = base;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / VECTOR) * VECTOR;
    return at;
  };
  const functions = kernels.map(({ name, params, results, tables, scratch, body }) => {
    const own = tables.map(({ byteLength }) => take(byteLength));
    places.push(...own);
    const room = take(scratch);
    return { name, params, results, body: (code: Code) => body(code, own, room) };
  });
  return { functions, tables: places, end };
}

/**
 * The module of one kernel. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin
 */
export function assembleKernel(kernel: KernelFunction, base: number): LinkedModule {
  const { functions, tables, end } = placeFunctions([kernel], base);
  const bytes = assemble({ memory: { importFrom: ['fewerbits', 'memory'], pages: 0 }, functions });
  return { bytes, tables, end };
}
