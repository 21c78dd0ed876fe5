/** What a kernel reads of a source. */
import type { Program } from '@fewerbits/kernel';

/** How many bytes from a unit's place in a source are read. */
export function reachOf(kernel: Program, source: number): number {
  let reach = 0;
  for (const value of kernel.values) {
    if (value.op === 'load' && value.source === source) reach = Math.max(reach, value.offset + value.bytes);
    if (value.op === 'load16' && value.source === source) reach = Math.max(reach, value.offset + 16);
  }
  return reach;
}
