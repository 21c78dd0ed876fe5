/**
 * Opens a llama2.c checkpoint, with everything a GGUF of it needs when its tokenizer lies beside it.
 *
 * Specification: as in layout.ts and tokenizer.ts; keys as llama.cpp's llama architecture reads them (docs/gguf.md of ggml).
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { known, lastAxis } from '../axis.ts';
import { dtypeNamed } from '../dtype.ts';
import { fileSystemError, TensorFileError } from '../error.ts';
import { DEFAULT_ALIGNMENT, type GgufHeader, type GgufKeyValue } from '../gguf/values.ts';
import { openFile } from '../source.ts';
import { type Contents, readDense, type StoredTensor } from '../tensor-file.ts';
import type { Llama2cLayout, Llama2cSizes } from './layout.ts';
import { parseLlama2cTokenizer, tokenizerKeyValues } from './tokenizer.ts';

/** Opens the checkpoint that has this layout. Throws TensorFileError. */
export async function openLlama2c(path: string, layout: Llama2cLayout): Promise<Contents> {
  const beside = await headerFor(path, layout.sizes);
  const source = await openFile(path);
  const dtype = dtypeNamed('F32')!;
  return {
    path,
    container: 'llama2c',
    metadata: Object.create(null),
    ...beside,
    tensors: layout.tensors.map(({ name, shape, start: offset }): StoredTensor => {
      const dense = { path, name, source, offset, dtype, bigEndian: false };
      const axis = shape.length < 2 ? lastAxis(shape) : known(1, 'llama2.c stores [out, in]');
      const byteLength = 4 * shape.reduce((product, extent) => product * extent, 1);
      return {
        info: { name, shape, dtype: dtype.name, byteLength, ...axis },
        source,
        offset,
        floats: (from, out) => readDense(dense, from, out),
      };
    }),
    close: () => source.close(),
  };
}

/** A tokenizer of 256,000 tokens stays far below; it is read whole. */
const MAX_TOKENIZER_BYTES = 100_000_000;

/** The header of a GGUF, or why there is none. */
async function headerFor(
  path: string,
  sizes: Llama2cSizes,
): Promise<{ readonly gguf: GgufHeader } | { readonly ggufLacks: string }> {
  const names = [`tok${sizes.vocabSize}.bin`, 'tokenizer.bin'];
  const reasons: string[] = [];
  for (const name of names) {
    const file = join(dirname(path), name);
    try {
      const bytes = await readWhole(file);
      if (bytes === null) continue;
      const tokenizer = parseLlama2cTokenizer(bytes, sizes.vocabSize, file);
      const keyValues = [...modelKeyValues(path, sizes), ...tokenizerKeyValues(tokenizer)];
      return { gguf: { version: 3, alignment: DEFAULT_ALIGNMENT, keyValues } };
    } catch (error) {
      if (!(error instanceof TensorFileError)) throw error;
      reasons.push(error.message);
    }
  }
  return {
    ggufLacks:
      `a tokenizer; put ${names.join(' or ')} of llama2.c into the folder of ${basename(path)}` +
      `${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`,
  };
}

async function readWhole(path: string): Promise<Uint8Array | null> {
  const stats = await stat(path).catch(() => null);
  if (stats === null || !stats.isFile()) return null;
  if (stats.size > MAX_TOKENIZER_BYTES)
    throw new TensorFileError(
      path,
      `has ${stats.size} bytes; a tokenizer has at most ${MAX_TOKENIZER_BYTES}`,
    );
  return readFile(path).catch((error: unknown) => {
    throw fileSystemError(path, 'read the tokenizer', error);
  });
}

function modelKeyValues(path: string, sizes: Llama2cSizes): readonly GgufKeyValue[] {
  const count = (key: string, value: number): GgufKeyValue => ({ key, type: 'UINT32', value });
  return [
    { key: 'general.architecture', type: 'STRING', value: 'llama' },
    { key: 'general.name', type: 'STRING', value: basename(path, extname(path)) },
    count('llama.vocab_size', sizes.vocabSize),
    count('llama.context_length', sizes.contextLength),
    count('llama.embedding_length', sizes.dim),
    count('llama.block_count', sizes.layers),
    count('llama.feed_forward_length', sizes.hiddenDim),
    count('llama.attention.head_count', sizes.heads),
    count('llama.attention.head_count_kv', sizes.kvHeads),
    count('llama.rope.dimension_count', sizes.dim / sizes.heads),
    // Constants of llama2.c's run.c.
    { key: 'llama.rope.freq_base', type: 'FLOAT32', value: 10000 },
    { key: 'llama.attention.layer_norm_rms_epsilon', type: 'FLOAT32', value: 1e-5 },
  ];
}
