/**
 * Times encoders: WebAssembly, plain JavaScript and the interpreter against ggml's own C (`quantize_*` without importances, as
 * llama-quantize calls it: `quantize_row_*_ref` but for IQ4_NL), in one process, in
 * shuffled rounds, after the contenders have agreed byte for byte.
 *
 * Run by `npm run bench:encode`; options: `--weights N` (default 4194304: 16 MiB), `--rounds N` (default 9), names of formats.
 * ggml takes part where `npm install --prefix test/peers/ggml` has been run.
 */
import { parseArgs } from 'node:util';
import { loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { encodeKernel } from '@fewerbits/kernel';
import { jsEncoder } from '@fewerbits/target-js';
import { encodeModule, makeArena, wasmEncoder } from '@fewerbits/target-wasm';
import { gaussian, openGgml, timeInRounds, warm } from './common.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { weights: { type: 'string', default: '4194304' }, rounds: { type: 'string', default: '9' } },
});
const count = Number(values.weights);
const cols = 1024;
const shape = [count / cols, cols];
/** The interpreter is timed on so many weights. */
const FEW = Math.min(count, 131_072);

/** ggml's function for a format of ours. */
const GGML = {
  q4_0: 'q4_0',
  q4_1: 'q4_1',
  q5_0: 'q5_0',
  q5_1: 'q5_1',
  q8_0: 'q8_0',
  iq4_nl: 'iq4_nl',
  tq2_0: 'tq2_0',
  q2_k: 'q2_K',
  q3_k: 'q3_K',
  q4_k: 'q4_K',
  q5_k: 'q5_K',
  q6_k: 'q6_K',
  iq4_xs: 'iq4_xs',
};
const OTHERS = [
  'nf4',
  'mxfp4',
  'mxfp8_e4m3',
  'int4',
  'int4_asym',
  'student',
  'normal_signmax',
  'onnx_matmulnbits',
];
const names = positionals.length > 0 ? positionals : [...Object.keys(GGML), ...OTHERS];

const library = openGgml();
const weights = gaussian(count);
/** The same in the memory of the encoders, where nothing has to be copied in. */
const arena = makeArena(4 * count + (8 << 20));
const held = arena.floats(count);
held.set(weights);
const contenders = [];
for (const name of names) {
  const base = interpreter(await loadFormat(name));
  const wasm = wasmEncoder(base);
  const inPlace = wasmEncoder(base, { arena });
  const js = jsEncoder(base);
  if (typeof wasm === 'string') {
    console.error(`${name}: left out, ${wasm}`);
    continue;
  }
  const want = wasm.encode(weights, { shape }).streams;
  const same = (what, got) => {
    for (const [stream, bytes] of Object.entries(got)) {
      const wrong = bytes.findIndex((byte, i) => byte !== want[stream][i]);
      if (wrong >= 0) throw new Error(`${name}: ${what} gives another byte ${wrong}`);
    }
  };
  same('in place', inPlace.encode(held, { shape }).streams);
  const few = weights.subarray(0, FEW);
  same('the interpreter', base.encode(few, { shape: [FEW / cols, cols] }).streams);
  const runs = {
    place: () => inPlace.encode(held, { shape }),
    wasm: () => wasm.encode(weights, { shape }),
    few: () => base.encode(few, { shape: [FEW / cols, cols] }),
  };
  if (typeof js !== 'string') {
    same('js', js.encode(weights, { shape }).streams);
    runs.js = () => js.encode(few, { shape: [FEW / cols, cols] });
  }
  const type = GGML[name];
  const peer =
    type &&
    library?.func(
      `size_t quantize_${type}(const void *x, void *y, int64_t rows, int64_t cols, const void *importance)`,
    );
  if (peer) {
    const out = new Uint8Array(want[''].length);
    runs.ggml = () => peer(weights, out, BigInt(shape[0]), BigInt(cols), null);
    runs.ggml();
    same('ggml', { '': out });
  }
  for (const run of Object.values(runs)) warm(run);
  contenders.push({ name, runs, size: encodeModule(encodeKernel(base.format)).bytes.length });
}

const jobs = {};
for (const { name, runs } of contenders)
  for (const [key, run] of Object.entries(runs)) jobs[`${name} ${key}`] = run;
const times = timeInRounds(jobs, Number(values.rounds));

console.log(
  `${count} weights, ${values.rounds} rounds, Node ${process.version}, one thread; nanoseconds a weight; all agree byte for byte\n`,
);
console.log(
  '| format | in place | wasm | js | interpreter | ggml | ggml ÷ in place | ggml ÷ wasm | interpreter ÷ wasm | module bytes |',
);
console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|');
for (const { name, size } of contenders) {
  const each = (key, weightsOf) => {
    const time = times[`${name} ${key}`];
    return time === undefined ? null : time / weightsOf;
  };
  const [place, wasm, ggml] = ['place', 'wasm', 'ggml'].map((key) => each(key, count));
  const [js, few] = ['js', 'few'].map((key) => each(key, FEW));
  const shown = (value, digits) => (value === null ? '' : value.toFixed(digits));
  console.log(
    `| ${name} | ${shown(place, 2)} | ${shown(wasm, 2)} | ${shown(js, 1)} | ${shown(few, 0)} | ${shown(ggml, 2)} | ${shown(ggml === null ? null : ggml / place, 2)} | ${shown(ggml === null ? null : ggml / wasm, 2)} | ${shown(few / wasm, 0)} | ${size} |`,
  );
}
