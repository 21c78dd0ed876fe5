/**
 * Outliers: weights stored apart from the dense codes, chosen when encoding, put back when decoding.
 *
 * `top r` takes the ⌊r·N⌋ largest (the lower index first among equals), `where e` all that satisfy a condition; single
 * weights, or whole rows or columns. Indices ascend; a stream that does not is refused before any output.
 * Specification: docs/design/language.md, "Outliers".
 */
import {
  type Codes,
  type Expr,
  type Format,
  fieldsRead,
  type MatrixShape,
  matrixShape,
  type Outliers,
  type Packed,
  planLayout,
  some,
  type Tiling,
} from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import { type Environment, evaluate } from './evaluate.ts';
import { codeArray, unpackField, unpackStreams } from './pack.ts';
import { expand, type Reals, tileBounds } from './values.ts';

/** The chosen units (weights, rows or columns) in ascending order. */
export type OutlierUnits = Uint32Array;

/** Whether the choice needs the dense fit first: it reads `value` or a field. */
export function choosesAfterFit(outliers: Outliers): boolean {
  const expr = 'where' in outliers.select ? outliers.select.where : outliers.select.by;
  return expr !== null && (some(expr, (e) => e.op === 'value') || fieldsRead(expr).size > 0);
}

/** The units that an outlier rule chooses. */
export function chooseOutliers(format: Format, env: Environment): OutlierUnits {
  const outliers = format.outliers!;
  const tiling = unitTiling(outliers, env);
  const place = { here: tiling, statement: tiling, fit: true };
  const scores = (expr: Expr): Reals => expand(evaluate(expr, place, env), tiling, env.real);
  const inside = Uint32Array.from({ length: tiling.count }, (_, tile) => tile).filter((tile) => {
    const { top, bottom, left, right } = tileBounds(tiling, tile, env.geometry);
    return top < bottom && left < right;
  });
  // Tiles count across the stored matrix, units across the tensor: a padded or cut row makes them differ.
  const unitOf = (tile: number): number =>
    outliers.unit === 'each'
      ? Math.floor(tile / tiling.cols) * env.geometry.cols + (tile % tiling.cols)
      : tile;
  if ('where' in outliers.select) {
    const chosen = scores(outliers.select.where);
    return inside.filter((tile) => chosen[tile] !== 0).map(unitOf);
  }
  const weight: Expr = { op: 'x' };
  const magnitude: Expr =
    outliers.unit === 'each'
      ? { op: 'call', name: 'abs', args: [weight] }
      : { op: 'aggregate', name: 'absmax', of: weight };
  const by = scores(outliers.select.by ?? magnitude);
  const count = Math.floor(outliers.select.top * inside.length);
  return inside.filter(largest(inside, by, count)).map(unitOf);
}

/** Whether a tile is among the `count` of largest score, the earlier first among equals. Sorts scores, not places: ten times as fast. */
function largest(tiles: Uint32Array, by: Reals, count: number): (tile: number) => boolean {
  if (count === 0) return () => false;
  const scores = Float64Array.from(tiles, (tile) => by[tile]!).sort();
  const least = scores[scores.length - count]!;
  let equal = 0;
  for (let k = scores.length - count; k < scores.length && scores[k] === least; k++) equal++;
  return (tile) => by[tile]! > least || (by[tile] === least && equal-- > 0);
}

function unitTiling(outliers: Outliers, env: Environment): Tiling {
  return env.geometry.tilings.get(outliers.unit)!;
}

/** Positions in the row-major matrix of every weight of the chosen units, unit after unit. */
export function outlierPositions(
  outliers: Outliers,
  units: ArrayLike<number>,
  shape: MatrixShape,
): Float64Array {
  const { rows, cols } = shape;
  if (outliers.unit === 'each') return Float64Array.from(units);
  const length = outliers.unit === 'row' ? cols : rows;
  const out = new Float64Array(units.length * length);
  for (let u = 0; u < units.length; u++) {
    for (let k = 0; k < length; k++) {
      out[u * length + k] = outliers.unit === 'row' ? units[u]! * cols + k : k * cols + units[u]!;
    }
  }
  return out;
}

