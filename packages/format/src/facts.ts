/**
 * What follows from a Format: bits per parameter, bytes of its groups, lengths for a shape. Nobody types these.
 * Specification: docs/design/language.md, "Facts".
 */
import { resolveNumber } from '@fewerbits/numerics';
import { readsData } from './expr.ts';
import { KEPT_STREAM, keptWeights } from './kept.ts';
import { probeShape } from './plan/coverage.ts';
import type { PlanOptions } from './plan/fields.ts';
import { lcm, matrixShape, tileMultiple } from './plan/geometry.ts';
import { planLayout } from './plan/plan.ts';
import type { Format } from './types.ts';

export interface FormatFacts {
  /** Stored bits ÷ weights in the limit of large tensors: padding, nested formats and `top` outliers counted, before entropy coding. */
  readonly bitsPerParam: number;
  /** Bytes of one tile of each scope that the layout groups by, where all are alike. */
  readonly scopeBytes: Readonly<Record<string, number>>;
  /** Names of the streams in order. */
  readonly streams: readonly string[];
  /** Whether the byte length follows from the shape alone. */
  readonly fixedLength: boolean;
  /** The smallest height and width that every tile divides. */
  readonly tile: { readonly height: number; readonly width: number };
}

/**
 * Facts of a format.
 * @throws LayoutError or RangeError where the layout is wrong (see `checkLayout`).
 */
export function formatFacts(format: Format): FormatFacts {
  const tile = tileMultiple(format.scopes);
  const { bits, weights, scopeBits } = marginalBits(format, tile);
  const scopeBytes: Record<string, number> = {};
  for (const [scope, sizes] of scopeBits) if (sizes.size === 1) scopeBytes[scope] = [...sizes][0]! / 8;
  return {
    bitsPerParam: bits / weights + outlierBits(format),
    scopeBytes,
    streams: format.layout.map((stream) => stream.name),
    fixedLength: format.outliers === null && format.entropy.length === 0 && !hasStoredWidths(format),
    tile,
  };
}

/** Whether the width of some code depends on stored data (`choose` over a field), here or in a nested format. */
export function hasStoredWidths(format: Format): boolean {
  return format.fields.some(({ storage }) => {
    if (storage.kind === 'format') return hasStoredWidths(storage.format);
    if (storage.kind !== 'choose' || !readsData(storage.index)) return false;
    const [first, ...others] = storage.numbers.map((key) => resolveNumber(format.numbers[key]!).bits);
    return others.some((bits) => bits !== first);
  });
}

/** The bytes of each stream for a tensor, with the padding to whole bytes; entropy-coded streams have no formula and are left out. */
export function streamBytes(
  format: Format,
  shape: readonly number[],
  options: PlanOptions = {},
): Record<string, number> {
  const plan = planLayout(format, matrixShape(format.view, shape), options);
  const fixed = plan.streams.filter((stream) => stream.coded === null);
  const lengths = Object.fromEntries(fixed.map((stream) => [stream.name, stream.bytes]));
  const rest = keptWeights(format, matrixShape(format.view, shape));
  return rest === 0 ? lengths : { ...lengths, [KEPT_STREAM]: rest * 4 };
}

/** All bytes of a tensor of this shape that a formula gives. */
export function encodedLength(format: Format, shape: readonly number[], options: PlanOptions = {}): number {
  return Object.values(streamBytes(format, shape, options)).reduce((a, b) => a + b, 0);
}

/** Sides that patterns over `rows / 8`, three codes to a word or five digits to a byte all divide. */
const ROUND_SIDE = 3840;

/**
 * Bits that a large tensor gains as it grows in both directions: what belongs to the tensor, a row or a column drops out.
 */
function marginalBits(
  format: Format,
  tile: { height: number; width: number },
): {
  bits: number;
  weights: number;
  scopeBits: ReadonlyMap<string, ReadonlySet<number>>;
} {
  const total = (rows: number, cols: number): number =>
    planLayout(format, { rows, cols }).streams.reduce((sum, stream) => sum + stream.bits, 0);
  const cols = lcm(tile.width, nestedWidth(format, tile.height * tile.width));
  if (format.view === 'flat') {
    const { scopeBits } = planLayout(format, { rows: 1, cols });
    return { bits: total(1, 2 * cols) - total(1, cols), weights: cols, scopeBits };
  }
  const small = countsTileByTile(format) ? probeShape(format) : null;
  const rows = lcm(small?.rows ?? tile.height, small === null ? ROUND_SIDE : 1);
  const wide = small === null ? cols : lcm(small.cols, 64);
  const { scopeBits } = planLayout(format, { rows, cols: wide });
  const bits = total(2 * rows, 2 * wide) - total(2 * rows, wide) - total(rows, 2 * wide) + total(rows, wide);
  return { bits, weights: rows * wide, scopeBits };
}

/** Layouts whose length takes a look at every tile get a smaller matrix. */
function countsTileByTile(format: Format): boolean {
  const aligned = (items: Format['layout'][number]['items']): boolean =>
    items.some((item) => item.item === 'align' || ('items' in item && aligned(item.items)));
  return (
    format.fields.some((field) => field.storage.kind === 'choose') ||
    format.layout.some((stream) => aligned(stream.items))
  );
}

/** A width at which nested formats end on whole tiles too. */
function nestedWidth(format: Format, weightsPerTile: number): number {
  return format.fields.reduce((width, field) => {
    if (field.storage.kind !== 'format') return width;
    const inner = tileMultiple(field.storage.format.scopes);
    return lcm(width, inner.width * weightsPerTile);
  }, ROUND_SIDE);
}

function outlierBits(format: Format): number {
  const { outliers } = format;
  if (outliers === null || !('top' in outliers.select)) return 0;
  const width = (key: string): number => resolveNumber(format.numbers[key]!).bits;
  const value = width(outliers.value.number);
  // A bitmap over rows or columns drops out of the limit, like any field of a row or column.
  if (outliers.index.kind === 'bitmap')
    return (outliers.unit === 'each' ? 1 : 0) + outliers.select.top * value;
  const index = outliers.index.kind === 'coo' ? outliers.index.number : outliers.index.column;
  return outliers.select.top * (outliers.unit === 'each' ? width(index) + value : value);
}
