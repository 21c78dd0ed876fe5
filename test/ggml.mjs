/**
 * ggml's own library against our formats: `npm run test:ggml` (options: `-- --blocks N --seed N`, names of types).
 *
 * Decoding: random blocks, any bits at all, of every block type that the library decodes; each of our targets must give its weights bit
 * for bit (a NaN equals any NaN). A difference is shown as the block, in hexadecimal, with the first weight that differs.
 */
import { parseArgs } from 'node:util';
import { loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { encodedLength, formatFacts } from '@fewerbits/format';
import { FORMAT_OF_GGML_TYPE } from '@fewerbits/modelfile';
import { jsDecoder } from '@fewerbits/target-js';
import { wasmDecoder } from '@fewerbits/target-wasm';
import { openGgml } from '../benchmarks/common.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { blocks: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});

const library = openGgml();
if (library === null) process.exit(1);

/** C names are lower case but for K. */
const functionOf = (type) => `dequantize_row_${type.toLowerCase().replace(/k$/, 'K')}`;

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

let failed = 0;
let left = 0;
for (const [type, name] of Object.entries(FORMAT_OF_GGML_TYPE)) {
  if (positionals.length > 0 && !positionals.includes(type)) continue;
  const format = await loadFormat(name);
  const { tile } = formatFacts(format);
  const blockBytes = encodedLength(format, [1, tile.width]);
  let decode;
  try {
    decode = library.func(`void ${functionOf(type)}(const void *x, void *y, int64_t k)`);
  } catch {
    console.log(`${type.padEnd(8)} left out: the library has no ${functionOf(type)}`);
    left++;
    continue;
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
  console.log(
    `${type.padEnd(8)} ${blocks} blocks of ${blockBytes} bytes: ${bad.length === 0 ? `the same on ${results.map(({ target }) => target).join(', ')}` : 'DIFFERENT'}`,
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
console.log(failed === 0 ? `no difference; ${left} types left out` : `${failed} differences`);
process.exit(failed === 0 ? 0 : 1);
