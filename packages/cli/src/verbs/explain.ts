/**
 * `explain`: what a format is, as text, JSON or a picture.
 */
import { errorText, printable, textTable } from '@fewerbits/compare';
import { bitMap, bitMapText } from '@fewerbits/draw';
import { type Explanation, explanation, type FieldFacts, type LevelFacts } from '../explain/facts.ts';
import { levelText, numberLine } from '../explain/number-line.ts';
import { type StreamBits, streamBits } from '../explain/stream-bits.ts';
import { chooseFormat } from '../format-argument.ts';
import { InputError, refusable } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { textOption } from '../option-values.ts';
import { writeFileWhole } from '../write-file.ts';

/** Explains; there are never findings. */
export async function explain(
  { io, json, signal }: Context,
  text: string,
  options: Options,
): Promise<boolean> {
  const { format } = await chooseFormat(text);
  const bits = refusable(text, () => streamBits(format));
  const facts = refusable(text, () => explanation(format));
  const svg = textOption(options, 'svg');
  if (svg !== undefined) await writePictures(svg, facts.name, bits, signal);
  if (json) {
    const streams = bits.map(({ stream, what, bits: shown }) => ({ stream, what, bits: shown }));
    io.out(`${JSON.stringify({ version: 1, ...facts, bitMap: streams }, null, 2)}\n`);
  } else io.out(plainText(facts, bits, io.columns));
  return false;
}

function plainText(facts: Explanation, bits: readonly StreamBits[], columns: number): string {
  const { name, doc, fields, expected, limits } = facts;
  return [
    `${name}\n`,
    ...(doc === '' ? [] : [`${printable(doc.replaceAll('\n', ' '))}\n`]),
    '\n',
    pairs(summary(facts)),
    limits === null ? '' : `\n${limits[0]!.toUpperCase()}${limits.slice(1)}.\n`,
    '\n',
    textTable(FIELD_COLUMNS, fields.map(fieldCells)),
    ...facts.levels.flatMap((levels) => ['\n', levelLines(levels, columns)]),
    ...bits.flatMap((stream) => ['\n', bitMapText({ title: titleOf(stream), bits: stream.bits })]),
    '\n',
    errorLines(expected),
  ].join('');
}

function summary(facts: Explanation): [string, string][] {
  const bytes = Object.entries(facts.scopeBytes).map(([scope, size]) => `${scope} ${size}`);
  const streams = facts.streams.map((stream) => (stream === '' ? '(one, without a name)' : stream));
  return [
    [
      'bits per parameter',
      `${facts.bitsPerParam}${facts.fixedLength ? '' : ' before any entropy coding; the length depends on the data'}`,
    ],
    ...(bytes.length === 0 ? [] : [['bytes', bytes.join(', ')] as [string, string]]),
    ['streams', streams.join(', ')],
    ['tiles', facts.scopes.map(({ name, height, width }) => `${name} ${height} × ${width}`).join(', ')],
    ['arithmetic', facts.arithmetic],
    ['view', VIEWS[facts.view]],
    ['tail', TAILS[facts.tail]],
    ['nonfinite', NONFINITE[facts.nonfinite]],
    ...(facts.fits.length === 0 ? [] : [['named fits', facts.fits.join(', ')] as [string, string]]),
    ['id', facts.id],
  ];
}

const VIEWS = {
  last: 'last: the last axis is columns',
  first: 'first: the first axis is rows',
  flat: 'flat: one row',
} as const;
const TAILS = {
  error: 'error: a row that a block does not divide is refused',
  pad: 'pad: the last block of a row is stored whole',
  short: 'short: the last block of a row is stored short',
  keep: 'keep: weights beyond the last whole block stay binary32',
} as const;
const NONFINITE = {
  error: 'error: NaN and infinities are refused',
  zero: 'zero: NaN and infinities are read as 0',
  keep: 'keep: NaN and infinities go through',
} as const;

function pairs(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}\n`).join('');
}

const FIELD_COLUMNS = [
  { title: 'field' },
  { title: 'for each' },
  { title: 'stored as' },
  { title: 'bits', align: 'right' as const },
  { title: 'chosen' },
];

function fieldCells({ name, scope, number, bits, dims, role }: FieldFacts): string[] {
  const array = dims.length === 0 ? '' : `[${dims.join(', ')}]`;
  const chosen = { code: 'as a code', fitted: 'by its fit', given: 'by the caller' }[role];
  return [
    name,
    scope === 'each' ? 'weight' : scope,
    `${number}${array}`,
    bits === null ? '' : `${bits}`,
    chosen,
  ];
}

/** Longer lists hide what follows them. */
const MOST_LISTED = 64;

function levelLines({ name, levels, written: [low, high] }: LevelFacts, columns: number): string {
  const isWritten = (level: number): boolean => level >= low && level <= high;
  const finite = levels.filter((level) => level !== null).filter(isWritten);
  const width = Math.min(columns, 100);
  const numbers = levels.map((level) => {
    if (level === null) return 'none';
    return isWritten(level) ? levelText(level) : `(${levelText(level)})`;
  });
  if (levels.length > MOST_LISTED) {
    return `levels of ${name}\n  ${numberLine(finite, width - 2)}\n  ${finite.length} levels from ${levelText(Math.min(...finite))} to ${levelText(Math.max(...finite))}; --json lists them by code\n`;
  }
  const lines: string[] = [];
  let line = ' ';
  for (const text of numbers) {
    if (line.length + text.length + 1 > width) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${text}`;
  }
  const never = levels.length > 0 && numbers.some((text) => text.startsWith('('));
  const title = `levels of ${name}, by code${never ? '; those in parentheses are read and never written' : ''}\n`;
  return [title, `  ${numberLine(finite, width - 2)}\n`, ...[...lines, line].map((one) => `${one}\n`)].join(
    '',
  );
}

function titleOf({ stream, what }: StreamBits): string {
  return `bits of ${stream === '' ? 'the stream' : `stream ${stream}`}: ${what}`;
}

function errorLines({ errors, shape, seed, refusal }: Explanation['expected']): string {
  const cell = (value: number | null): string => errorText(value);
  const rows = errors.map(({ law, closedForm, measured }) => [law, cell(closedForm), cell(measured)]);
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    'relative error R on independent draws\n',
    textTable(
      [{ title: '  law' }, right('closed form'), right('measured')],
      rows.map(([law, ...rest]) => [`  ${law}`, ...rest]),
    ),
    '  closed form: exact scales, no sampling (one codebook under absmax, signmax or rms only)\n',
    refusal === null
      ? `  measured: ${shape[0]} × ${shape[1]} draws (seed ${seed}) encoded and decoded by the interpreter\n`
      : `  not measured: ${printable(refusal)}\n`,
  ].join('');
}

/** One file for the first stream; the others beside it with the stream's name. */
async function writePictures(
  path: string,
  name: string,
  bits: readonly StreamBits[],
  signal: AbortSignal,
): Promise<void> {
  if (!path.endsWith('.svg')) throw new InputError(`--svg ${path}: the file's name must end in .svg`);
  if (bits.length === 0) throw new InputError('--svg: no stream of the format has a fixed layout to draw');
  for (const [i, stream] of bits.entries()) {
    const file =
      i === 0 ? path : `${path.slice(0, -4)}.${stream.stream.replace(/[^A-Za-z0-9_.-]/g, '_')}.svg`;
    await writeFileWhole(file, bitMap({ title: `${name}: ${titleOf(stream)}`, bits: stream.bits }), signal);
  }
}
