/**
 * What a llama2.c checkpoint holds and where: seven sizes, then binary32 weights in an order that its version fixes.
 *
 * Specification: karpathy/llama2.c, export.py, `legacy_export` (version 0: the sizes alone, RoPE tables among the
 * weights) and `version1_export` (a header of 256 bytes). Tensors have the names of llama.cpp's llama architecture, whose
 * rotation turns neighbouring pairs as llama2.c does, so rows keep their order. Pure: knows no file system.
 */
import { TensorFileError } from '../error.ts';
import { elementCount } from '../shape.ts';

/** Sizes of a model. */
export interface Llama2cSizes {
  readonly dim: number;
  readonly hiddenDim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  /** Whether the classifier is the embedding. */
  readonly tied: boolean;
}

/** A tensor of the file; `start` is the position of its first byte. */
export interface Llama2cTensor {
  readonly name: string;
  /** Outermost first, [out, in]. */
  readonly shape: readonly number[];
  readonly start: number;
}

export interface Llama2cLayout {
  readonly sizes: Llama2cSizes;
  readonly tensors: readonly Llama2cTensor[];
}

/** First bytes that `llama2cLayout` wants to see. */
export const LLAMA2C_HEAD_BYTES = 40;

/** "ak42" as a 32-bit number, which versions 1 and 2 start with. */
const MAGIC = 0x616b3432;
const SIZES_BYTES = 7 * 4;
const HEADER_BYTES = 256;

/** Whether a file starts with the mark of llama2.c's later versions. */
export function hasLlama2cMagic(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset).getUint32(0, true) === MAGIC;
}

/**
 * The layout of a checkpoint. Version 0 has no mark: it is one when its sizes explain the length of the file exactly.
 * @param head the first bytes of the file, `LLAMA2C_HEAD_BYTES` where it has them
 * @returns `null` when this is no checkpoint
 * @throws TensorFileError for a marked file of another version, or whose length its sizes do not explain
 */
export function llama2cLayout(head: Uint8Array, fileLength: number, path: string): Llama2cLayout | null {
  if (!hasLlama2cMagic(head)) {
    const sizes = head.length < SIZES_BYTES ? null : readSizes(head, 0, null);
    return sizes === null ? null : layout(sizes, SIZES_BYTES, legacyOrder(sizes), fileLength);
  }
  const version = head.length < 8 ? 0 : new DataView(head.buffer, head.byteOffset).getInt32(4, true);
  if (version === 2)
    throw new TensorFileError(
      path,
      'is a llama2.c checkpoint of version 2, already quantised; export version 0 or 1 (export.py --version 1)',
    );
  if (version !== 1)
    throw new TensorFileError(path, `is a llama2.c checkpoint of version ${version}; 0 and 1 are read`);
  const sizes = head.length < LLAMA2C_HEAD_BYTES ? null : readSizes(head, 8, head[8 + SIZES_BYTES]! !== 0);
  const found = sizes === null ? null : layout(sizes, HEADER_BYTES, version1Order(sizes), fileLength);
  if (found === null)
    throw new TensorFileError(
      path,
      `is a llama2.c checkpoint of ${fileLength} bytes, which its sizes do not explain; it is truncated or damaged`,
    );
  return found;
}

/** Seven int32; `null` when they are no sizes of a model. `tied` is `null` where the sign of the vocabulary says it. */
function readSizes(head: Uint8Array, at: number, tied: boolean | null): Llama2cSizes | null {
  const view = new DataView(head.buffer, head.byteOffset);
  const [dim, hiddenDim, layers, heads, kvHeads, vocab, contextLength] = Array.from({ length: 7 }, (_, i) =>
    view.getInt32(at + 4 * i, true),
  ) as [number, number, number, number, number, number, number];
  const vocabSize = tied === null ? Math.abs(vocab) : vocab;
  const all = [dim, hiddenDim, layers, heads, kvHeads, vocabSize, contextLength];
  // Heads rotate pairs, so they are of even size.
  if (!all.every((size) => size > 0) || dim % (2 * heads) !== 0 || heads % kvHeads !== 0) return null;
  return { dim, hiddenDim, layers, heads, kvHeads, vocabSize, contextLength, tied: tied ?? vocab > 0 };
}

/** A run of the file: one tensor for each layer, one alone, or a part that is no tensor. */
interface Run {
  readonly name: (layer: number) => string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly skipped?: true;
}

function runs(sizes: Llama2cSizes) {
  const { dim, hiddenDim, layers, heads, kvHeads, vocabSize, contextLength } = sizes;
  const kvDim = (dim / heads) * kvHeads;
  const each = (part: string, ...shape: number[]): Run => ({
    name: (layer) => `blk.${layer}.${part}.weight`,
    shape,
    count: layers,
  });
  const one = (name: string, ...shape: number[]): Run => ({ name: () => `${name}.weight`, shape, count: 1 });
  return {
    embedding: one('token_embd', vocabSize, dim),
    attentionNorm: each('attn_norm', dim),
    attention: [
      each('attn_q', dim, dim),
      each('attn_k', kvDim, dim),
      each('attn_v', kvDim, dim),
      each('attn_output', dim, dim),
    ],
    feedForwardNorm: each('ffn_norm', dim),
    feedForward: [
      each('ffn_gate', hiddenDim, dim),
      each('ffn_down', dim, hiddenDim),
      each('ffn_up', hiddenDim, dim),
    ],
    norm: one('output_norm', dim),
    // cos and sin, which are computed where they are needed.
    rotation: { ...one('rope', contextLength, dim / heads), skipped: true } as Run,
    classifier: sizes.tied ? [] : [one('output', vocabSize, dim)],
  };
}

function legacyOrder(sizes: Llama2cSizes): readonly Run[] {
  const all = runs(sizes);
  return [
    all.embedding,
    all.attentionNorm,
    ...all.attention,
    all.feedForwardNorm,
    ...all.feedForward,
    all.norm,
    all.rotation,
    ...all.classifier,
  ];
}

function version1Order(sizes: Llama2cSizes): readonly Run[] {
  const all = runs(sizes);
  return [
    all.attentionNorm,
    all.feedForwardNorm,
    all.norm,
    all.embedding,
    ...all.attention,
    ...all.feedForward,
    ...all.classifier,
  ];
}

/** Places the runs one after another; `null` when they do not end where the file does. */
function layout(
  sizes: Llama2cSizes,
  start: number,
  order: readonly Run[],
  fileLength: number,
): Llama2cLayout | null {
  const lengths = order.map(({ shape, count }) => elementCount([...shape, count, 4]));
  const end = lengths.reduce<number>((total, length) => total + (length ?? Number.POSITIVE_INFINITY), start);
  // Before anything is listed: a false number of layers could be two thousand million.
  if (end !== fileLength) return null;
  const tensors: Llama2cTensor[] = [];
  let at = start;
  for (const [index, { name, shape, count, skipped }] of order.entries()) {
    const each = lengths[index]! / count;
    if (!skipped)
      for (let layer = 0; layer < count; layer++)
        tensors.push({ name: name(layer), shape, start: at + layer * each });
    at += lengths[index]!;
  }
  return { sizes, tensors };
}
