/**
 * Maximum-likelihood fits of Normal, Laplace and Student-t laws around zero to weights.
 *
 * Follows docs/design/numerics.md §2.6: the Student-t scale for each df of a grid by its EM fixed point, best mean log-likelihood wins, here
 * refined between its neighbours by golden section. Fits see magnitudes with counts: the logarithmic bins of a
 * `MagnitudeHistogram` (a tensor of any size, once, at no cost that grows with it), or the values themselves.
 */
import { type Law, laplace, normal, studentT } from '@fewerbits/numerics';
import { binMiddle, type MagnitudeHistogram } from './quantiles.ts';

/** A law with how well it goes with the data. */
export interface FittedLaw {
  /** The law around zero at its fitted scale, in the unit of the data. */
  readonly law: Law;
  /** Degrees of freedom of a Student-t; `null` for the others. */
  readonly df: number | null;
  /** Normal: standard deviation; Laplace: mean magnitude; Student-t: the factor of the unit-scale t. */
  readonly scale: number;
  /** Mean of ln p(x) over the data, in nats; −Infinity where so many of the data are zero that no scale is the likeliest. */
  readonly meanLogLikelihood: number;
}

/** The three fits and the best of them; a tie goes to the one named first. */
export interface FittedLaws {
  readonly normal: FittedLaw;
  readonly laplace: FittedLaw;
  readonly studentT: FittedLaw;
  readonly best: FittedLaw;
}

export interface StudentTOptions {
  /** Degrees of freedom to try, ascending; §2.6's without. */
  readonly grid?: readonly number[];
  /** Relative change of the scale at which its fixed point counts as reached. */
  readonly tolerance?: number;
  /** Search between the neighbours of the grid's best too. */
  readonly refine?: boolean;
}

/** The degrees of freedom of §2.6: 1, 1.5 … 9.5, 10, 12 … 18, 20, 30 … 100. */
export const DF_GRID: readonly number[] = [
  ...Array.from({ length: 18 }, (_, i) => 1 + i / 2),
  ...[10, 12, 14, 16, 18],
  ...Array.from({ length: 9 }, (_, i) => 20 + 10 * i),
];

const MOST_ITERATIONS = 10_000;
/** Golden section narrows ln df to this; the likelihood is flat to rounding there. */
const LOG_DF_TOLERANCE = 1e-4;

/** Distinct magnitudes and how often each occurs, sums of counts in `total`. */
interface Sample {
  readonly magnitudes: Float64Array;
  readonly counts: Float64Array;
  readonly total: number;
}

type Data = MagnitudeHistogram | Float32Array | Float64Array;

/**
 * Fits all three laws. A histogram stands for its magnitudes by the middles of its bins, which moves scales (relatively) and
 * log-likelihoods by about 1e-4; arrays are fitted exactly.
 * @throws RangeError for data without a nonzero value, and for NaN or ±Inf in an array (a histogram counts them apart).
 */
export function fitDistribution(data: Data, options: StudentTOptions = {}): FittedLaws {
  const sample = sampleOf(data);
  const fits = {
    normal: normalFit(sample),
    laplace: laplaceFit(sample),
    studentT: studentTFit(sample, options),
  };
  const best = Object.values(fits).reduce((a, b) => (b.meanLogLikelihood > a.meanLogLikelihood ? b : a));
  return { ...fits, best };
}

/**
 * The Student-t fit alone.
 * @throws RangeError as `fitDistribution`, and for an empty grid, a df that is not positive, or a tolerance that is not.
 */
export function fitStudentT(data: Data, options: StudentTOptions = {}): FittedLaw {
  return studentTFit(sampleOf(data), options);
}

function sampleOf(data: Data): Sample {
  const sample = 'counts' in data ? histogramSample(data) : arraySample(data);
  if (!sample.magnitudes.some((magnitude) => magnitude > 0)) {
    throw new RangeError('data: has no nonzero finite value, so no law has a scale for it');
  }
  return sample;
}

function histogramSample(h: MagnitudeHistogram): Sample {
  const filled = [...h.counts.keys()].filter((i) => h.counts[i]! > 0);
  const magnitudes = Float64Array.from([0, ...filled.map(binMiddle)]);
  const counts = Float64Array.from([h.zeros, ...filled.map((i) => h.counts[i]!)]);
  return { magnitudes, counts, total: h.total };
}

function arraySample(x: Float32Array | Float64Array): Sample {
  const magnitudes = Float64Array.from(x, (value, i) => {
    if (!Number.isFinite(value)) throw new RangeError(`data: data[${i}] is ${value}; leave it out first`);
    return Math.abs(value);
  });
  return { magnitudes, counts: new Float64Array(x.length).fill(1), total: x.length };
}

