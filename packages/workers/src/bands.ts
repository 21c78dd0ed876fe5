/**
 * Bands: rows of a tensor that can be encoded and decoded apart from the others, to the same bytes.
 *
 * That is so where nothing is chosen from more than a row (every scope of a field or a let lies in a row, nothing counts rows,
 * moves weights or stores some apart) and where the bytes of a row follow those of the row before in every stream, which the unit of
 * the layout tells (`findUnit`). Everything else is one band. `test/bands.test.ts` holds the whole catalogue to it.
 */
import { type Expr, type Format, matrixShape, type Packed, some } from '@fewerbits/format';
import { findUnit, TENSOR_FITS } from '@fewerbits/kernel';

/** Why a format's rows belong together, or the weights that a row is a multiple of when they do not. */
export function rowsApart(format: Format): number | string {
  const reason = whyTogether(format);
  if (reason !== null) return reason;
  const unit = findUnit(format);
  if (typeof unit === 'string') return unit;
  const still = unit.sources.find(({ moves }) => moves !== 'unit');
  if (still !== undefined) return `stream ${still.stream} belongs to more than a row`;
  return unit.width;
}

function whyTogether(format: Format): string | null {
  const { view, tail, steps, outliers, entropy, scopes, fields, lets, fits } = format;
  if (view === 'first') return 'its rows are not those of the tensor';
  if (tail === 'keep') return 'weights at the edge are kept apart';
  if (outliers !== null) return 'outliers are stored apart';
  if (entropy.length > 0) return 'it is entropy coded';
  if (steps.some(({ step }) => step !== 'value')) return 'weights are moved or rotated';
  if (fields.some(({ storage }) => storage.kind === 'format'))
    return 'a field is stored in a format of its own';
  // Where the tensor is one row, what is chosen for a row is chosen for all.
  const narrow = new Set(
    scopes
      .filter(({ height, width }) => height === 1 && (view === 'last' || width !== 'all'))
      .map(({ name }) => name),
  );
  const wide = [...fields, ...lets].find(({ scope }) => !narrow.has(scope));
  if (wide !== undefined) return `something is chosen for more than a row (${wide.scope})`;
  const read = [
    ...fields.flatMap(({ fit, storage }) => [
      ...(fit === null ? [] : [fit]),
      ...(storage.kind === 'choose' ? [storage.index] : []),
    ]),
    ...lets.map(({ expr }) => expr),
    ...fits.flatMap(({ sets }) => sets.map(({ expr }) => expr)),
    ...steps.flatMap((step) => (step.step === 'value' ? [step.expr] : [])),
  ];
  const together = read.find((expr) => expr.op === 'fit' && TENSOR_FITS.includes(expr.name));
  if (together?.op === 'fit') return `${together.name} fits all rows together`;
  const sized = fields.flatMap(({ storage }) => (storage.kind === 'number' ? storage.dims : []));
  const counts = (expr: Expr): boolean =>
    expr.op === 'rows' ||
    (expr.op === 'cols' && view === 'flat') ||
    expr.op === 'window' ||
    (expr.op === 'at' && !narrow.has(expr.scope));
  const found = [...read, ...sized.filter((size) => typeof size !== 'number')].some((expr) =>
    some(expr, counts),
  );
  return found ? 'it counts rows' : null;
}

/** Rows `first..end` of a tensor. */
export interface Band {
  readonly first: number;
  readonly end: number;
}

/**
 * Bands of a tensor of this shape (contraction axis last): of about `weights` weights each, whole rows, in order. One band of all rows
 * where the format's rows belong together, or are no whole units.
 * @param apart what `rowsApart` says of the format
 */
export function bandsOf(apart: number | string, shape: readonly number[], weights: number): Band[] {
  const { rows, cols } = matrixShape('last', shape);
  const whole = [{ first: 0, end: rows }];
  if (typeof apart === 'string' || cols === 0 || cols % apart !== 0) return whole;
  const each = Math.max(1, Math.floor(weights / cols));
  if (each >= rows) return whole;
  // Even bands: a short last one would leave the other threads waiting.
  const count = Math.ceil(rows / each);
  return Array.from({ length: count }, (_, k) => ({
    first: Math.floor((rows * k) / count),
    end: Math.floor((rows * (k + 1)) / count),
  }));
}

/** The bands of a tensor as one: the bytes of each stream after one another. */
export function joinBands(shape: readonly number[], parts: readonly Packed[]): Packed {
  if (parts.length === 1) return { shape, streams: parts[0]!.streams };
  const streams = Object.keys(parts[0]?.streams ?? {}).map((name) => {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.streams[name]!.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part.streams[name]!, at);
      at += part.streams[name]!.length;
    }
    return [name, bytes] as const;
  });
  return { shape, streams: Object.fromEntries(streams) };
}

/** The bytes of a band, in place. `packed` has bands as `bandsOf` cuts them. */
export function bandOf({ shape, streams }: Packed, { first, end }: Band): Packed {
  const { rows, cols } = matrixShape('last', shape);
  const cut = Object.entries(streams).map(([name, bytes]) => {
    const each = bytes.length / rows;
    return [name, bytes.subarray(first * each, end * each)] as const;
  });
  return { shape: [end - first, cols], streams: Object.fromEntries(cut) };
}
