/**
 * A llama2.c tokenizer file, and its pieces as llama.cpp wants them.
 *
 * Specification: karpathy/llama2.c, tokenizer.py, `export`: int32 length of the longest piece, then for each token f32
 * score, int32 length, bytes. It writes SentencePiece's pieces with spaces for '▁', control pieces between line ends and,
 * in some versions, bytes as themselves for `<0x0A>`; here they become SentencePiece's again. Pure: knows no file system.
 */
import { TensorFileError } from '../error.ts';
import type { GgufKeyValue } from '../gguf/values.ts';

/** Tokens of the tokenizer, by id. */
export interface Llama2cTokenizer {
  readonly pieces: readonly string[];
  readonly scores: Float32Array;
}

const UNKNOWN_ID = 0;
const BEGIN_ID = 1;
const END_ID = 2;
/** Ids of the 256 bytes start here. */
const FIRST_BYTE_ID = 3;

/**
 * Reads a tokenizer of `count` tokens.
 * @throws TensorFileError when the file is damaged or has another number of tokens
 */
export function parseLlama2cTokenizer(bytes: Uint8Array, count: number, path: string): Llama2cTokenizer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const pieces: string[] = [];
  // The file's own count of tokens, so that a false `count` is no allocation.
  const scores: number[] = [];
  let at = 4;
  while (at < bytes.length && pieces.length <= count) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : -1;
    if (length < 0 || length > bytes.length - at - 8)
      throw new TensorFileError(
        path,
        `byte ${at}, token ${pieces.length}: the file ends within it; it is truncated`,
      );
    scores.push(view.getFloat32(at, true));
    try {
      pieces.push(decoder.decode(bytes.subarray(at + 8, at + 8 + length)));
    } catch {
      throw new TensorFileError(
        path,
        `byte ${at + 8}, token ${pieces.length}: not UTF-8 text; the file is damaged`,
      );
    }
    at += 8 + length;
  }
  if (pieces.length !== count)
    throw new TensorFileError(
      path,
      `has ${pieces.length > count ? 'more than ' : ''}${Math.min(pieces.length, count)} tokens, but the model has ${count}; ` +
        'it is the tokenizer of another model',
    );
  return { pieces, scores: Float32Array.from(scores) };
}

/** Numbers of `llama_token_type`. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

/** The tokenizer under the keys of llama.cpp. */
export function tokenizerKeyValues({ pieces, scores }: Llama2cTokenizer): readonly GgufKeyValue[] {
  const tokens = pieces.map((piece, id): readonly [text: string, type: number] => {
    if (id === UNKNOWN_ID) return ['<unk>', UNKNOWN];
    if (id === BEGIN_ID) return ['<s>', CONTROL];
    if (id === END_ID) return ['</s>', CONTROL];
    const byte = id - FIRST_BYTE_ID;
    if (byte < 256) {
      const name = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
      if (piece === name || piece === String.fromCharCode(byte)) return [name, BYTE];
    }
    return [piece.replaceAll(' ', '▁'), NORMAL];
  });
  return [
    { key: 'tokenizer.ggml.model', type: 'STRING', value: 'llama' },
    { key: 'tokenizer.ggml.tokens', type: 'ARRAY', items: 'STRING', value: tokens.map(([text]) => text) },
    { key: 'tokenizer.ggml.scores', type: 'ARRAY', items: 'FLOAT32', value: scores },
    {
      key: 'tokenizer.ggml.token_type',
      type: 'ARRAY',
      items: 'INT32',
      value: tokens.map(([, type]) => type),
    },
    { key: 'tokenizer.ggml.bos_token_id', type: 'UINT32', value: BEGIN_ID },
    { key: 'tokenizer.ggml.eos_token_id', type: 'UINT32', value: END_ID },
    { key: 'tokenizer.ggml.unknown_token_id', type: 'UINT32', value: UNKNOWN_ID },
    { key: 'tokenizer.ggml.add_bos_token', type: 'BOOL', value: true },
    { key: 'tokenizer.ggml.add_eos_token', type: 'BOOL', value: false },
    { key: 'tokenizer.ggml.add_space_prefix', type: 'BOOL', value: true },
  ];
}
