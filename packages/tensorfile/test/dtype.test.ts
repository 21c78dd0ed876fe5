import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTensorFile } from '../src/index.ts';
import { expectFileError, safetensorsBytes, temporaryFolder, write } from './files.ts';

const folder = temporaryFolder();

async function decode(dtype: string, bytes: number[] | Uint8Array, count: number): Promise<number[]> {
  const header = { t: { dtype, shape: [count], data_offsets: [0, bytes.length] } };
  const file = await openTensorFile(
    write(folder, `${dtype}.safetensors`, safetensorsBytes(JSON.stringify(header), Uint8Array.from(bytes))),
  );
  try {
    const values = await file.readFloats('t');
    // Every range must give the same elements, wherever it starts inside a byte.
    for (let start = 0; start <= Math.min(count, 9); start++)
      expect(await file.readFloats('t', start)).toEqual(values.slice(start));
    return [...values];
  } finally {
    await file.close();
  }
}

/** The layout of a small float from the specification, written differently from the code that decodes it. */
function byRule(code: number, exponent: number, mantissa: number, bias: number): number {
  const sign = code >> (exponent + mantissa) ? -1 : 1;
  const field = (code >> mantissa) & (2 ** exponent - 1);
  const fraction = (code & (2 ** mantissa - 1)) / 2 ** mantissa;
  return sign * (field === 0 ? 2 ** (1 - bias) * fraction : 2 ** (field - bias) * (1 + fraction));
}

