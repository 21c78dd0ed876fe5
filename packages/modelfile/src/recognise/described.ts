/**
 * Files of fewerbits: the Format stands in the metadata. Specification: description.ts.
 */
import { readDescription } from '../description.ts';
import { type Findings, NOTHING, type Recogniser, type Seen } from './recogniser.ts';

export const described: Recogniser = {
  layout: 'fewerbits',
  recognise({ file, byName }: Seen): Findings {
    const description = readDescription(file.metadata, file.path);
    if (description === null) return NOTHING;
    const found = description.tensors.map(({ name, shape, axis, format, models, streams }) => ({
      name,
      shape,
      axis,
      axisReason: 'as it was encoded',
      format,
      models,
      // A format may leave a stream out where it would be empty, so only those that are there count; decoding misses the others.
      parts: Object.fromEntries(
        streams
          .filter((stored) => byName.has(stored.tensor))
          .map(({ stream, tensor }) => [stream, { tensor }]),
      ),
      beside: [],
    }));
    return { found, notes: [] };
  },
};
