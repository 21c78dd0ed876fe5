/**
 * A codebook of vectors seen as points of a lattice: each component is a place in the alphabet of all levels, 0, 1, 2, …
 *
 * Which code is at a point, and for a point that has none, which codes are near. Made once for a number and kept with it; lists of
 * neighbours are made when a point is first met. Knows nothing of scales and weights.
 * Specification: docs/design/bit-layouts.md, "Grid types".
 */
import type { ResolvedNumber } from '@fewerbits/numerics';

/** Points beyond this many have no table. */
const MOST_POINTS = 1 << 20;

export interface Grid {
  readonly dimension: number;
  /** All levels that a component has, increasing. */
  readonly alphabet: Float64Array;
  /** The places of each code's components, code-major. */
  readonly places: Uint8Array;
  /** The odd numbers 2 · place + 1 that searches for a scale see in place of levels, code-major. */
  readonly odds: Float32Array;
  /** The point with these places, from `start` on: a number in base `alphabet.length`, the first component lowest. */
  pointAt(places: Uint8Array, start: number): number;
  /** The code at a point, or -1. */
  codeAt(point: number): number;
  /** Codes at the `distances` smallest distances from a point that occur, by distance and then by code. */
  near(point: number, distances: number): Uint16Array;
}

const known = new WeakMap<ResolvedNumber, Grid>();

/** @throws RangeError for a number without listed levels, and where the points between its levels are too many for a table. */
export function gridOf(number: ResolvedNumber): Grid {
  const grid = known.get(number) ?? makeGrid(number);
  known.set(number, grid);
  return grid;
}

function makeGrid({ levels, codes, dimension }: ResolvedNumber): Grid {
  if (levels === null)
    throw new RangeError('a grid is searched by its levels, and these are too many to list');
  const alphabet = Float64Array.from(new Set(levels)).sort();
  const points = alphabet.length ** dimension;
  if (points > MOST_POINTS) {
    throw new RangeError(
      `${alphabet.length} levels in ${dimension} components have more than ${MOST_POINTS} combinations, too many for a grid`,
    );
  }
  const placeOf = new Map(Array.from(alphabet, (level, place) => [level, place]));
  const places = Uint8Array.from(levels, (level) => placeOf.get(level)!);
  const pointAt = (list: Uint8Array, start: number): number => {
    let point = 0;
    for (let i = dimension - 1; i >= 0; i--) point = point * alphabet.length + list[start + i]!;
    return point;
  };
  const codeOf = new Int32Array(points).fill(-1);
  // Of equal vectors the lowest code is written.
  for (let code = codes - 1; code >= 0; code--) codeOf[pointAt(places, code * dimension)] = code;

  const squares = new Uint32Array(codes);
  const near = (point: number, distances: number): Uint16Array => {
    let rest = point;
    squares.fill(0);
    for (let i = 0; i < dimension; i++) {
      const place = rest % alphabet.length;
      rest = (rest - place) / alphabet.length;
      for (let code = 0; code < codes; code++) squares[code]! += (places[code * dimension + i]! - place) ** 2;
    }
    const found: number[] = [];
    let last = -1;
    for (let k = 0; k < distances; k++) {
      let next = Number.POSITIVE_INFINITY;
      for (let code = 0; code < codes; code++)
        if (squares[code]! > last && squares[code]! < next) next = squares[code]!;
      for (let code = 0; code < codes; code++) if (squares[code] === next) found.push(code);
      last = next;
    }
    return Uint16Array.from(found);
  };
  const lists = new Map<number, Uint16Array[]>();
  return {
    dimension,
    alphabet,
    places,
    odds: Float32Array.from(places, (place) => 2 * place + 1),
    pointAt,
    codeAt: (point) => codeOf[point]!,
    near: (point, distances) => {
      if (!lists.has(distances)) lists.set(distances, []);
      const known = lists.get(distances)!;
      known[point] ??= near(point, distances);
      return known[point];
    },
  };
}
