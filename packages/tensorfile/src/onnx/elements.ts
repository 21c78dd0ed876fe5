/**
 * The element types of ONNX, by their number in `TensorProto.DataType`.
 *
 * Specification: onnx/onnx.proto, IR version 13. Sub-byte elements fill bytes from the low bit up; unlike safetensors
 * the last byte may be part filled.
 */
import { type Decode, type Dtype, dtypeNamed, makeDtype } from '../dtype.ts';

/** Fields of a TensorProto that hold elements one by one; the numbers are those of the specification. */
export const WORDS = { float: 4, int32: 5, int64: 7, double: 10, uint64: 11 } as const;
export type WordsField = (typeof WORDS)[keyof typeof WORDS];

/** A type of ONNX that is numeric. */
export interface Element {
  /** Name in the specification. */
  readonly onnx: string;
  readonly dtype: Dtype;
  /** The field that holds elements where `raw_data` does not; `null` where only `raw_data` is read. */
  readonly words: WordsField | null;
  /** Smallest and largest word that such a field may hold. */
  readonly least: number;
  readonly most: number;
}

/** The type with that number, or undefined (STRING, UNDEFINED, or younger than this reader). */
export function elementOf(dataType: number): Element | undefined {
  return ELEMENTS.get(dataType);
}

/** The number of the type of strings. */
export const STRING = 8;
/** The numbers of the types of the attributes of a Constant. */
export const FLOAT = 1;
export const INT64 = 7;

/** Stored bytes of `count` elements; the last may be part filled. */
export function packedByteLength(dtype: Dtype, count: number): number {
  const whole = Math.floor(count / dtype.group);
  return whole * dtype.groupBytes + Math.ceil(((count % dtype.group) * dtype.bits) / 8);
}

/** Integers below a byte, `bits` dividing 8, in two's complement or not. */
function tiny(bits: 2 | 4, isSigned: boolean): Decode {
  const perByte = 8 / bits;
  const up = 32 - bits;
  return (bytes, first, out) => {
    for (let i = 0; i < out.length; i++) {
      const at = first + i;
      const code = (bytes[Math.floor(at / perByte)]! >>> ((at % perByte) * bits)) << up;
      out[i] = isSigned ? code >> up : code >>> up;
    }
    return -1;
  };
}

function element(onnx: string, type: string | Dtype, words: WordsField | null, isSigned = false): Element {
  const dtype = typeof type === 'string' ? dtypeNamed(type)! : type;
  if (dtype.bits >= 64 || words === WORDS.float)
    return { onnx, dtype, words, least: -Infinity, most: Infinity };
  // A byte of several elements is written as a signed or an unsigned number, depending on the writer.
  if (dtype.bits < 8) return { onnx, dtype, words, least: -128, most: 255 };
  const values = 2 ** dtype.bits;
  return isSigned
    ? { onnx, dtype, words, least: -values / 2, most: values / 2 - 1 }
    : { onnx, dtype, words, least: 0, most: values - 1 };
}

const { float, int32, int64, double, uint64 } = WORDS;

const ELEMENTS: ReadonlyMap<number, Element> = new Map([
  [FLOAT, element('FLOAT', 'F32', float)],
  [2, element('UINT8', 'U8', int32)],
  [3, element('INT8', 'I8', int32, true)],
  [4, element('UINT16', 'U16', int32)],
  [5, element('INT16', 'I16', int32, true)],
  [6, element('INT32', 'I32', int32, true)],
  [INT64, element('INT64', 'I64', int64)],
  [9, element('BOOL', 'BOOL', int32)],
  [10, element('FLOAT16', 'F16', int32)],
  [11, element('DOUBLE', 'F64', double)],
  [12, element('UINT32', 'U32', uint64)],
  [13, element('UINT64', 'U64', uint64)],
  [14, element('COMPLEX64', 'C64', float)],
  [15, element('COMPLEX128', makeDtype('C128', 128, null, 8), double)],
  [16, element('BFLOAT16', 'BF16', int32)],
  [17, element('FLOAT8E4M3FN', 'F8_E4M3', int32)],
  [18, element('FLOAT8E4M3FNUZ', 'F8_E4M3FNUZ', int32)],
  [19, element('FLOAT8E5M2', 'F8_E5M2', int32)],
  [20, element('FLOAT8E5M2FNUZ', 'F8_E5M2FNUZ', int32)],
  [21, element('UINT4', makeDtype('U4', 4, tiny(4, false)), int32)],
  [22, element('INT4', makeDtype('I4', 4, tiny(4, true)), int32)],
  [23, element('FLOAT4E2M1', 'F4', int32)],
  [24, element('FLOAT8E8M0', 'F8_E8M0', int32)],
  [25, element('UINT2', makeDtype('U2', 2, tiny(2, false)), int32)],
  [26, element('INT2', makeDtype('I2', 2, tiny(2, true)), int32)],
  [27, element('FLOAT6E2M3', 'F6_E2M3', null)],
  [28, element('FLOAT6E3M2', 'F6_E3M2', null)],
]);
