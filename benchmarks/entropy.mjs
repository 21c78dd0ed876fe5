/**
 * Times decoders of entropy-coded formats: rANS and Huffman at about 2, 3, 4 and 6 bits, WebAssembly and plain JavaScript against
 * the interpreter, in one thread, in shuffled rounds, after they have agreed bit for bit.
 *
 * Run by `npm run bench:entropy`; options: `--weights N` (default 4194304: 16 MiB), `--rounds N` (default 9).
 */
import { parseArgs } from 'node:util';
import { loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { jsDecoder } from '@fewerbits/target-js';
import { wasmDecoder } from '@fewerbits/target-wasm';
import { gaussian, timeInRounds, warm } from './common.mjs';

const { values } = parseArgs({
  options: { weights: { type: 'string', default: '4194304' }, rounds: { type: 'string', default: '9' } },
});
const count = Number(values.weights);
const rounds = Number(values.rounds);
const weights = gaussian(count);
/** The weights' standard deviation, and the bits that a grid of steps as wide takes. */
const DEVIATION = 0.02;
const BITS_AT_ONE = 2.047;

const grid = await loadFormat('ecsq');
const levels = await loadFormat('ecsq_levels');
const step = (bits) => Math.fround(DEVIATION * 2 ** (BITS_AT_ONE - bits));
const stepCode = (value) => new Uint32Array(Float32Array.of(value).buffer);

function coded(format, coder) {
  return { ...format, entropy: format.entropy.map((entropy) => ({ ...entropy, coder })) };
}

const cases = [];
for (const coder of ['rans', 'huffman']) {
  for (const bits of [2, 3, 4, 6]) {
    const reference = interpreter(coded(grid, coder));
    const code = Int32Array.from(weights, (x) => Math.round(x / step(bits)));
    const fields = { shape: [count], codes: { step: stepCode(step(bits)), code }, kept: new Float32Array(0) };
    cases.push([`grid, ${coder}`, bits, reference, reference.pack(fields)]);
  }
  const reference = interpreter(coded(levels, coder));
  const few = reference.unpack(reference.encode(weights.subarray(0, 65_536)));
  const code = Uint8Array.from({ length: count }, (_, k) => few.codes.code[k % 65_536]);
  const fields = { shape: [count], codes: { ...few.codes, code }, kept: few.kept };
  cases.push([`levels, ${coder}`, 3.5, reference, reference.pack(fields)]);
}

const jobs = {};
const rows = [];
for (const [name, bits, reference, packed] of cases) {
  const key = `${name} ${bits}`;
  const want = reference.decode(packed);
  const out = new Float32Array(count);
  const targets = { wasm: wasmDecoder(reference), js: jsDecoder(reference) };
  for (const [target, codec] of Object.entries(targets)) {
    if (typeof codec === 'string') throw new Error(`${key}: ${codec}`);
    const run = () => codec.decode(packed, { out });
    run();
    const wrong = out.findIndex((value, k) => !Object.is(value, want[k]));
    if (wrong >= 0) throw new Error(`${key}: ${target} gives ${out[wrong]} at ${wrong}, not ${want[wrong]}`);
    warm(run);
    jobs[`${key} ${target}`] = run;
  }
  const start = performance.now();
  reference.decode(packed);
  const slow = (performance.now() - start) * 1e6;
  rows.push({ name, key, stored: (8 * packed.streams.code.length) / count, slow });
}
const source = new Float32Array(count).fill(1);
const target = new Float32Array(count);
jobs.copy = () => target.set(source);
// The least time: what else the machine does only adds to it.
const times = timeInRounds(jobs, rounds, ([least]) => least);
const speed = (time) => ((count * 4) / time).toFixed(2);
console.log(
  `${count} weights (${(count * 4) / 2 ** 20} MiB decoded), ${rounds} rounds, Node ${process.version}, one thread; copying them: ${speed(times.copy)} GB/s\n`,
);
console.log(
  '| coder | bits stored | wasm GB/s of f32 | js GB/s of f32 | interpreter ÷ wasm | interpreter ÷ js |',
);
console.log('|---|---:|---:|---:|---:|---:|');
for (const { name, key, stored, slow } of rows) {
  const [wasm, js] = ['wasm', 'js'].map((kind) => times[`${key} ${kind}`]);
  const cells = [stored.toFixed(3), speed(wasm), speed(js), (slow / wasm).toFixed(0), (slow / js).toFixed(0)];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
