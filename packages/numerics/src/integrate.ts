/**
 * Integrals of a density that an author writes down: adaptive Gauss-Kronrod panels, kept so that quantiles can be read from them.
 *
 * Rule: 7 and 15 points (QUADPACK, Piessens et al. 1983); a panel is halved until both agree to 1e-15 of the whole.
 */

/** The mass of a density over an interval, with its quantiles. */
export interface Mass {
  readonly total: number;
  /** The u below which `share` of the mass lies (0..1), or above which if `fromAbove`: small shares keep their digits. */
  readonly quantile: (share: number, fromAbove: boolean) => number;
}

interface Panel {
  readonly from: number;
  readonly to: number;
  readonly mass: number;
}

const DEEPEST = 48;
/** A smooth density needs tens of panels, a kinked one hundreds; more means that it jumps everywhere. */
const MOST_PANELS = 1 << 14;

/**
 * Integrates a density over from..to.
 * @throws RangeError where the density is negative or not finite, naming the place, when it has no mass, or is too rough to integrate.
 */
export function integrateDensity(density: (u: number) => number, from: number, to: number): Mass {
  const checked = (u: number) => {
    const value = density(u);
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(
        `density: ${value} at u = ${u}; a density is finite and not negative over the whole interval`,
      );
    }
    return value;
  };
  // A first cut into 16 keeps a narrow peak from slipping between the points of a single panel.
  const starts = Array.from({ length: 16 }, (_, i) => from + ((to - from) * i) / 16);
  const rough = starts.reduce((sum, a, i) => sum + kronrod(checked, a, starts[i + 1] ?? to).value, 0);
  const budget = { panels: MOST_PANELS };
  const panels = starts.flatMap((a, i) => refine(checked, a, starts[i + 1] ?? to, rough * 1e-15, 0, budget));
  const total = sum(panels);
  if (!(total > 0)) throw new RangeError(`density: no mass over ${from}..${to}`);
  const reversed = [...panels].reverse();
  return {
    total,
    quantile: (share, fromAbove) => locate(checked, fromAbove ? reversed : panels, share * total, fromAbove),
  };
}

function sum(panels: readonly Panel[]): number {
  return panels.reduce((mass, panel) => mass + panel.mass, 0);
}

function refine(
  f: (u: number) => number,
  from: number,
  to: number,
  tolerance: number,
  depth: number,
  budget: { panels: number },
): Panel[] {
  const { value, error } = kronrod(f, from, to);
  if (--budget.panels < 0) {
    throw new RangeError(
      `density: too rough to integrate near u = ${from}; a density is smooth but for a few kinks`,
    );
  }
  if (error <= tolerance || error <= value * 1e-15 || depth === DEEPEST) return [{ from, to, mass: value }];
  const middle = (from + to) / 2;
  return [
    ...refine(f, from, middle, tolerance, depth + 1, budget),
    ...refine(f, middle, to, tolerance, depth + 1, budget),
  ];
}

/** Walks the panels to the one that holds the target, then solves inside it. */
function locate(
  f: (u: number) => number,
  panels: readonly Panel[],
  target: number,
  fromAbove: boolean,
): number {
  let before = 0;
  for (const panel of panels) {
    if (before + panel.mass >= target && panel.mass > 0) return solve(f, panel, target - before, fromAbove);
    before += panel.mass;
  }
  const last = panels.findLast(({ mass }) => mass > 0)!;
  return fromAbove ? last.from : last.to;
}

/** Newton on the mass between the panel's near end and u, held inside a shrinking bracket by halving. */
function solve(f: (u: number) => number, panel: Panel, target: number, fromAbove: boolean): number {
  const massTo = (u: number) => (fromAbove ? kronrod(f, u, panel.to) : kronrod(f, panel.from, u)).value;
  let { from, to } = panel;
  let u = fromAbove ? to - ((to - from) * target) / panel.mass : from + ((to - from) * target) / panel.mass;
  for (let step = 0; step < 100; step++) {
    const excess = massTo(u) - target;
    if (excess > 0 === fromAbove) from = u;
    else to = u;
    const newton = u - ((fromAbove ? -1 : 1) * excess) / f(u);
    const next = newton > from && newton < to ? newton : excess === 0 ? u : (from + to) / 2;
    if (Math.abs(next - u) <= 1e-16 * Math.abs(u) || next === u) return next;
    u = next;
  }
  return u;
}

function kronrod(f: (u: number) => number, from: number, to: number): { value: number; error: number } {
  const centre = (from + to) / 2;
  const half = (to - from) / 2;
  const middle = f(centre);
  let wide = middle * KRONROD_WEIGHTS[7]!;
  let narrow = middle * GAUSS_WEIGHTS[3]!;
  for (let i = 0; i < 7; i++) {
    const both = f(centre - half * NODES[i]!) + f(centre + half * NODES[i]!);
    wide += both * KRONROD_WEIGHTS[i]!;
    if (i % 2 === 1) narrow += both * GAUSS_WEIGHTS[(i - 1) / 2]!;
  }
  return { value: wide * half, error: Math.abs((wide - narrow) * half) };
}

const NODES = [
  0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945, 0.5860872354676911,
  0.4058451513773972, 0.20778495500789848,
];
const KRONROD_WEIGHTS = [
  0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592, 0.1690047266392679,
  0.19035057806478542, 0.20443294007529889, 0.20948214108472782,
];
const GAUSS_WEIGHTS = [0.1294849661688697, 0.27970539148927664, 0.3818300505051189, 0.4179591836734694];
