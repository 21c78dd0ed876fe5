/**
 * `bench`: how fast formats decode, encode and multiply on each target, as ratios to copying the same weights in the same run.
 *
 * Nothing is timed before its results equal the interpreter's, bit for bit.
 */
import { interpreter } from '@fewerbits/codec';
import { type Column, textTable } from '@fewerbits/compare';
import { type Codec, type Format, formatFacts, type Packed } from '@fewerbits/format';
import { multiplyRows } from '@fewerbits/kernel';
import { wasmMatvec } from '@fewerbits/target-wasm';
import { compileCold, compileWarm, moduleBytes } from '../bench/compile.ts';
import { timeInRounds, warm } from '../bench/rounds.ts';
import { gaussian, packedFor } from '../bench/weights.ts';
import { chooseFormat } from '../format-argument.ts';
import { splitFormats } from '../format-list.ts';
import { InputError, refusable } from '../input-error.ts';
import { uninterrupted } from '../interrupt.ts';
import type { Context, Options } from '../main.ts';
import { countOption, targetOption, textOption } from '../option-values.ts';
import { TARGETS, type Target, targetCodec } from '../target.ts';

/** What is timed unless the user says otherwise: a format of each kind. */
const FORMATS = 'q4_0,q8_0,q4_k,q6_k,iq4_nl,nf4,mxfp4,nvfp4,int4,int8,e4m3,student';

const COLS = 1024;
/** Rows that the interpreter is timed and checked on, and the fewest there are. */
const FEW = 64;
const LEAST_ROUNDS = 9;

/** A format on a target. Times are ratios to copying as many weights; null where the target has no such kernel. */
interface Measured {
  readonly format: string;
  readonly target: Target;
  readonly decode: number | null;
  readonly encode: number | null;
  readonly matvec: number | null;
  /** Milliseconds from the Format to a codec, first in a process and the median of many; null for the interpreter. */
  readonly compileCold: number | null;
  readonly compileWarm: number | null;
  readonly decoderBytes: number | null;
  readonly encoderBytes: number | null;
}

type Jobs = Record<string, () => unknown>;

/** Times; there are never findings, and a target that gives other results than the interpreter is a bug. */
export async function bench({ io, json, signal }: Context, options: Options): Promise<boolean> {
  const wanted = targetOption(options);
  const weights = countOption(options, 'weights', COLS * FEW) ?? 2 ** 20;
  if (weights % COLS !== 0)
    throw new InputError(`--weights ${weights}: a multiple of ${COLS} is needed (the length of a row)`);
  const rounds = countOption(options, 'rounds', LEAST_ROUNDS) ?? LEAST_ROUNDS;
  const list = splitFormats(textOption(options, 'formats') ?? FORMATS);
  if (list.length === 0)
    throw new InputError('--formats: the list is empty; leave it out for the usual formats');
  const chosen = await Promise.all(list.map(chooseFormat));
  const data = gaussian(weights);
  const copy = new Float32Array(weights);
  const jobs: Jobs = { copy: () => copy.set(data) };
  const kinds: { format: Format; label: string; target: Target }[] = [];
  for (const { format, label, fit } of chosen) {
    signal.throwIfAborted();
    if (fit !== null)
      throw new InputError(`${label}: the fit of a format itself is timed; leave @${fit} out`);
    if (!formatFacts(format).fixedLength)
      throw new InputError(`${label}: its length depends on the data; formats of fixed length are timed`);
    io.note(`checking ${label}\n`);
    refusable(label, () =>
      uninterrupted(() => {
        for (const target of wanted === null ? TARGETS : [wanted])
          if (addJobs(jobs, format, label, target, data)) kinds.push({ format, label, target });
      }),
    );
  }
  io.note(`timing ${Object.keys(jobs).length - 1} jobs in ${rounds} rounds\n`);
  const times = uninterrupted(() => {
    for (const run of Object.values(jobs)) warm(run);
    return timeInRounds(jobs, rounds);
  });
  const each = times.copy! / weights;
  const measured = kinds.map(({ format, label, target }): Measured => {
    const ratio = (what: string): number | null => {
      const time = times[jobName(label, target, what)];
      return time === undefined ? null : time / weightsOf(target, weights) / each;
    };
    const compiled = target !== 'interpreter';
    const { decoder, encoder } = moduleBytes(format, target);
    return {
      format: label,
      target,
      decode: ratio('decode'),
      encode: ratio('encode'),
      matvec: ratio('matvec'),
      compileCold: compiled ? compileCold(format, target) : null,
      compileWarm: compiled ? compileWarm(format, target) : null,
      decoderBytes: decoder,
      encoderBytes: encoder,
    };
  });
  const about = { weights, rounds, node: process.versions.node, copyNanoseconds: each };
  if (json) io.out(`${JSON.stringify({ version: 1, ...about, rows: measured }, null, 2)}\n`);
  else io.out(tableText(measured, about));
  return false;
}

