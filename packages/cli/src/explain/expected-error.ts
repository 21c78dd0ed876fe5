/**
 * The error that a format has on ideal data: draws from a Normal, a Laplace and a Student-t law.
 *
 * Where a format is one codebook under the absmax, signed maximum or RMS of a block or tensor, R comes in closed form with scales as
 * exact numbers (docs/design/numerics.md §3). In every case the interpreter also encodes the same drawn tensor: stored scales, searches
 * and all.
 */
import { encodeFields, fieldsOfSharedModels, interpreter, modelTrainer } from '@fewerbits/codec';
import { type Expr, type Field, type Format, isCode } from '@fewerbits/format';
import { blockError, errorAccumulator, tensorError } from '@fewerbits/measure';
import {
  type Law,
  laplace,
  normal,
  resolveNumber,
  stochasticDraw,
  studentT,
  unitRms,
} from '@fewerbits/numerics';

/** R on one law; `null` where there is no such figure. */
export interface ExpectedError {
  readonly law: string;
  /** Without sampling, for exact scales. */
  readonly closedForm: number | null;
  /** On the drawn tensor. */
  readonly measured: number | null;
}

/** Why nothing was measured, if so, and how large the drawn tensor is. */
export interface ExpectedErrors {
  readonly errors: readonly ExpectedError[];
  readonly shape: readonly [rows: number, cols: number];
  readonly seed: number;
  readonly refusal: string | null;
}

const LAWS: readonly { readonly law: string; readonly of: Law }[] = [
  { law: 'Normal', of: unitRms(normal()) },
  { law: 'Laplace', of: unitRms(laplace()) },
  { law: 'Student-t, 5 df', of: unitRms(studentT(5)) },
];

const ROWS = 16;
const COLS = 4096;
const SEED = 1;

/** R on the three laws. The drawn tensors are the same on every machine of one engine. */
export function expectedErrors(format: Format): ExpectedErrors {
  const scheme = plainScheme(format);
  const drawn = LAWS.map(({ of }) => drawTensor(of));
  let refusal: string | null = null;
  const errors = LAWS.map(({ law, of }, i) => {
    const closedForm = scheme === null ? null : closedError(scheme, of);
    try {
      return { law, closedForm, measured: refusal === null ? measuredError(format, drawn[i]!) : null };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refusal = error.message;
      return { law, closedForm, measured: null };
    }
  });
  return { errors, shape: [ROWS, COLS], seed: SEED, refusal };
}

/** Quantiles of uniform draws. */
function drawTensor(law: Law): Float32Array {
  return Float32Array.from({ length: ROWS * COLS }, (_, i) => {
    const u = stochasticDraw(SEED, i);
    // Half a step in from the ends, where quantiles are infinite.
    return law.quantile(Math.min(1 - 2 ** -33, Math.max(2 ** -33, u)));
  });
}

function measuredError(format: Format, data: Float32Array): number {
  const options = { shape: [ROWS, COLS], name: 'drawn tensor' };
  const trainer = modelTrainer(format);
  const isShared = fieldsOfSharedModels(format).length > 0;
  if (isShared) trainer.add(encodeFields(format, data, options));
  const codec = interpreter(format, { models: isShared ? trainer.models() : {} });
  const errors = errorAccumulator();
  errors.add(data, codec.decode(codec.encode(data, options)));
  return errors.result().relativeError;
}

/** One codebook under one scale: levels in units of what the scale is taken from. */
export interface PlainScheme {
  readonly levels: readonly number[];
  readonly from: 'absmax' | 'signmax' | 'rms';
  /** Weights under one scale; `null`: all. */
  readonly block: number | null;
}

