/** The vectors of bytes that a kernel's values need beside their operands: they stand in locals before the loop. */
import type { Program, Value } from '@fewerbits/kernel';

/**
 * A codebook as look-ups: for each sixteen levels the four vectors whose byte k is byte 0, 1, 2 or 3 of level k.
 * `[part][plane]`
 */
export function bookPlanes(table: Float32Array): number[][][] {
  const bytes = new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
  return Array.from({ length: table.length / 16 }, (_, part) =>
    [0, 1, 2, 3].map((plane) =>
      Array.from({ length: 16 }, (_, code) => bytes[4 * (16 * part + code) + plane]!),
    ),
  );
}

/** Sixteen bytes that a step to the next sixteen levels adds to codes: −16. */
export const NEXT_LEVELS: readonly number[] = new Array<number>(16).fill(240);

/** Eight 16-bit integers as bytes. */
export function wordsAsBytes(words: readonly number[]): number[] {
  return words.flatMap((word) => [word & 255, word >> 8]);
}

/** Four binary32 as sixteen bytes. */
export function singlesAsBytes(value: number): number[] {
  return [...new Uint8Array(new Float32Array(4).fill(value).buffer)];
}

/** The vectors that one value needs. */
export function constantsOf(value: Value, kernel: Program): number[][] {
  switch (value.op) {
    case 'b_and':
    case 'b_xor':
    case 'b_add':
    case 'b_eq':
    case 'b_look':
      return [[...value.lanes]];
    case 'book':
      return [...bookPlanes(kernel.tables[value.table]!).flat(), [...NEXT_LEVELS]];
    case 'mul16':
      return [wordsAsBytes(value.factors)];
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return value.type === 'f32x4' ? [singlesAsBytes(1)] : [];
    case 'pick':
      return value.type === 'f32x4' ? [singlesAsBytes(0)] : [];
    default:
      return [];
  }
}
