/**
 * The numbers that every `.qf` file knows without an import.
 *
 * Specification: docs/design/drafts/prelude.qf. OCP 8-bit floats and MX 1.0, ml_dtypes, IEEE P3109, QLoRA (arXiv 2305.14314).
 */
import { codebook, float, twos, uint } from './build.ts';
import type { NumberType } from './types.ts';

/** QLoRA's 4-bit NormalFloat. */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

/** The prelude's named numbers; `uN` and `iN` are known to `preludeNumber` only. */
export const PRELUDE: Readonly<Record<string, NumberType>> = {
  f32: float({ exponent: 8, mantissa: 23, specials: 'ieee' }),
  f16: float({ exponent: 5, mantissa: 10, specials: 'ieee' }),
  bf16: float({ exponent: 8, mantissa: 7, specials: 'ieee' }),
  e5m2: float({ exponent: 5, mantissa: 2, specials: 'ieee' }),
  e4m3: float({ exponent: 4, mantissa: 3, specials: 'nan' }),
  e4m3_ieee: float({ exponent: 4, mantissa: 3, specials: 'ieee' }),
  e3m4_ieee: float({ exponent: 3, mantissa: 4, specials: 'ieee' }),
  e4m3fnuz: float({ exponent: 4, mantissa: 3, bias: 8, specials: 'nan_zero' }),
  e5m2fnuz: float({ exponent: 5, mantissa: 2, bias: 16, specials: 'nan_zero' }),
  e4m3b11fnuz: float({ exponent: 4, mantissa: 3, bias: 11, specials: 'nan_zero' }),
  e3m2: float({ exponent: 3, mantissa: 2 }),
  e2m3: float({ exponent: 2, mantissa: 3 }),
  e2m1: float({ exponent: 2, mantissa: 1 }),
  e8m0: float({ exponent: 8, mantissa: 0, signed: false, subnormals: false, specials: 'nan' }),
  p3109_k8p3se: float({ exponent: 5, mantissa: 2, bias: 16, specials: 'nan_zero_inf' }),
  p3109_k8p4uf: float({ exponent: 5, mantissa: 3, bias: 16, signed: false, specials: 'nan_zero' }),
  nf4: codebook(NF4),
};

const INTEGERS: ReadonlyMap<string, NumberType> = new Map(
  Array.from({ length: 32 }, (_, i) => i + 1).flatMap((bits) => [
    [`u${bits}`, uint(bits)] as const,
    [`i${bits}`, twos(bits)] as const,
  ]),
);

/** The number that a name has in the prelude, `u1` .. `u32` and `i1` .. `i32` included; the same object each time. */
export function preludeNumber(name: string): NumberType | undefined {
  return Object.hasOwn(PRELUDE, name) ? PRELUDE[name] : INTEGERS.get(name);
}
