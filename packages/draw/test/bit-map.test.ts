import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitRuns } from '../src/bit-runs.ts';
import { type BitMeaning, bitMap, bitMapText } from '../src/index.ts';
import { all, parse, tooltips } from './xml.ts';

const entry = (field: string, index: number, from: number, to: number): BitMeaning[] =>
  Array.from({ length: to - from }, (_, k) => ({ field, entry: index, bit: from + k }));

/** ggml's q4_0: a half-precision scale, then bytes of entry j low and entry j + 16 high. */
const q4_0 = [
  ...entry('scale', 0, 0, 16),
  ...[...Array(16).keys()].flatMap((j) => [...entry('code', j, 0, 4), ...entry('code', j + 16, 0, 4)]),
];

/** Three-bit codes one after the other, four bytes of padding. */
const packed3 = [
  ...[...Array(32).keys()].flatMap((j) => entry('code', j, 0, 3)),
  ...Array<null>(32).fill(null),
];

/** One bit of each of eight codes in a byte, and the scale with its bytes exchanged. */
const planar = [
  ...[...Array(8).keys()].flatMap((byte) =>
    [...Array(8).keys()].flatMap((k) => entry('sign', byte + 8 * k, 0, 1)),
  ),
  ...entry('scale', 0, 8, 16),
  ...entry('scale', 0, 0, 8),
];

describe('bitMapText', () => {
  it('q4_0', () => {
    expect(bitMapText({ title: 'q4_0', bits: q4_0 })).toBe(
      `q4_0
18 bytes, lowest bit of a byte first
byte 0-1  scale[0] bits 0..15
byte 2    code[0] bits 0..3 | code[16] bits 0..3
…         14 lines alike: byte 3-16, each line code +1
byte 17   code[15] bits 0..3 | code[31] bits 0..3
`,
    );
  });

  it('codes across bytes, padding', () => {
    expect(bitMapText({ title: 'packed', bits: packed3 })).toBe(
      `packed
16 bytes, lowest bit of a byte first
byte 0-2    code[0..7] bits 0..2
…           2 lines alike: byte 3-8, each line code +8
byte 9-11   code[24..31] bits 0..2
byte 12-15  padding, 32 bits
`,
    );
  });

  it('bit planes, bytes of an entry in the other order', () => {
    expect(bitMapText({ title: 'planar', bits: planar })).toBe(
      `planar
10 bytes, lowest bit of a byte first
byte 0  sign[0..56 step 8] bit 0
…       6 lines alike: byte 1-6, each line sign +1
byte 7  sign[7..63 step 8] bit 0
byte 8  scale[0] bits 8..15
byte 9  scale[0] bits 0..7
`,
    );
  });

  it('a line that never meets a byte boundary is cut', () => {
    const odd = [
      ...entry('first', 0, 0, 4),
      ...[...Array(25).keys()].flatMap((j) => entry('code', j, 0, 8)),
      ...entry('last', 0, 0, 4),
    ];
    const lines = bitMapText({ title: 'odd', bits: odd }).split('\n');
    expect(lines.length).toBeGreaterThan(4);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
  });

  it('control characters do not reach the terminal', () => {
    const text = bitMapText({ title: 'a\u001b[31m', bits: entry('f\u0007', 0, 0, 8) });
    expect(text.includes('\u001b') || text.includes('\u0007')).toBe(false);
  });
});

const anyBits = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 9 }).map((n): BitMeaning[] => Array(n).fill(null)),
      fc
        .tuple(
          fc.constantFrom('a', 'b'),
          fc.nat({ max: 5 }),
          fc.nat({ max: 3 }),
          fc.integer({ min: 1, max: 9 }),
        )
        .map(([field, index, from, length]) => entry(field, index, from, from + length)),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((parts) => {
    const bits = parts.flat();
    return [...bits, ...Array<null>((8 - (bits.length % 8)) % 8).fill(null)];
  });

describe('laws', () => {
  it('runs say exactly what the bits are, however they are cut', () => {
    fc.assert(
      fc.property(anyBits, fc.constantFrom(8, 32, Infinity), (bits, cut) => {
        const back = bitRuns(bits, cut).flatMap(({ field, entry: index, bit, length }) =>
          field === null ? Array(length).fill(null) : entry(field, index, bit, bit + length),
        );
        expect(back).toEqual(bits);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('the lines of the text hold every byte once, in order', () => {
    fc.assert(
      fc.property(anyBits, (bits) => {
        const lines = bitMapText({ title: 't', bits }).trimEnd().split('\n').slice(2);
        let next = 0;
        for (const line of lines) {
          const [, first, last = first] = /(?:^|alike: )byte (\d+)(?:-(\d+))?/.exec(line)!;
          expect(Number(first)).toBe(next);
          next = Number(last) + 1;
        }
        expect(next).toBe(bits.length / 8);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('the boxes of the picture cover every bit once', () => {
    fc.assert(
      fc.property(anyBits, fc.constantFrom('low' as const, 'high' as const), (bits, left) => {
        const root = parse(bitMap({ title: 't', bits, left, rowBits: 16 }));
        const boxes = all(root).filter(
          ({ name, children }) => name === 'rect' && children[0]?.text.startsWith('byte '),
        );
        const cell = Math.max(14, Math.min(26, 816 / Math.min(16, bits.length)));
        const covered = new Set<string>();
        for (const { attributes } of boxes) {
          const length = Math.round(Number(attributes.width) / cell);
          for (let k = 0; k < length; k++)
            covered.add(`${attributes.y} ${Math.round(Number(attributes.x) + k * cell)}`);
        }
        expect(covered.size).toBe(bits.length);
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});

describe('bitMap', () => {
  it('names every run with its place', () => {
    const tips = tooltips(parse(bitMap({ title: 'q4_0', bits: q4_0 })));
    expect(tips).toHaveLength(33);
    expect(tips.slice(0, 3)).toEqual([
      'byte 0 bit 0: scale[0] bits 0..15',
      'byte 2 bit 0: code[0] bits 0..3',
      'byte 2 bit 4: code[16] bits 0..3',
    ]);
  });

  it('with the highest bit on the left, the low nibble stands on the right', () => {
    const x = (left: 'low' | 'high', tip: string) => {
      const boxes = all(parse(bitMap({ title: 't', bits: q4_0, left })));
      return Number(boxes.find(({ children }) => children[0]?.text === tip)!.attributes.x);
    };
    const [low, high] = ['byte 2 bit 0: code[0] bits 0..3', 'byte 2 bit 4: code[16] bits 0..3'] as const;
    expect(x('low', low)).toBeLessThan(x('low', high));
    expect(x('high', low)).toBeGreaterThan(x('high', high));
  });

  it('refuses parts of bytes and of rows', () => {
    expect(() => bitMap({ title: 't', bits: q4_0.slice(1) })).toThrow(/whole bytes, not 143/);
    expect(() => bitMapText({ title: 't', bits: [] })).toThrow(/whole bytes/);
    expect(() => bitMap({ title: 't', bits: q4_0, rowBits: 12 })).toThrow(/rowBits/);
  });
});
