import {
  absmax,
  add,
  aggregate,
  block,
  buildFormat,
  call,
  column,
  div,
  each,
  encodedLength,
  type Format,
  field,
  fit,
  let_,
  letRef,
  mul,
  nestedField,
  ref,
  rms,
  row,
  sub,
  tensor,
  x,
} from '@fewerbits/format';
import {
  codebook,
  int,
  move,
  PRELUDE,
  resolveNumber,
  signs,
  uint,
  vectors,
  withOverflow,
} from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFields, evaluateFields, interpreter } from '../src/index.ts';

const f32 = Math.fround;

/** Weights that no two roundings agree on by accident. */
function weights(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 3;
  });
}

function int4(tail: Format['tail'] = 'error', more: Partial<Format> = {}): Format {
  const format = buildFormat('int4', {
    tail,
    body: [block('block', 16, [field('scale', 'bf16', div(absmax(), 7)), each([field('code', int(-7, 7))])])],
    value: mul(ref('scale'), ref('code')),
  });
  return { ...format, ...more };
}

describe('a block format, against its formula written out', () => {
  it('encodes and decodes with one rounding for each operation', () => {
    const bf16 = resolveNumber(PRELUDE.bf16!);
    const data = weights(64);
    const codec = interpreter(int4());
    const fields = codec.unpack(codec.encode(data, { shape: [2, 32] }));
    const decoded = codec.decode(codec.encode(data, { shape: [2, 32] }));
    for (let b = 0; b < 4; b++) {
      const inside = data.subarray(b * 16, b * 16 + 16);
      const largest = inside.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      const scaleCode = bf16.codeOf(f32(largest / 7));
      expect(fields.codes.scale![b]).toBe(scaleCode);
      const scale = bf16.levelOf(scaleCode);
      for (let i = 0; i < 16; i++) {
        const ratio = f32(inside[i]! / scale);
        const floor = Math.floor(ratio);
        const nearest = ratio - floor < 0.5 || (ratio - floor === 0.5 && floor % 2 === 0) ? floor : floor + 1;
        const code = Math.max(-7, Math.min(7, nearest));
        expect(decoded[b * 16 + i]).toBe(f32(scale * code));
      }
    }
  });

  it('has the bytes that the formula gives, and unpack and pack are inverse', () => {
    const codec = interpreter(int4());
    const packed = codec.encode(weights(96), { shape: [3, 32] });
    const total = Object.values(packed.streams).reduce((sum, bytes) => sum + bytes.length, 0);
    expect(total).toBe(encodedLength(codec.format, [3, 32]));
    expect(codec.pack(codec.unpack(packed))).toEqual(packed);
  });

  it('decodes any bytes of the right length', () => {
    const codec = interpreter(int4());
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
        const packed = { shape: [16], streams: { scale: bytes.slice(0, 2), code: bytes.slice(2) } };
        expect(codec.decode(packed)).toHaveLength(16);
      }),
      { seed: 1 },
    );
  });

  it('writes where it is told', () => {
    const codec = interpreter(int4());
    const packed = codec.encode(weights(16));
    const out = new Float32Array(16);
    expect(codec.decode(packed, { out })).toBe(out);
    expect(() => codec.decode(packed, { out: new Float32Array(15) })).toThrow(/out has 15 elements/);
  });
});

