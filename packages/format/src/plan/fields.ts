/**
 * The table of everything that stores bits on one matrix: how many entries, how wide, in which tiles.
 * Parts of nested formats and the three outlier streams stand in the same table as the fields themselves.
 */
import { type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import { readsData, some, withChildren } from '../expr.ts';
import { evaluateWithoutData, sizeOf } from '../sizes.ts';
import type { Expr, Field, Format } from '../types.ts';
import { type Geometry, geometry, type Tiling } from './geometry.ts';

/** A stored field on one matrix. Entries are in natural order: tiles row-major, array dimensions last. */
export interface StoredField {
  readonly name: string;
  /** Position in the table. */
  readonly id: number;
  readonly tiling: Tiling;
  /** Entries of one tile: the product of the array dimensions. */
  readonly perTile: number;
  readonly dims: readonly number[];
  readonly entries: number;
  /** The number of each entry; one for all unless the field is a `choose`. */
  readonly numberAt: (entry: number) => ResolvedNumber;
  /** Width of every entry, or null where it varies. */
  readonly bits: number | null;
  /** Whether all entries have the same number. */
  readonly uniform: boolean;
  /** Levels of one digit for radix packing. */
  readonly radix: number;
  /** Stored through an entropy coder: its stream has no fixed length. */
  readonly coded: boolean;
  /** The width depends on stored data (`choose` over a field). */
  readonly dataDependent: boolean;
  /** Part of a nested format, or of the outliers: appears whole wherever it is named. */
  readonly whole: boolean;
}

/** What a plan needs to know beyond the shape. */
export interface PlanOptions {
  /** How many weights (or whole rows, columns) the outliers hold; 0 by default. */
  readonly outliers?: number;
  /**
   * For a `choose` over stored fields: which alternative each entry takes, by field name; by default what the fits of those
   * fields come to, where they are constants, or else the first.
   */
  readonly choices?: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * Every stored field of the format on the matrix, nested parts flattened, outliers last.
 * @throws RangeError for sizes that are not whole numbers on this shape.
 */
export function storedFields(format: Format, geo: Geometry, options: PlanOptions = {}): StoredField[] {
  const coded = new Set(format.entropy.flatMap((e) => e.fields));
  const table: StoredField[] = [];
  for (const field of format.fields) {
    for (const stored of fieldEntries(format, field, geo, options)) {
      table.push({ ...stored, id: table.length, coded: stored.coded || coded.has(stored.name) });
    }
  }
  for (const stored of outlierFields(format, geo, options.outliers ?? 0))
    table.push({ ...stored, id: table.length });
  return table;
}

type Unnumbered = Omit<StoredField, 'id'>;

function fieldEntries(format: Format, field: Field, geo: Geometry, options: PlanOptions): Unnumbered[] {
  const tiling = geo.tilings.get(field.scope);
  if (tiling === undefined)
    throw new RangeError(`${format.name}: field ${field.name} stands in unknown scope ${field.scope}`);
  const shape = { rows: geo.storedRows, cols: geo.storedCols };
  switch (field.storage.kind) {
    case 'number': {
      const number = resolveNumber(format.numbers[field.storage.number]!);
      const dims = field.storage.dims.map((size) => sizeOf(size, shape));
      const perTile = dims.reduce((a, b) => a * b, 1);
      return [plain(field.name, tiling, dims, perTile, number)];
    }
    case 'choose': {
      const numbers = field.storage.numbers.map((key) => resolveNumber(format.numbers[key]!));
      const index = field.storage.index;
      const dataDependent = readsData(index);
      const given = options.choices?.[field.name];
      const usual = dataDependent ? usualChoice(index, format, shape) : 0;
      const pick = (entry: number): ResolvedNumber => {
        const k = dataDependent ? Number(given?.[entry] ?? usual) : positionIndex(index, geo, tiling, entry);
        return numbers[Math.min(numbers.length - 1, Math.max(0, Math.trunc(k)))]!;
      };
      const same = numbers.every((n) => n.bits === numbers[0]!.bits);
      return [
        {
          ...plain(field.name, tiling, [], 1, numbers[0]!),
          numberAt: pick,
          bits: same ? numbers[0]!.bits : null,
          uniform: false,
          dataDependent: dataDependent && !same,
        },
      ];
    }
    case 'format': {
      const inner = field.storage.format;
      const nested = storedFields(inner, geometry(inner, { rows: 1, cols: tiling.count }));
      return nested.map((part) => ({ ...part, name: `${field.name}.${part.name}`, whole: true }));
    }
  }
}

function plain(
  name: string,
  tiling: Tiling,
  dims: number[],
  perTile: number,
  number: ResolvedNumber,
): Unnumbered {
  return {
    name,
    tiling,
    dims,
    perTile,
    entries: tiling.count * perTile,
    numberAt: () => number,
    bits: number.bits,
    uniform: true,
    radix: number.radix,
    coded: false,
    dataDependent: false,
    whole: false,
  };
}

function outlierFields(format: Format, geo: Geometry, count: number): Unnumbered[] {
  const outliers = format.outliers;
  if (outliers === null) return [];
  const tensor = geo.tilings.get('tensor')!;
  const make = (name: string, key: string, entries: number): Unnumbered => {
    const number = resolveNumber(format.numbers[key]!);
    return { ...plain(`outliers.${name}`, tensor, [], entries, number), entries, whole: true };
  };
  const perUnit = outliers.unit === 'column' ? geo.rows : outliers.unit === 'row' ? geo.cols : 1;
  const value = make('value', outliers.value.number, count * perUnit);
  switch (outliers.index.kind) {
    case 'coo':
      return [make('index', outliers.index.number, count), value];
    case 'csr':
      return [
        make('offset', outliers.index.offset, geo.rows + 1),
        make('index', outliers.index.column, count),
        value,
      ];
    case 'bitmap': {
      const units =
        outliers.unit === 'column' ? geo.cols : outliers.unit === 'row' ? geo.rows : geo.rows * geo.cols;
      const bit = resolveNumber({
        base: { kind: 'int', low: 0, high: 1, coding: 'offset' },
        moves: [],
        except: [],
        round: null,
        overflow: null,
      });
      return [{ ...plain('outliers.index', tensor, [], units, bit), entries: units, whole: true }, value];
    }
  }
}

/** Where tile number `tile` of a tiling stands. */
export function tileOrigin(tiling: Tiling, tile: number): { row: number; col: number } {
  return { row: Math.floor(tile / tiling.cols) * tiling.height, col: (tile % tiling.cols) * tiling.width };
}

/** Index of a tile of `inner` inside its tile of `outer`, row-major. */
export function indexInside(geo: Geometry, outer: Tiling, inner: Tiling, row: number, col: number): number {
  const across = Math.ceil(Math.min(outer.width, geo.storedCols) / Math.max(1, inner.width));
  const down = Math.floor((outer.height === 0 ? 0 : row % outer.height) / Math.max(1, inner.height));
  const right = Math.floor((outer.width === 0 ? 0 : col % outer.width) / Math.max(1, inner.width));
  return down * across + right;
}

/** The index under the fits of the fields that it reads, where these are constants. */
function usualChoice(index: Expr, format: Format, shape: { rows: number; cols: number }): number {
  const fitted = (expr: Expr): Expr =>
    expr.op === 'field' && expr.index.length === 0
      ? (format.fields.find(({ name }) => name === expr.name)?.fit ?? expr)
      : withChildren(expr, fitted);
  const expr = fitted(index);
  if (readsData(expr) || some(expr, ({ op }) => op === 'at')) return 0;
  return evaluateWithoutData(expr, shape, () => 0);
}

function positionIndex(index: Expr, geo: Geometry, tiling: Tiling, tile: number): number {
  const { row, col } = tileOrigin(tiling, tile);
  const shape = { rows: geo.storedRows, cols: geo.storedCols };
  return evaluateWithoutData(index, shape, (scope) =>
    indexInside(geo, geo.tilings.get(scope)!, tiling, row, col),
  );
}
