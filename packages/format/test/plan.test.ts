import { int, uint } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  block,
  buildFormat,
  checkLayout,
  chooseField,
  each,
  encodedLength,
  type Format,
  field,
  formatFacts,
  type Item,
  type PlanOptions,
  planLayout,
  ref,
} from '../src/index.ts';
import { generateItems, PADDING, readBitRef } from '../src/plan/bits.ts';
import { storedFields } from '../src/plan/fields.ts';
import { geometry } from '../src/plan/geometry.ts';
import { fieldItem, pattern, planar, q4_0 } from './examples.ts';

/** Every stored bit of a plan as `field entry bit`, by stream and position; '-' is padding. */
function listBits(format: Format, rows: number, cols: number, options: PlanOptions = {}): string[][] {
  const plan = planLayout(format, { rows, cols }, options);
  return plan.streams.map((stream) => {
    const bits = new Array<string>(stream.bytes * 8).fill('-');
    for (const segment of stream.segments) {
      for (let k = 0; k < segment.repeat; k++) {
        for (const slot of segment.slots()) {
          const stored = plan.fields[slot.field]!;
          for (let b = 0; b < slot.width; b++) {
            const at = segment.start + k * segment.bits + slot.position + b;
            expect(bits[at], `bit ${at} is written once`).toBe('-');
            bits[at] = `${stored.name} ${segment.origin(stored, k) + slot.entry} ${slot.low + b}`;
          }
        }
      }
    }
    return bits;
  });
}

/** The bits of the first stream as `bits.ts` lists them one by one. */
function generated(format: Format, rows: number, cols: number, options: PlanOptions): string[] {
  const geo = geometry(format, { rows, cols });
  const fields = storedFields(format, geo, options);
  const context = {
    geometry: geo,
    fields: new Map(fields.map((stored) => [stored.name, stored])),
    radix: [],
    scopeBits: new Map(),
  };
  const whole = { top: 0, bottom: rows, left: 0, right: cols };
  const bits = generateItems(format.layout[0]!.items, whole, 0, context)
    .flat()
    .map((reference) => {
      if (reference === PADDING) return '-';
      const { field: id, entry, bit } = readBitRef(reference);
      return `${fields[id]!.name} ${entry} ${bit}`;
    });
  while (bits.length % 8 !== 0) bits.push('-');
  return bits;
}

/** Where two lists first differ: a quarter of a million bits are no message. */
function firstDifference(found: readonly string[], wanted: readonly string[]): string | null {
  if (found.length !== wanted.length) return `${found.length} bits, not ${wanted.length}`;
  const at = found.findIndex((bit, k) => bit !== wanted[k]);
  return at < 0 ? null : `bit ${at} is ${found[at]}, not ${wanted[at]}`;
}

describe('the plan of q4_0', () => {
  it('puts the scale first, then byte j = x[j] low, x[j + 16] high', () => {
    const [bits] = listBits(q4_0(), 1, 64);
    expect(bits).toHaveLength(36 * 8);
    for (let blockAt = 0; blockAt < 2; blockAt++) {
      const start = blockAt * 144;
      expect(bits![start]).toBe(`scale ${blockAt} 0`);
      expect(bits![start + 15]).toBe(`scale ${blockAt} 15`);
      for (let j = 0; j < 16; j++) {
        expect(bits![start + 16 + 8 * j]).toBe(`code ${32 * blockAt + j} 0`);
        expect(bits![start + 16 + 8 * j + 4]).toBe(`code ${32 * blockAt + j + 16} 0`);
      }
    }
  });

  it('has 18 bytes a block and 4.5 bits a weight', () => {
    const facts = formatFacts(q4_0());
    expect(facts.bitsPerParam).toBe(4.5);
    expect(facts.scopeBytes.block).toBe(18);
    expect(encodedLength(q4_0(), [3, 64])).toBe(3 * 2 * 18);
  });
});

