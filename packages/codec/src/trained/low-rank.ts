/**
 * The best approximation of a matrix by one of low rank: orthogonal iteration in binary64 (Golub & Van Loan, "Matrix Computations",
 * §8.2.4), the small problem at its end by Jacobi rotations (§8.5). For scale matrices of low rank, as in LRQ (arXiv 2407.11534).
 *
 * Only the four operations and square roots in a fixed order, so equal data gives equal factors on every engine.
 */
import { stochasticDraw } from '@fewerbits/numerics';
import { type Data, requireData, requireWhole } from './data.ts';

/** A matrix as the product left · rightᵀ. */
export interface LowRank {
  /** rows × rank, row-major. */
  readonly left: Float64Array;
  /** cols × rank, row-major. */
  readonly right: Float64Array;
}

/** Most rounds; a matrix whose next singular values are far smaller needs a few. */
const ROUNDS = 32;
/** Rounds end when the captured energy grows by less than this share. */
const ENOUGH = 1e-5;

/**
 * Factors whose product is nearest to the matrix in squared error, up to what the rounds leave. Component k belongs to the k-th
 * largest singular value σ, which both sides share evenly (each has the norm √σ); its entry of largest magnitude on the right is
 * positive. Components beyond the rank of the matrix are 0. Time: about 4 · rows · cols · rank for each of at most 32 rounds.
 *
 * @param matrix rows × cols, row-major
 * @throws RangeError for values that are not finite, another number of them, or a rank below 1.
 */
export function lowRank(matrix: Data, rows: number, cols: number, rank: number): LowRank {
  requireWhole('rank', rank, 1);
  if (matrix.length !== rows * cols)
    throw new RangeError(`matrix: ${matrix.length} values are not ${rows} × ${cols}`);
  const out: LowRank = { left: new Float64Array(rows * rank), right: new Float64Array(cols * rank) };
  if (matrix.length === 0) return out;
  requireData(matrix);
  const used = Math.min(rank, rows, cols);
  // Columns are apart in memory, each of length rows or cols.
  const right = Array.from({ length: used }, (_, k) =>
    Float64Array.from({ length: cols }, (_, j) => stochasticDraw(k, j) - 0.5),
  );
  orthonormalise(right);
  const left = right.map(() => new Float64Array(rows));
  let energy = 0;
  for (let round = 0; round < ROUNDS; round++) {
    multiply(matrix, rows, cols, right, left);
    orthonormalise(left);
    multiplyTransposed(matrix, rows, cols, left, right);
    const captured = right.reduce((sum, column) => sum + dot(column, column), 0);
    if (captured <= energy * (1 + ENOUGH)) break;
    energy = captured;
    if (round + 1 < ROUNDS) orthonormalise(right);
  }
  // matrix ≈ left · (leftᵀ matrix); the directions of the small factor are the singular ones.
  multiplyTransposed(matrix, rows, cols, left, right);
  const { vectors, values } = symmetricEigen(gram(right));
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const lefts = order.map((e) => combine(left, vectors[e]!, rows));
  const rights = order.map((e) => combine(right, vectors[e]!, cols));
  for (let k = 0; k < used; k++) {
    const sigma = Math.sqrt(dot(rights[k]!, rights[k]!));
    if (sigma === 0) continue;
    const sign = rights[k]![largest(rights[k]!)]! < 0 ? -1 : 1;
    const root = Math.sqrt(sigma);
    for (let i = 0; i < rows; i++) out.left[i * rank + k] = sign * lefts[k]![i]! * root;
    for (let j = 0; j < cols; j++) out.right[j * rank + k] = (sign * rights[k]![j]!) / root;
  }
  return out;
}

/** out = matrix · columns. */
function multiply(
  matrix: Data,
  rows: number,
  cols: number,
  columns: readonly Float64Array[],
  out: readonly Float64Array[],
): void {
  for (let i = 0; i < rows; i++) {
    const start = i * cols;
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k]!;
      let sum = 0;
      for (let j = 0; j < cols; j++) sum += matrix[start + j]! * column[j]!;
      out[k]![i] = sum;
    }
  }
}

/** out = matrixᵀ · columns. */
function multiplyTransposed(
  matrix: Data,
  rows: number,
  cols: number,
  columns: readonly Float64Array[],
  out: readonly Float64Array[],
): void {
  for (const column of out) column.fill(0);
  for (let i = 0; i < rows; i++) {
    const start = i * cols;
    for (let k = 0; k < columns.length; k++) {
      const factor = columns[k]![i]!;
      const target = out[k]!;
      for (let j = 0; j < cols; j++) target[j]! += matrix[start + j]! * factor;
    }
  }
}

/** Modified Gram–Schmidt, twice, so that what is left is orthogonal to rounding; a column that depends on others becomes 0. */
function orthonormalise(columns: readonly Float64Array[]): void {
  for (let k = 0; k < columns.length; k++) {
    const column = columns[k]!;
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < k; other++) {
        const overlap = dot(columns[other]!, column);
        for (let i = 0; i < column.length; i++) column[i]! -= overlap * columns[other]![i]!;
      }
    }
    const length = Math.sqrt(dot(column, column));
    if (length <= before * 1e-12) column.fill(0);
    else for (let i = 0; i < column.length; i++) column[i]! /= length;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Products of all pairs of columns. */
function gram(columns: readonly Float64Array[]): Float64Array[] {
  return columns.map((a) => Float64Array.from(columns, (b) => dot(a, b)));
}

/** Eigenvalues of a small symmetric matrix, and for each the eigenvector; cyclic Jacobi rotations. */
function symmetricEigen(matrix: readonly Float64Array[]): { values: Float64Array; vectors: Float64Array[] } {
  const n = matrix.length;
  const a = matrix.map((row) => row.slice());
  const vectors = a.map((_, k) => Float64Array.from({ length: n }, (_, i) => (i === k ? 1 : 0)));
  for (let sweep = 0; sweep < 32; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = a[p]![q]!;
        if (Math.abs(off) <= 1e-15 * Math.sqrt(a[p]![p]! * a[q]![q]!)) continue;
        turned = true;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        rotate(a, p, q, c, t * c);
        for (const row of a)
          [row[p], row[q]] = [c * row[p]! - t * c * row[q]!, t * c * row[p]! + c * row[q]!];
        rotate(vectors, p, q, c, t * c);
      }
    }
    if (!turned) break;
  }
  return { values: Float64Array.from({ length: n }, (_, k) => a[k]![k]!), vectors };
}

/** Turns rows p and q into c · p − s · q and s · p + c · q. */
function rotate(rows: readonly Float64Array[], p: number, q: number, c: number, s: number): void {
  const [first, second] = [rows[p]!, rows[q]!];
  for (let i = 0; i < first.length; i++) {
    const [x, y] = [first[i]!, second[i]!];
    first[i] = c * x - s * y;
    second[i] = s * x + c * y;
  }
}

function combine(columns: readonly Float64Array[], factors: Float64Array, length: number): Float64Array {
  const out = new Float64Array(length);
  for (let k = 0; k < columns.length; k++)
    for (let i = 0; i < length; i++) out[i]! += columns[k]![i]! * factors[k]!;
  return out;
}

function largest(column: Float64Array): number {
  let at = 0;
  for (let i = 1; i < column.length; i++) if (Math.abs(column[i]!) > Math.abs(column[at]!)) at = i;
  return at;
}