describe('element types', () => {
  it('reads F4 low nibble first, every code (OCP MX 1.0)', async () => {
    const bytes = [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe];
    const positive = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    expect(await decode('F4', bytes, 16)).toEqual([...positive, ...positive.map((value) => -value)]);
  });

  it('reads F6 as a little-endian bit stream, four elements in three bytes', async () => {
    // Codes 0, 1, 31, 63: bits 000000 000001 011111 → low bits first.
    const stream = 0 | (1 << 6) | (31 << 12) | (63 << 18);
    const bytes = [stream & 255, (stream >> 8) & 255, stream >>> 16];
    expect(await decode('F6_E2M3', bytes, 4)).toEqual([0, 0.125, 7.5, -7.5]);
    expect(await decode('F6_E3M2', bytes, 4)).toEqual([0, 0.0625, 28, -28]);
  });

  it('reads every F8 code by the rule of the format', async () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const finite = (values: number[], exponent: number, mantissa: number, bias: number) =>
      values.forEach((value, code) => {
        if (Number.isFinite(value))
          expect([code, value]).toEqual([code, byRule(code, exponent, mantissa, bias)]);
      });
    const nans = (values: number[]) => values.flatMap((value, code) => (Number.isNaN(value) ? [code] : []));
    const e4m3 = await decode('F8_E4M3', codes, 256);
    finite(e4m3, 4, 3, 7);
    expect(nans(e4m3)).toEqual([0x7f, 0xff]);
    expect(e4m3[0x7e]).toBe(448);
    const e5m2 = await decode('F8_E5M2', codes, 256);
    finite(e5m2, 5, 2, 15);
    expect(nans(e5m2)).toEqual([0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff]);
    expect([e5m2[0x7c], e5m2[0xfc], e5m2[0x7b]]).toEqual([Infinity, -Infinity, 57344]);
    const e4m3fnuz = await decode('F8_E4M3FNUZ', codes, 256);
    finite(e4m3fnuz, 4, 3, 8);
    expect(nans(e4m3fnuz)).toEqual([0x80]);
    const e5m2fnuz = await decode('F8_E5M2FNUZ', codes, 256);
    finite(e5m2fnuz, 5, 2, 16);
    expect(nans(e5m2fnuz)).toEqual([0x80]);
    const e8m0 = await decode('F8_E8M0', codes, 256);
    expect(e8m0.slice(0, 255)).toEqual(Array.from({ length: 255 }, (_, code) => 2 ** (code - 127)));
    expect(e8m0[255]).toBeNaN();
  });

  it('reads F16 and BF16 with subnormals, infinities and signed zeros', async () => {
    const half = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
    const bytes = (codes: number[]) => codes.flatMap((code) => [code & 255, code >> 8]);
    expect(await decode('F16', bytes(half), half.length)).toEqual([
      0,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      1,
      -2,
      65504,
      Infinity,
      -Infinity,
      Number.NaN,
    ]);
    const brain = [0x0001, 0x3f80, 0xc049, 0x7f7f, 0x7f80, 0x7fc0, 0x8000];
    expect(await decode('BF16', bytes(brain), brain.length)).toEqual([
      2 ** -133,
      1,
      -3.140625,
      3.3895313892515355e38,
      Infinity,
      Number.NaN,
      -0,
    ]);
  });

  it('keeps the payload of binary32 NaNs', async () => {
    const path = write(
      folder,
      'nan.safetensors',
      safetensorsBytes(
        '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        Uint8Array.of(0x56, 0x34, 0xd2, 0xff),
      ),
    );
    const file = await openTensorFile(path);
    const [bits] = new Uint32Array((await file.readFloats('t')).buffer);
    expect(bits).toBe(0xffd23456);
    await file.close();
  });

  it('reads integers and booleans', async () => {
    expect(await decode('I8', [0x80, 0xff, 0x7f], 3)).toEqual([-128, -1, 127]);
    expect(await decode('U8', [0x80, 0xff, 0x7f], 3)).toEqual([128, 255, 127]);
    expect(await decode('BOOL', [0, 1, 2], 3)).toEqual([0, 1, 1]);
    expect(await decode('I16', [0, 0x80, 1, 0], 2)).toEqual([-32768, 1]);
    expect(await decode('U16', [0, 0x80, 1, 0], 2)).toEqual([32768, 1]);
    expect(await decode('I32', [255, 255, 255, 255], 1)).toEqual([-1]);
    expect(await decode('U32', [255, 255, 255, 255], 1)).toEqual([4294967296]);
  });

  it('rounds 64-bit integers once', async () => {
    // Just above the middle of two binary32 neighbours: rounding to binary64 first would lose the +1 and tie to even.
    const middle = 2n ** 62n + 2n ** 38n;
    const bytes = new Uint8Array(
      new BigInt64Array([middle + 1n, middle, -middle - 1n, -5n, 2n ** 63n - 1n]).buffer,
    );
    const above = 2 ** 62 + 2 ** 39;
    expect(await decode('I64', bytes, 5)).toEqual([above, 2 ** 62, -above, -5, 2 ** 63]);
    expect(await decode('U64', new Uint8Array(new BigUint64Array([2n ** 64n - 1n]).buffer), 1)).toEqual([
      2 ** 64,
    ]);
  });

  it('rounds 64-bit integers to the nearest binary32: no neighbour is closer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), async (value) => {
        const [got] = await decode('I64', new Uint8Array(new BigInt64Array([value]).buffer), 1);
        const distance = (x: number) => {
          const d = BigInt(x) - value;
          return d < 0n ? -d : d;
        };
        const bits = new Uint32Array(Float32Array.of(got!).buffer)[0]!;
        for (const step of [-1, 1]) {
          const neighbour = new Float32Array(Uint32Array.of(bits + step).buffer)[0]!;
          if (Number.isInteger(neighbour)) expect(distance(got!) <= distance(neighbour)).toBe(true);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('refuses binary64 values beyond binary32, and complex numbers, naming the tensor', async () => {
    const doubles = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
    expect(await decode('F64', doubles(0.1, Infinity, 1e-50), 3)).toEqual([Math.fround(0.1), Infinity, 0]);
    await expectFileError(decode('F64', doubles(1, 2, -1e300), 3), /'t', element 2: .*beyond binary32/);
    await expectFileError(decode('C64', [0, 0, 0, 0, 0, 0, 0, 0], 1), /complex.*readBytes/);
  });
});
