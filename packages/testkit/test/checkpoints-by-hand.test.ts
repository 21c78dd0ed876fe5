/**
 * Checkpoint packings against decoders written as the peers' own code reads: words, shifts and masks, one format at a time. They
 * hold the widths and variants that no golden vector has.
 */
import { interpreter } from '@fewerbits/codec';
import type { Codec, Packed } from '@fewerbits/format';
import { PRELUDE, resolveNumber } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import { findFormat } from './formats.ts';

const f = Math.fround;
const half = resolveNumber(PRELUDE.f16!);
const bfloat = resolveNumber(PRELUDE.bf16!);

/** Nearly normal weights, the same in every run. */
function weights(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float32Array.from(
    { length: count },
    () => 0.1 * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
}

function codec(name: string, args: Readonly<Record<string, number | string>> = {}): Codec {
  return interpreter(findFormat(name, args)!);
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u32s = (bytes: Uint8Array): Uint32Array =>
  Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view(bytes).getUint32(4 * i, true));
const u16s = (bytes: Uint8Array): Uint16Array =>
  Uint16Array.from({ length: bytes.length / 2 }, (_, i) => view(bytes).getUint16(2 * i, true));
const f16s = (bytes: Uint8Array): Float64Array =>
  Float64Array.from(u16s(bytes), (code) => half.levelOf(code));
const f32s = (bytes: Uint8Array): Float32Array =>
  Float32Array.from({ length: bytes.length / 4 }, (_, i) => view(bytes).getFloat32(4 * i, true));

/** Code number k of `bits` bits in words that follow one another by `wordAt`, lowest bits first. */
function codeIn(wordAt: (word: number) => number, k: number, bits: number): number {
  let code = 0;
  for (let bit = 0; bit < bits; bit++) {
    const at = k * bits + bit;
    code += ((wordAt(Math.floor(at / 32)) >>> (at % 32)) & 1) * 2 ** bit;
  }
  return code;
}

/** Where two tensors first differ, in bits of binary32; null where they do not. */
function difference(found: Float32Array, wanted: ArrayLike<number>): string | null {
  if (found.length !== wanted.length) return `${found.length} weights, not ${wanted.length}`;
  const at = found.findIndex((value, i) => value !== wanted[i]);
  return at < 0 ? null : `weight ${at} is ${found[at]}, not ${wanted[at]}`;
}

/** The root of the mean square of the difference, relative to the weights. */
function errorOf(x: Float32Array, y: Float32Array): number {
  let [sum, of] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    sum += (x[i]! - y[i]!) ** 2;
    of += x[i]! ** 2;
  }
  return Math.sqrt(sum / of);
}

/** No stored bit is lost when packed anew. */
function expectWhole(own: Codec, packed: Packed): void {
  expect(own.pack(own.unpack(packed)).streams).toEqual(packed.streams);
}

/** Above what rounding to `bits` uniform levels over the range of a block leaves; a tensor of zeros has 1. */
const NEAR: Readonly<Record<number, number>> = { 1: 1, 2: 0.6, 3: 0.3, 4: 0.15, 8: 0.01 };

