/**
 * Exact operations on the bits of binary64 and binary32 numbers: exponents, powers of two, roundings to integers and to mantissa bits.
 *
 * Knows nothing of formats. Exponents are read from bits, never through `Math.log2`, so every engine agrees.
 * Specification: docs/design/language.md, "Expressions" (`floor_pow2 ceil_pow2 round_mantissa`).
 */

// One scratch word: written and read within a single call, so calls never see each other's bits.
const scratch = new DataView(new ArrayBuffer(8));

const TWO_52 = 4503599627370496;

/** floor(log2 |x|) of a finite nonzero binary64, subnormals included; -Infinity for 0, Infinity for ±Infinity, NaN for NaN. */
export function exponentOf(x: number): number {
  if (x === 0) return -Infinity;
  scratch.setFloat64(0, x);
  const field = (scratch.getUint32(0) >>> 20) & 0x7ff;
  if (field === 0x7ff) return Number.isNaN(x) ? NaN : Infinity;
  return field === 0 ? exponentOf(x * TWO_52) - 52 : field - 1023;
}

/** 2^e for an integer e, exactly: 0 below -1074, Infinity above 1023. */
export function pow2(e: number): number {
  if (e > 1023) return Infinity;
  if (e < -1022) return e < -1074 ? 0 : pow2(e + 52) / TWO_52;
  scratch.setUint32(0, (e + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** The largest power of two not above x; 0 for x <= 0, Infinity for Infinity, NaN for NaN. */
export function floorPow2(x: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? NaN : 0;
  return x === Infinity ? x : pow2(exponentOf(x));
}

/** The smallest power of two not below x; 0 for x <= 0, Infinity for Infinity and beyond 2^1023, NaN for NaN. */
export function ceilPow2(x: number): number {
  const floor = floorPow2(x);
  return floor < x && x > 0 ? floor * 2 : floor;
}

/**
 * x rounded to `mantissa` bits after the leading one, a half away from zero; zeros, infinities and NaN are returned as they are.
 * @throws RangeError if `mantissa` is not an integer >= 0.
 */
export function roundMantissa(x: number, mantissa: number): number {
  if (!Number.isInteger(mantissa) || mantissa < 0) {
    throw new RangeError(`roundMantissa: mantissa must be an integer >= 0, got ${mantissa}`);
  }
  if (x === 0 || !Number.isFinite(x)) return x;
  const lowest = exponentOf(x) - mantissa;
  if (mantissa >= 52 || lowest < -1074) return x;
  const unit = pow2(lowest);
  const rounded = Math.floor(Math.abs(x) / unit + 0.5) * unit;
  return x < 0 ? -rounded : rounded;
}

/** The nearest integer, a half to the even one; never -0. Infinities and NaN are returned as they are. */
export function roundHalfEven(x: number): number {
  const size = Math.abs(x);
  if (!(size < TWO_52)) return x;
  // Adding 2^52 leaves no bits for a fraction: the hardware's own rounding to even does the work.
  const rounded = size + TWO_52 - TWO_52;
  return x < 0 ? 0 - rounded : rounded;
}

/** The smallest binary64 above x; NaN for NaN, Infinity for Infinity. */
export function nextUp(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  if (Number.isNaN(x) || x === Infinity) return x;
  scratch.setFloat64(0, x);
  const high = scratch.getUint32(0);
  const low = scratch.getUint32(4);
  if (x > 0) {
    scratch.setUint32(4, low + 1);
    if (low === 0xffffffff) scratch.setUint32(0, high + 1);
  } else {
    scratch.setUint32(4, low - 1);
    if (low === 0) scratch.setUint32(0, high - 1);
  }
  return scratch.getFloat64(0);
}

/** The binary32 with these 32 bits (0 .. 2^32 - 1), as a number. */
export function fromFloat32Bits(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** The 32 bits of the binary32 nearest to x (ties to even), as 0 .. 2^32 - 1; every NaN gives 0x7fc00000. */
export function toFloat32Bits(x: number): number {
  if (Number.isNaN(x)) return 0x7fc00000;
  scratch.setFloat32(0, x);
  return scratch.getUint32(0);
}