describe('patterns, parts, words, zip and padding', () => {
  const layouts: [string, Item[]][] = [
    [
      'bits split and interleaved',
      [
        fieldItem('global'),
        {
          item: 'scope',
          scope: 'block',
          items: [
            fieldItem('code', { bits: [2, 3] }),
            fieldItem('scale'),
            fieldItem('code', { bits: [0, 2] }),
          ],
        },
      ],
    ],
    [
      'rows of blocks, aligned',
      [
        fieldItem('global'),
        { item: 'scope', scope: 'row', items: [fieldItem('code'), { item: 'align', bits: 32 }] },
        fieldItem('scale'),
      ],
    ],
    [
      'blocks aligned where they stand',
      [
        fieldItem('global'),
        { item: 'pad', bits: 3 },
        {
          item: 'scope',
          scope: 'block',
          items: [fieldItem('code'), { item: 'align', bits: 20 }, fieldItem('scale')],
        },
      ],
    ],
    [
      'bit planes',
      [
        fieldItem('global'),
        fieldItem('scale'),
        fieldItem('code', { pattern: pattern('p:2 q bit -> bit p q') }),
      ],
    ],
    [
      'words filled from the top',
      [
        { item: 'words', bits: 16, msb: true, whole: false, items: [fieldItem('code')], pattern: null },
        fieldItem('scale'),
        fieldItem('global'),
      ],
    ],
    [
      'whole words',
      [
        { item: 'words', bits: 8, msb: false, whole: true, items: [fieldItem('code')], pattern: null },
        fieldItem('scale'),
        { item: 'pad', bits: 5 },
        fieldItem('global'),
      ],
    ],
    [
      'zip',
      [
        fieldItem('global'),
        {
          item: 'scope',
          scope: 'block',
          items: [{ item: 'zip', items: [fieldItem('scale'), fieldItem('code'), { item: 'pad', bits: 8 }] }],
        },
      ],
    ],
    [
      'parts of a tile and a reversed axis',
      [
        {
          item: 'scope',
          scope: 'block',
          items: [
            fieldItem('code', { entries: [8, 16], pattern: pattern('a b:4 -> b -a') }),
            fieldItem('scale'),
            fieldItem('code', { entries: [0, 8] }),
          ],
        },
        fieldItem('global'),
      ],
    ],
  ];

  it.each(layouts)('%s: lengths by arithmetic equal the bits listed, on every shape', (_, items) => {
    const format = planar('error', items);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (rows, blocks) => {
        const shape = { rows, cols: blocks * 16 };
        const plan = planLayout(format, shape);
        const [bits] = listBits(format, shape.rows, shape.cols);
        expect(plan.streams[0]!.bytes * 8).toBe(bits!.length);
        const stored = bits!.filter((bit) => bit !== '-').length;
        expect(stored).toBe(32 + rows * blocks * 8 + rows * blocks * 16 * 3);
        expect(new Set(bits!.filter((bit) => bit !== '-')).size).toBe(stored);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('stores short tiles as short as they are', () => {
    const items: Item[] = [
      fieldItem('global'),
      { item: 'scope', scope: 'block', items: [fieldItem('scale'), fieldItem('code')] },
    ];
    const format = planar('short', items);
    for (const [rows, cols] of [
      [1, 17],
      [3, 5],
      [2, 33],
      [4, 32],
    ] as const) {
      const [bits] = listBits(format, rows, cols);
      const blocks = rows * Math.ceil(cols / 16);
      expect(bits!.filter((bit) => bit !== '-').length).toBe(32 + blocks * 8 + rows * cols * 3);
    }
  });

  it('pads and keeps ragged edges', () => {
    expect(encodedLength(planar('pad'), [2, 17])).toBe(4 + 4 + (2 * 32 * 3) / 8);
    expect(encodedLength(planar('keep'), [2, 17])).toBe(4 + 2 + (2 * 16 * 3) / 8 + 2 * 4);
    expect(() => encodedLength(planar('error'), [2, 17])).toThrow(
      /rows of 17 weights do not divide into blocks of 16/,
    );
  });

  it('has facts where groups are aligned', () => {
    const items: Item[] = [
      fieldItem('global'),
      {
        item: 'scope',
        scope: 'block',
        items: [fieldItem('scale'), fieldItem('code'), { item: 'align', bits: 32 }],
      },
    ];
    expect(formatFacts(planar('error', items)).bitsPerParam).toBe(64 / 16);
  });

  it('has a length for empty tensors', () => {
    for (const shape of [[0], [0, 16], [3, 0]]) expect(encodedLength(planar('error'), shape)).toBe(4);
  });
});

describe('the axis of bits', () => {
  const split = (size: number | null, to = 'bit i', from = 'i'): Format => {
    const bit = size === null ? 'bit' : `bit:${size}`;
    const nibble = fieldItem('code', { pattern: pattern(`${from} ${bit} -> ${to}`) });
    const items: Item[] = [{ item: 'scope', scope: 'block', items: [fieldItem('scale'), nibble] }];
    return { ...q4_0(), layout: [{ name: '', shown: null, items }] };
  };

  it('has the width of the entries, said or not, or an equal part of it; another size is refused', () => {
    expect(listBits(split(4), 1, 32)).toEqual(listBits(split(null), 1, 32));
    expect(listBits(split(2, 'i pair bit', 'i pair:2'), 1, 32)).toEqual(
      listBits(split(null, 'i bit'), 1, 32),
    );
    const [halves] = listBits(split(2, 'pair i bit', 'i pair:2'), 1, 32);
    expect(halves!.slice(16, 20)).toEqual(['code 0 0', 'code 0 1', 'code 1 0', 'code 1 1']);
    expect(halves!.slice(80, 84)).toEqual(['code 0 2', 'code 0 3', 'code 1 2', 'code 1 3']);
    expect(() => listBits(split(3), 1, 32)).toThrow(/over the 4 bits that code has here.*not over 3/);
  });
});

describe('checkLayout', () => {
  const check = (items: Item[]): string[] => {
    const good = planar('error');
    return checkLayout({ ...good, layout: [{ name: '', shown: null, items }] }).map(
      (problem) => `${problem.kind}: ${problem.message}`,
    );
  };

  it('accepts every bit once', () => {
    expect(checkLayout(q4_0())).toEqual([]);
  });

  it('names a bit that is stored never or twice', () => {
    expect(check([fieldItem('global'), fieldItem('scale'), fieldItem('code', { bits: [0, 2] })])[0]).toMatch(
      /never: bit 2 of code\[0\] is never stored/,
    );
    expect(
      check([fieldItem('global'), fieldItem('global'), fieldItem('scale'), fieldItem('code')])[0],
    ).toMatch(/twice: bit 0 of global is stored 2 times/);
  });

  it('names a field of a larger scope in a smaller group', () => {
    expect(check([{ item: 'scope', scope: 'block', items: [fieldItem('global')] }])[0]).toMatch(
      /global belongs to a larger scope/,
    );
  });

  it('rounds an axis up where the pattern says so, and only there', () => {
    const slabs = pattern('s:10 g -> g -s');
    const items = (tail?: 'pad'): Item[] => [
      fieldItem('global'),
      fieldItem('scale'),
      fieldItem('code', { pattern: tail === undefined ? slabs : { ...slabs, tail } }),
    ];
    expect(() => listBits(planar('error', items()), 2, 32)).toThrow(/the axes hold multiples of 10 entries/);
    expect(check(items('pad'))).toEqual([]);
    // 64 codes of 3 bits in ten slabs of seven: six places hold none.
    expect(encodedLength(planar('error', items('pad')), [2, 32])).toBe(Math.ceil((32 + 4 * 8 + 70 * 3) / 8));
  });

  it('names axes that do not multiply to the entries', () => {
    const items: Item[] = [
      { item: 'scope', scope: 'block', items: [fieldItem('code', { pattern: pattern('a:3 b -> b a') })] },
    ];
    expect(check(items)[0]).toMatch(/the axes hold multiples of 3 entries, the field has 16 here/);
  });

  it('refuses bits, parts and scopes that are not there', () => {
    expect(check([fieldItem('code', { bits: [0, 4] })])[0]).toMatch(/code has bits 0..3, not 0..4/);
    expect(
      check([{ item: 'scope', scope: 'block', items: [fieldItem('code', { entries: [8, 20] })] }])[0],
    ).toMatch(/16 entries here, not 8..20/);
    expect(check([fieldItem('nothing')])[0]).toMatch(/unknown field nothing/);
    expect(check([{ item: 'scope', scope: 'nothing', items: [] }])[0]).toMatch(/unknown scope nothing/);
  });
});

describe('layouts over the whole tensor', () => {
  it('know their length at any size, and refuse to list more bits than memory holds', () => {
    const transposed = planar('error', [
      fieldItem('global'),
      fieldItem('scale'),
      fieldItem('code', { pattern: pattern('a:2 b bit -> b bit a') }),
    ]);
    const plan = planLayout(transposed, { rows: 4096, cols: 4096 });
    expect(plan.streams[0]!.bits).toBe(32 + 4096 * 256 * 8 + 4096 * 4096 * 3);
    expect(() => plan.streams[0]!.segments.at(-1)!.slots()).toThrow(
      /more than the 16777216 that can be listed/,
    );
  });
});

describe('orders of large streams by formula', () => {
  const words = (
    bits: number,
    order: string | null,
    more: { msb?: boolean; whole?: boolean } = {},
  ): Item => ({
    item: 'words',
    bits,
    msb: false,
    whole: false,
    ...more,
    items: [fieldItem('code')],
    pattern: order === null ? null : pattern(order),
  });
  const rest = [fieldItem('global'), fieldItem('scale')];
  const layouts: [string, boolean, Item[]][] = [
    ['slabs, the last first', true, [...rest, fieldItem('code', { pattern: pattern('s:4 r -> r -s') })]],
    [
      'every other column',
      true,
      [fieldItem('code', { pattern: pattern('o k:4 p:2 i:16 -> i o p k') }), ...rest],
    ],
    [
      'parts of a code',
      true,
      [
        fieldItem('code', { bits: [1, 3], pattern: pattern('a:2 b -> b a') }),
        fieldItem('code', { bits: [0, 1] }),
        ...rest,
      ],
    ],
    ['straddled words transposed', true, [words(32, 'o:8 w -> w o'), ...rest]],
    ['straddled words in runs of many kinds', true, [words(16, 'w o:8 -> o w'), ...rest]],
    ['words from the top', true, [words(16, 'o:16 w -> w o', { msb: true }), ...rest]],
    [
      'words over slabs',
      true,
      [
        {
          item: 'words',
          bits: 25,
          msb: false,
          whole: true,
          items: [fieldItem('code', { pattern: pattern('s:8 r -> r -s') })],
          pattern: null,
        },
        ...rest,
      ],
    ],
    ['whole words', true, [words(8, 'a:4 b -> b a', { whole: true }), ...rest]],
    [
      'padded slabs',
      true,
      [...rest, fieldItem('code', { pattern: { ...pattern('s:10 g i:16 -> g i -s'), tail: 'pad' } })],
    ],
    [
      'padded slabs in whole words',
      true,
      [
        {
          ...(words(32, null, { whole: true }) as Extract<Item, { item: 'words' }>),
          items: [fieldItem('code', { pattern: { ...pattern('s:10 r -> r -s'), tail: 'pad' } })],
        },
        ...rest,
      ],
    ],
    [
      'padded words',
      false,
      [
        {
          ...(words(32, 'a:7 b -> b a') as Extract<Item, { item: 'words' }>),
          pattern: { ...pattern('a:7 b -> b a'), tail: 'pad' },
        },
        ...rest,
      ],
    ],
    [
      'padded bits',
      false,
      [...rest, fieldItem('code', { pattern: { ...pattern('p:7 q bit -> bit p q'), tail: 'pad' } })],
    ],
    ['copies', false, [fieldItem('code', { pattern: pattern('a:2 b -> b a copy:2') }), ...rest]],
    ['single bits', false, [fieldItem('code', { pattern: pattern('p:2 q bit -> bit p q') }), ...rest]],
  ];

  it.each(layouts)('%s: the bits are those of a list', (_, isFormula, items) => {
    const format = planar('error', items);
    const shape = { rows: 64, cols: 528 };
    const stream = planLayout(format, shape).streams[0]!;
    // The proof is empty unless the bodies are small.
    expect(stream.segments.every((segment) => segment.bits <= 32)).toBe(isFormula);
    const [bits] = listBits(format, shape.rows, shape.cols);
    expect(firstDifference(bits!, generated(format, shape.rows, shape.cols, {}))).toBeNull();
  });

  const widths: [string, string | null][] = [
    ['words of a group transposed', 'o:rows w -> w o'],
    ['words of a group as they come', null],
  ];
  it.each(widths)('tiles of several widths, %s', (_, order) => {
    const shape = { rows: 64, cols: 512 };
    const format = buildFormat('widths', {
      body: [
        block(
          'group',
          ['all', 64],
          [
            field('width', uint(2)),
            each([chooseField('code', ref('width'), [uint(2), uint(3), uint(5), uint(8)])]),
          ],
        ),
      ],
      value: ref('code'),
      layout: [
        {
          name: 'codes',
          shown: null,
          items: [
            { item: 'scope', scope: 'group', items: [words(32, order?.replace('rows', '64') ?? null)] },
          ],
        },
        { name: 'widths', shown: null, items: [fieldItem('width')] },
      ],
    });
    const choices = {
      code: Array.from({ length: 64 * 512 }, (_, i) => [3, 1, 0, 2, 2, 0, 1, 3][Math.floor((i % 512) / 64)]!),
    };
    const [bits] = listBits(format, shape.rows, shape.cols, { choices });
    expect(bits!.length).toBe(64 * 64 * (8 + 3 + 2 + 5 + 5 + 2 + 3 + 8));
    expect(firstDifference(bits!, generated(format, shape.rows, shape.cols, { choices }))).toBeNull();
  });
});

describe('radix packing', () => {
  it('takes five trits to a byte', () => {
    const format = buildFormat('trits', {
      body: [
        block('block', 20, [
          each([
            field('code', {
              base: { kind: 'int', low: -1, high: 1, coding: 'offset' },
              moves: [],
              except: [],
              round: null,
              overflow: null,
            }),
          ]),
        ]),
      ],
      value: ref('code'),
      layout: [
        {
          name: '',
          shown: null,
          items: [fieldItem('code', { radix: { digits: 5, bits: 8, order: 'fraction' } })],
        },
      ],
    });
    expect(formatFacts(format).bitsPerParam).toBe(1.6);
    expect(encodedLength(format, [1, 20])).toBe(4);
  });

  it('refuses codes that are not digits', () => {
    const base = buildFormat('t', { body: [each([field('code', int(-1, 1))])] });
    const radix = { digits: 2, bits: 8, order: 'low' as const };
    const problems = checkLayout({
      ...base,
      layout: [{ name: '', shown: null, items: [fieldItem('code', { radix })] }],
    });
    expect(problems[0]!.message).toMatch(/codes that are not 0\.\.2; radix packing needs `offset` codes/);
  });

  it('refuses digits that do not fit', () => {
    const layout = (digits: number): Format['layout'] => [
      { name: '', shown: null, items: [fieldItem('code', { radix: { digits, bits: 8, order: 'low' } })] },
    ];
    const base = buildFormat('t', { body: [each([field('code', 'u2')])], layout: layout(4) });
    expect(checkLayout({ ...base, layout: layout(5) })[0]!.message).toMatch(
      /5 digits of 4 levels need more than 8 bits/,
    );
  });
});