describe('GPTQ', () => {
  const [rows, cols, size] = [64, 256, 128];

  /** qweight [in · bits / 32, out], qzeros [groups, out · bits / 32], scales [groups, out], g_idx [in]. */
  function decode({ streams }: Packed, bits: number, zeroOffset: number): Float32Array {
    const [q, z, s, g] = [
      u32s(streams.qweight!),
      u32s(streams.qzeros!),
      f16s(streams.scales!),
      u32s(streams.g_idx!),
    ];
    const out = new Float32Array(rows * cols);
    for (let o = 0; o < rows; o++) {
      for (let i = 0; i < cols; i++) {
        const group = g[i]!;
        const code = codeIn((word) => q[word * rows + o]!, i, bits);
        const zero = codeIn((word) => z[(group * rows * bits) / 32 + word]!, o, bits) + zeroOffset;
        out[o * cols + i] = f(f(code - zero) * s[group * rows + o]!);
      }
    }
    return out;
  }

  const kinds: [string, number][] = [
    ['gptq', 1],
    ['gptq_v2', 0],
  ];
  for (const [name, zeroOffset] of kinds) {
    it.each([2, 3, 4, 8])(`${name} at %i bits`, (bits) => {
      const own = codec(name, { bits, size });
      const x = weights(rows * cols, bits);
      for (const fit of [undefined, 'sym']) {
        const packed = own.encode(x, { shape: [rows, cols], ...(fit === undefined ? {} : { fit }) });
        const back = own.decode(packed);
        expect(difference(back, decode(packed, bits, zeroOffset))).toBeNull();
        expect(errorOf(x, back)).toBeLessThan(2 * NEAR[bits]!);
        expectWhole(own, packed);
      }
    });
  }

  it.each([2, 3, 4, 8])(
    'activation order at %i bits: a column belongs to the group that g_idx names',
    (bits) => {
      const own = codec('gptq_act_order', { bits, size });
      const x = weights(rows * cols, bits);
      const groups = cols / size;
      const g_idx = Uint32Array.from({ length: cols }, (_, i) => (i * 7) % groups);
      const scale = Uint32Array.from({ length: rows * groups }, (_, k) =>
        half.codeOf(0.5 / 2 ** bits + 1e-3 * (k % 5)),
      );
      const zero = Uint32Array.from(
        { length: rows * groups },
        (_, k) => (2 ** (bits - 1) - 1 + (k % 2)) % 2 ** bits,
      );
      const packed = own.encode(x, { shape: [rows, cols], given: { g_idx, scale, zero } });
      expect([...u32s(packed.streams.g_idx!)]).toEqual([...g_idx]);
      expect(difference(own.decode(packed), decode(packed, bits, 1))).toBeNull();
      expectWhole(own, packed);
    },
  );
});

describe('AWQ', () => {
  it('nibbles along out in the order 0 2 4 6 1 3 5 7', () => {
    const [rows, cols, size] = [64, 256, 128];
    const own = codec('awq', { size });
    const x = weights(rows * cols, 5);
    const packed = own.encode(x, { shape: [rows, cols] });
    const [q, z, s] = [
      u32s(packed.streams.qweight!),
      u32s(packed.streams.qzeros!),
      f16s(packed.streams.scales!),
    ];
    const nibble = [0, 4, 1, 5, 2, 6, 3, 7];
    const out = new Float32Array(rows * cols);
    for (let o = 0; o < rows; o++) {
      for (let i = 0; i < cols; i++) {
        const shift = 4 * nibble[o % 8]!;
        const group = Math.floor(i / size);
        const code = (q[(i * rows) / 8 + Math.floor(o / 8)]! >>> shift) & 15;
        const zero = (z[(group * rows) / 8 + Math.floor(o / 8)]! >>> shift) & 15;
        out[o * cols + i] = f(f(code - zero) * s[group * rows + o]!);
      }
    }
    expect(difference(own.decode(packed), out)).toBeNull();
    expect(errorOf(x, out)).toBeLessThan(NEAR[4]!);
    expectWhole(own, packed);
  });
});