function jobName(label: string, target: Target, what: string): string {
  return `${label} ${target} ${what}`;
}

/** The interpreter is slow, and as fast on few weights as on many. */
function weightsOf(target: Target, weights: number): number {
  return target === 'interpreter' ? FEW * COLS : weights;
}

/** Adds what a target has of a format, checked; false if it has nothing of its own. */
function addJobs(jobs: Jobs, format: Format, label: string, target: Target, data: Float32Array): boolean {
  const base = interpreter(format);
  const made = targetCodec(format, target);
  const [decodes, encodes] = [made.target === target, made.encoder === target];
  if (!decodes && !encodes) return false;
  const few = data.subarray(0, FEW * COLS);
  const small = [FEW, COLS] as const;
  const weights = weightsOf(target, data.length);
  const shape = [weights / COLS, COLS] as const;
  const part = data.subarray(0, weights);
  const packed = packedFor(base, small);
  const want = base.decode(packed);
  const out = new Float32Array(weights);
  if (decodes) {
    same(label, target, made.codec.decode(packed), want);
    const whole = packedFor(base, shape);
    jobs[jobName(label, target, 'decode')] = () => made.codec.decode(whole, { out });
    if (target === 'wasm') addMatvec(jobs, format, label, whole, data, { packed, want });
  }
  if (encodes && canEncode(base, few)) {
    const bytes = base.encode(few, { shape: small });
    for (const [name, stream] of Object.entries(made.codec.encode(few, { shape: small }).streams))
      same(label, target, stream, bytes.streams[name]!);
    jobs[jobName(label, target, 'encode')] = () => made.codec.encode(part, { shape });
  }
  return true;
}

function addMatvec(
  jobs: Jobs,
  format: Format,
  label: string,
  whole: Packed,
  data: Float32Array,
  { packed, want }: { packed: Packed; want: Float32Array },
): void {
  // One for each shape: the room of a run is made for it.
  const checked = wasmMatvec(format);
  const timed = wasmMatvec(format);
  if (typeof checked === 'string' || typeof timed === 'string') return;
  const vector = data.slice(0, COLS);
  try {
    same(label, 'wasm', checked.multiply(packed, vector), multiplyRows(want, vector));
  } catch (error) {
    // Rows that are no whole units.
    if (error instanceof RangeError) return;
    throw error;
  }
  const sums = new Float32Array(whole.shape[0]!);
  jobs[jobName(label, 'wasm', 'matvec')] = () => timed.multiply(whole, vector, sums);
}

/** Formats whose codes a procedure outside chooses only decode. */
function canEncode(codec: Codec, few: Float32Array): boolean {
  try {
    codec.encode(few, { shape: [FEW, COLS] });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** @throws Error (a bug) naming the first difference; any NaN equals any NaN. */
function same(label: string, target: Target, got: ArrayLike<number>, want: ArrayLike<number>): void {
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue;
    throw new Error(`${label} on ${target}: element ${i} is ${got[i]}, the interpreter has ${want[i]}`);
  }
}

function tableText(
  measured: readonly Measured[],
  {
    weights,
    rounds,
    node,
    copyNanoseconds,
  }: { weights: number; rounds: number; node: string; copyNanoseconds: number },
): string {
  const right = (title: string): Column => ({ title, align: 'right' });
  const columns = [
    { title: 'format' },
    { title: 'target' },
    right('decode ÷ copy'),
    right('encode ÷ copy'),
    right('matvec ÷ copy'),
    right('first ms'),
    right('warm ms'),
    right('decoder bytes'),
    right('encoder bytes'),
  ];
  const number = (value: number | null, digits: number): string =>
    value === null ? '' : value.toFixed(digits);
  const rows = measured.map((row) => [
    row.format,
    row.target,
    number(row.decode, 2),
    number(row.encode, 2),
    number(row.matvec, 2),
    number(row.compileCold, 0),
    number(row.compileWarm, 1),
    number(row.decoderBytes, 0),
    number(row.encoderBytes, 0),
  ]);
  const slowest = (of: (row: Measured) => number | null): string => {
    const compiled = measured.filter((row) => of(row) !== null);
    if (compiled.length === 0) return 'none';
    const worst = compiled.reduce((a, b) => (of(b)! > of(a)! ? b : a));
    return `${of(worst)!.toFixed(1)} ms (${worst.format}, ${worst.target})`;
  };
  return [
    textTable(columns, rows),
    '\n',
    `${weights} weights in rows of ${COLS}, ${rounds} rounds, Node ${node}, one thread; copying a weight: ${copyNanoseconds.toFixed(3)} ns. The interpreter: ${FEW * COLS} weights.\n`,
    'Every result equalled the interpreter’s, bit for bit, before it was timed. Bytes of js: of its text.\n',
    `Format to code: first in a process at most ${slowest((row) => row.compileCold)}, warm at most ${slowest((row) => row.compileWarm)}.\n`,
  ].join('');
}
