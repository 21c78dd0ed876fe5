/**
 * Large files: `compare`, `encode` and `decode` over a generated safetensors file stay below a bound of memory, tell how far they are,
 * and Ctrl-C at any moment leaves no file.
 *
 * Run by `npm run test:scale`. Options: `--gib N` (default 4), `--tensor-mib N` (default 128), `--formats LIST`, `--jobs N` (default 2),
 * `--moments N` interrupts of each verb (default 6). Prints a table; exit code 1 where a bound is broken. Needs twice the file's size of disk.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSafetensors } from '@fewerbits/tensorfile';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '4' },
    'tensor-mib': { type: 'string', default: '128' },
    formats: { type: 'string', default: 'q4_0,q8_0,nf4,mxfp4' },
    jobs: { type: 'string', default: '2' },
    moments: { type: 'string', default: '6' },
  },
});
const MIB = 2 ** 20;
const tensorBytes = Number(values['tensor-mib']) * MIB;
const count = Math.max(1, Math.round((Number(values.gib) * 1024 * MIB) / tensorBytes));
/** Most resident memory. */
const BOUND = 1024 * MIB;
/** A run of this many seconds must have told how far it is. */
const SILENT = 15;

const BIN = fileURLToPath(new URL('../packages/cli/bin/fewerbits.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fewerbits-scale-'));
const model = join(folder, 'model.safetensors');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

/** A megabyte of weights like a layer's: normal, with a few far out. */
function stretch() {
  const data = new Float32Array(MIB / 4);
  for (let i = 0; i < data.length; i += 2) {
    const radius = 0.02 * Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    data[i] = radius * Math.cos(angle);
    data[i + 1] = radius * Math.sin(angle) * (i % 1022 === 0 ? 8 : 1);
  }
  return new Uint8Array(data.buffer);
}

async function generate() {
  const kept = Array.from({ length: 16 }, stretch);
  const cols = 4096;
  await writeSafetensors(
    model,
    Array.from({ length: count }, (_, t) => ({
      name: `layer.${t}.weight`,
      dtype: 'F32',
      shape: [tensorBytes / 4 / cols, cols],
      byteLength: tensorBytes,
      bytes: (async function* () {
        for (let at = 0; at < tensorBytes; at += MIB) yield kept[(7 * t + at / MIB) % kept.length];
      })(),
    })),
  );
}

/** Writes the most memory that the process ever had when it ends; worker threads are part of it. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.on('exit', () => writeFileSync(process.env.SCALE_RSS, String(process.resourceUsage().maxRSS)));
`)}`;

/** Runs the command; `interruptAfter`: milliseconds. */
function run(args, interruptAfter = null) {
  const rss = join(folder, 'rss');
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--import', WATCH, BIN, ...args], {
      cwd: folder,
      env: { ...process.env, SCALE_RSS: rss },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stdout.resume();
    child.stderr.on('data', (text) => {
      err += text;
    });
    const timer = interruptAfter === null ? null : setTimeout(() => child.kill('SIGINT'), interruptAfter);
    child.on('close', (code, signal) => {
      clearTimeout(timer ?? undefined);
      const seconds = (performance.now() - start) / 1000;
      let bytes = Number.NaN;
      try {
        bytes = Number(readFileSync(rss, 'utf8')) * 1024;
      } catch {
        // Ended by the signal itself.
      }
      rmSync(rss, { force: true });
      resolve({ code, signal, err, seconds, bytes });
    });
  });
}

const wrong = [];
const lines = [];

function judge(name, { code, err, seconds, bytes }) {
  const told = (err.match(/^\d+ % of /gm) ?? []).length;
  if (code !== 0) wrong.push(`${name}: exit code ${code}: ${err.trim().split('\n').at(-1)}`);
  if (!(bytes < BOUND))
    wrong.push(`${name}: ${Math.round(bytes / MIB)} MiB of memory, ${BOUND / MIB} are allowed`);
  if (seconds > SILENT && told === 0)
    wrong.push(`${name}: ${seconds.toFixed(0)} s without a word of progress`);
  lines.push(`| ${name} | ${seconds.toFixed(1)} | ${Math.round(bytes / MIB)} | ${told} |`);
  return seconds;
}

/** Interrupts a verb at moments spread over its time, the very end among them; the folder must stay as it is. */
async function interrupts(name, args, seconds) {
  const moments = Number(values.moments);
  const before = readdirSync(folder).sort().join();
  let ended = 0;
  let slowest = 0;
  for (let k = 0; k < moments; k++) {
    const after = seconds * 1000 * (moments === 1 ? 0.5 : 0.03 + (0.96 * k) / (moments - 1));
    const result = await run(args, after);
    slowest = Math.max(slowest, result.seconds - after / 1000);
    // Before the command listens, the system ends it; after its end it has its result.
    const finished = result.code === 0;
    if (!finished) ended++;
    if (!finished && result.code !== 130 && result.signal !== 'SIGINT')
      wrong.push(
        `${name} interrupted after ${after.toFixed(0)} ms: exit code ${result.code}: ${result.err.trim()}`,
      );
    const output = args[args.indexOf('-o') + 1] ?? '';
    for (const file of finished ? [output, 'report.html'] : []) rmSync(join(folder, file), { force: true });
    const left = readdirSync(folder).sort().join();
    if (left !== before) wrong.push(`${name} interrupted after ${after.toFixed(0)} ms left ${left}`);
  }
  lines.push(
    `| ${name}, interrupted ${ended} of ${moments} times | ${slowest.toFixed(1)} after it at most | | |`,
  );
}

console.error(`writing ${count} tensors of ${tensorBytes / MIB} MiB`);
await generate();
const jobs = ['--jobs', values.jobs];
const compare = [
  'compare',
  'model.safetensors',
  '--formats',
  values.formats,
  ...jobs,
  '--report',
  'report.html',
];
const time = judge('compare', await run(compare));
rmSync(join(folder, 'report.html'), { force: true });
await interrupts('compare', compare, Math.min(time, 20));
for (const format of values.formats.split(/,(?![^(]*\))/)) {
  const input = 'model.safetensors#layer.0.weight';
  const encode = ['encode', input, '-f', format, '-o', 'w.safetensors', ...jobs];
  const encoding = judge(`encode ${format}`, await run(encode));
  const decode = ['decode', 'w.safetensors', '-o', 'w.npy', ...jobs];
  const decoding = judge(`decode ${format}`, await run(decode));
  rmSync(join(folder, 'w.npy'), { force: true });
  if (format === values.formats.split(',')[0]) {
    await interrupts(`decode ${format}`, decode, decoding);
    rmSync(join(folder, 'w.safetensors'), { force: true });
    await interrupts(`encode ${format}`, encode, encoding);
  }
  rmSync(join(folder, 'w.safetensors'), { force: true });
}
console.log(
  `${count} tensors of ${tensorBytes / MIB} MiB, ${((count * tensorBytes) / 2 ** 30).toFixed(2)} GiB, --jobs ${values.jobs}, Node ${process.version}\n`,
);
console.log('| run | s | MiB of memory at most | lines of progress |\n|---|---:|---:|---:|');
console.log(lines.join('\n'));
for (const what of wrong) console.log(`WRONG: ${what}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
