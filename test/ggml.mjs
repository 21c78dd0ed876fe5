/**
 * ggml's own library against our formats: `npm run test:ggml` (options: `-- --blocks N --seed N`, names of types).
 *
 * Decoding: random blocks, any bits at all, of every block type that the library decodes; each of our targets must give its weights bit
 * for bit (a NaN equals any NaN). A difference is shown as the block, in hexadecimal, with the first weight that differs.
 *
 * Encoding: every tensor of two small Llamas whose rows divide, as `ggml_quantize_chunk` does it for llama-quantize, without
 * importances where ggml can do without, and with them where a type reads any; our fastest target must give the same bytes.
 */
import { parseArgs } from 'node:util';
import { loadFormat } from '@fewerbits/catalogue';
import { fieldsToGive, interpreter } from '@fewerbits/codec';
import { encodedLength, formatFacts } from '@fewerbits/format';
import { FORMAT_OF_GGML_TYPE } from '@fewerbits/modelfile';
import { jsDecoder } from '@fewerbits/target-js';
import { wasmDecoder, wasmEncoder } from '@fewerbits/target-wasm';
import { ggmlTypeNamed } from '@fewerbits/tensorfile';
import { openGgml } from '../benchmarks/common.mjs';
import { seededModel, seededNumbers, storiesModel } from './small-llamas.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { blocks: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});

const library = openGgml();
if (library === null) process.exit(1);
const ggml = {
  init: library.func('void ggml_quantize_init(int type)'),
  requires: library.func('bool ggml_quantize_requires_imatrix(int type)'),
  quantize: library.func(
    'size_t ggml_quantize_chunk(int type, const void *x, void *y, int64_t start, int64_t rows, int64_t cols, const void *importances)',
  ),
};

/** Types that ggml quantises activations to, never weights. */
const ACTIVATIONS = ['Q8_1', 'Q8_K'];

/** C names are lower case but for K. */
const nameInC = (type) => type.toLowerCase().replace(/k$/, 'K');

/** xorshift32: any bits, the same for a seed. */
function randomBytes(length, seed) {
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The decoder by each target that has one. */
function targets(base) {
  const made = { interpreter: base, wasm: wasmDecoder(base), js: jsDecoder(base) };
  return Object.entries(made).filter(([, codec]) => typeof codec !== 'string');
}

/**
 * How far the errors of two encodings of a block may be apart, relatively, to count as a tie. The published library breaks ties of
 * IQ1_M's search otherwise than its own source does: compiled with gcc 12, with or without FMA, that gives our bytes in each of these blocks.
 */
const TIES = 1e-3;

let failed = 0;
const types = Object.entries(FORMAT_OF_GGML_TYPE).filter(
  ([type]) => positionals.length === 0 || positionals.includes(type),
);
for (const [type, name] of types) await decodesAlike(type, await loadFormat(name));
const stories = await storiesModel();
const models = { stories260K: stories.tensors, seeded: seededModel(stories).tensors };
for (const [type, name] of types) encodesAlike(ggmlTypeNamed(type), await loadFormat(name));
console.log(failed === 0 ? 'no difference' : `${failed} differences`);
process.exit(failed === 0 ? 0 : 1);

async function decodesAlike(type, format) {
  const { tile } = formatFacts(format);
  const blockBytes = encodedLength(format, [1, tile.width]);
  let decode;
  try {
    decode = library.func(`void dequantize_row_${nameInC(type)}(const void *x, void *y, int64_t k)`);
  } catch {
    console.log(`${type.padEnd(8)} not decoded: the library has no dequantize_row_${nameInC(type)}`);
    return;
  }
  const blocks = Number(values.blocks);
  const bytes = randomBytes(blocks * blockBytes, Number(values.seed));
  const wanted = new Float32Array(blocks * tile.width);
  decode(bytes, wanted, wanted.length);
  const results = targets(interpreter(format)).map(([target, codec]) => {
    const got = codec.decode({ shape: [blocks, tile.width], streams: { '': bytes } });
    const wrong = got.findIndex((weight, i) => !Object.is(weight, wanted[i]));
    return { target, got, wrong };
  });
  const bad = results.filter(({ wrong }) => wrong >= 0);
  const same = `the same weights on ${results.map(({ target }) => target).join(', ')}`;
  console.log(
    `${type.padEnd(8)} ${blocks} blocks of ${blockBytes} bytes: ${bad.length === 0 ? same : 'DIFFERENT'}`,
  );
  for (const { target, got, wrong } of bad) {
    const block = Math.floor(wrong / tile.width);
    const hex = Buffer.from(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)).toString('hex');
    console.log(
      `  ${target}: weight ${wrong % tile.width} is ${got[wrong]}, ggml's ${wanted[wrong]}; block ${hex}`,
    );
    failed++;
  }
}

