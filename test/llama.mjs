/**
 * Files of ours in software of others: GGUF written by us, loaded and run by llama.cpp on the CPU.
 *
 * A trained model as binary32 must write the story that its authors published; the same model, and one with seeded weights,
 * in every block type must give the probabilities of the binary32 file that holds *our* decoded weights. Two ways: with the
 * embedding alone in the type, which llama.cpp decodes and nothing more, they are equal to the bit; with every tensor in it,
 * llama.cpp also rounds activations to 8 bits, and they are equal within TOLERANCE.
 *
 * Needs a build, `test/peers/llama`, and ../shared/models/stories260K. `npm run test:llama`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogueIndex, loadFormatSync } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { wasmDecoder, wasmEncoder } from '@fewerbits/target-wasm';
import { GGML_TYPES, writeGguf } from '@fewerbits/tensorfile';
import { greedy, loadModel, nextTokenProbabilities } from './peers/llama/llama.mjs';
import { seededModel, seededNumbers, storiesModel } from './small-llamas.mjs';

/** `expected_stdout` of test_all.py in karpathy/llama2.c (MIT): 200 steps of greedy decoding of stories260K. */
const STORY = `Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.
Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play with your ball, but I can't find it."
Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
Lily didn't want to help her mom, so she`;

/** Its first sentence as tokens, and their negative log likelihood by a forward pass in binary64 (the model's NOTICE). */
const SENTENCE = [1, 403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426];
const SENTENCE_NATS = 1.50206;

/**
 * Most that the distributions of a next token may differ by: total variation, the greatest of all places. llama.cpp rounds
 * activations to 8 bits, which alone moves them by 0.006 to 0.022; a weight type of 4 bits moves them by 0.16 and more.
 */
const TOLERANCE = 0.025;

/** Types for activations only, which llama.cpp takes for no weight. */
const ACTIVATIONS = new Set(['Q8_1', 'Q8_K']);

const folder = mkdtempSync(join(tmpdir(), 'fewerbits-llama-'));
const known = new Set(catalogueIndex().map(({ name }) => name));
let failures = 0;