function normalFit(sample: Sample): FittedLaw {
  const scale = rms(sample);
  const law = normal(scale);
  return { law, df: null, scale, meanLogLikelihood: Math.log(law.pdf(0)) - 0.5 };
}

function laplaceFit({ magnitudes, counts, total }: Sample): FittedLaw {
  let sum = 0;
  for (let i = 0; i < magnitudes.length; i++) sum += counts[i]! * magnitudes[i]!;
  const scale = sum / total;
  const law = laplace(scale);
  return { law, df: null, scale, meanLogLikelihood: Math.log(law.pdf(0)) - 1 };
}

function studentTFit(sample: Sample, options: StudentTOptions): FittedLaw {
  const { grid = DF_GRID, tolerance = 1e-9, refine = true } = options;
  const ascending = grid.every((df, i) => df > 0 && df < Infinity && (i === 0 || df > grid[i - 1]!));
  if (grid.length === 0 || !ascending) {
    throw new RangeError('grid: degrees of freedom are positive and ascend, at least one');
  }
  if (!(tolerance > 0 && tolerance < 1)) throw new RangeError(`tolerance: lies in (0, 1), not ${tolerance}`);
  const fits = grid.map((df) => fitAtDf(sample, df, tolerance));
  let at = 0;
  for (let i = 1; i < fits.length; i++) {
    if (fits[i]!.meanLogLikelihood > fits[at]!.meanLogLikelihood) at = i;
  }
  if (!refine) return fits[at]!;
  const low = Math.log(grid[Math.max(0, at - 1)]!);
  const high = Math.log(grid[Math.min(grid.length - 1, at + 1)]!);
  const refined = goldenSection((logDf) => fitAtDf(sample, Math.exp(logDf), tolerance), low, high);
  return refined.meanLogLikelihood > fits[at]!.meanLogLikelihood ? refined : fits[at]!;
}

/** s² ← mean(w x²) with w = (ν+1)s² / (x² + νs²), from w = 1; then the likelihood at that scale. */
function fitAtDf(sample: Sample, df: number, tolerance: number): FittedLaw {
  const { magnitudes, counts, total } = sample;
  let scale = rms(sample);
  for (let k = 0; ; k++) {
    let sum = 0;
    for (let i = 0; i < magnitudes.length; i++) {
      const square = magnitudes[i]! ** 2;
      sum += (counts[i]! * square * (df + 1) * scale ** 2) / (square + df * scale ** 2);
    }
    const next = Math.sqrt(sum / total);
    const change = Math.abs(next - scale) / scale;
    scale = next;
    if (change < tolerance) break;
    // Where more than 1/(df+1) of the data are zeros the likelihood grows without bound as the scale shrinks.
    if (k === MOST_ITERATIONS || !(scale > 1e-150)) {
      return { law: studentT(df, scale), df, scale, meanLogLikelihood: -Infinity };
    }
  }
  const law = studentT(df, scale);
  let sum = 0;
  for (let i = 0; i < magnitudes.length; i++) {
    sum += counts[i]! * Math.log1p((magnitudes[i]! / scale) ** 2 / df);
  }
  const meanLogLikelihood = Math.log(law.pdf(0)) - ((df + 1) / 2) * (sum / total);
  return { law, df, scale, meanLogLikelihood };
}

/** The best fit on [low, high], where the likelihood has one maximum (it has over ln df near the best of a grid). */
function goldenSection(fit: (logDf: number) => FittedLaw, low: number, high: number): FittedLaw {
  const part = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [x1, x2] = [b - part * (b - a), a + part * (b - a)];
  let [f1, f2] = [fit(x1), fit(x2)];
  while (b - a > LOG_DF_TOLERANCE) {
    if (f1.meanLogLikelihood >= f2.meanLogLikelihood) {
      [b, x2, f2] = [x2, x1, f1];
      x1 = b - part * (b - a);
      f1 = fit(x1);
    } else {
      [a, x1, f1] = [x1, x2, f2];
      x2 = a + part * (b - a);
      f2 = fit(x2);
    }
  }
  return f1.meanLogLikelihood >= f2.meanLogLikelihood ? f1 : f2;
}

function rms({ magnitudes, counts, total }: Sample): number {
  let sum = 0;
  for (let i = 0; i < magnitudes.length; i++) sum += counts[i]! * magnitudes[i]! ** 2;
  return Math.sqrt(sum / total);
}
