/** Kernels as functions of a module, and where their tables and scratch room stand in its memory. */
import type { Program, Value } from '@fewerbits/kernel';
import { assemble, type Code, type ModuleSpec, type ValueType } from '@fewerbits/wasm-assembler';
import type { LinkedModule } from './link.ts';

/** Bytes of a vector. A look-up of four from a table's last level reads beyond it. */
const VECTOR = 16;

/** A kernel as a function that is not yet in a module. */
export interface KernelFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Tables by their number; null: what reads it has it in its code, and it needs no place. */
  readonly tables: readonly (Float32Array | null)[];
  /** Bytes that it writes and reads between its loops. */
  readonly scratch: number;
  /** Writes the function, given the byte of each table and that of its scratch room. */
  readonly body: (code: Code, tables: readonly (number | null)[], scratch: number) => void;
}

/** Functions with places for what they need in memory. */
export interface PlacedFunctions {
  readonly functions: ModuleSpec['functions'];
  /** The byte of each table, function after function; null for one without a place. */
  readonly tables: readonly (number | null)[];
  /** The first byte after tables and scratch room, a multiple of a vector. */
  readonly end: number;
}

/** The byte of a table that is read from memory. */
export function placeOfTable(tables: readonly (number | null)[], table: number): number {
  const place = tables[table];
  if (place === undefined || place === null) throw new Error(`table ${table} has no place in memory`);
  return place;
}

/** The tables of a kernel that operations read from memory; others stand in its code. */
export function tablesInMemory(
  { tables, values }: Program,
  operations: readonly Value['op'][] = ['table', 'listed'],
): (Float32Array | null)[] {
  const read = new Set(
    values.flatMap((value) => ('table' in value && operations.includes(value.op) ? [value.table] : [])),
  );
  return tables.map((table, k) => (read.has(k) ? table : null));
}

/** Gives each function's tables and scratch room places from a byte of the memory on. */
export function placeFunctions(kernels: readonly KernelFunction[], base: number): PlacedFunctions {
  const places: (number | null)[] = [];
  let end = base;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / VECTOR) * VECTOR;
    return at;
  };
  const functions = kernels.map(({ name, params, results, tables, scratch, body }) => {
    const own = tables.map((table) => (table === null ? null : take(table.byteLength)));
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
