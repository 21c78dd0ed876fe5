/** Where tiles, fits and storage meet at their edges: each case once went wrong without a word. */
import {
  absmax,
  aggregate,
  block,
  buildFormat,
  call,
  chooseField,
  div,
  each,
  type Format,
  field,
  fit,
  let_,
  letRef,
  mul,
  nestedField,
  ref,
  row,
  sub,
  tensor,
  unrounded,
  x,
} from '@fewerbits/format';
import { int, preludeNumber, uint } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import { encodeFields, evaluateFields, interpreter, whyNotExecutable } from '../src/index.ts';

const f32s = (codes: ArrayLike<number>): number[] => [...new Float32Array(Uint32Array.from(codes).buffer)];
const plain = (body: Parameters<typeof buildFormat>[1]['body'], more: Partial<Format> = {}): Format => ({
  ...buildFormat('t', { body, value: mul(ref('scale'), ref('code')) }),
  ...more,
});

describe('short tiles', () => {
  it('count once in an aggregate over their row', () => {
    const format = buildFormat('t', {
      tail: 'short',
      body: [
        row([
          field('sum', 'f32', aggregate('sum', letRef('s'))),
          field('mean', 'f32', aggregate('mean', letRef('s'))),
        ]),
        block('block', 16, [let_('s', absmax()), each([field('code', 'i8')])]),
      ],
      value: mul(ref('sum'), ref('code')),
    });
    const { codes } = encodeFields(
      format,
      Float32Array.from({ length: 21 }, (_, i) => (i < 16 ? 1 : 3)),
      { shape: [1, 21] },
    );
    expect(f32s(codes.sum!)).toEqual([4]);
    expect(f32s(codes.mean!)).toEqual([2]);
  });
});

describe('what cannot be run is refused with the reason', () => {
  const step = (scope: string) => ({
    step: 'permute' as const,
    scope,
    pattern: {
      from: [
        { axis: 'a', size: 2 },
        { axis: 'b', size: null },
      ],
      to: [
        { axis: 'b', size: null, reversed: false },
        { axis: 'a', size: null, reversed: false },
      ],
    },
  });
  const base = plain([block('block', 8, [field('scale', 'f32', absmax()), each([field('code', 'i8')])])]);

  it('steps across weights beside padding and short tiles', () => {
    const steps = [base.steps[0]!, step('block')];
    expect(whyNotExecutable({ ...base, tail: 'pad', steps })).toMatch(
      /permute would move weights into padding/,
    );
    expect(whyNotExecutable({ ...base, tail: 'short', steps })).toMatch(/needs whole tiles/);
    expect(whyNotExecutable({ ...base, steps })).toBeNull();
  });

  it('nested formats that are no plain row of scales', () => {
    const inner = buildFormat('inner', { tail: 'keep', body: [block('b', 4, [each([field('c', 'i8')])])] });
    const outer = plain([
      block('block', 8, [nestedField('scale', inner, absmax()), each([field('code', 'i8')])]),
    ]);
    expect(whyNotExecutable(outer)).toMatch(
      /scale is stored in inner, and a nested format cannot keep values/,
    );
  });
});

describe('fits without a finite value', () => {
  it('are errors with their place', () => {
    const format = plain([
      block('block', 2, [
        field('scale', 'f16', call('sqrt', aggregate('mean'))),
        each([field('code', 'i8')]),
      ]),
    ]);
    expect(() => encodeFields(format, Float32Array.from([1, 1, -1, -1]), { name: 'w' })).toThrow(
      /w: scale of the block at row 0, column 2 is NaN, .*no finite value/,
    );
  });
});

describe('codes that are given', () => {
  it('reach into nested formats, and have their level as unrounded value', () => {
    const inner = buildFormat('inner', {
      view: 'flat',
      body: [tensor([field('top', 'f32', absmax())]), each([field('c', 'u8', mul(div(x, ref('top')), 255))])],
      value: div(mul(ref('c'), ref('top')), 255),
    });
    const format = plain([
      block('block', 2, [
        nestedField('scale', inner, absmax()),
        each([field('code', int(-7, 7), div(x, ref('scale')))]),
      ]),
    ]);
    const { codes } = encodeFields(format, Float32Array.from([1, 2, 3, 4]), { given: { 'scale.c': [7, 9] } });
    expect([...codes['scale.c']!]).toEqual([7, 9]);
    const direct = plain([
      block('block', 2, [
        field('scale', 'u8', absmax()),
        each([field('code', 'i8', div(x, unrounded('scale')))]),
      ]),
    ]);
    expect([
      ...encodeFields(direct, Float32Array.from([4, 8]), { given: { scale: [2] } }).codes.code!,
    ]).toEqual([2, 4]);
  });
});

