/**
 * The packages as their users get them: packed, installed into an empty project outside the repository, and used.
 *
 * Finds what no test against the sources can: a file missing from a tarball, a dependency missing from a manifest, a path that only
 * exists in a checkout. Needs a build and the registry (for the third-party dependencies). `npm run test:packed`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fewerbits-packed-'));

/** What an application does without the command. */
const SCRIPT = `
import { formatSourceOf, catalogueLoader, loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import { formatFacts } from '@fewerbits/format';

const nf4 = await loadFormat('nf4');
const packed = interpreter(nf4).encode(new Float32Array(32768).fill(0.5), { shape: [128, 256] });
const bytes = Object.values(packed.streams).reduce((sum, stream) => sum + stream.length, 0);
console.log(formatFacts(nf4).bitsPerParam, bytes);
const { name, text } = formatSourceOf('student');
const { format } = compileFile(makeSource(name, text), catalogueLoader()).instantiate('student', { df: 5 });
console.log(formatFacts(format).bitsPerParam);
`;

try {
  const tarballs = pack();
  const project = install(tarballs);
  for (const [what, use] of Object.entries(uses(project))) {
    use();
    console.log(`ok: ${what}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Packs every package of ours (those of formats: `packages.mjs`); each tarball must hold what a package page shows and a licence asks for. */
function pack() {
  const ours = readdirSync(join(repository, 'packages')).map((name) => `--workspace=packages/${name}`);
  const packed = JSON.parse(
    npm(['pack', ...ours, '--json', '--pack-destination', folder], repository).stdout,
  );
  for (const { name, files } of packed) {
    const paths = files.map(({ path }) => path);
    for (const needed of ['README.md', 'LICENSE', 'package.json'])
      assert.ok(paths.includes(needed), `${name}: ${needed} is not in the tarball`);
    const source = paths.find((path) => /^(src|test|scripts)\/|\.tsbuildinfo$/.test(path));
    assert.equal(source, undefined, `${name}: the tarball holds ${source}`);
    for (const path of entriesOf(name)) assert.ok(paths.includes(path), `${name}: no ${path}; build first`);
  }
  console.log(`ok: packed ${packed.map(({ name }) => name).join(', ')}`);
  return packed.map(({ filename }) => join(folder, filename));
}

/** Files that a manifest points at. */
function entriesOf(name) {
  const manifest = readdirSync(join(repository, 'packages'))
    .map((entry) => JSON.parse(readFileSync(join(repository, 'packages', entry, 'package.json'), 'utf8')))
    .find((candidate) => candidate.name === name);
  const targets = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  );
  return [...targets, ...Object.values(manifest.bin ?? {})].map((path) => path.replace(/^\.\//, ''));
}

/** An empty project with the tarballs as its dependencies. */
function install(tarballs) {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  npm(['install', '--no-audit', '--no-fund', '--no-save', ...tarballs], project);
  return project;
}

function uses(project) {
  const at = (name) => join(project, name);
  const fewerbits = (...args) => npm(['exec', '--no', '--', 'fewerbits', ...args], project).stdout;
  const weights = Float32Array.from({ length: 32 * 64 }, (_, i) => Math.sin(i * 1.37) * (i % 29 ? 1 : 3));
  return {
    'help names the verbs': () => assert.match(fewerbits('--help'), /^ {2}compare /m),
    'explain reads the catalogue': () =>
      assert.match(fewerbits('explain', 'nf4'), /bits per parameter {2}4\.5/),
    'explain compiles a family': () =>
      assert.match(fewerbits('explain', 'student(bits=3, size=32)'), /bits per parameter {2}3\.5/),
    'check reads a file of the user': () => {
      writeFileSync(
        at('mine.qf'),
        'format mine {\n  block 32 {\n    scale: f16 = absmax / 7\n    each code: int(-7..7)\n  }\n  value = scale * code\n}\n',
      );
      assert.equal(fewerbits('check', 'mine.qf'), '1 file: no errors\n');
    },
    'a tensor comes back': () => {
      writeFileSync(at('w.npy'), npy([32, 64], weights));
      fewerbits('encode', 'w.npy', '--format', 'mine.qf', '-o', 'w.safetensors', '--quiet');
      fewerbits('decode', 'w.safetensors', '-o', 'back.f32', '--quiet');
      const back = floats(readFileSync(at('back.f32')));
      assert.equal(back.length, weights.length);
      assert.ok(relativeError(weights, back) < 0.2);
    },
    'compare runs the usual formats in threads': () => {
      writeFileSync(at('model.safetensors'), safetensors('w', [32, 64], weights));
      const { version, rows } = JSON.parse(
        fewerbits('compare', 'model.safetensors', '--json', '--report', 'report.html'),
      );
      assert.equal(version, 1);
      assert.ok(rows.length >= 15 && rows.some(({ relativeError }) => relativeError < 0.01));
      assert.match(readFileSync(at('report.html'), 'utf8'), /^<!doctype html>/);
    },
    'the libraries work from a script': () => {
      writeFileSync(at('script.mjs'), SCRIPT);
      assert.equal(command(process.execPath, ['script.mjs'], project).stdout, '4.5 18432\n4.25\n');
    },
    'the examples of every README print what it says': () => {
      const examples = readmeExamples();
      assert.ok(examples.length >= 7);
      for (const { file, code, printed } of examples) {
        writeFileSync(at('example.mjs'), code);
        assert.equal(command(process.execPath, ['example.mjs'], project).stdout, printed, file);
      }
    },
  };
}

/** Blocks of `js` that a block of `text` follows: a whole program and its output. */
function readmeExamples() {
  return readdirSync(join(repository, 'packages')).flatMap((name) => {
    const file = join('packages', name, 'README.md');
    const text = readFileSync(join(repository, file), 'utf8').replaceAll('\r\n', '\n');
    const pairs = text.matchAll(/^```js\n(.*?)^```\n\n```text\n(.*?)^```$/gms);
    return [...pairs].map(([, code, printed]) => ({ file, code, printed }));
  });
}

function npy(shape, data) {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = Buffer.from(`${dict.padEnd(Math.ceil((11 + dict.length) / 64) * 64 - 11)}\n`);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, header, littleEndian(data)]);
}

function safetensors(name, shape, data) {
  const entry = { dtype: 'F32', shape, data_offsets: [0, 4 * data.length] };
  const json = JSON.stringify({ [name]: entry });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, littleEndian(data)]);
}

function littleEndian(data) {
  const bytes = Buffer.alloc(4 * data.length);
  for (const [i, value] of data.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes;
}

function floats(bytes) {
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

function relativeError(a, b) {
  const error = a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0);
  return Math.sqrt(error / a.reduce((sum, x) => sum + x * x, 0));
}

/** The npm that runs this script: what stands on the path differs between systems. */
function npm(args, cwd) {
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: npm sets it, and turbo runs no test
  const npm = process.env.npm_execpath;
  assert.ok(npm !== undefined, 'run this as npm run test:packed');
  return command(process.execPath, [npm, ...args], cwd);
}

/** Runs a program; whatever it complains of ends this script. */
function command(program, args, cwd) {
  // Settings of the npm that runs this script would reach the project's.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_prefix|workspace)|package_|lifecycle_)/.test(name),
    ),
  );
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${[program, ...args].join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return { stdout, stderr };
}
