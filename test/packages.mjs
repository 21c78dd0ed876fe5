/**
 * Packages of formats as their users get them: built twice, looked through by linters of packages, published by changesets to a
 * registry on this machine, installed into an empty project outside the repository, and used there: the lines of the README, types,
 * bundles with their sizes, and a browser on the page and in a worker, with and without a policy against WebAssembly.
 *
 * Needs a build, the tools of `test/peers/packages`, Debian's chromium (or CHROMIUM=path). `npm run test:packages`.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const repository = fileURLToPath(new URL('../', import.meta.url));
const tools = join(repository, 'test/peers/packages');
const folder = mkdtempSync(join(tmpdir(), 'fewerbits-packages-'));
const tool = createRequire(join(tools, 'package.json'));

/** Kilobytes of the entry of a package, minified and compressed, WebAssembly included. */
const LIMITS = { '@fewerbits/nf4': 3, '@fewerbits/q4-0': 3, '@fewerbits/mxfp': 3, '@fewerbits/q4-k': 5 };

/** Weights that every engine makes alike; also written into what a browser runs. */
const weightsOf = (length) => {
  let state = 7;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
};
const SHAPE = [17, 1280];

const packages = readdirSync(join(repository, 'formats'))
  .filter((name) => existsSync(join(repository, 'formats', name, 'package.json')))
  .map((name) => {
    const home = join(repository, 'formats', name);
    const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    const qf = readdirSync(home).find((file) => file.endsWith('.qf'));
    return { name: manifest.name, home, dist: join(home, 'dist'), qf, members: manifest.fewerbits.members };
  });

const closing = [];
try {
  const isQuick = process.argv.includes('--quick');
  if (!isQuick) buildsAreEqual();
  if (!isQuick) linters();
  const registry = await startRegistry();
  publish(registry);
  const project = install(registry);
  const expected = { members: await expectedBytes(), printed: [] };
  expected.printed = readmes(project);
  inNode(project, expected);
  types(project);
  await bundles(project);
  await inBrowser(project, expected);
} finally {
  for (const close of closing.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
}

function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Packs a folder; the name of the tarball. */
function packed(cwd) {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], { cwd }));
  return filename;
}

/** The same source and version give the same tarball. */
function buildsAreEqual() {
  for (const { name, home, qf } of packages) {
    const digests = ['first', 'second'].map((which) => {
      const out = join(folder, which);
      run(process.execPath, [
        join(repository, 'packages/cli/bin/fewerbits.js'),
        'build',
        join(home, qf),
        '-o',
        out,
      ]);
      const filename = packed(out);
      const digest = createHash('sha256')
        .update(readFileSync(join(folder, filename)))
        .digest('hex');
      rmSync(join(folder, filename));
      rmSync(out, { recursive: true });
      return digest;
    });
    assert.equal(digests[0], digests[1], `${name}: two builds differ`);
    console.log(`ok: ${name}: two builds, one tarball (${digests[0].slice(0, 12)})`);
  }
}

function linters() {
  const bin = (name) => join(tools, 'node_modules/.bin', name);
  for (const { name, dist } of packages) {
    run(bin('publint'), ['--strict', dist]);
    const tarball = join(folder, packed(dist));
    run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji']);
    rmSync(tarball);
    console.log(`ok: ${name}: publint and attw find nothing`);
  }
}

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket().listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** A registry on the loopback address that knows nothing but what is published to it, and its settings for npm. */
async function startRegistry() {
  const port = await freePort();
  const config = join(folder, 'verdaccio.yaml');
  const access = "{ access: '$all', publish: '$anonymous' }";
  writeFileSync(
    config,
    `storage: ${join(folder, 'storage')}\nuplinks: {}\npackages:\n  '@*/*': ${access}\n  '**': ${access}\nlog: { type: stdout, level: warn }\n`,
  );
  const bin = join(dirname(tool.resolve('verdaccio/package.json')), 'bin/verdaccio');
  const child = spawn(process.execPath, [bin, '-c', config, '-l', `127.0.0.1:${port}`], { stdio: 'inherit' });
  closing.push(() => child.kill());
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; ; tries++) {
    const up = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) break;
    assert.ok(tries < 100, 'the registry does not answer');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const npmrc = join(folder, 'npmrc');
  writeFileSync(
    npmrc,
    `registry=${url}\n//127.0.0.1:${port}/:_authToken=anonymous\naudit=false\nfund=false\n`,
  );
  return {
    ...process.env,
    // No credentials and no settings of whoever runs this.
    HOME: folder,
    NPM_CONFIG_USERCONFIG: npmrc,
    npm_config_registry: url,
    npm_config_provenance: 'false',
  };
}

function publish(env) {
  const out = run(join(repository, 'node_modules/.bin/changeset'), ['publish', '--no-git-tag'], {
    cwd: repository,
    env,
  });
  for (const { name } of packages) assert.match(out, new RegExp(`${name}@`), `${name} is not published`);
  console.log(`ok: changesets published ${packages.map(({ name }) => name).join(', ')}`);
}

