/**
 * Times decoders, and products with a vector (`matvec`): WebAssembly and plain JavaScript against copying the weights and against ggml's own C (`dequantize_row_*`),
 * in one process, in shuffled rounds, after the contenders have agreed bit for bit.
 *
 * Run by `npm run bench:decode`; options: `--weights N` (default 16777216: 64 MiB), `--rounds N` (default 9), names of formats.
 * ggml takes part where `npm install --prefix test/peers/ggml` has been run.
 */
import { parseArgs } from 'node:util';
import { loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { multiplyRows } from '@fewerbits/kernel';
import { jsDecoder } from '@fewerbits/target-js';
import { makeArena, wasmDecoder, wasmMatvec } from '@fewerbits/target-wasm';
import { gaussian, openGgml, packedFor, timeInRounds, warm } from './common.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { weights: { type: 'string', default: '16777216' }, rounds: { type: 'string', default: '9' } },
});
const count = Number(values.weights);
const rounds = Number(values.rounds);
const cols = 1024;
const shape = [count / cols, cols];

/** ggml's function for a format of ours. */
const GGML = {
  q4_0: 'q4_0',
  q4_1: 'q4_1',
  q5_0: 'q5_0',
  q5_1: 'q5_1',
  q8_0: 'q8_0',
  q2_k: 'q2_K',
  q3_k: 'q3_K',
  q4_k: 'q4_K',
  q5_k: 'q5_K',
  q6_k: 'q6_K',
  iq4_nl: 'iq4_nl',
  iq4_xs: 'iq4_xs',
  tq1_0: 'tq1_0',
  tq2_0: 'tq2_0',
  ggml_mxfp4: 'mxfp4',
};
const OTHERS = ['nf4', 'mxfp4', 'nvfp4', 'int4', 'int8', 'e4m3', 'student', 'mxfp6_e3m2', 'iq2_xxs', 'iq3_s'];
const names = positionals.length > 0 ? positionals : [...Object.keys(GGML), ...OTHERS];

const library = openGgml();

function copyInto(arena, bytes) {
  const own = arena.bytes(bytes.length);
  own.set(bytes);
  return own;
}

const vector = gaussian(cols);
const contenders = [];
for (const name of names) {
  const base = interpreter(await loadFormat(name));
  const packed = packedFor(base, shape);
  const out = new Float32Array(count);
  const wasm = wasmDecoder(base);
  const js = jsDecoder(base);
  if (typeof wasm === 'string' || typeof js === 'string') {
    console.error(`${name}: left out, ${wasm}`);
    continue;
  }
  const total = Object.values(packed.streams).reduce((sum, bytes) => sum + bytes.length + 64, 0);
  const arena = makeArena(4 * count + total + 4 * shape[0] + (4 << 20));
  const inPlace = wasmDecoder(base, { arena });
  const held = {
    shape,
    streams: Object.fromEntries(
      Object.entries(packed.streams).map(([key, bytes]) => [key, copyInto(arena, bytes)]),
    ),
  };
  const heldOut = arena.floats(count);
  const runs = {
    wasm: () => wasm.decode(packed, { out }),
    place: () => inPlace.decode(held, { out: heldOut }),
    js: () => js.decode(packed, { out }),
  };
  const type = GGML[name];
  const peer = type && library?.func(`void dequantize_row_${type}(const void *x, void *y, int64_t k)`);
  if (peer) runs.ggml = () => peer(packed.streams[''], out, count);
  agree(name, runs, (key) => (key === 'place' ? heldOut : out));
  const products = wasmMatvec(base.format, { arena });
  const sums = new Float32Array(shape[0]);
  runs.matvec = () => products.multiply(held, vector, sums);
  runs.matvec();
  const wanted = multiplyRows(heldOut, vector);
  if (sums.some((sum, row) => !Object.is(sum, wanted[row]))) throw new Error(`${name}: other products`);
  warm(runs.matvec);
  contenders.push({ name, runs });
}

/** Every contender writes the same bits; a NaN equals any NaN. */
function agree(name, runs, outOf) {
  runs.wasm();
  const want = outOf('wasm').slice();
  for (const [key, run] of Object.entries(runs)) {
    const out = outOf(key);
    out.fill(0);
    run();
    warm(run);
    const wrong = out.findIndex((value, i) => !Object.is(value, want[i]));
    if (wrong >= 0) throw new Error(`${name}: ${key} gives ${out[wrong]} at ${wrong}, wasm ${want[wrong]}`);
  }
}

const source = new Float32Array(count).fill(1);
const target = new Float32Array(count);
const jobs = { copy: () => target.set(source) };
for (const { name, runs } of contenders)
  for (const [key, run] of Object.entries(runs)) jobs[`${name} ${key}`] = run;
const times = timeInRounds(jobs, rounds);
const { copy } = times;
console.log(
  `${count} weights (${(count * 4) / 2 ** 20} MiB decoded), ${rounds} rounds, Node ${process.version}, one thread; copying them: ${((count * 4) / copy).toFixed(1)} GB/s\n`,
);
console.log(
  '| format | in place GB/s | in place ÷ copy | wasm ÷ copy | js ÷ copy | ggml ÷ copy | ggml ÷ in place | matvec ÷ in place |',
);
console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
for (const { name } of contenders) {
  const [place, wasm, js, ggml, matvec] = ['place', 'wasm', 'js', 'ggml', 'matvec'].map(
    (key) => times[`${name} ${key}`] ?? null,
  );
  const cells = [
    ((count * 4) / place).toFixed(1),
    (place / copy).toFixed(2),
    (wasm / copy).toFixed(2),
    (js / copy).toFixed(2),
  ];
  cells.push(
    ggml === null ? '' : (ggml / copy).toFixed(2),
    ggml === null ? '' : (ggml / place).toFixed(2),
    (matvec / place).toFixed(2),
  );
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
