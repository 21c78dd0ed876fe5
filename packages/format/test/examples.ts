/** Formats that the tests of this package share, written with the builder. */
import { move, uint } from '@fewerbits/numerics';
import {
  absmax,
  block,
  buildFormat,
  div,
  each,
  type Format,
  field,
  mul,
  ref,
  signmax,
  tensor,
} from '../src/index.ts';
import type { FieldItem, Item, Pattern } from '../src/types.ts';

export function fieldItem(name: string, more: Partial<FieldItem> = {}): FieldItem {
  return { item: 'field', field: name, entries: null, bits: null, pattern: null, radix: null, ...more };
}

/** Reads `half:2 i -> i half`. */
export function pattern(text: string): Pattern {
  const [left, right] = text.split('->').map((side) =>
    side
      .trim()
      .split(/\s+/)
      .map((axis) => {
        const [name, size] = axis.replace('-', '').split(':');
        return {
          axis: name!,
          size: size === undefined ? null : Number(size),
          reversed: axis.startsWith('-'),
        };
      }),
  );
  return { from: left!.map(({ axis, size }) => ({ axis, size })), to: right! };
}

/** llama.cpp's Q4_0. */
export function q4_0(): Format {
  return buildFormat('q4_0', {
    body: [
      block('block', 32, [
        field('scale', 'f16', div(signmax(), -8)),
        each([field('code', move(uint(4), '-', 8))]),
      ]),
    ],
    value: mul(ref('scale'), ref('code')),
    layout: [
      {
        name: '',
        shown: null,
        items: [
          {
            item: 'scope',
            scope: 'block',
            items: [fieldItem('scale'), fieldItem('code', { pattern: pattern('half:2 i -> i half') })],
          },
        ],
      },
    ],
  });
}

/** Two streams, a tensor scale, blocks of 16, any tail. */
export function planar(tail: Format['tail'], items?: readonly Item[]): Format {
  return buildFormat('planar', {
    tail,
    body: [
      tensor([field('global', 'f32', absmax())]),
      block('block', 16, [field('scale', 'e4m3', div(absmax(), ref('global'))), each([field('code', 'u3')])]),
    ],
    value: mul(mul(ref('scale'), ref('global')), ref('code')),
    ...(items === undefined ? {} : { layout: [{ name: '', shown: null, items }] }),
  });
}