describe('HQQ', () => {
  it.each([
    ['hqq1', 1, 8],
    ['hqq2', 2, 4],
    ['hqq', 4, 2],
    ['hqq8', 8, 1],
    ['hqq3', 3, 10],
  ] as const)('%s: slabs of groups share a byte or a word, the first on top', (name, bits, slabs) => {
    const [groups, size] = [40, 64];
    const own = codec(name, { size });
    const x = weights(groups * size, bits);
    const packed = own.encode(x, { shape: [groups, size] });
    const w = bits === 3 ? u32s(packed.streams.W_q!) : packed.streams.W_q!;
    const [s, z] = [f16s(packed.streams.scale!), f16s(packed.streams.zero!)];
    const run = (groups * size) / slabs;
    const out = Float32Array.from(x, (_, i) => {
      const slab = Math.floor(i / run);
      const code = (w[i % run]! >>> ((slabs - 1 - slab) * bits)) & (2 ** bits - 1);
      const group = Math.floor(i / size);
      return f(f(code - z[group]!) * s[group]!);
    });
    expect(difference(own.decode(packed), out)).toBeNull();
    expect(errorOf(x, out)).toBeLessThan(NEAR[bits]!);
    expectWhole(own, packed);
  });
});

describe('ONNX MatMulNBits', () => {
  it.each([
    [2, false],
    [4, false],
    [8, false],
    [2, true],
    [4, true],
    [8, true],
  ])('at %i bits, zero points %s', (bits, asym) => {
    // The last block of a row is padded, and 3 blocks of 2 or 4 bits leave a part of a byte.
    const [rows, cols, size] = [8, 80, 32];
    const blocks = 3;
    const own = codec(asym ? 'onnx_matmulnbits_asym' : 'onnx_matmulnbits', { bits, size });
    const x = weights(rows * cols, bits).map((v) => (asym ? v + 0.1 : v));
    const packed = own.encode(x, { shape: [rows, cols] });
    const { B, scales, zero_points } = packed.streams;
    const s = f32s(scales!);
    expect(B!.length).toBe((rows * blocks * size * bits) / 8);
    const zeroBytes = Math.ceil((blocks * bits) / 8);
    if (asym) expect(zero_points!.length).toBe(rows * zeroBytes);
    const part = (bytes: Uint8Array, at: number, k: number): number =>
      (bytes[at + Math.floor((k * bits) / 8)]! >>> ((k * bits) % 8)) & (2 ** bits - 1);
    const out = Float32Array.from(x, (_, i) => {
      const [n, k] = [Math.floor(i / cols), i % cols];
      const block = Math.floor(k / size);
      const code = part(B!, ((n * blocks + block) * size * bits) / 8, k % size);
      const zero = asym ? part(zero_points!, n * zeroBytes, block) : 2 ** (bits - 1);
      return f(f(code - zero) * s[n * blocks + block]!);
    });
    expect(difference(own.decode(packed), out)).toBeNull();
    expect(errorOf(x, out)).toBeLessThan(1.5 * NEAR[bits]!);
    expectWhole(own, packed);
  });
});

