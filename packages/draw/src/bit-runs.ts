/**
 * A block's bits as runs: stretches of stored bits that are consecutive bits of one entry of one field.
 *
 * Both bit maps, picture and text, read these. Bits are numbered from the lowest bit of byte 0: bit i is bit i mod 8 of byte i div 8.
 */

/** What a stored bit is: bit `bit` (0 the lowest) of entry `entry` of `field`; `null` is padding. */
export type BitMeaning = null | { readonly field: string; readonly entry: number; readonly bit: number };

/** `length` stored bits from `start`; `field` null is padding. */
export interface BitRun {
  readonly start: number;
  readonly length: number;
  readonly field: string | null;
  readonly entry: number;
  /** The lowest bit of the entry here; the stored bits go up from it. */
  readonly bit: number;
}

/** The runs in order; `cut`: also cut at multiples of so many bits (a row of a picture). */
export function bitRuns(bits: readonly BitMeaning[], cut = Infinity): readonly BitRun[] {
  const runs: BitRun[] = [];
  bits.forEach((meaning, start) => {
    const last = runs.at(-1);
    if (last && start % cut !== 0 && continues(last, meaning)) {
      runs[runs.length - 1] = { ...last, length: last.length + 1 };
    } else if (meaning === null) runs.push({ start, length: 1, field: null, entry: 0, bit: 0 });
    else runs.push({ start, length: 1, field: meaning.field, entry: meaning.entry, bit: meaning.bit });
  });
  return runs;
}

/** `code[3]`, and nothing for padding. */
export function entryName(run: Pick<BitRun, 'field' | 'entry'>): string {
  return run.field === null ? 'padding' : `${run.field}[${run.entry}]`;
}

/** `bit 4` or `bits 0..3`. */
export function bitsName(run: Pick<BitRun, 'bit' | 'length'>): string {
  return run.length === 1 ? `bit ${run.bit}` : `bits ${run.bit}..${run.bit + run.length - 1}`;
}

function continues(run: BitRun, meaning: BitMeaning): boolean {
  if (meaning === null) return run.field === null;
  return run.field === meaning.field && run.entry === meaning.entry && run.bit + run.length === meaning.bit;
}
