/**
 * Layouts: streams and items with their names resolved and their sizes evaluated. Where each bit comes to lie, and
 * whether each does once, is the bit plan's to say.
 * Specification: docs/design/language.md, "Layout".
 */
import {
  type Field,
  type FieldItem,
  type Item,
  type Outliers,
  outlierStreams,
  type Stream,
  storedFieldNames,
} from '@fewerbits/format';
import type { Item as ItemNode, NumberLiteral } from '../ast.ts';
import { evaluateWhole } from '../constant.ts';
import { suggestion } from '../names.ts';
import { type Context, contextOf, isScope, mark, scopeNames, type Work } from './context.ts';
import { lowerSize } from './expression.ts';
import { lowerPattern } from './pattern.ts';

type Names = readonly string[];

/** The streams that a format writes, or null if it writes none and has the default. */
export function lowerLayout(
  work: Work,
  fields: readonly Field[],
  outliers: Outliers | null,
): Stream[] | null {
  const { layout } = work.flat;
  if (layout === null) return null;
  const context = contextOf(work, layout, 'size');
  const stored = [...storedFieldNames(fields), ...outlierStreams(outliers)];
  const streams = layout.items.filter((item) => item.kind === 'stream');
  if (streams.length === 0) {
    return [
      mark(
        { name: '', shown: null, items: lowerItems(layout.items, stored, context) },
        layout.place.span,
        context,
      ),
    ];
  }
  const loose = layout.items.find((item) => item.kind !== 'stream');
  if (loose !== undefined) {
    context.names.report(
      'mixed-streams',
      loose.span,
      'this stands beside streams and in none of them',
      'a layout holds streams, or is one stream without a name',
    );
  }
  const seen = new Set<string>();
  return streams.map((stream) => {
    const name = stream.name.text;
    if (seen.has(name))
      context.names.report('duplicate-name', stream.name.span, `there are two streams called \`${name}\``);
    seen.add(name);
    const shown =
      stream.shown === null
        ? null
        : {
            dtype: stream.shown.dtype.text,
            dims: stream.shown.dims.map((dim) => lowerSize(dim, 'a dimension', 1, context)),
          };
    return mark({ name, shown, items: lowerItems(stream.items, stored, context) }, stream.span, context);
  });
}

function lowerItems(items: readonly ItemNode[], stored: Names, context: Context): Item[] {
  return items.flatMap((item) => {
    const lowered = lowerItem(item, stored, context);
    return lowered === null ? [] : [mark(lowered, item.span, context)];
  });
}

function lowerItem(item: ItemNode, stored: Names, context: Context): Item | null {
  const { report } = context.names;
  const pattern = (node: Extract<ItemNode, { kind: 'words' | 'field' }>) =>
    node.pattern === null ? null : lowerPattern(node.pattern, context);
  switch (item.kind) {
    case 'stream':
      report('mixed-streams', item.span, 'a stream stands at the top of a layout and not inside anything');
      return null;
    case 'words': {
      const bits = bitCount(item.bits, 'a word', 64, context);
      const items = lowerItems(item.items, stored, context);
      return { item: 'words', bits, msb: item.msb, whole: item.whole, items, pattern: pattern(item) };
    }
    case 'zip':
      return { item: 'zip', items: lowerItems(item.items, stored, context) };
    case 'pad':
    case 'align':
      return {
        item: item.kind,
        bits: bitCount(item.bits, item.kind === 'pad' ? 'padding' : 'alignment', 2 ** 16, context),
      };
    case 'group': {
      const scope = item.scope.text;
      if (!isScope(context.work.flat, scope)) {
        report(
          'unknown-scope',
          item.scope.span,
          `there is no scope \`${scope}\``,
          suggestion(scope, scopeNames(context.work.flat)),
        );
        return null;
      }
      return { item: 'scope', scope, items: lowerItems(item.items, stored, context) };
    }
    case 'field':
      return lowerFieldItem(item, stored, context);
  }
}

function bitCount(literal: NumberLiteral, what: string, most: number, { names }: Context): number {
  if (Number.isInteger(literal.value) && literal.value >= 1 && literal.value <= most) return literal.value;
  names.report('out-of-range', literal.span, `${what} has 1 to ${most} bits, and this says ${literal.text}`);
  return 8;
}

function lowerFieldItem(
  item: Extract<ItemNode, { kind: 'field' }>,
  stored: Names,
  context: Context,
): FieldItem | null {
  const { names } = context;
  const path = item.path.map((part) => part.text).join('.');
  if (!stored.includes(path)) {
    const parts = stored.filter((name) => name.startsWith(`${path}.`));
    const message =
      parts.length > 0
        ? `\`${path}\` is stored in parts: ${parts.map((part) => `\`${part}\``).join(', ')}`
        : `nothing stored is called \`${path}\``;
    names.report('unknown-name', item.span, message, parts.length > 0 ? undefined : suggestion(path, stored));
    return null;
  }
  const bits = item.bits === null ? null : item.bits.map((end) => evaluateWhole(end, names, 'a bit', 0, 64));
  if (bits?.every((end) => end !== null) && bits[0]! >= bits[1]!) {
    names.report('out-of-range', item.span, `the range ${bits[0]}..${bits[1]} holds no bits`);
  }
  const [low, high] = bits ?? [];
  return {
    item: 'field',
    field: path,
    entries:
      item.entries === null
        ? null
        : [
            lowerSize(item.entries[0], 'an entry', 0, context),
            lowerSize(item.entries[1], 'an entry', 1, context),
          ],
    bits: bits === null ? null : [low ?? 0, high ?? 1],
    pattern: item.pattern === null ? null : lowerPattern(item.pattern, context),
    radix:
      item.radix === null
        ? null
        : {
            digits: bitCount(item.radix.digits, 'a group of digits', 64, context),
            bits: bitCount(item.radix.bits, 'a group of digits', 53, context),
            order: item.radix.order,
          },
  };
}
