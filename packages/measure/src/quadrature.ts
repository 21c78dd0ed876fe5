/**
 * Integrals of smooth functions: Gauss–Legendre with 16 points, halved where two answers differ, and outward over a half line of
 * logarithms until nothing more comes. For the densities of theory.ts; nothing here knows what it integrates.
 */

type Fn = (x: number) => number;

const [NODES, WEIGHTS] = legendre(16);
const DEEPEST = 40;
/** Of the whole, for a piece: the halves of a smooth piece that close are right to about 1e-14. */
const TOLERANCE = 1e-10;

/**
 * ∫ f over [a, b]. A piece is halved while it differs from its halves by more than `tolerance`; for smooth f the halves are then right to
 * many more digits, so a tolerance well above rounding loses nothing and keeps noise in f from being chased.
 */
export function integrate(f: Fn, a: number, b: number, tolerance: number): number {
  return refine(f, a, b, gauss(f, a, b), tolerance, DEEPEST);
}

/**
 * ∫ f(m) dm over (0, ∞) or [from, ∞) for f that does not change sign, peaks near `centre` and fades on both sides of it. In ln m, so that tails
 * of powers cost a few panels each.
 */
export function integrateOutward(f: Fn, centre: number, from = 0): number {
  const g: Fn = (t) => {
    const m = Math.exp(t);
    return m * f(m);
  };
  const width = 0.5;
  const floor = from > 0 ? Math.log(from) : -Infinity;
  const start = Math.max(floor, Math.log(centre));
  let sum = 0;
  for (const direction of [1, -1]) {
    for (let k = 0, quiet = 0; quiet < 2; k++) {
      const a = start + direction * k * width;
      const b = Math.max(floor, a + direction * width);
      if (a === b) break;
      const rough = Math.abs(gauss(g, a, b));
      const piece = direction * integrate(g, a, b, TOLERANCE * Math.max(Math.abs(sum), rough));
      sum += piece;
      quiet = Math.abs(piece) <= 1e-17 * Math.abs(sum) ? quiet + 1 : 0;
    }
  }
  return sum;
}

function refine(f: Fn, a: number, b: number, whole: number, tolerance: number, depth: number): number {
  const middle = (a + b) / 2;
  const left = gauss(f, a, middle);
  const right = gauss(f, middle, b);
  const halves = left + right;
  if (depth === 0 || Math.abs(halves - whole) <= tolerance) return halves;
  return refine(f, a, middle, left, tolerance, depth - 1) + refine(f, middle, b, right, tolerance, depth - 1);
}

/** Sixteen points, which integrates polynomials of degree 31 exactly. */
export function gauss(f: Fn, a: number, b: number): number {
  const half = (b - a) / 2;
  const middle = (a + b) / 2;
  let sum = 0;
  for (let i = 0; i < NODES.length; i++) sum += WEIGHTS[i]! * f(middle + half * NODES[i]!);
  return half * sum;
}

/** Roots of the Legendre polynomial by Newton's method from Tricomi's guess, and their weights. */
function legendre(n: number): readonly [nodes: readonly number[], weights: readonly number[]] {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 8; step++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= n; k++)
        [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      slope = (n * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  return [nodes, weights];
}
