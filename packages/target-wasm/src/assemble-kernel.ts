/** A kernel as a module of one function, and where its tables stand. */
import type { Program } from '@fewerbits/kernel';
import { assemble, type Code, type ValueType } from '@fewerbits/wasm-assembler';
import type { LinkedModule } from './link.ts';

/** Bytes of a vector. A look-up of four from a table's last level reads beyond it. */
const VECTOR = 16;

/** The function of a module. */
interface Signature {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/**
 * The module of a kernel. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin
 * @param body writes the function, given the byte of each table and the one after them, where its scratch room may lie
 */
export function assembleKernel(
  kernel: Program,
  base: number,
  signature: Signature,
  body: (code: Code, tables: readonly number[], end: number) => void,
): LinkedModule {
  const tables: number[] = [];
  let end = base;
  for (const table of kernel.tables) {
    tables.push(end);
    end += Math.ceil(table.byteLength / VECTOR) * VECTOR;
  }
  const bytes = assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 0 },
    functions: [{ ...signature, body: (code) => body(code, tables, end) }],
  });
  return { bytes, tables };
}
