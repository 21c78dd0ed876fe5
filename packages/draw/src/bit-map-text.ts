/**
 * The bits of a block as lines of text for a terminal: which bytes hold which bits of which entries.
 *
 * A line covers the fewest bytes that no run of bits crosses; entries that follow each other in a line are written once with their
 * range, and lines that repeat with a regular step are collapsed into first, `…` with what was left out, and last.
 */
import { type BitMeaning, type BitRun, bitRuns, bitsName, entryName } from './bit-runs.ts';

/** A line that would hold more pieces than this is cut at a byte boundary. */
const WIDEST = 16;
/** Fewer lines than this are cheaper to read than a summary of them. */
const FEWEST_COLLAPSED = 4;

/** Whole bytes and the runs in them. */
interface Line {
  readonly byte: number;
  readonly bytes: number;
  readonly runs: readonly BitRun[];
}

/**
 * The bit map as lines under a title and a line that says how to read them. Ends with a line feed.
 * @throws RangeError for no bits, or bits that are not whole bytes.
 */
export function bitMapText(map: { readonly title: string; readonly bits: readonly BitMeaning[] }): string {
  const { title, bits } = map;
  if (bits.length === 0 || bits.length % 8 !== 0) {
    throw new RangeError(`bits: a bit map shows whole bytes, not ${bits.length} bits; pad with null`);
  }
  const lines = linesOf(bitRuns(bits));
  const rows: (readonly [where: string, what: string])[] = [];
  for (let i = 0; i < lines.length; ) {
    const length = progression(lines, i);
    const step = length >= FEWEST_COLLAPSED ? stepOf(lines[i]!, lines[i + 1]!) : null;
    const first = lines[i]!;
    rows.push([bytesOf(first), contents(first.runs)]);
    if (step === null) {
      i++;
      continue;
    }
    const last = lines[i + length - 1]!;
    const hidden = { byte: lines[i + 1]!.byte, bytes: last.byte - lines[i + 1]!.byte };
    rows.push(['…', `${length - 2} lines alike: ${bytesOf(hidden)}${stepName(first.runs, step)}`]);
    rows.push([bytesOf(last), contents(last.runs)]);
    i += length;
  }
  const width = Math.max(...rows.map(([where]) => where.length));
  const count = `${bits.length / 8} ${bits.length === 8 ? 'byte' : 'bytes'}, lowest bit of a byte first`;
  const body = rows.map(([where, what]) => `${where.padEnd(width)}  ${what}`);
  return [...[printable(title), count, ...body].map((text) => text.trimEnd()), ''].join('\n');
}

/** Terminals obey control characters; a name must not. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

/** Runs gathered until one ends at a byte boundary; a line too wide is cut where a byte ends, its run in two. */
function linesOf(runs: readonly BitRun[]): Line[] {
  const lines: Line[] = [];
  let open: BitRun[] = [];
  const close = (): void => {
    const first = open[0]!;
    const last = open.at(-1)!;
    lines.push({ byte: first.start / 8, bytes: (last.start + last.length - first.start) / 8, runs: open });
    open = [];
  };
  for (const run of runs) {
    let rest = run;
    const boundary = rest.start + ((8 - (rest.start % 8)) % 8);
    if (open.length >= WIDEST && boundary > rest.start && boundary < rest.start + rest.length) {
      const head = boundary - rest.start;
      open.push({ ...rest, length: head });
      close();
      rest = {
        ...rest,
        start: boundary,
        length: rest.length - head,
        bit: rest.field === null ? 0 : rest.bit + head,
      };
    }
    open.push(rest);
    if ((rest.start + rest.length) % 8 === 0) close();
  }
  return lines;
}

/** How many lines from `from` on repeat with one step. */
function progression(lines: readonly Line[], from: number): number {
  const second = lines[from + 1];
  const step = second ? stepOf(lines[from]!, second) : null;
  if (step === null) return 1;
  let length = 2;
  for (let i = from + 2; i < lines.length; i++) {
    const next = stepOf(lines[i - 1]!, lines[i]!);
    if (next === null || next.some((entries, k) => entries !== step[k])) break;
    length++;
  }
  return length;
}

/** By how many entries each run moves from one line to the next; `null` where the lines are not alike. */
function stepOf(a: Line, b: Line): readonly number[] | null {
  if (a.runs.length !== b.runs.length || a.bytes !== b.bytes) return null;
  const alike = a.runs.every((run, k) => {
    const other = b.runs[k]!;
    return run.field === other.field && run.bit === other.bit && run.length === other.length;
  });
  return alike ? a.runs.map((run, k) => b.runs[k]!.entry - run.entry) : null;
}

function stepName(runs: readonly BitRun[], step: readonly number[]): string {
  const byField = new Map<string, Set<number>>();
  runs.forEach((run, k) => {
    if (run.field !== null) byField.set(run.field, (byField.get(run.field) ?? new Set()).add(step[k]!));
  });
  const words = [...byField].map(
    ([field, steps]) =>
      `${printable(field)} ${[...steps].map((by) => (by < 0 ? `${by}` : `+${by}`)).join(' and ')}`,
  );
  return words.length > 0 ? `, each line ${words.join(', ')}` : '';
}

function bytesOf(line: { readonly byte: number; readonly bytes: number }): string {
  return line.bytes === 1 ? `byte ${line.byte}` : `byte ${line.byte}-${line.byte + line.bytes - 1}`;
}

/** `scale[0] bits 0..15`, with `code[0..7] bit 0` for three or more entries in an even row. */
function contents(runs: readonly BitRun[]): string {
  const words: string[] = [];
  for (let i = 0; i < runs.length; ) {
    const run = runs[i]!;
    const length = evenRow(runs, i);
    if (length < 3) {
      words.push(
        run.field === null ? `padding, ${run.length} ${run.length === 1 ? 'bit' : 'bits'}` : entryWords(run),
      );
      i++;
      continue;
    }
    const last = runs[i + length - 1]!;
    const step = runs[i + 1]!.entry - run.entry;
    const by = Math.abs(step) === 1 ? '' : ` step ${step}`;
    words.push(`${printable(run.field!)}[${run.entry}..${last.entry}${by}] ${bitsName(run)}`);
    i += length;
  }
  return words.join(' | ');
}

function entryWords(run: BitRun): string {
  return `${printable(entryName(run))} ${bitsName(run)}`;
}

/** How many runs from `from` on are the same bits of one field's entries at one step. */
function evenRow(runs: readonly BitRun[], from: number): number {
  const first = runs[from]!;
  const second = runs[from + 1];
  const alike = (run: BitRun | undefined): boolean =>
    run !== undefined && run.field === first.field && run.bit === first.bit && run.length === first.length;
  if (first.field === null || !second || !alike(second)) return 1;
  const step = second.entry - first.entry;
  if (step === 0) return 1;
  let length = 2;
  while (alike(runs[from + length]) && runs[from + length]!.entry - runs[from + length - 1]!.entry === step)
    length++;
  return length;
}