describe('edges that tiles do not divide', () => {
  const data = weights(2 * 21);
  const whole = (from: number): Float32Array => data.slice(from, from + 16);

  it('are refused by default, naming the dimension', () => {
    expect(() => interpreter(int4()).encode(data, { shape: [2, 21] })).toThrow(
      /rows of 21 weights do not divide into blocks of 16/,
    );
  });

  it.each(['short', 'pad', 'keep'] as const)(
    'tail %s: whole blocks are as ever, all weights come back',
    (tail) => {
      const codec = interpreter(int4(tail));
      const packed = codec.encode(data, { shape: [2, 21] });
      const total = Object.values(packed.streams).reduce((sum, bytes) => sum + bytes.length, 0);
      expect(total).toBe(encodedLength(codec.format, [2, 21]));
      const decoded = codec.decode(packed);
      for (const start of [0, 21]) {
        const alone = interpreter(int4());
        expect(decoded.slice(start, start + 16)).toEqual(alone.decode(alone.encode(whole(start))));
      }
      for (const [i, v] of data.entries()) expect(Math.abs(decoded[i]! - v)).toBeLessThan(0.15);
      if (tail === 'keep') expect(decoded.slice(16, 21)).toEqual(data.slice(16, 21));
      expect(codec.pack(codec.unpack(packed))).toEqual(packed);
    },
  );

  it('tail pad: padding is outside all statistics and stored as zero bits', () => {
    const low = buildFormat('low', {
      tail: 'pad',
      body: [
        block('block', 8, [
          field('low', 'f32', aggregate('min')),
          field('mean', 'f32', aggregate('mean')),
          each([field('code', 'u8')]),
        ]),
      ],
      value: add(ref('code'), ref('low')),
    });
    const fields = encodeFields(low, Float32Array.from([5, 6, 7, 9, 10]));
    const values = new Float32Array(fields.codes.low!.slice().buffer);
    expect(values[0]).toBe(5);
    expect(new Float32Array(fields.codes.mean!.slice().buffer)[0]).toBeCloseTo(37 / 5, 6);
    expect([...fields.codes.code!]).toEqual([0, 1, 2, 4, 5, 0, 0, 0]);
  });

  it('empty tensors have bytes and come back empty', () => {
    const codec = interpreter(int4());
    for (const shape of [[0], [0, 16], [4, 0]])
      expect(codec.decode(codec.encode(new Float32Array(0), { shape }))).toHaveLength(0);
    const global = interpreter(
      buildFormat('g', {
        body: [tensor([field('scale', 'f32', absmax())]), each([field('code', 'i8')])],
        value: mul(ref('scale'), ref('code')),
      }),
    );
    expect(global.decode(global.encode(new Float32Array(0)))).toHaveLength(0);
  });
});

describe('what cannot be represented', () => {
  it('NaN and infinities follow the rule that the format states', () => {
    const bad = Float32Array.from([1, 2, Number.NaN, 4, ...new Array<number>(12).fill(0)]);
    expect(() => interpreter(int4()).encode(bad, { name: 'layer.0', shape: [2, 8] })).toThrow(/rows of 8/);
    expect(() => interpreter(int4()).encode(bad, { name: 'layer.0' })).toThrow(
      /layer\.0: the weight at row 0, column 2 is NaN/,
    );
    const zero = interpreter(int4('error', { nonfinite: 'zero' }));
    expect(zero.decode(zero.encode(bad))[2]).toBe(0);
    const keep = interpreter(
      buildFormat('k', {
        nonfinite: 'keep',
        body: [
          block('block', 4, [
            field('scale', withOverflow(PRELUDE.e8m0!, 'nan'), call('floor_pow2', absmax())),
            each([field('code', 'e2m1')]),
          ]),
        ],
        value: mul(ref('scale'), ref('code')),
      }),
    );
    expect(
      [...keep.decode(keep.encode(Float32Array.from([1, Number.NaN, 2, 3, 1, 1, 1, 1])))].map(Number.isNaN),
    ).toEqual([true, true, true, true, false, false, false, false]);
  });

  it('a scale that overflows is an error with its place, unless its number saturates', () => {
    const build = (scale: Parameters<typeof field>[1]): Format =>
      buildFormat('half', {
        body: [block('block', 2, [field('scale', scale, absmax()), each([field('code', 'i8')])])],
        value: mul(ref('scale'), ref('code')),
      });
    const data = Float32Array.from([1, 2, 1e6, 3]);
    expect(() => interpreter(build('f16')).encode(data, { name: 'w' })).toThrow(
      /w: scale of the block at row 0, column 2 is 1000000, beyond/,
    );
    const saturated = interpreter(build(withOverflow(PRELUDE.f16!, 'saturate')));
    expect(saturated.decode(saturated.encode(data))[2]).toBe(65504 * 15);
  });

  it('codes saturate', () => {
    const codec = interpreter(buildFormat('c', { body: [each([field('code', int(-7, 7))])] }));
    expect([...codec.decode(codec.encode(Float32Array.from([100, -100, 3])))]).toEqual([7, -7, 3]);
  });

  it('a zero block has codes 0 and decodes to zeros', () => {
    const codec = interpreter(int4());
    expect([...codec.decode(codec.encode(new Float32Array(16)))]).toEqual(new Array(16).fill(0));
  });
});

