/**
 * Layouts as text: each pair of braces on one line where it fits, else a line for each item.
 * Specification: docs/design/language.md, "Layout".
 */
import type { Item, Pattern, Stream } from '@fewerbits/format';
import { type ExpressionText, primarySizeText, sizeText } from './expression.ts';

const WIDTH = 100;

/** The `layout { … }` of a format as lines. */
export function layoutLines(streams: readonly Stream[], names: ExpressionText): string[] {
  const only = streams.length === 1 && streams[0]!.name === '' ? streams[0]! : null;
  const blocks =
    only === null ? streams.map((stream) => streamBlock(stream, names)) : itemBlocks(only.items, names);
  return lines({ head: 'layout', items: blocks, tail: '' }, 2);
}

/** Items in braces with what stands before and after, or a plain item. */
type Block = string | { readonly head: string; readonly items: readonly Block[]; readonly tail: string };

function streamBlock({ name, shown, items }: Stream, names: ExpressionText): Block {
  const as =
    shown === null ? '' : ` as ${shown.dtype}[${shown.dims.map((dim) => sizeText(dim, names)).join(', ')}]`;
  return { head: `stream ${name}${as}`, items: itemBlocks(items, names), tail: '' };
}

function itemBlocks(items: readonly Item[], names: ExpressionText): Block[] {
  return items.map((item) => itemBlock(item, names));
}

function itemBlock(item: Item, names: ExpressionText): Block {
  switch (item.item) {
    case 'scope':
      return { head: item.scope, items: itemBlocks(item.items, names), tail: '' };
    case 'words': {
      const head = `words ${item.bits}${item.msb ? ' msb' : ''}${item.whole ? ' whole' : ''}`;
      const tail = item.pattern === null ? '' : `: ${patternText(item.pattern, names)}`;
      return { head, items: itemBlocks(item.items, names), tail };
    }
    case 'zip':
      return `zip(${itemBlocks(item.items, names).map(oneLine).join(', ')})`;
    case 'pad':
    case 'align':
      return `${item.item} ${item.bits}`;
    case 'field': {
      const entries =
        item.entries === null
          ? ''
          : `[${sizeText(item.entries[0], names)}..${sizeText(item.entries[1], names)}]`;
      const bits = item.bits === null ? '' : ` bits ${item.bits[0]}..${item.bits[1]}`;
      const pattern = item.pattern === null ? '' : `: ${patternText(item.pattern, names)}`;
      return `${item.field}${entries}${bits}${pattern}${radixText(item.radix)}`;
    }
  }
}

function radixText(radix: Extract<Item, { item: 'field' }>['radix']): string {
  if (radix === null) return '';
  const order = radix.order === 'low' ? '' : `${radix.order} `;
  return ` radix ${order}${radix.digits} in ${radix.bits}`;
}

/** A pattern as text: `(half:2 i) -> (i half)`. */
export function patternText({ from, to, tail }: Pattern, names: ExpressionText): string {
  const size = (value: Pattern['from'][number]['size']): string =>
    value === null ? '' : `:${primarySizeText(value, names)}`;
  const left = from.map((axis) => `${axis.axis}${size(axis.size)}`);
  const right = to.map((axis) => `${axis.reversed ? '-' : ''}${axis.axis}${size(axis.size)}`);
  return `(${left.join(' ')}) -> (${right.join(' ')})${tail === 'pad' ? ' tail pad' : ''}`;
}

function oneLine(block: Block): string {
  if (typeof block === 'string') return block;
  const inner = block.items.map(oneLine).join(', ');
  return `${block.head} {${inner === '' ? '' : ` ${inner} `}}${block.tail}`;
}

function lines(block: Block, indent: number): string[] {
  const flat = oneLine(block);
  const hasStreams =
    typeof block !== 'string' &&
    block.items.some((item) => typeof item !== 'string' && item.head.startsWith('stream '));
  if (typeof block === 'string' || (!hasStreams && flat.length + indent <= WIDTH)) return [flat];
  const body = block.items.flatMap((item) => lines(item, indent + 2));
  return [`${block.head} {`, ...body.map((line) => `  ${line}`), `}${block.tail}`];
}