describe('EXL2', () => {
  const [rows, cols, size] = [32, 640, 128];
  const widths = [8, 5, 4, 3, 2];
  const own = codec('exl2', { size });
  const x = weights(rows * cols, 9);
  /** Sorted column order[j] is column j of the model. */
  const order = Uint32Array.from({ length: cols }, (_, j) => (j * 7 + 3) % cols);
  const encoded = (): Packed => own.encode(x, { shape: [rows, cols], given: { width: widths, order } });

  it('groups of several widths, as exllamav2 packs and reads them', () => {
    const packed = encoded();
    const { streams } = packed;
    const starts = widths.map((_, g) =>
      widths.slice(0, g).reduce((sum, width) => sum + (size * width) / 32, 0),
    );
    expect([...u16s(streams.q_groups!)]).toEqual(widths.flatMap((width, g) => [width, starts[g]!]));
    expect([...u32s(streams.q_invperm!)]).toEqual([...order]);
    expect(streams.q_weight!.length).toBe(4 * rows * (size / 32) * widths.reduce((a, b) => a + b));
    const [q, scales, top] = [u32s(streams.q_weight!), u32s(streams.q_scale!), f16s(streams.q_scale_max!)];
    const sorted = new Float32Array(rows * cols);
    for (const [g, width] of widths.entries()) {
      for (let o = 0; o < rows; o++) {
        const scale = codeIn((word) => scales[(g * rows) / 8 + word]!, o, 4) + 1;
        for (let k = 0; k < size; k++) {
          const code = codeIn((word) => q[(starts[g]! + word) * rows + o]!, k, width);
          sorted[o * cols + g * size + k] = f(
            (code - 2 ** (width - 1)) * f(f((scale * scale) / 256) * top[g]!),
          );
        }
      }
    }
    const out = Float32Array.from(x, (_, i) => sorted[Math.floor(i / cols) * cols + order[i % cols]!]!);
    const back = own.decode(packed);
    expect(difference(back, out)).toBeNull();
    expectWhole(own, packed);
    // A group of more bits comes back nearer.
    const errors = widths.map((_, g) => {
      const inGroup = (_v: number, i: number): boolean => Math.floor(order[i % cols]! / size) === g;
      return errorOf(x.filter(inGroup), back.filter(inGroup));
    });
    expect(errors).toEqual(errors.toSorted((a, b) => a - b));
    expect(errors[0]).toBeLessThan(0.02);
    expect(errors[2]).toBeLessThan(0.2);
  });

  it('has one width everywhere unless they are given', () => {
    const packed = codec('exl2', { bits: 6, size }).encode(x, { shape: [rows, cols] });
    expect(u16s(packed.streams.q_groups!).filter((_, k) => k % 2 === 0)).toEqual(
      Uint16Array.of(6, 6, 6, 6, 6),
    );
    expect(errorOf(x, own.decode(packed))).toBeLessThan(0.06);
  });

  it.each([
    [
      'a width that no number has',
      0,
      9,
      /width \(stream q_groups\) chooses number 7 for code at row 0, column 0/,
    ],
    ['no width', 2, 0, /chooses number -2 for code at row 0, column 128/],
    ['another width', 0, 6, /stream q_weight has 11264 bytes, 32 × 640 weights need 10240/],
    [
      'groups of another size',
      3,
      36,
      /stream q_groups, start\[1\] is 36, and what it follows from makes it 32/,
    ],
  ] as const)('refuses %s', (_, at, value, message) => {
    const packed = encoded();
    const groups = u16s(packed.streams.q_groups!);
    groups[at] = value;
    const bytes = new Uint8Array(groups.buffer);
    expect(() => own.decode({ ...packed, streams: { ...packed.streams, q_groups: bytes } })).toThrow(message);
  });

  it('refuses streams that end early', () => {
    const { shape, streams } = encoded();
    for (const name of Object.keys(streams)) {
      const short = { ...streams, [name]: streams[name]!.subarray(2) };
      expect(() => own.decode({ shape, streams: short }), name).toThrow(RangeError);
    }
  });

  it('refuses codes that are wider than their group', () => {
    const fields = own.unpack(encoded());
    const code = Uint8Array.from(fields.codes.code!);
    code[cols - 1] = 4;
    expect(() => own.pack({ ...fields, codes: { ...fields.codes, code } })).toThrow(
      /code\[639\] = 4 is not a code of 2 bits/,
    );
  });
});

describe('compressed-tensors', () => {
  it.each([2, 3, 5, 8])('a dense bit stream along each row at %i bits', (bits) => {
    const [rows, cols, size] = [4, 96, 32];
    const own = codec('compressed_tensors', { bits, size });
    const x = weights(rows * cols, bits);
    const packed = own.encode(x, { shape: [rows, cols] });
    const w = u32s(packed.streams.weight_packed!);
    const perRow = Math.ceil((cols * bits) / 32);
    const s = Array.from(u16s(packed.streams.weight_scale!), (code) => bfloat.levelOf(code));
    const out = Float32Array.from(x, (_, i) => {
      const [row, col] = [Math.floor(i / cols), i % cols];
      const code = codeIn((word) => w[row * perRow + word]!, col, bits) - 2 ** (bits - 1);
      return f(code * s[Math.floor(i / size)]!);
    });
    expect(difference(own.decode(packed), out)).toBeNull();
    expectWhole(own, packed);
  });
});

