/**
 * What the bits of an encoded tensor are spent on: the weights' codes, tables, and everything else.
 *
 * Reads codes and the plan's table of fields; no bytes, no data. Which fields are codes follows docs/design/language.md, "Fit".
 */
import {
  type Fields,
  type Format,
  isCode,
  matrixShape,
  planLayout,
  type StoredField,
} from '@fewerbits/format';
import { addCodes, type CodeHistogram, codeHistogram, idealBits } from '@fewerbits/measure';

/** Bits of one encoded tensor. */
export interface StoredBits {
  /** Bits that an ideal order-0 coder would spend on the codes. */
  readonly idealCodeBits: number;
  /** Bits of all other fields as they are stored, without padding. */
  readonly otherBits: number;
  /** Of the fields of the whole tensor that are arrays. */
  readonly tableBits: number;
}

/**
 * Names of the fields that hold the weights' codes: those of single weights, and fields without a fit in a scope that has none inside
 * (vector codes, their signs). A format without such fields has none.
 */
export function codeFields(format: Format): ReadonlySet<string> {
  const codes = format.fields.filter(
    (field) => isCode(field, format) && (field.scope === 'each' || field.fit === null),
  );
  return new Set(codes.map((field) => field.name));
}

/** Counts the bits of a tensor from its codes. */
export function storedBits(format: Format, fields: Fields): StoredBits {
  const counter = storedBitsCounter(format);
  counter.add(fields);
  return counter.result();
}

/** Counts the bits of a tensor whose rows come in bands; `result` is that of the whole. */
export function storedBitsCounter(format: Format): { add(fields: Fields): void; result(): StoredBits } {
  const codes = codeFields(format);
  const histograms = new Map<string, CodeHistogram>();
  let otherBits = 0;
  let tableBits = 0;
  return {
    add: (fields) => {
      const outliers = outlierCount(format, fields);
      const plan = planLayout(format, matrixShape(format.view, fields.shape), { outliers });
      otherBits += fields.kept.length * 32;
      for (const stored of plan.fields) {
        const entries = fields.codes[stored.name];
        if (entries === undefined) continue;
        if (codes.has(stored.name) || stored.coded) {
          // A grid has no width: its codes are any integers.
          const bounded = stored.bits !== null && stored.bits > 0 && stored.bits <= 16;
          const histogram = histograms.get(stored.name) ?? codeHistogram(bounded ? 2 ** stored.bits : null);
          histograms.set(stored.name, histogram);
          addCodes(histogram, entries);
          continue;
        }
        const bits = widthOf(stored, entries.length);
        otherBits += bits;
        if (stored.tiling.scope === 'tensor' && stored.dims.length > 0) tableBits += bits;
      }
    },
    result: () => {
      let idealCodeBits = 0;
      for (const histogram of histograms.values()) idealCodeBits += idealBits(histogram);
      return { idealCodeBits, otherBits, tableBits };
    },
  };
}

/** How many weights, rows or columns are stored apart. */
function outlierCount({ outliers }: Format, { codes }: Fields): number {
  const counted = outliers?.index.kind === 'bitmap' ? 'outliers.value' : 'outliers.index';
  return codes[counted]?.length ?? 0;
}

function widthOf(field: StoredField, entries: number): number {
  if (field.bits !== null) return field.bits * entries;
  let bits = 0;
  for (let entry = 0; entry < entries; entry++) bits += field.numberAt(entry).bits;
  return bits;
}
