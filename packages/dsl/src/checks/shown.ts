/** A stream that a container shows as words has as many bits as they do. docs/design/language.md, "Layout". */
import { type Format, type MatrixShape, planLayout, probeShape, type Size, sizeOf } from '@fewerbits/format';
import { preludeNumber, resolveNumber } from '@fewerbits/numerics';
import { type Check, findings } from './checked.ts';

/** Sides that words of 64 bits and the usual divisions of a shape divide. */
const ROUND = 64;

/** Reports streams whose `as` says another number of bits, or a type that is none. */
export const checkShown: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    if (!format.layout.some((stream) => stream.shown !== null)) return;
    const shape = roundShape(format);
    const stored = shape === null ? null : planLayout(format, shape, { outliers: 0 }).streams;
    for (const stream of format.layout) {
      if (stream.shown === null) continue;
      const { dtype, dims } = stream.shown;
      const type = preludeNumber(dtype);
      if (type === undefined) {
        report(
          'unknown-word',
          stream,
          `\`${dtype}\` is no type that a container shows`,
          'write a number of the prelude, such as `i32` or `f16`',
        );
        continue;
      }
      const bits = stored?.find((other) => other.name === stream.name)?.bits;
      const entries = shape === null ? null : product(dims, shape);
      if (bits === undefined || entries === null) continue;
      const shown = entries * resolveNumber(type).bits;
      if (shown === bits) continue;
      report(
        'whole-bytes',
        stream,
        `\`${stream.name}\` is shown as ${shown} bits where ${bits} are stored (${shape!.rows} rows, ${shape!.cols} columns)`,
      );
    }
  });

function roundShape(format: Format): MatrixShape | null {
  try {
    const { rows, cols } = probeShape(format);
    return { rows: format.view === 'flat' ? 1 : rows * ROUND, cols: cols * ROUND };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The product of dimensions for a shape; null where one is not whole there. */
function product(dims: readonly Size[], shape: MatrixShape): number | null {
  try {
    return dims.reduce<number>((all, dim) => all * sizeOf(dim, shape), 1);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