describe('formats of stored tables', () => {
  it('AQLM 2x8: the sum of a row from each of two codebooks, times the scale of the output', () => {
    const [rows, cols] = [3, 32];
    const own = codec('aqlm_2x8');
    const books = Uint16Array.from(weights(2 * 256 * 8, 1), (v) => half.codeOf(v));
    const code = Uint8Array.from({ length: ((rows * cols) / 8) * 2 }, (_, k) => (k * 37) % 256);
    const scales = Uint16Array.of(half.codeOf(1), half.codeOf(0.5), half.codeOf(-2));
    const packed = {
      shape: [rows, cols],
      streams: { codebooks: new Uint8Array(books.buffer), scales: new Uint8Array(scales.buffer), code },
    };
    const level = (book: number, row: number, i: number): number =>
      half.levelOf(books[(book * 256 + row) * 8 + i]!);
    const out = Float32Array.from({ length: rows * cols }, (_, i) => {
      const vector = Math.floor(i / 8);
      const sum = f(level(0, code[2 * vector]!, i % 8) + level(1, code[2 * vector + 1]!, i % 8));
      return f(sum * half.levelOf(scales[Math.floor(i / cols)]!));
    });
    expect(difference(own.decode(packed), out)).toBeNull();
    expectWhole(own, packed);
  });

  it('AQLM 1x16: one codebook of 65536 rows', () => {
    const own = codec('aqlm_1x16');
    const books = Uint16Array.from({ length: 65536 * 8 }, (_, k) => half.codeOf((k % 2000) / 1000 - 1));
    const code = Uint16Array.of(0, 65535, 1234, 40000);
    const scales = Uint16Array.of(half.codeOf(0.25));
    const bytes = (a: Uint16Array): Uint8Array => new Uint8Array(a.buffer);
    const packed = {
      shape: [1, 32],
      streams: { codebooks: bytes(books), scales: bytes(scales), code: bytes(code) },
    };
    const out = Array.from({ length: 32 }, (_, i) =>
      f(half.levelOf(books[code[Math.floor(i / 8)]! * 8 + (i % 8)]!) * 0.25),
    );
    expect(difference(own.decode(packed), out)).toBeNull();
  });

  it.each([3, 4])(
    'SqueezeLLM at %i bits: levels of the row, words as GPTQ has them, outliers added',
    (bits) => {
      const [rows, cols] = [32, 128];
      const own = codec('squeezellm', { bits });
      const x = weights(rows * cols, bits);
      x[77] = 3;
      const packed = own.encode(x, { shape: [rows, cols] });
      const { streams } = packed;
      const [q, table] = [u32s(streams.qweight!), f32s(streams.lookup_table!)];
      const [offsets, columns, values] = [u32s(streams.rows!), u32s(streams.cols!), f32s(streams.vals!)];
      const out = Float32Array.from(
        x,
        (_, i) =>
          table[
            Math.floor(i / cols) * 2 ** bits +
              codeIn((w) => q[w * rows + Math.floor(i / cols)]!, i % cols, bits)
          ]!,
      );
      for (let row = 0; row < rows; row++)
        for (let k = offsets[row]!; k < offsets[row + 1]!; k++) {
          const at = row * cols + columns[k]!;
          out[at] = f(out[at]! + values[k]!);
        }
      expect(difference(own.decode(packed), out)).toBeNull();
      expect(offsets[rows]).toBe(Math.floor(0.0045 * rows * cols));
      expect(out[77]).toBe(3);
      expectWhole(own, packed);
    },
  );

  it('SpQR: a tile row is one word: scale, zero, sixteen codes and a byte of what they are scaled by', () => {
    const [rows, cols] = [32, 64];
    const own = codec('spqr');
    const x = weights(rows * cols, 3);
    const packed = own.encode(x, { shape: [rows, cols] });
    const dense = u32s(packed.streams.dense!);
    const [offsets, entries] = [u32s(packed.streams.row_offsets!), u32s(packed.streams.col_vals!)];
    const bitsOf = (tile: number, row: number, from: number, count: number): number => {
      let value = 0;
      for (let bit = 0; bit < count; bit++) {
        const at = from + bit;
        value += ((dense[(tile * 16 + row) * 2 + Math.floor(at / 32)]! >>> (at % 32)) & 1) * 2 ** bit;
      }
      return value;
    };
    const out = new Float32Array(rows * cols);
    for (let i = 0; i < out.length; i++) {
      const [row, col] = [Math.floor(i / cols), i % cols];
      const tile = Math.floor(row / 16) * (cols / 16) + Math.floor(col / 16);
      // Four f16: the low byte in the rows 4f and 4f + 1, the high byte in the next two.
      const second = (k: number): number =>
        half.levelOf(bitsOf(tile, 4 * k, 54, 8) + 256 * bitsOf(tile, 4 * k + 2, 54, 8));
      const [scale, zero] = [bitsOf(tile, row % 16, 0, 3), bitsOf(tile, row % 16, 3, 3)];
      const code = bitsOf(tile, row % 16, 6 + 3 * (col % 16), 3);
      const step = f(second(0) * f(scale - second(2)));
      out[i] = f(step * f(code - f(second(1) * f(zero - second(3)))));
    }
    for (let row = 0; row < rows; row++)
      for (let k = offsets[row]!; k < offsets[row + 1]!; k++) {
        const at = row * cols + (entries[k]! & 0xffff);
        out[at] = f(out[at]! + half.levelOf(entries[k]! >>> 16));
      }
    expect(difference(own.decode(packed), out)).toBeNull();
    expect(errorOf(x, out)).toBeLessThan(NEAR[3]!);
    expectWhole(own, packed);
  });
});