describe('widths by position', () => {
  it('try every code that each entry has, and no other', () => {
    const position = call('mod', { op: 'at', scope: 'block' }, 2);
    const make = (numbers: [ReturnType<typeof int>, ReturnType<typeof int>]): Format =>
      buildFormat('t', {
        body: [
          block(
            'block',
            2,
            [chooseField('code', position, numbers, fit('nearest'))].map((node) => each([node])),
          ),
        ],
        value: ref('code'),
      });
    const wide = evaluateFields(
      make([int(-1, 1), uint(4)]),
      encodeFields(make([int(-1, 1), uint(4)]), Float32Array.from([1, 12, -1, 15])),
    );
    expect([...wide]).toEqual([1, 12, -1, 15]);
    const narrow = make([int(-7, 7), int(-1, 1)]);
    expect([...evaluateFields(narrow, encodeFields(narrow, Float32Array.from([7, 7])))]).toEqual([7, 1]);
  });
});

describe('fields that later steps read', () => {
  it('are stored as they were when the step was undone', () => {
    const format: Format = {
      ...buildFormat('t', {
        body: [
          row([field('gain', 'f32', absmax())]),
          block('block', 4, [field('scale', 'f32', div(absmax(), 127)), each([field('code', 'i8')])]),
        ],
        value: mul(ref('scale'), ref('code')),
        steps: [{ step: 'value', expr: mul({ op: 'value' }, ref('gain')) }],
      }),
    };
    const weights = Float32Array.from([10, 20, 30, 40]);
    const decoded = evaluateFields(format, encodeFields(format, weights, { shape: [1, 4] }));
    for (const [i, v] of decoded.entries()) expect(Math.abs(v - weights[i]!)).toBeLessThan(0.2);
  });
});

describe('outliers that follow the dense fit', () => {
  it('see the fields as they are stored', () => {
    const where = { op: 'gt', left: call('abs', sub(x, { op: 'value' })), right: ref('scale') } as const;
    const format: Format = {
      ...buildFormat('t', {
        numbers: { u32: preludeNumber('u32')!, f32: preludeNumber('f32')! },
        body: [tensor([field('scale', 'f32', aggregate('absmean'))]), each([field('code', int(-1, 1))])],
        value: mul(ref('scale'), ref('code')),
        outliers: {
          unit: 'each',
          select: { where },
          index: { kind: 'coo', number: 'u32' },
          value: { number: 'f32', fit: null },
          add: false,
        },
      }),
    };
    const codec = interpreter(format);
    const weights = Float32Array.from([1, 1, 1, 9]);
    expect([...codec.unpack(codec.encode(weights)).codes['outliers.index']!]).toEqual([3]);
    expect(codec.decode(codec.encode(weights))[3]).toBe(9);
  });
});

describe('pack', () => {
  it('refuses codes that would spill into their neighbours', () => {
    const codec = interpreter(
      plain([block('block', 2, [field('scale', 'f16', absmax()), each([field('code', uint(4))])])]),
    );
    const fields = codec.unpack(codec.encode(Float32Array.from([1, 2])));
    expect(() =>
      codec.pack({ ...fields, codes: { ...fields.codes, code: Uint8Array.from([3, 16]) } }),
    ).toThrow(/code\[1\] = 16 is not a code of 4 bits/);
  });
});

describe('search', () => {
  it('leaves out what its field cannot store, and says so when nothing is left', () => {
    const range = { arg: 'range', from: { op: 'const', value: 0.5 }, to: { op: 'const', value: 2 } } as const;
    const scale = fit('search', {
      0: { arg: 'expr', expr: absmax() },
      1: range,
      steps: { arg: 'expr', expr: { op: 'const', value: 5 } },
    });
    const format = plain([
      block('block', 2, [field('scale', 'f16', scale), each([field('code', int(-1, 1))])]),
    ]);
    expect(evaluateFields(format, encodeFields(format, Float32Array.from([60000, 1])))[0]).toBeGreaterThan(
      30000,
    );
    expect(() => encodeFields(format, Float32Array.from([1e7, 1]), { name: 'w' })).toThrow(
      /w: no scale of the block at row 0, column 0 can be stored/,
    );
  });
});