/**
 * Codes of the outlier streams.
 * @throws RangeError for an index or a value that its number cannot hold.
 */
export function outlierCodes(
  format: Format,
  units: OutlierUnits,
  values: Reals,
  shape: MatrixShape,
  name: string,
): Record<string, Codes> {
  const outliers = format.outliers!;
  const codesOf = (key: string, reals: ArrayLike<number>, what: string): Codes => {
    const number = resolveNumber(format.numbers[key]!);
    const codes = codeArray(number.bits, reals.length);
    for (let i = 0; i < codes.length; i++) {
      if (number.overflows(reals[i]!) && number.overflow !== 'saturate') {
        throw new RangeError(
          `${name}: ${what} ${reals[i]} of an outlier is beyond what ${format.name} can store in ${key}`,
        );
      }
      codes[i] = number.codeOf(reals[i]!, i);
    }
    return codes;
  };
  const value = codesOf(outliers.value.number, values, 'the value');
  switch (outliers.index.kind) {
    case 'coo':
      return {
        'outliers.index': codesOf(outliers.index.number, units, 'the index'),
        'outliers.value': value,
      };
    case 'bitmap': {
      const bitmap = new Uint8Array(unitCount(outliers, shape));
      for (const unit of units) bitmap[unit] = 1;
      return { 'outliers.index': bitmap, 'outliers.value': value };
    }
    case 'csr': {
      const offsets = new Float64Array(shape.rows + 1);
      for (const unit of units) offsets[Math.floor(unit / shape.cols) + 1]!++;
      for (let row = 0; row < shape.rows; row++) offsets[row + 1]! += offsets[row]!;
      return {
        'outliers.offset': codesOf(outliers.index.offset, offsets, 'the row offset'),
        'outliers.index': codesOf(
          outliers.index.column,
          units.map((unit) => unit % shape.cols),
          'the column',
        ),
        'outliers.value': value,
      };
    }
  }
}

function unitCount(outliers: Outliers, { rows, cols }: MatrixShape): number {
  return outliers.unit === 'row' ? rows : outliers.unit === 'column' ? cols : rows * cols;
}

/**
 * How many units a tensor's streams hold: from the length of the index stream, or for a bitmap from its bits.
 * @throws RangeError for a stream that is missing, or a length that no count has.
 */
export function countOutliers(
  format: Format,
  shape: MatrixShape,
  streams: Readonly<Record<string, Uint8Array>>,
): number {
  const { outliers } = format;
  if (outliers === null) return 0;
  const holds = (field: string): string =>
    format.layout.find((stream) => JSON.stringify(stream.items).includes(`"field":"${field}"`))?.name ?? '';
  const bitmap = outliers.index.kind === 'bitmap';
  const name = holds('outliers.index');
  const bytes = streams[name];
  if (bytes === undefined) throw new RangeError(`${format.name}: stream ${name} is missing`);
  if (bitmap) {
    // A bitmap has its bits whatever they count; those of its padding count nothing.
    const plan = planLayout(format, shape, { outliers: 0 });
    const field = plan.fields.find((stored) => stored.name === 'outliers.index')!;
    const stream = plan.streams.find((planned) => planned.name === name)!;
    let ones = 0;
    for (const bit of unpackField(plan, field, stream, bytes)) ones += bit;
    return ones;
  }
  const bitsFor = (count: number): number =>
    planLayout(format, shape, { outliers: count }).streams.find((s) => s.name === name)!.bits;
  const none = bitsFor(0);
  const count = Math.floor((bytes.length * 8 - none) / (bitsFor(1) - none));
  if (count < 0 || Math.ceil(bitsFor(count) / 8) !== bytes.length || count > unitCount(outliers, shape)) {
    throw new RangeError(
      `${format.name}: stream ${name} has ${bytes.length} bytes, which no number of outliers of ${shape.rows} × ${shape.cols} weights has`,
    );
  }
  return count;
}

/**
 * Codes of the outlier streams of a tensor, by stream field.
 * @throws RangeError for a stream that is missing or of the wrong length
 */