describe('QuIP# E8P', () => {
  const [rows, cols] = [32, 128];
  const perRow = cols / 8;

  /** quip-sharp's get_abs_grid: vectors of 1/2, 3/2 and 5/2 with squared norm up to 10, in order, then 29 of norm 12. */
  const magnitudes = [
    ...Array.from({ length: 3 ** 8 }, (_, k) =>
      Array.from({ length: 8 }, (_, i) => (Math.floor(k / 3 ** (7 - i)) % 3) + 0.5),
    ).filter((vector) => vector.reduce((sum, v) => sum + v * v, 0) <= 10),
    ...(
      '31113333 13113333 11313333 11133333 33313311 33313131 33311331 33313113 33311313 33311133 33133311 33133131 ' +
      '33131331 33133113 33131313 33131133 31333311 31333131 31331331 31333113 31331313 13331133 13333311 13333131 ' +
      '13331331 13333113 13331313 11331333 33113331'
    )
      .split(' ')
      .map((digits) => [...digits].map((digit) => Number(digit) / 2)),
  ];

  /** quip-sharp's get_full_grid, one code. */
  function vectorOf(code: number): number[] {
    const parity = [0, 1, 2, 3, 4, 5, 6, 7].reduce((p, bit) => p ^ ((code >> bit) & 1), 0);
    const signs = (code & 255) ^ parity;
    const vector = magnitudes[code >> 8]!;
    const odd = vector.reduce((a, b) => a + b) % 2;
    return vector.map((v, i) => {
      const at = [0, 4, 1, 5, 2, 6, 3, 7][i]!;
      const own = i === 7 && odd === 1 ? -v : v;
      return ((signs >> at) & 1 ? -own : own) + (parity === 1 ? -0.25 : 0.25);
    });
  }

  /** Rows of a Sylvester matrix, orthonormal. */
  function hadamard(side: number, i: number, j: number): number {
    let common = i & j;
    let ones = 0;
    for (; common > 0; common >>= 1) ones += common & 1;
    return (ones % 2 === 0 ? 1 : -1) / Math.sqrt(side);
  }

  it('codes interleaved for tensor cores, between two rotations', () => {
    expect(magnitudes).toHaveLength(256);
    const own = codec('quip_e8p');
    const code = Uint16Array.from({ length: rows * perRow }, (_, k) => (k * 40503 + 977) % 65536);
    const halves = (count: number, at: (k: number) => number): Uint16Array =>
      Uint16Array.from({ length: count }, (_, k) => half.codeOf(at(k)));
    const [su, sv] = [
      halves(cols, (k) => (k % 3 === 0 ? -1 : 1)),
      halves(rows, (k) => (k % 5 === 0 ? -0.5 : 1)),
    ];
    const scale = Uint32Array.of(0x3f400000); // 0.75
    const packed = own.pack({
      shape: [rows, cols],
      codes: { code, su, sv, scale },
      kept: new Float32Array(0),
    });

    // maybe_pack_idxs: 2 x 2 codes to a 64-bit word, 8 x 4 words to a tile of 16 rows and 8 codes.
    const idx = (row: number, k: number): number => code[row * perRow + k]!;
    const expected: number[] = [];
    for (let tileRow = 0; tileRow < rows / 16; tileRow++)
      for (let tileCol = 0; tileCol < perRow / 8; tileCol++)
        for (let pair = 0; pair < 8; pair++)
          for (let k = 0; k < 4; k++) {
            const quad = [0, 1, 2, 3].map((i) =>
              idx(tileRow * 16 + pair * 2 + (i % 2), tileCol * 8 + k * 2 + (i >> 1)),
            );
            let sign = 0;
            for (let i = 0; i < 4; i++)
              for (let j = 0; j < 8; j++) sign += ((quad[i]! >> j) & 1) * 2 ** (4 * j + i);
            expected.push(
              quad.reduce((sum, q, i) => sum + (q >> 8) * 2 ** (8 * i), 0),
              sign,
            );
          }
    expect([...u32s(packed.streams.Qidxs!)]).toEqual(expected);

    const inner = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: perRow }, (_, k) => vectorOf(idx(row, k))).flat(),
    );
    const left = inner.map((_, i) =>
      inner[0]!.map((_, col) => inner.reduce((sum, row, j) => sum + hadamard(rows, i, j) * row[col]!, 0)),
    );
    const out = left.flatMap((row, i) =>
      row.map((_, j) => {
        const turned = row.reduce((sum, v, k) => sum + v * hadamard(cols, k, j), 0);
        return 0.75 * turned * half.levelOf(sv[i]!) * half.levelOf(su[j]!);
      }),
    );
    const back = own.decode(packed);
    expect(errorOf(Float32Array.from(out), back)).toBeLessThan(1e-6);
    expectWhole(own, packed);
  });
});

describe('BitNet I2_S', () => {
  it('an element of each quarter of 128 to a byte, the first on top; one scale after all', () => {
    const own = codec('bitnet_i2_s');
    const x = weights(512, 6).map((v) => (Math.abs(v) < 0.05 ? 0 : 2 * Math.sign(v)));
    const packed = own.encode(x, { shape: [2, 256] });
    const bytes = Object.values(packed.streams)[0]!;
    expect(bytes).toHaveLength(512 / 4 + 4);
    const scale = view(bytes).getFloat32(128, true);
    expect(scale).toBe(2);
    const out = Float32Array.from(x, (_, i) => {
      const [block, within] = [Math.floor(i / 128), i % 128];
      const shift = 6 - 2 * Math.floor(within / 32);
      return (((bytes[block * 32 + (within % 32)]! >> shift) & 3) - 1) * scale;
    });
    expect(difference(own.decode(packed), out)).toBeNull();
    expect(difference(out, x)).toBeNull();
  });
});
