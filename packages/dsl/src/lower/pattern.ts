/**
 * Patterns: the axes on the left split the natural order, the right side says in which order they are stored.
 * Checks names only; that the sizes fit the entries is the bit plan's to say.
 * Specification: docs/design/language.md, "Layout".
 */
import type { Pattern } from '@fewerbits/format';
import type { Axis, Pattern as PatternNode } from '../ast.ts';
import { evaluateWhole } from '../constant.ts';
import { type Context, mark } from './context.ts';
import { lowerSize } from './expression.ts';

/** Most copies of an entry. */
const MOST_COPIES = 256;

/** Lowers a pattern; axes that do not match are reported. */
export function lowerPattern(pattern: PatternNode, context: Context): Pattern {
  const { report } = context.names;
  const left = axesByName(pattern.from, context);
  const right = axesByName(pattern.to, context);
  const open = pattern.from.filter((axis) => axis.size === null && axis.name.text !== 'bit');
  if (open.length > 1) {
    report(
      'axes',
      open[1]!.span,
      `two axes without a size, \`${open[0]!.name.text}\` and \`${open[1]!.name.text}\`, cannot both be found`,
      'give one of them its size: `name:4`',
    );
  }
  for (const axis of pattern.from) {
    if (axis.reversed) report('axes', axis.span, 'an axis is turned round where it is stored, on the right');
    if (!right.has(axis.name.text)) {
      report('axes', axis.span, `the axis \`${axis.name.text}\` is not stored: it is missing on the right`);
    }
  }
  for (const axis of pattern.to) {
    const name = axis.name.text;
    if (!left.has(name) && axis.size === null) {
      report(
        'axes',
        axis.span,
        `the axis \`${name}\` is not on the left`,
        'an axis of copies needs a size: `copy:2`',
      );
    }
    if (left.has(name) && axis.size !== null) {
      report('axes', axis.span, `the size of \`${name}\` belongs on the left`);
    }
  }
  const size = (axis: Axis) =>
    axis.size === null ? null : lowerSize(axis.size, 'the size of an axis', 1, context);
  for (const axis of pattern.to) {
    if (axis.size !== null && !left.has(axis.name.text))
      evaluateWhole(axis.size, context.names, 'the number of copies', 1, MOST_COPIES);
  }
  const lowered: Pattern = {
    from: pattern.from.map((axis) => ({ axis: axis.name.text, size: size(axis) })),
    to: pattern.to.map((axis) => ({ axis: axis.name.text, size: size(axis), reversed: axis.reversed })),
    ...(pattern.padded ? { tail: 'pad' as const } : {}),
  };
  if (pattern.padded && open.length === 0) {
    report(
      'axes',
      pattern.span,
      'an axis without a size is what `tail pad` rounds up, and all sizes are said here',
    );
  }
  return mark(lowered, pattern.span, context);
}

function axesByName(axes: readonly Axis[], { names }: Context): Set<string> {
  const seen = new Set<string>();
  for (const axis of axes) {
    if (seen.has(axis.name.text))
      names.report('axes', axis.span, `the axis \`${axis.name.text}\` stands twice on one side`);
    seen.add(axis.name.text);
  }
  return seen;
}
