/**
 * One tensor under every contender: encode, decode, measure.
 *
 * Takes codecs and numbers; files, targets, threads and printing belong to the caller. Errors follow docs/design/numerics.md §2.1.
 */
import { type ErrorResult, errorAccumulator, quantile } from '@fewerbits/measure';
import { type Contender, type Row, relativeErrorOf, sqnrOf, type TensorRows } from './rows.ts';
import { storedBits } from './stored-codes.ts';

/** What may be said about how to encode. */
export interface CompareOptions {
  /** Mean squared activation of each column, which fits that use importances get. Errors are never weighted by it. */
  readonly importance?: ArrayLike<number>;
}

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

function measure(tensor: TensorRows, contender: Contender, { importance }: CompareOptions): Row {
  const { label, codec, fit, sharedBytesPerWeight = 0 } = contender;
  const { name, data, rows, cols } = tensor;
  if (data.length === 0) throw new RangeError('the tensor has no weights');
  const shape = [rows, cols];
  const packed = codec.encode(data, {
    shape,
    name,
    ...(fit === undefined ? {} : { fit }),
    ...(importance === undefined ? {} : { importance }),
  });
  const errors = errorAccumulator({ bins: true });
  errors.add(data, codec.decode(packed));
  const result = errors.result();
  if (result.nonFinite > 0)
    throw new RangeError(`${result.nonFinite} weights are not finite or did not come back finite`);
  const streams = Object.values(packed.streams).reduce((sum, stream) => sum + stream.length, 0);
  const { idealCodeBits, otherBits, tableBits } = storedBits(codec.format, codec.unpack(packed));
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
