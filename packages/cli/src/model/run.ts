/**
 * How the codecs of a verb run, and one tensor of a model decoded so.
 */
import { type Decodable, weightsOf } from '@fewerbits/modelfile';
import { fromRows } from '@fewerbits/tensorfile';
import { sharedFloats } from '@fewerbits/workers';
import { asRefusal } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { decodeOne } from '../one-codec.ts';
import { jobsOption, targetOption } from '../option-values.ts';
import type { Target } from '../target.ts';

/** What a verb was told. */
export interface Running {
  readonly context: Context;
  /** null: the fastest. */
  readonly target: Target | null;
  readonly threads: number;
}

/** From the options of a verb. @throws InputError */
export function runningOf(context: Context, options: Options): Running {
  return { context, target: targetOption(options), threads: jobsOption(options) };
}

/**
 * The weights of an encoded tensor, row-major in its own shape.
 * @throws InputError for streams that are damaged, TensorFileError, or the signal's reason.
 */
export async function decodeModelTensor(
  { context, target, threads }: Running,
  tensor: Decodable,
): Promise<Float32Array> {
  const { name, shape, axis, format, models } = tensor;
  const packed = await tensor.readPacked();
  const start = { format, target, models };
  const rows = await decodeOne(context, start, packed, sharedFloats(weightsOf(shape)), threads).catch(
    (error: unknown) => {
      throw asRefusal(name, error);
    },
  );
  context.signal.throwIfAborted();
  return fromRows(rows, shape, axis);
}