/** The scheme of a format whose value is scale × code, with a code rounded to the nearest level; else `null`. */
export function plainScheme(format: Format): PlainScheme | null {
  if (
    format.fields.length !== 2 ||
    format.steps.length !== 1 ||
    format.outliers !== null ||
    format.entropy.length > 0
  )
    return null;
  if (format.arithmetic !== 'f32') return null;
  const code = format.fields.find((field) => field.scope === 'each' && isCode(field, format));
  const scale = format.fields.find((field) => field !== code);
  const [step] = format.steps;
  if (
    code === undefined ||
    scale === undefined ||
    step?.step !== 'value' ||
    !isProduct(step.expr, code.name, scale.name)
  )
    return null;
  if (code.storage.kind !== 'number' || scale.storage.kind !== 'number' || scale.storage.dims.length > 0)
    return null;
  if (code.fit !== null && !isDivision(code.fit, scale.name)) return null;
  const taken = scale.fit === null ? null : statistic(scale.fit);
  const number = resolveNumber(format.numbers[code.storage.number]!);
  if (
    taken === null ||
    number.dimension !== 1 ||
    number.levels === null ||
    !NEAREST.has(String(number.rounding))
  )
    return null;
  const block = tileSize(format, scale);
  if (block === undefined) return null;
  const levels = writableLevels(number);
  // scale = statistic · factor, so a level L stands for L · factor statistics.
  return { levels: levels.map((level) => level * taken.factor), from: taken.from, block };
}

const NEAREST = new Set(['even', 'half_down', 'half_up', 'half_away', 'half_zero', 'first']);

/** Levels that an encoder writes: an integer type may decode codes beyond its range. */
function writableLevels({ levels, facts }: ReturnType<typeof resolveNumber>): number[] {
  const within = [...levels!].filter((level) => level >= facts.min && level <= facts.max);
  return [...new Set(within)].sort((a, b) => a - b);
}

/** Weights of a tile of one row, `null` for the whole tensor, undefined for other tiles. */
function tileSize(format: Format, field: Field): number | null | undefined {
  const scope = format.scopes.find(({ name }) => name === field.scope)!;
  if (scope.name === 'tensor') return null;
  return scope.height === 1 && scope.width !== 'all' ? scope.width : undefined;
}

function closedError({ levels, from, block }: PlainScheme, law: Law): number | null {
  if (from === 'rms') return block === null ? tensorError(levels, law) : null;
  // The maximum of a whole tensor depends on its size.
  return block === null ? null : blockError(levels, law, { block, scaling: from });
}

function isField(expr: Expr, name: string): boolean {
  return expr.op === 'field' && expr.name === name && expr.index.length === 0;
}

function isProduct(expr: Expr, a: string, b: string): boolean {
  if (expr.op !== 'mul') return false;
  return (
    (isField(expr.left, a) && isField(expr.right, b)) || (isField(expr.left, b) && isField(expr.right, a))
  );
}

/** `x / scale`, `x * (1 / scale)`, and the same guarded against a zero scale: the code's own rule up to a rounding. */
function isDivision(expr: Expr, scale: string): boolean {
  const isScale = (e: Expr): boolean =>
    isField(e, scale) ||
    (e.op === 'unrounded' && e.field === scale) ||
    (e.op === 'call' &&
      e.name === 'max' &&
      e.args.length === 2 &&
      isField(e.args[0]!, scale) &&
      e.args[1]!.op === 'const' &&
      e.args[1]!.value < 1e-30);
  if (expr.op === 'div') return expr.left.op === 'x' && isScale(expr.right);
  const isReciprocal = (e: Expr): boolean =>
    e.op === 'div' && e.left.op === 'const' && e.left.value === 1 && isScale(e.right);
  return expr.op === 'mul' && expr.left.op === 'x' && isReciprocal(expr.right);
}

/** `absmax`, `signmax / -8`, `absmax * c`: what a scale is taken from, and the factor. */
function statistic(expr: Expr): { from: PlainScheme['from']; factor: number } | null {
  if (
    expr.op === 'aggregate' &&
    expr.of.op === 'x' &&
    (expr.name === 'absmax' || expr.name === 'signmax' || expr.name === 'rms')
  )
    return { from: expr.name, factor: 1 };
  if ((expr.op !== 'div' && expr.op !== 'mul') || expr.right.op !== 'const') return null;
  const inner = statistic(expr.left);
  if (inner === null || expr.right.value === 0) return null;
  return {
    from: inner.from,
    factor: expr.op === 'div' ? inner.factor / expr.right.value : inner.factor * expr.right.value,
  };
}
