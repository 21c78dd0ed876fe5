/**
 * One tensor under every contender: encode, decode, measure.
 *
 * Takes codecs and numbers; files, targets, threads and printing belong to the caller. Errors follow docs/design/numerics.md §2.1.
 */
import { type ErrorResult, errorAccumulator, quantile } from '@fewerbits/measure';
import { type Contender, type Row, relativeErrorOf, sqnrOf, type TensorRows } from './rows.ts';
import { storedBitsCounter } from './stored-codes.ts';

/** What may be said about how to encode. */
export interface CompareOptions {
  /** Mean squared activation of each column, which fits that use importances get. Errors are never weighted by it. */
  readonly importance?: ArrayLike<number>;
  /** Runs each part of the work, so that a caller with a clock can say where time goes. */
  readonly part?: <T>(part: ComparePart, run: () => T) => T;
}

/** What one format on one tensor takes. */
export type ComparePart = 'encode' | 'decode' | 'measure';

/**
 * A row for each contender, in their order. A contender that cannot take the tensor (a row that its block does not divide, a weight that
 * is not finite, a scale that overflows) gets a row with the reason; anything else that goes wrong is thrown.
 */
export function compareTensor(
  tensor: TensorRows,
  contenders: readonly Contender[],
  options: CompareOptions = {},
): Row[] {
  return contenders.map((contender) => compareOne(tensor, contender, options));
}

function compareOne(tensor: TensorRows, contender: Contender, options: CompareOptions): Row {
  const { name, data, rows, cols } = tensor;
  try {
    return measure(tensor, contender, options);
  } catch (error) {
    // Codecs refuse what they cannot take with these two; a bug must not look like a refusal.
    if (!(error instanceof RangeError)) throw error;
    if (data.length !== rows * cols) throw error;
    // The row names the format already.
    const own = `${contender.codec.format.name}: `;
    const failure = error.message.startsWith(own) ? error.message.slice(own.length) : error.message;
    return { tensor: name, format: contender.label, weights: data.length, failure };
  }
}

function measure(tensor: TensorRows, contender: Contender, options: CompareOptions): Row {
  const { data, rows, cols } = tensor;
  if (data.length === 0) throw new RangeError('the tensor has no weights');
  const whole = [{ first: 0, end: rows }];
  const bands = contender.bands?.(rows, cols) ?? whole;
  if (bands.length < 2) return measureBands(tensor, contender, options, whole);
  try {
    return measureBands(tensor, contender, options, bands);
  } catch (error) {
    // A refusal names places in the tensor, which a band does not know.
    if (error instanceof RangeError) return measureBands(tensor, contender, options, whole);
    throw error;
  }
}

function measureBands(
  { name, data, cols }: TensorRows,
  { label, codec, fit, sharedBytesPerWeight = 0 }: Contender,
  { importance, part = (_, run) => run() }: CompareOptions,
  bands: ReturnType<NonNullable<Contender['bands']>>,
): Row {
  const errors = errorAccumulator({ bins: true });
  const bits = storedBitsCounter(codec.format);
  let streams = 0;
  for (const { first, end } of bands) {
    const original = data.subarray(first * cols, end * cols);
    const packed = part('encode', () =>
      codec.encode(original, {
        shape: [end - first, cols],
        name,
        ...(fit === undefined ? {} : { fit }),
        ...(importance === undefined ? {} : { importance }),
      }),
    );
    const decoded = part('decode', () => codec.decode(packed));
    part('measure', () => {
      errors.add(original, decoded);
      bits.add(codec.unpack(packed));
    });
    for (const stream of Object.values(packed.streams)) streams += stream.length;
  }
  const result = errors.result();
  if (result.nonFinite > 0)
    throw new RangeError(`${result.nonFinite} weights are not finite or did not come back finite`);
  const { idealCodeBits, otherBits, tableBits } = bits.result();
  const weights = data.length;
  const bytes = streams + sharedBytesPerWeight * weights;
  const bitsPerParam = (8 * bytes) / weights;
  const squaredError = result.meanSquare * result.count;
  const squaredData = result.dataRms ** 2 * result.count;
  const relativeError = relativeErrorOf(squaredError, squaredData);
  return {
    tensor: name,
    format: label,
    weights,
    bytes,
    bitsPerParam,
    tableBytes: tableBits / 8,
    relativeError,
    sqnr: sqnrOf(relativeError),
    medianError: ofRms(quantile(result.bins!, 0.5), result),
    p95Error: ofRms(quantile(result.bins!, 0.95), result),
    maxError: ofRms(result.maxError, result),
    codeEntropy: idealCodeBits / weights,
    idealBits: (idealCodeBits + otherBits) / weights,
    scaledError: relativeError === null ? null : relativeError * 2 ** bitsPerParam,
    squaredError,
    squaredData,
  };
}

function ofRms(error: number, { dataRms }: ErrorResult): number {
  return dataRms === 0 ? 0 : error / dataRms;
}
