/**
 * Two small Llamas for tests with peers: one that was trained, and one with seeded weights whose rows are whole superblocks of 256.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openTensorFile } from '@fewerbits/tensorfile';

const STORIES = fileURLToPath(new URL('../../shared/models/stories260K/stories260K.bin', import.meta.url));

/** stories260K: the header for a GGUF, and tensors as binary32. */
export async function storiesModel() {
  assert.ok(existsSync(STORIES), `there is no ${STORIES}; the models are not beside the repository`);
  const file = await openTensorFile(STORIES);
  assert.ok(file.gguf, `${STORIES} lacks ${file.ggufLacks}`);
  const tensors = [];
  for (const { name, shape } of file.tensors)
    tensors.push({ name, shape, values: await file.readFloats(name) });
  await file.close();
  return { header: file.gguf, tensors };
}

/** Numbers in [0, 1) that are the same everywhere. */
export function* seededNumbers(seed, count) {
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** A Llama of 256-wide rows that nobody trained, with the tokenizer of another: 2 layers, 768 hidden, its own classifier. */
export function seededModel({ header }) {
  const dim = 256;
  const hidden = 768;
  const layers = 2;
  const sizes = {
    'llama.context_length': 512,
    'llama.embedding_length': dim,
    'llama.block_count': layers,
    'llama.feed_forward_length': hidden,
    'llama.attention.head_count': 8,
    'llama.attention.head_count_kv': 8,
    'llama.rope.dimension_count': dim / 8,
  };
  const keyValues = header.keyValues.map((pair) =>
    pair.key in sizes ? { ...pair, value: sizes[pair.key] } : pair,
  );
  const vocabulary = header.keyValues.find(({ key }) => key === 'tokenizer.ggml.tokens').value.length;
  const normal = (name, ...shape) => ({
    name: `${name}.weight`,
    shape,
    values: normals(name, shape, 1 / 16),
  });
  const ones = (name) => ({ name: `${name}.weight`, shape: [dim], values: new Float32Array(dim).fill(1) });
  const layer = (_, at) => [
    ones(`blk.${at}.attn_norm`),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((part) => normal(`blk.${at}.${part}`, dim, dim)),
    ones(`blk.${at}.ffn_norm`),
    normal(`blk.${at}.ffn_gate`, hidden, dim),
    normal(`blk.${at}.ffn_up`, hidden, dim),
    normal(`blk.${at}.ffn_down`, dim, hidden),
  ];
  return {
    header: { keyValues },
    tensors: [
      normal('token_embd', vocabulary, dim),
      ...Array.from({ length: layers }, layer).flat(),
      ones('output_norm'),
      normal('output', vocabulary, dim),
    ],
  };
}

/** Normal numbers of that deviation, seeded by the tensor's name. */
function normals(name, shape, deviation) {
  const length = shape.reduce((a, b) => a * b);
  const seed = [...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7);
  const uniform = [...seededNumbers(seed, 2 * length)];
  return Float32Array.from({ length }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform[2 * i]));
    return deviation * radius * Math.cos(2 * Math.PI * uniform[2 * i + 1]);
  });
}