try {
  const stories = await storiesModel();
  await check('stories260K, F32', () => tellsItsStory(stories));
  await check('stories260K, F32 in shards', () => tellsItsStory(stories, { splitBytes: 200_000 }));
  for (const type of ['Q8_0', 'Q4_0', 'IQ4_NL', 'MXFP4'])
    await check(`stories260K, ${type} where rows divide`, () => runsInType(stories, type, SENTENCE, true));
  const seeded = seededModel(stories);
  const tokens = Array.from(seededNumbers(11, 24), (u, at) => (at === 0 ? 1 : 259 + Math.floor(u * 253)));
  for (const { name, elements } of GGML_TYPES)
    if (elements > 1 && !ACTIVATIONS.has(name)) {
      await check(`seeded, ${name} embedding`, () => decodesAlike(seeded, name));
      await check(`seeded, ${name}`, () => runsInType(seeded, name, tokens));
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(failures === 0 ? 'llama.cpp reads what we write.' : `${failures} checks failed.`);
// The peer keeps threads.
process.exit(failures === 0 ? 0 : 1);

async function check(name, run) {
  try {
    console.log(`ok    ${name}: ${await run()}`);
  } catch (error) {
    failures++;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}

async function tellsItsStory(model, options) {
  const [path] = await writeModel(model, 'f32', () => null, options);
  const loaded = await loadModel(path);
  const text = await greedy(loaded, 200);
  const places = await nextTokenProbabilities(loaded, SENTENCE);
  await loaded.dispose();
  assert.equal(text, STORY);
  const nats = SENTENCE.slice(1).reduce((sum, token, at) => sum - Math.log(places[at][token]), 0);
  assert.ok(Math.abs(nats - SENTENCE_NATS) < 1e-5, `${nats} nats for a sentence that has ${SENTENCE_NATS}`);
  return `the published story, ${text.length} characters; a sentence of ${nats.toFixed(6)} nats`;
}

/** Only the embedding in the type: llama.cpp decodes its rows, each of them here, and all else is binary32 on both sides. */
async function decodesAlike(model, type) {
  const codec = blockCodec(type);
  const { shape } = model.tensors.find(isEmbedding);
  const everyToken = Array.from({ length: shape[0] }, (_, token) => token);
  const { blocks, decoded } = await compared(model, codec, isEmbedding, everyToken);
  for (const [at, place] of blocks.entries())
    for (const [token, p] of place.entries())
      assert.ok(
        p === decoded[at][token],
        `after token ${at}, the probability of ${token} is ${p}, but ${decoded[at][token]} with our decoded weights`,
      );
  return `${blocks.length} × ${blocks[0].length} probabilities equal to the bit`;
}

function isEmbedding({ name }) {
  return name === 'token_embd.weight';
}

/** Every matrix whose rows are whole blocks in the type. */
async function runsInType(model, type, tokens, isTrained) {
  const codec = blockCodec(type);
  const matrix = ({ shape }) => shape.length === 2 && shape[1] % codec.type.elements === 0;
  const { blocks, decoded, original, text } = await compared(model, codec, matrix, tokens, true);
  const far = furthest(blocks, decoded);
  assert.ok(far <= TOLERANCE, `total variation of ${far} from our decoded weights; ${TOLERANCE} is allowed`);
  const moved = codec.fitted ? `, ${furthest(blocks, original).toFixed(4)} from the original weights` : '';
  if (isTrained) assert.ok(STORY.startsWith(text.slice(0, 30)), `it writes ${JSON.stringify(text)}`);
  const says = isTrained ? `; writes ${JSON.stringify(text)}` : '';
  return `total variation ${far.toFixed(4)} from our decoded weights${moved}${says}`;
}

/** What llama.cpp gives for the blocks, for our decoded weights and, if asked, for the weights as they were. */
async function compared(model, codec, chosen, tokens, alsoOriginal = false) {
  const encoded = new Map(model.tensors.filter(chosen).map((tensor) => [tensor.name, codec.encode(tensor)]));
  assert.ok(encoded.size > 0, 'no tensor has rows of whole blocks');
  const run = async (label, bytesOf) => {
    const loaded = await loadModel((await writeModel(model, label, bytesOf))[0]);
    const places = await nextTokenProbabilities(loaded, tokens);
    const text = await greedy(loaded, 16);
    await loaded.dispose();
    return { places, text };
  };
  const blocks = await run(
    'blocks',
    ({ name }) => encoded.get(name) && { type: codec.type.name, bytes: encoded.get(name) },
  );
  const decoded = await run('decoded', ({ name, shape }) => {
    const bytes = encoded.get(name);
    return bytes && { type: 'F32', bytes: floatBytes(codec.decode(bytes, shape)) };
  });
  const original = alsoOriginal ? await run('original', () => null) : null;
  return { blocks: blocks.places, decoded: decoded.places, original: original?.places, text: blocks.text };
}

/** Greatest total variation between two lists of distributions. */
function furthest(a, b) {
  return Math.max(
    ...a.map((place, at) => place.reduce((sum, p, token) => sum + Math.abs(p - b[at][token]), 0) / 2),
  );
}

/** Our codec of a block type, over bytes. */
function blockCodec(name) {
  const type = GGML_TYPES.find((one) => one.name === name);
  const plain = name.toLowerCase();
  const format = loadFormatSync(known.has(`ggml_${plain}`) ? `ggml_${plain}` : plain);
  const compiled = [wasmEncoder, wasmDecoder].reduce((codec, make) => {
    const made = make(codec);
    return typeof made === 'string' ? codec : made;
  }, interpreter(format));
  const fitted = catalogueIndex().find((entry) => entry.name === format.name).encodes === true;
  return {
    type,
    fitted,
    encode: ({ values, shape }) =>
      fitted ? compiled.encode(values, { shape }).streams[''] : randomBlocks(compiled, type, values, shape),
    decode: (bytes, shape) => compiled.decode({ shape, streams: { '': bytes } }),
  };
}

/** For a type that nothing fits yet: any codes, under a power of two that gives the weights about their size. */
function randomBlocks(codec, type, values, shape) {
  const count = values.length / type.elements;
  const bytes = Uint8Array.from(seededNumbers(count, count * type.bytes), (u) => u * 256);
  const fields = codec.unpack({ shape, streams: { '': bytes } });
  const scaled = (exponent) => ({
    ...fields,
    codes: { ...fields.codes, d: fields.codes.d.map(() => (15 + exponent) << 10) },
  });
  const unit = codec.decode(codec.pack(scaled(0)));
  return codec.pack(scaled(Math.round(Math.log2(rms(values) / rms(unit))))).streams[''];
}

function rms(values) {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function floatBytes(values) {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Writes a model and returns its paths; `bytesOf` gives the type and bytes of a tensor that is not stored as binary32. */
async function writeModel({ header, tensors }, label, bytesOf, options) {
  const path = join(folder, `${label}.gguf`);
  const stored = tensors.map((tensor) => {
    const { name, shape } = tensor;
    const { type, bytes } = bytesOf(tensor) ?? { type: 'F32', bytes: floatBytes(tensor.values) };
    return { name, shape, type, bytes, byteLength: bytes.length };
  });
  return writeGguf(path, stored, header, options);
}