function encodesAlike(type, format) {
  if (fieldsToGive(format).length > 0) {
    console.log(`${type.name.padEnd(8)} not encoded: the format has no fit`);
    return;
  }
  const base = interpreter(format);
  const made = wasmEncoder(base);
  const codec = typeof made === 'string' ? base : made;
  ggml.init(type.id);
  const quantize = ACTIVATIONS.includes(type.name) ? ofRow(type.name) : ofFile(type.id);
  const hasFit = format.fits.some(({ name }) => name === 'imatrix');
  const needs = ggml.requires(type.id);
  for (const importances of [false, true]) {
    if (importances ? !hasFit && !needs : needs) continue;
    let [tensors, blocks] = [0, 0];
    for (const [model, list] of Object.entries(models))
      for (const { name, shape, values: weights } of list) {
        const [rows, cols] = shape.length === 1 ? [1, ...shape] : shape;
        if (cols % type.elements !== 0) continue;
        const importance = importances ? importancesFor(cols) : null;
        const wanted = new Uint8Array((weights.length / type.elements) * type.bytes);
        quantize(weights, wanted, rows, cols, importance);
        const how = importance === null ? {} : { importance, ...(hasFit ? { fit: 'imatrix' } : {}) };
        const got = codec.encode(weights, { shape: [rows, cols], ...how }).streams[''];
        tensors++;
        blocks += wanted.length / type.bytes;
        const wrong = differing(got, wanted, type.bytes);
        if (wrong.length === 0) continue;
        const what = `${model}, ${name}: ${wrong.length} blocks differ, the first is ${wrong[0]}`;
        if (type.name === 'IQ1_M' && areTies(base, wrong, weights, got, wanted, type)) {
          console.log(`  ${what}; a tie (see TIES)`);
          continue;
        }
        console.log(`  ${what}`);
        failed++;
      }
    console.log(
      `${type.name.padEnd(8)} ${tensors} tensors, ${blocks} blocks${importances ? ' with importances' : ''}: encoded and compared`,
    );
  }
}

/** Blocks in which bytes differ. */
function differing(got, wanted, size) {
  const blocks = Array.from({ length: wanted.length / size }, (_, block) => block);
  return blocks.filter((block) =>
    got.subarray(block * size, (block + 1) * size).some((byte, i) => byte !== wanted[block * size + i]),
  );
}

function areTies(codec, blocks, weights, got, wanted, { elements, bytes }) {
  return blocks.every((block) => {
    const x = weights.subarray(block * elements, (block + 1) * elements);
    // Equal weights lie equally near under every level, and where rounding leads the search from there no error tells.
    if (x.every((w) => w === x[0])) return true;
    const [ours, theirs] = [got, wanted].map((stream) => {
      const part = stream.subarray(block * bytes, (block + 1) * bytes);
      const back = codec.decode({ shape: [1, elements], streams: { '': part } });
      // Weighted as the search weighs them without importances.
      return x.reduce((sum, w, i) => sum + w * w * (w - back[i]) ** 2, 0);
    });
    return Math.abs(ours - theirs) <= TIES * x.reduce((sum, w) => sum + w ** 4, 0);
  });
}

/** As llama-quantize does it. */
function ofFile(id) {
  return (weights, out, rows, cols, importance) =>
    ggml.quantize(id, weights, out, 0n, BigInt(rows), BigInt(cols), importance);
}

/** As ggml does it before a product. */
function ofRow(name) {
  const run = library.func(`void quantize_row_${nameInC(name)}_ref(const void *x, void *y, int64_t k)`);
  return (weights, out) => run(weights, out, BigInt(weights.length));
}

/** Mean squared activations that nobody measured. */
function importancesFor(cols) {
  return Float32Array.from(seededNumbers(cols, cols), (u) => 0.05 + u);
}
