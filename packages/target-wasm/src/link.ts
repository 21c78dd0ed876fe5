/** A kernel's module made ready: its tables put into the arena, its memory that of the arena. */
import type { Program } from '@fewerbits/kernel';
import type { Arena } from './arena.ts';

/** A module's bytes, where each table stands in the memory, and the first byte after what it needs there. */
export interface LinkedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tables: readonly (number | null)[];
  readonly end: number;
}

/**
 * Compiles the module, puts its tables into the arena and makes the instance; its exports.
 * @param moduleOf makes the module for tables from a byte of the memory on
 * @param scratch bytes that the module needs after its tables
 */
export function link<K extends Program>(
  kernel: K,
  arena: Arena,
  moduleOf: (kernel: K, base: number) => LinkedModule,
  scratch = 0,
): WebAssembly.Exports {
  const length = kernel.tables.reduce((sum, table) => sum + Math.ceil(table.byteLength / 16) * 16, 0);
  const room = arena.bytes(length + scratch);
  const module = moduleOf(kernel, room.byteOffset);
  for (const [k, table] of kernel.tables.entries()) {
    const place = module.tables[k];
    if (place === undefined || place === null) continue;
    room.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), place - room.byteOffset);
  }
  return new WebAssembly.Instance(new WebAssembly.Module(module.bytes), {
    fewerbits: { memory: arena.memory },
  }).exports;
}
