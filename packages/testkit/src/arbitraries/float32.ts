/**
 * binary32 values drawn by their bits: subnormals, both zeros, infinities and every NaN pattern come up as often as they break
 * codecs. Draws that pick from an interval of reals meet none of them.
 */
import * as fc from 'fast-check';

const SIGN = 0x80000000;

/** Bits of binary32 values, weighted towards the edges; shrinks towards +0. */
function float32Bits(): fc.Arbitrary<number> {
  const sign = fc.constantFrom(0, SIGN);
  const signed = (magnitude: fc.Arbitrary<number>): fc.Arbitrary<number> =>
    fc.tuple(sign, magnitude).map(([s, m]) => (s | m) >>> 0);
  return fc.oneof(
    { weight: 8, arbitrary: signed(fc.integer({ min: 0, max: 0x7f7fffff })) },
    { weight: 3, arbitrary: signed(aroundPowerOfTwo()) },
    { weight: 2, arbitrary: signed(fc.integer({ min: 1, max: 0x007fffff })) },
    { weight: 2, arbitrary: signed(fc.constantFrom(0, 0x00800000, 0x7f7fffff, 0x3f800000)) },
    { weight: 1, arbitrary: signed(fc.constant(0x7f800000)) },
    { weight: 1, arbitrary: signed(fc.integer({ min: 0x7f800001, max: 0x7fffffff })) },
  );
}

/** A power of two, or its neighbour on either side: where exponents read by a logarithm go wrong. */
function aroundPowerOfTwo(): fc.Arbitrary<number> {
  return fc
    .tuple(fc.integer({ min: 1, max: 254 }), fc.integer({ min: -1, max: 1 }))
    .map(([exponent, step]) => exponent * 2 ** 23 + step);
}

/** The binary32 value of bits. A NaN's payload may not survive as a number: use `float32sByBits` where it matters. */
function float32OfBits(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

/**
 * Any binary32 value: subnormals, ±0, ±Inf, NaN, powers of two and their neighbours among them.
 * @param options `finite`: no NaN and no infinity.
 */
export function float32ByBits(options: { readonly finite?: boolean } = {}): fc.Arbitrary<number> {
  const any = float32Bits().map(float32OfBits);
  return options.finite === true ? any.filter(Number.isFinite) : any;
}

/** Arrays of binary32 values by bits, NaN payloads kept. Lengths as of `fc.array`. */
export function float32sByBits(options: fc.ArrayConstraints = {}): fc.Arbitrary<Float32Array> {
  return fc.array(float32Bits(), options).map((bits) => new Float32Array(Uint32Array.from(bits).buffer));
}
