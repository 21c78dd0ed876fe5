/** The power of two at or below a value that is not negative, or at or above it: `floor_pow2` and `ceil_pow2` of the language. */
import type { Nest } from '../loops/nest.ts';

/** Moves every subnormal binary32 among the normal ones, exactly. */
const UP = 2 ** 64;

/** By the exponent of the value, or of a normal multiple of it where it is subnormal; 0 stays 0. */
export function powerOfTwo(b: Nest, name: 'floor_pow2' | 'ceil_pow2', value: number): number {
  const exponentOnly = (real: number): number => {
    const bits = b.add({ op: 'bits_of', type: 'i32', args: [real] });
    return b.add({ op: 'from_f32', type: 'f32', args: [b.integer('i_and', bits, b.int(0x7f800000))] });
  };
  const small = b.binary('mul', exponentOnly(b.binary('mul', value, b.real(UP))), b.real(1 / UP));
  const isSmall = b.binary('lt', value, b.real(2 ** -126));
  const floor = b.pick(isSmall, small, exponentOnly(value));
  if (name === 'floor_pow2') return floor;
  return b.pick(b.binary('eq', floor, value), value, b.binary('mul', floor, b.real(2)));
}
