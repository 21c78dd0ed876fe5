/**
 * The element types of ggml: number in a file, name, and how many bytes a block of elements takes.
 *
 * Specification: `enum ggml_type` and `type_traits` of ggml (docs/design/bit-layouts.md, "Types and sizes"). What the
 * bytes of a block mean is the business of formats, not of this package.
 */

/** A type of ggml. Plain types are blocks of one element. */
export interface GgmlType {
  /** Number in a GGUF file. */
  readonly id: number;
  /** In capitals, as ggml and its tools print it: `F32`, `Q4_0`, `IQ2_XXS`. Plain types have the name of safetensors. */
  readonly name: string;
  /** Weights of a block; a row holds whole blocks. */
  readonly elements: number;
  /** Stored bytes of a block. */
  readonly bytes: number;
}

const type = (name: string, id: number, elements: number, bytes: number): GgmlType =>
  Object.freeze({ id, name, elements, bytes });

/** Every type that ggml reads today, by id: 8 plain ones and 27 of blocks. */
export const GGML_TYPES: readonly GgmlType[] = Object.freeze([
  type('F32', 0, 1, 4),
  type('F16', 1, 1, 2),
  type('Q4_0', 2, 32, 18),
  type('Q4_1', 3, 32, 20),
  type('Q5_0', 6, 32, 22),
  type('Q5_1', 7, 32, 24),
  type('Q8_0', 8, 32, 34),
  type('Q8_1', 9, 32, 36),
  type('Q2_K', 10, 256, 84),
  type('Q3_K', 11, 256, 110),
  type('Q4_K', 12, 256, 144),
  type('Q5_K', 13, 256, 176),
  type('Q6_K', 14, 256, 210),
  type('Q8_K', 15, 256, 292),
  type('IQ2_XXS', 16, 256, 66),
  type('IQ2_XS', 17, 256, 74),
  type('IQ3_XXS', 18, 256, 98),
  type('IQ1_S', 19, 256, 50),
  type('IQ4_NL', 20, 32, 18),
  type('IQ3_S', 21, 256, 110),
  type('IQ2_S', 22, 256, 82),
  type('IQ4_XS', 23, 256, 136),
  type('I8', 24, 1, 1),
  type('I16', 25, 1, 2),
  type('I32', 26, 1, 4),
  type('I64', 27, 1, 8),
  type('F64', 28, 1, 8),
  type('IQ1_M', 29, 256, 56),
  type('BF16', 30, 1, 2),
  type('TQ1_0', 34, 256, 54),
  type('TQ2_0', 35, 256, 66),
  type('MXFP4', 39, 32, 17),
  type('NVFP4', 40, 64, 36),
  type('Q1_0', 41, 128, 18),
  type('Q2_0', 42, 64, 18),
]);

const BY_ID: ReadonlyMap<number, GgmlType> = new Map(GGML_TYPES.map((known) => [known.id, known]));
const BY_NAME: ReadonlyMap<string, GgmlType> = new Map(GGML_TYPES.map((known) => [known.name, known]));

/** The type of that number in a file, or undefined. */
export function ggmlTypeOf(id: number): GgmlType | undefined {
  return BY_ID.get(id);
}

/** The type of that name (in capitals), or undefined. */
export function ggmlTypeNamed(name: string): GgmlType | undefined {
  return BY_NAME.get(name);
}

/** Numbers of types that ggml once had, for messages. */
const REMOVED: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
]);

/** What to say about a number that is no type. */
export function unknownGgmlType(id: number): string {
  const removed = REMOVED.get(id);
  if (removed !== undefined)
    return `ggml type ${id} (${removed}), which ggml has removed; quantize the model anew from its source`;
  return `ggml type ${id}, which this version does not know; the file is damaged or newer`;
}
