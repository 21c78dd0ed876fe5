/** What `tail keep` stores beside whole tiles. Specification: docs/design/language.md, "Scopes". */
import { geometry } from './plan/geometry.ts';
import type { MatrixShape } from './sizes.ts';
import type { Format } from './types.ts';

/** The stream that `tail keep` adds: the weights beyond the last whole tile, binary32, row-major. */
export const KEPT_STREAM = 'kept';

/** How many weights `tail keep` stores as they are. */
export function keptWeights(format: Format, shape: MatrixShape): number {
  if (format.tail !== 'keep') return 0;
  const geo = geometry(format, shape);
  return shape.rows * shape.cols - geo.storedRows * geo.storedCols;
}