/** An empty project with the packages in it. */
function install(env) {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', ...packages.map(({ name }) => name)], { cwd: project, env });
  const installed = readdirSync(join(project, 'node_modules/@fewerbits'));
  assert.equal(installed.length, packages.length, 'a package brought others with it');
  console.log(`ok: installed into an empty project, ${installed.length} packages and no dependency`);
  return project;
}

/** The first block of JavaScript in each README, run as it stands; what they print. */
function readmes(project) {
  const printed = [];
  for (const { name } of packages) {
    const readme = readFileSync(join(project, 'node_modules', name, 'README.md'), 'utf8');
    const [, lines] = /```js\n([\s\S]*?)\n```/.exec(readme);
    assert.ok(lines.trim().split('\n').length <= 7, `${name}: the README's use has grown`);
    const file = `readme${printed.length}.mjs`;
    writeFileSync(join(project, file), lines);
    printed.push(run(process.execPath, [file], { cwd: project }).trim());
    console.log(`ok: ${name}: the lines of its README print ${printed.at(-1)}`);
  }
  // What they print in a browser is kept to be compared.
  writeFileSync(
    join(project, 'printed.mjs'),
    'export const printed = [];\nconsole.log = (...words) => printed.push(words.join(" "));\n',
  );
  return printed;
}

/** Bytes of every member by the interpreter, as one digest: encoded streams, then decoded weights. */
async function expectedBytes() {
  const { interpreter } = await import(pathToFileURL(join(repository, 'packages/codec/dist/index.js')).href);
  const { formatFromJson } = await import(
    pathToFileURL(join(repository, 'packages/format/dist/index.js')).href
  );
  const weights = weightsOf(SHAPE[0] * SHAPE[1]);
  return packages.flatMap(({ name, dist, members }) =>
    members.map((_, k) => {
      const path =
        k === 0
          ? ''
          : Object.keys(JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8')).exports)[5 * k].slice(1);
      const format = formatFromJson(JSON.parse(readFileSync(join(dist, path, 'format.json'), 'utf8')));
      const codec = interpreter(format);
      const packed = codec.encode(weights, { shape: SHAPE });
      return {
        entry: `${name}${path}`,
        digest: digestOf(Object.values(packed.streams), codec.decode(packed)),
      };
    }),
  );
}

function digestOf(streams, decoded) {
  const hash = createHash('sha256');
  for (const bytes of streams) hash.update(bytes);
  return hash.update(new Uint8Array(decoded.buffer)).digest('hex');
}

/** What a project runs, in Node and in a browser: each entry and both its targets. */
function script(expected) {
  const readmes = packages.map((_, k) => `import './readme${k}.mjs';`);
  const imports = expected.map(
    ({ entry }, k) =>
      `import * as a${k} from '${entry}';\nimport * as j${k} from '${entry}/js';\nimport * as w${k} from '${entry}/wasm';`,
  );
  return `import { printed } from './printed.mjs';
${readmes.join('\n')}
${imports.join('\n')}
const weights = (${weightsOf})(${SHAPE[0] * SHAPE[1]});
export async function results() {
  const all = [${expected.map(({ entry }, k) => `['${entry}', a${k}, j${k}, w${k}]`).join(', ')}];
  const out = [];
  for (const [entry, front, js, wasm] of all) {
    const doors = wasm.isAvailable() ? { front, js, wasm } : { front, js };
    for (const [door, codec] of Object.entries(doors)) {
      const packed = codec.encode(weights, { shape: ${JSON.stringify(SHAPE)} });
      const parts = [...Object.values(packed.streams), new Uint8Array(codec.decode(packed).buffer)];
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      out.push({ entry, door, digest: Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('') });
    }
  }
  return { out, printed };
}
`;
}

function check(where, { members, printed }, results, doors) {
  assert.deepEqual(results.printed, printed, `${where}: the READMEs' lines print something else`);
  assert.equal(results.out.length, members.length * doors, `${where}: ${results.out.length} results`);
  for (const { entry, door, digest } of results.out)
    assert.equal(
      digest,
      members.find((one) => one.entry === entry).digest,
      `${where}: ${entry} by ${door} has other bytes`,
    );
  console.log(
    `ok: ${where}: ${members.length} formats, ${doors} entries each: the interpreter's bytes; the READMEs' lines print the same`,
  );
}

function inNode(project, expected) {
  writeFileSync(join(project, 'results.mjs'), script(expected.members));
  const main =
    "import { results } from './results.mjs'; process.stdout.write(JSON.stringify(await results()));";
  const out = run(process.execPath, ['--input-type=module', '-e', main], { cwd: project });
  check(`Node ${process.version}`, expected, JSON.parse(out), 3);
}

function types(project) {
  const lines = packages.map(
    ({ name }, k) =>
      `import { decode as d${k}, encode as e${k}, encodedLength as l${k}, format as f${k}, type Packed as P${k} } from '${name}';\n` +
      `import { isAvailable as i${k} } from '${name}/wasm';\n` +
      `const p${k}: P${k} = e${k}(new Float32Array(256), { shape: [1, 256] });\n` +
      `const back${k}: Float32Array = d${k}(p${k}, { out: new Float32Array(256) });\n` +
      `export const all${k}: [number, number, boolean, Float32Array] = [l${k}([1, 256]), f${k}.bitsPerParam, i${k}(), back${k}];`,
  );
  writeFileSync(join(project, 'use.ts'), `${lines.join('\n')}\n`);
  const options = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--moduleResolution',
    'nodenext',
    '--target',
    'es2022',
  ];
  run(
    join(repository, 'node_modules/.bin/tsc'),
    [...options, '--exactOptionalPropertyTypes', '--types', '', 'use.ts'],
    { cwd: project },
  );
  console.log('ok: a TypeScript project, strict and nodenext, compiles against the types');
}

