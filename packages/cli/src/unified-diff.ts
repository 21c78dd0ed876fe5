/**
 * Two texts as a unified diff with three lines around each change, as POSIX `diff -u` writes it.
 */

const CONTEXT = 3;

interface Change {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** The diff of a file, or an empty text if nothing differs. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const changes = lineChanges(lines(before), lines(after));
  return [`--- ${path}\n`, `+++ ${path}\n`, ...hunks(changes)].join('');
}

/** Lines with their line feeds; the last may lack one. */
function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The shortest edit between common beginning and end, by the table of longest common subsequences. */
function lineChanges(a: readonly string[], b: readonly string[]): Change[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const [p, q] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const kept = (line: string): Change => ({ kind: ' ', line });
  return [...a.slice(0, start).map(kept), ...middle(p, q), ...a.slice(a.length - end).map(kept)];
}

function middle(a: readonly string[], b: readonly string[]): Change[] {
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      changes.push({ kind: ' ', line: a[i++]! });
      j++;
    } else if (
      j === b.length ||
      (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) {
      changes.push({ kind: '-', line: a[i++]! });
    } else changes.push({ kind: '+', line: b[j++]! });
  }
  return changes;
}

function* hunks(changes: readonly Change[]): Generator<string> {
  let [oldLine, newLine] = [1, 1];
  for (let i = 0; i < changes.length; ) {
    const first = changes.findIndex((change, k) => k >= i && change.kind !== ' ');
    if (first < 0) return;
    let last = first;
    for (let k = first; k < changes.length && k - last <= 2 * CONTEXT; k++)
      if (changes[k]!.kind !== ' ') last = k;
    const from = Math.max(i, first - CONTEXT);
    const to = Math.min(changes.length, last + CONTEXT + 1);
    oldLine += from - i;
    newLine += from - i;
    const part = changes.slice(from, to);
    const olds = part.filter(({ kind }) => kind !== '+').length;
    const news = part.filter(({ kind }) => kind !== '-').length;
    yield `@@ -${range(oldLine, olds)} +${range(newLine, news)} @@\n`;
    for (const { kind, line } of part)
      yield line.endsWith('\n') ? `${kind}${line}` : `${kind}${line}\n\\ No newline at end of file\n`;
    oldLine += olds;
    newLine += news;
    i = to;
  }
}

function range(start: number, count: number): string {
  // Of nothing, diff names the line before.
  return count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`;
}
