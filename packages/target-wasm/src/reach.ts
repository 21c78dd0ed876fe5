/** What a kernel reads of a source. */
import type { At, Program } from '@fewerbits/kernel';

/** How many bytes from a unit's place in a source are read, in all turns of loops. */
export function reachOf(kernel: Program & { readonly loops?: readonly number[] }, source: number): number {
  const last = ({ base, steps }: At): number =>
    steps.reduce((sum, { loop, by }) => sum + Math.max(0, by) * (kernel.loops![loop]! - 1), base);
  let reach = 0;
  for (const value of kernel.values) {
    if (value.op === 'load' && value.source === source) reach = Math.max(reach, value.offset + value.bytes);
    if (value.op === 'load16' && value.source === source) reach = Math.max(reach, value.offset + 16);
    if (value.op === 'read' && value.source === source) reach = Math.max(reach, last(value.at) + value.bytes);
    if (value.op === 'read16' && value.source === source) reach = Math.max(reach, last(value.at) + 16);
  }
  return reach;
}