describe('codes that are chosen together', () => {
  const grid = vectors(
    [
      [1, 1],
      [1, -1],
      [2, 0.5],
      [0.25, 3],
    ],
    'codebook of 2 [[1, 1], [1, -1], [2, 0.5], [0.25, 3]]',
  );
  const format = buildFormat('pairs', {
    body: [
      tensor([field('scale', 'f32', rms())]),
      block('pair', 2, [field('index', grid), field('sign', signs(2))]),
    ],
    value: mul(mul(ref('scale'), ref('index')), ref('sign')),
  });

  it('are the best of all combinations, first in code order', () => {
    const data = weights(24);
    const fields = encodeFields(format, data);
    const decoded = evaluateFields(format, fields);
    const scale = new Float32Array(fields.codes.scale!.slice().buffer)[0]!;
    const [g, s] = [resolveNumber(grid), resolveNumber(signs(2))];
    for (let pair = 0; pair < 12; pair++) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          const error = [0, 1].reduce((sum, k) => {
            const value = f32(f32(scale * g.levelOf(i, k)) * s.levelOf(j, k));
            return sum + (data[pair * 2 + k]! - value) ** 2;
          }, 0);
          best = Math.min(best, error);
        }
      }
      const got = [0, 1].reduce((sum, k) => sum + (data[pair * 2 + k]! - decoded[pair * 2 + k]!) ** 2, 0);
      expect(got).toBe(best);
    }
  });

  it('weigh the squared error by importance', () => {
    const data = Float32Array.from([1, 1.4, 1, 1.4]);
    const plain = encodeFields(format, data, { shape: [2, 2] });
    const first = encodeFields(format, data, { shape: [2, 2], importance: [1000, 1] });
    const error = (fields: typeof plain): number => Math.abs(evaluateFields(format, fields)[0]! - 1);
    expect(error(first)).toBeLessThanOrEqual(error(plain));
    expect(() => encodeFields(format, data, { shape: [2, 2], importance: [1] })).toThrow(
      /importance has 1 values, the matrix has 2 columns/,
    );
  });

  it('are refused when there are too many', () => {
    const wide = buildFormat('wide', {
      body: [block('pair', 2, [field('a', 'u16'), field('b', 'u16')])],
      value: add(ref('a'), ref('b')),
    });
    expect(() => encodeFields(wide, weights(2))).toThrow(/too many to try; give their codes/);
  });
});

describe('fits', () => {
  it('best tries every code with what depends on it refitted', () => {
    const levels = [codebook([-1, -0.1, 0, 1]), codebook([-1, -0.6, 0.6, 1])];
    const format = buildFormat('pick', {
      numbers: { a: levels[0]!, b: levels[1]! },
      body: [
        block('super', 8, [
          field('pick', 'u1', fit('best')),
          block('block', 4, [field('scale', 'f32', absmax()), each([field('code', 'u2')])]),
        ]),
      ],
      value: mul(
        ref('scale'),
        call(
          'choose',
          ref('pick'),
          { op: 'level', number: 'a', code: ref('code'), component: null },
          { op: 'level', number: 'b', code: ref('code'), component: null },
        ),
      ),
    });
    const data = Float32Array.from([1, -0.1, 0, 0.02, 2, -0.2, 0.1, 0, 1, -0.6, 0.6, 0.6, 3, -1.8, 1.8, 3]);
    const fields = encodeFields(format, data);
    expect([...fields.codes.pick!]).toEqual([0, 1]);
    expect(evaluateFields(format, fields)[9]).toBe(f32(-0.6));
  });

  it('search finds a scale that is never worse than the first', () => {
    const build = (scale: Parameters<typeof field>[2]): Format =>
      buildFormat('s', {
        body: [block('block', 16, [field('scale', 'f32', scale), each([field('code', int(-3, 3))])])],
        value: mul(ref('scale'), ref('code')),
      });
    const range = { arg: 'range', from: { op: 'const', value: 0.5 }, to: { op: 'const', value: 2 } } as const;
    const searched = build(
      fit('search', {
        0: { arg: 'expr', expr: div(absmax(), 3) },
        1: range,
        steps: { arg: 'expr', expr: { op: 'const', value: 9 } },
      }),
    );
    const data = weights(160);
    const error = (format: Format): number =>
      evaluateFields(format, encodeFields(format, data)).reduce((sum, v, i) => sum + (v - data[i]!) ** 2, 0);
    expect(error(searched)).toBeLessThan(error(build(div(absmax(), 3))));
  });

  it('name a circle', () => {
    const format = buildFormat('circle', {
      body: [
        block('block', 4, [
          field('a', 'f32', ref('b')),
          field('b', 'f32', ref('a')),
          each([field('code', 'i8')]),
        ]),
      ],
      value: mul(ref('a'), ref('code')),
    });
    expect(() => encodeFields(format, weights(4))).toThrow(/the fits go in a circle: a → b → a/);
  });

  it('take named alternatives', () => {
    const format: Format = {
      ...int4(),
      fits: [{ name: 'wide', sets: [{ names: ['scale'], expr: absmax() }] }],
    };
    const data = weights(16);
    expect(encodeFields(format, data, { fit: 'wide' }).codes.scale).not.toEqual(
      encodeFields(format, data).codes.scale,
    );
    expect(() => encodeFields(format, data, { fit: 'none' })).toThrow(/has no fit 'none'; it has wide/);
  });

  it('take codes that the caller gives', () => {
    const format = buildFormat('decode_only', {
      body: [block('block', 4, [field('scale', 'f16'), each([field('code', 'i4')])])],
      value: mul(ref('scale'), ref('code')),
    });
    expect(() => encodeFields(format, weights(4))).toThrow(/scale has no fit; give its codes/);
    expect(encodeFields(format, weights(4), { given: { scale: [0x3c00] } }).codes.scale![0]).toBe(0x3c00);
    expect(() => encodeFields(format, weights(4), { given: { scale: [70000] } })).toThrow(
      /is not a code of 16 bits/,
    );
    expect(() => encodeFields(format, weights(4), { given: { nothing: [1] } })).toThrow(
      /has no field nothing/,
    );
  });
});