/** Sizes of what a bundler makes of an entry, and that the facts alone bring no kernel. */
async function bundles(project) {
  const { build } = tool('esbuild');
  const bundle = async (text) => {
    const { outputFiles } = await build({
      stdin: { contents: text, resolveDir: project },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return outputFiles[0].contents;
  };
  console.log(
    '\n| package | entry, minified | compressed | limit | its facts alone |\n|---|---:|---:|---:|---:|',
  );
  const wrong = [];
  for (const { name } of packages) {
    const whole = await bundle(`export * from '${name}';`);
    const facts = await bundle(`export { format } from '${name}';`);
    const size = gzipSync(whole, { level: 9 }).length;
    const limit = (LIMITS[name] ?? Infinity) * 1024;
    console.log(
      `| ${name} | ${whole.length} | ${size} | ${Number.isFinite(limit) ? limit : ''} | ${facts.length} |`,
    );
    if (size > limit) wrong.push(`${name} has ${size} bytes, more than ${limit}`);
    if (/WebAssembly|Float32Array/.test(Buffer.from(facts).toString()))
      wrong.push(`${name}: its facts bring a kernel`);
  }
  console.log();
  assert.deepEqual(wrong, []);
}

/** A page and a worker under each policy; where WebAssembly is forbidden the front door is plain JavaScript. */
async function inBrowser(project, expected) {
  const executablePath =
    process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
  assert.ok(
    executablePath,
    'there is no chromium; install it (apt-get install chromium) or name it in CHROMIUM',
  );
  const { build } = tool('esbuild');
  writeFileSync(
    join(project, 'page.mjs'),
    "import { results } from './results.mjs';\nresults().then((r) => { globalThis.done = r; }, (e) => { globalThis.done = String(e); });\n",
  );
  writeFileSync(
    join(project, 'worker.mjs'),
    "import { results } from './results.mjs';\nresults().then((r) => postMessage(r), (e) => postMessage(String(e)));\n",
  );
  writeFileSync(
    join(project, 'start.mjs'),
    "new Worker('/worker.js', { type: 'module' }).onmessage = ({ data }) => { globalThis.done = data; };\n",
  );
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ['page.mjs', 'worker.mjs', 'start.mjs'],
    bundle: true,
    format: 'esm',
    outdir: '.',
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, text }) => [`/${path.split('/').at(-1)}`, text]));
  const policies = {
    'no policy': null,
    "script-src 'self' 'wasm-unsafe-eval'":
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
    "script-src 'self'": "default-src 'none'; script-src 'self'; worker-src 'self'",
  };
  let policy = null;
  const server = createServer((request, response) => {
    const text = files.get(request.url);
    const kind = request.url.startsWith('/?') ? request.url.slice(2) : null;
    if (policy !== null) response.setHeader('content-security-policy', policy);
    if (text !== undefined) response.setHeader('content-type', 'text/javascript').end(text);
    else if (kind === null) response.writeHead(404).end();
    else
      response
        .setHeader('content-type', 'text/html')
        .end(`<!doctype html><title>-</title><script type="module" src="/${kind}.js"></script>`);
  }).listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { chromium } = tool('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  closing.push(() => browser.close());
  for (const [name, value] of Object.entries(policies)) {
    policy = value;
    for (const kind of ['page', 'start']) {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/?${kind}`);
      // Without an evaluation of text: the policy forbids it.
      await page
        .waitForFunction(() => globalThis.done !== undefined, undefined, { timeout: 60_000 })
        .catch(async () => {
          throw new Error(`${name}, ${kind}: nothing came back`);
        });
      const results = await page.evaluate(() => globalThis.done);
      assert.ok(Array.isArray(results?.out), `${name}, ${kind}: ${results}`);
      const where = `Chromium ${browser.version()}, ${kind === 'page' ? 'page' : 'worker'}, ${name}`;
      check(where, expected, results, name === "script-src 'self'" ? 2 : 3);
      await page.close();
    }
  }
}