export function readOutliers(format: Format, { shape, streams }: Packed): Readonly<Record<string, Codes>> {
  const matrix = matrixShape(format.view, shape);
  const plan = planLayout(format, matrix, { outliers: countOutliers(format, matrix, streams) });
  const holds = (name: string): boolean =>
    format.layout.some(
      (stream) => stream.name === name && JSON.stringify(stream.items).includes('"field":"outliers.'),
    );
  return unpackStreams({ ...plan, streams: plan.streams.filter(({ name }) => holds(name)) }, streams);
}

/**
 * The units that stored indices name.
 * @throws RangeError for an index that is out of range, falls or stands twice, naming its place in the stream.
 */
export function storedUnits(
  format: Format,
  codes: Readonly<Record<string, Codes>>,
  shape: MatrixShape,
): OutlierUnits {
  const outliers = format.outliers!;
  const stored = codes['outliers.index']!;
  const limit = unitCount(outliers, shape);
  if (outliers.index.kind === 'bitmap')
    return Uint32Array.from(stored.keys()).filter((unit) => stored[unit] === 1);
  const indexOf = integerCodes(
    format,
    outliers.index.kind === 'coo' ? outliers.index.number : outliers.index.column,
  );
  const units = new Uint32Array(stored.length);
  const fail = (k: number, what: string): never => {
    throw new RangeError(`${format.name}: stream outliers.index, entry ${k}: ${what}`);
  };
  if (outliers.index.kind === 'coo') {
    for (let k = 0; k < units.length; k++) {
      const unit = indexOf(stored[k]!);
      if (!(unit >= 0 && unit < limit)) fail(k, `index ${unit} is not below ${limit}`);
      if (k > 0 && unit <= units[k - 1]!) fail(k, `index ${unit} does not rise above ${units[k - 1]}`);
      units[k] = unit;
    }
    return units;
  }
  const offsets = Float64Array.from(codes['outliers.offset']!, integerCodes(format, outliers.index.offset));
  if (offsets[0] !== 0 || offsets.at(-1) !== stored.length) {
    throw new RangeError(
      `${format.name}: stream outliers.offset runs from ${offsets[0]} to ${offsets.at(-1)}, not from 0 to ${stored.length}`,
    );
  }
  for (let row = 0; row < shape.rows; row++) {
    const [start, end] = [offsets[row]!, offsets[row + 1]!];
    if (!(end >= start && end <= stored.length)) {
      throw new RangeError(
        `${format.name}: stream outliers.offset, entry ${row + 1}: ${end} does not follow ${start}`,
      );
    }
    for (let k = start; k < end; k++) {
      const column = indexOf(stored[k]!);
      if (!(column >= 0 && column < shape.cols)) fail(k, `column ${column} is not below ${shape.cols}`);
      const unit = row * shape.cols + column;
      if (k > start && unit <= units[k - 1]!) fail(k, `column ${column} does not rise within row ${row}`);
      units[k] = unit;
    }
  }
  return units;
}

/**
 * The integers that codes of an index stand for, exact where binary32 levels are not.
 * @throws RangeError if the number is not a plain integer.
 */
function integerCodes(format: Format, key: string): (code: number) => number {
  const { base, moves } = format.numbers[key]!;
  if (base.kind !== 'int' || moves.length > 0 || base.coding === 'sign_magnitude') {
    throw new RangeError(
      `${format.name}: outliers are indexed by ${key}; an index is a plain integer such as u32`,
    );
  }
  if (base.coding === 'offset') return (code) => base.low + code;
  const span = 2 ** resolveNumber(format.numbers[key]!).bits;
  return (code) => (code >= span / 2 ? code - span : code);
}

/** Puts stored outliers into decoded weights, or adds them. */
export function applyOutliers(
  format: Format,
  codes: Readonly<Record<string, Codes>>,
  shape: MatrixShape,
  weights: Reals,
): void {
  const outliers = format.outliers!;
  const units = storedUnits(format, codes, shape);
  const positions = outlierPositions(outliers, units, shape);
  const number = resolveNumber(format.numbers[outliers.value.number]!);
  const values = codes['outliers.value']!;
  for (let k = 0; k < positions.length; k++) {
    const value = number.levelOf(values[k]!);
    const at = positions[k]!;
    weights[at] = outliers.add ? weights[at]! + value : value;
  }
}