describe('scopes', () => {
  it('rows and columns meet in a weight', () => {
    const format = buildFormat('outer', {
      body: [
        row([field('a', 'f32', absmax())]),
        column([field('b', 'f32', rms())]),
        each([field('code', 'i8')]),
      ],
      value: mul(mul(ref('a'), ref('b')), ref('code')),
    });
    const data = weights(15);
    const fields = encodeFields(format, data, { shape: [3, 5] });
    const a = new Float32Array(fields.codes.a!.slice().buffer);
    const b = new Float32Array(fields.codes.b!.slice().buffer);
    expect(a).toHaveLength(3);
    expect(b).toHaveLength(5);
    const decoded = evaluateFields(format, fields);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 5; j++) {
        const code = (fields.codes.code![i * 5 + j]! << 24) >> 24;
        expect(decoded[i * 5 + j]).toBe(f32(f32(a[i]! * b[j]!) * code));
      }
    }
  });

  it('tiles of two dimensions, and the aggregate of an inner let', () => {
    const format = buildFormat('tiles', {
      body: [
        block(
          'tile',
          [2, 4],
          [
            let_('top', aggregate('max', letRef('s'))),
            field('d', 'f32', div(letRef('top'), 15)),
            block(
              'part',
              [1, 2],
              [
                let_('s', absmax()),
                field('scale', 'u4', div(letRef('s'), ref('d'))),
                each([field('code', int(-7, 7))]),
              ],
            ),
          ],
        ),
      ],
      value: div(mul(mul(ref('d'), ref('scale')), ref('code')), 7),
    });
    const data = weights(4 * 8);
    const fields = encodeFields(format, data, { shape: [4, 8] });
    expect(fields.codes.d).toHaveLength(4);
    expect(fields.codes.scale).toHaveLength(16);
    expect(Math.max(...fields.codes.scale!)).toBe(15);
    const decoded = evaluateFields(format, fields);
    const error =
      decoded.reduce((sum, v, i) => sum + (v - data[i]!) ** 2, 0) / data.reduce((sum, v) => sum + v * v, 0);
    expect(Math.sqrt(error)).toBeLessThan(0.1);
  });

  it('scales stored in another format are seen as that format stores them', () => {
    const inner = buildFormat('scales', {
      view: 'flat',
      tail: 'short',
      body: [
        tensor([field('offset', 'f32', aggregate('mean'))]),
        block('block', 8, [
          field('scale', 'f32', absmax(sub(x, ref('offset')))),
          each([field('code', int(-127, 127), div(mul(sub(x, ref('offset')), 127), ref('scale')))]),
        ]),
      ],
      value: add(div(mul(ref('code'), ref('scale')), 127), ref('offset')),
    });
    const outer = buildFormat('nested', {
      body: [
        block('block', 4, [
          nestedField('scale', inner, absmax()),
          each([field('code', int(-7, 7), mul(div(x, ref('scale')), 7))]),
        ]),
      ],
      value: div(mul(ref('scale'), ref('code')), 7),
    });
    const codec = interpreter(outer);
    const data = weights(48);
    const packed = codec.encode(data);
    expect(Object.keys(packed.streams)).toEqual(['scale.offset', 'scale.scale', 'scale.code', 'code']);
    expect(codec.pack(codec.unpack(packed))).toEqual(packed);
    const decoded = codec.decode(packed);
    expect(decoded.reduce((m, v, i) => Math.max(m, Math.abs(v - data[i]!)), 0)).toBeLessThan(0.25);
  });

  it('sums do not depend on how a tensor is cut: runs of 4096 in binary64, in order', () => {
    const data = weights(10_000, 7);
    const format = buildFormat('sum', {
      body: [tensor([field('sum', 'f32', aggregate('sum'))]), each([field('code', 'i8')])],
      value: ref('code'),
    });
    let total = 0;
    for (let start = 0; start < data.length; start += 4096) {
      total += data.subarray(start, start + 4096).reduce((run, v) => run + v, 0);
    }
    expect(new Float32Array(encodeFields(format, data).codes.sum!.slice().buffer)[0]).toBe(f32(total));
  });
});

