/**
 * The verbs of a scalar number: codeOf, overflows, encodeInto and decodeInto, each by the fastest way that its number allows.
 *
 * The ways are equal, value for value (test/rounding.test.ts). Specification: docs/design/language.md, "Numbers".
 */
import { arithmeticCoder, hasBinary32Codes } from './arithmetic.ts';
import { arithmeticFor } from './arrays.ts';
import type { Base } from './base.ts';
import {
  type CodeArray,
  codeBeyond,
  computedSearch,
  type Ends,
  type InRange,
  type ListedSearch,
  listedSearch,
  OVERFLOW,
} from './coder.ts';
import type { Ladder } from './ladder.ts';
import type { ResolvedNumber } from './resolved.ts';
import type { NumberType, Rounding } from './types.ts';

/** The verbs. */
export type Behaviour = Pick<ResolvedNumber, 'codeOf' | 'overflows' | 'decodeInto' | 'encodeInto'>;

/** The verbs of a number that is made of these parts. */
export function scalarBehaviour(
  type: NumberType,
  base: Base,
  levels: Float64Array | null,
  ladder: Ladder,
  ends: Ends,
  rounding: Rounding,
  levelOf: (code: number) => number,
): Behaviour {
  const isBinary32 = hasBinary32Codes(type);
  const encodeArray = arithmeticFor(type, base, rounding);
  // Built when first needed: most numbers of a format are only ever decoded.
  let built: ListedSearch | null = null;
  const listed = () => {
    const middle = base.listed && !base.wide ? binary32Middle : (a: number, b: number) => (a + b) / 2;
    built ??= listedSearch(ladder, rounding, middle);
    return built;
  };
  const arithmetic = arithmeticCoder(type, base, rounding);
  const search: InRange =
    levels !== null ? (x, index) => listed().inRange(x, index) : computedSearch(ladder, rounding);
  const inRange = arithmetic ?? search;
  const { low, high } = ends;
  const codeOf = (x: number, index = 0) => (x >= low && x < high ? inRange(x, index) : codeBeyond(x, ends));
  const overflows = (x: number) => {
    if (x >= low && x < high) return false;
    if (Number.isNaN(x)) return false;
    return Number.isFinite(x) || (x > 0 ? ends.infCode : ends.negativeInfCode) === null;
  };
  const codeAt = (x: number, index: number, i: number) => {
    const code = codeOf(x, index);
    if (code === OVERFLOW)
      throw new RangeError(
        `x[${i}] = ${x} overflows the number, whose levels end at ${levelOf(ends.lowest)} and ${levelOf(ends.highest)}`,
      );
    return code;
  };

  const encodeInto = (x: Float32Array | Float64Array, out: CodeArray, first = 0) => {
    requireSameLength('x', x.length, 'out', out.length);
    if (out.BYTES_PER_ELEMENT * 8 < base.bits) {
      throw new RangeError(
        `out: elements of ${out.BYTES_PER_ELEMENT * 8} bits are too narrow for codes of ${base.bits} bits`,
      );
    }
    const beyond = (value: number, i: number) => codeAt(value, first + i, i);
    if (x instanceof Float32Array && encodeArray !== null) encodeArray(x, out, ends, beyond);
    else if (x instanceof Float32Array && levels !== null && arithmetic === null)
      listed().encode(x, out, ends, first, beyond);
    else {
      for (let i = 0; i < x.length; i++) {
        const value = x[i]!;
        out[i] = value >= low && value < high ? inRange(value, first + i) : beyond(value, i);
      }
    }
  };
  const decodeInto = (codes: CodeArray, out: Float32Array | Float64Array) => {
    requireSameLength('codes', codes.length, 'out', out.length);
    if (isBinary32 && codes instanceof Uint32Array) {
      out.set(new Float32Array(codes.buffer, codes.byteOffset, codes.length));
    } else if (levels === null) {
      for (let i = 0; i < codes.length; i++) out[i] = levelOf(codes[i]!);
    } else {
      const count = levels.length;
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i]!;
        out[i] = code < count && code >= 0 ? levels[code]! : levelAt(levelOf, code, i);
      }
    }
  };
  return { codeOf, overflows, decodeInto, encodeInto };
}

function levelAt(levelOf: (code: number) => number, code: number, i: number): number {
  try {
    return levelOf(code);
  } catch (error) {
    throw new RangeError(`codes[${i}]: ${(error as Error).message}`);
  }
}

function requireSameLength(a: string, aLength: number, b: string, bLength: number): void {
  if (aLength !== bLength)
    throw new RangeError(`${a} has ${aLength} elements and ${b} ${bLength}; they must be as many`);
}

/** The midpoint of two listed levels, rounded to binary32, so that peers who store boundaries agree. */
function binary32Middle(a: number, b: number): number {
  return Math.fround((a + b) / 2);
}