describe('arithmetic f64', () => {
  it('rounds nothing to binary32', () => {
    const third = codebook([-1 / 3, 0, 1 / 3], { precision: 'f64' });
    const format = buildFormat('f64', { arithmetic: 'f64', body: [each([field('code', third)])] });
    expect(evaluateFields(format, encodeFields(format, Float32Array.from([0.4])))[0]).toBe(1 / 3);
  });
});

describe('later steps', () => {
  it('are undone when encoding and applied when decoding', () => {
    const format = buildFormat('steps', {
      body: [
        row([field('gain', 'f32', 2)]),
        block('block', 8, [field('scale', 'f32', div(absmax(), 127)), each([field('code', int(-127, 127))])]),
      ],
      value: mul(ref('scale'), ref('code')),
      steps: [
        {
          step: 'permute',
          scope: 'block',
          pattern: {
            from: [
              { axis: 'a', size: 2 },
              { axis: 'b', size: null },
            ],
            to: [
              { axis: 'b', size: null, reversed: false },
              { axis: 'a', size: null, reversed: true },
            ],
          },
        },
        { step: 'rotate', scope: 'row', by: 'hadamard', size: 8, seed: 5 },
        { step: 'value', expr: mul({ op: 'value' }, ref('gain')) },
      ],
    });
    const codec = interpreter(format);
    const data = weights(32);
    const decoded = codec.decode(codec.encode(data, { shape: [2, 16] }));
    expect(decoded.reduce((m, v, i) => Math.max(m, Math.abs(v - data[i]!)), 0)).toBeLessThan(0.06);
  });
});

describe('streams', () => {
  it('that are missing or too short are named', () => {
    const codec = interpreter(int4());
    const { streams } = codec.encode(weights(16));
    expect(() => codec.decode({ shape: [16], streams: { code: streams.code! } })).toThrow(
      /int4: stream scale is missing/,
    );
    expect(() =>
      codec.decode({ shape: [16], streams: { ...streams, code: streams.code!.slice(1) } }),
    ).toThrow(/stream code has 7 bytes, 1 × 16 weights need 8/);
    expect(() => codec.encode(weights(15), { shape: [16] })).toThrow(
      /15 weights do not fill the shape \[16\]/,
    );
  });

  it('radix digits come back in every order', () => {
    for (const order of ['low', 'high', 'fraction'] as const) {
      const format = buildFormat('trits', {
        body: [block('block', 18, [each([field('code', move(uint(2), '-', 1))])])],
        value: ref('code'),
        layout: [
          {
            name: '',
            shown: null,
            items: [
              {
                item: 'field',
                field: 'code',
                entries: null,
                bits: null,
                pattern: null,
                radix: { digits: 4, bits: 9, order },
              },
            ],
          },
        ],
      });
      const codec = interpreter(format);
      const data = Float32Array.from({ length: 36 }, (_, i) => ((i * 7) % 4) - 1);
      expect([...codec.decode(codec.encode(data))]).toEqual([...data]);
    }
  });
});
