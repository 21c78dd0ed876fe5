/** Packages as files: what stands in them, that nothing of a file can break out of where it stands, and that targets agree. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import { type Format, formatFromJson } from '@fewerbits/format';
import { codecModuleText } from '@fewerbits/target-js';
import { codecModule } from '@fewerbits/target-wasm';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { emitPackage, exportsOf, memberPath, NoPackage, type PackageInput } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'fewerbits-emit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function formatOf(text: string, name = 'f'): Format {
  const { format, diagnostics } = compileFile(makeSource('test.qf', text), { read: () => null }).instantiate(
    name,
  );
  if (format === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return format;
}

const INT4 = `format f {
  tail short
  block 64 { scale: bf16 round out = absmax / 7, each code: int(-7..7) }
  value = scale * code
}`;

function inputFor(format: Format, text = INT4): PackageInput {
  return {
    name: '@test/f',
    version: '1.2.3',
    license: { name: 'MIT', text: 'MIT\n' },
    source: { file: 'f.qf', text },
    members: [
      {
        format,
        wholeBlocks: false,
        path: '',
        label: format.name,
        map: [],
        errors: [{ law: 'Normal', closedForm: null, measured: 0.1 }],
        vectors: { origin: 'a test', vectors: [] },
      },
    ],
    targets: { js: codecModuleText, wasm: codecModule },
  };
}

/** Writes a package and loads one of its modules. */
async function loaded(files: ReadonlyMap<string, string>, file: string) {
  const home = mkdtempSync(join(folder, 'package-'));
  for (const [path, text] of files) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return import(pathToFileURL(join(home, file)).href);
}

describe('a package', () => {
  it('has every file that its manifest names, and is the same each time', () => {
    const files = emitPackage(inputFor(formatOf(INT4)));
    const manifest = JSON.parse(files.get('package.json')!);
    const targets = Object.values<string | Record<string, string>>(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    for (const path of targets) expect(files.has(path.replace('./', '')), path).toBe(true);
    for (const entry of Object.values<string | Record<string, string>>(manifest.exports))
      if (typeof entry === 'object') expect(Object.keys(entry)[0]).toBe('types');
    expect(manifest).toMatchObject({ name: '@test/f', version: '1.2.3', sideEffects: false, type: 'module' });
    expect(manifest.dependencies).toBeUndefined();
    expect([...emitPackage(inputFor(formatOf(INT4)))]).toEqual([...files]);
    expect(formatFromJson(JSON.parse(files.get('format.json')!))).toEqual(formatOf(INT4));
    const code = [...files].filter(([path]) => path.endsWith('.js')).map(([, text]) => text);
    for (const text of code) expect(text).not.toMatch(/\beval\b|new Function|from '(?!\.\/)/);
  });

  it.each(['js.js', 'wasm.js', 'index.js'])(
    '%s encodes and decodes as the interpreter does',
    async (file) => {
      const format = formatOf(INT4);
      const codec = interpreter(format);
      const door = await loaded(emitPackage(inputFor(format)), file);
      const shapes = fc.oneof(
        fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom(64, 128, 320)),
        fc.tuple(fc.integer({ min: 0, max: 700 })),
      );
      const law = fc.property(shapes, fc.integer(), fc.integer({ min: 0, max: 3 }), (shape, seed, skip) => {
        const length = shape.reduce((product, size) => product * size, 1);
        // A view that begins anywhere.
        const room = new Float32Array(length + skip);
        const weights = room.subarray(skip).map((_, k) => Math.fround(Math.sin(seed + k) * 3));
        const want = codec.encode(weights, { shape });
        const got = door.encode(weights, { shape });
        expect(got).toEqual(want);
        const moved = Object.fromEntries(
          Object.entries(want.streams).map(([name, bytes]) => {
            const own = new Uint8Array(bytes.length + 1).subarray(1);
            own.set(bytes);
            return [name, own];
          }),
        );
        expect(door.decode({ shape, streams: moved })).toEqual(codec.decode(want));
      });
      fc.assert(law, { numRuns: 60, seed: 5 });
    },
  );

  it('says what is wrong with what it is given', async () => {
    const door = await loaded(emitPackage(inputFor(formatOf(INT4))), 'index.js');
    const weights = new Float32Array(128);
    expect(() => door.encode(weights, { shape: [2, 65] })).toThrow(
      /f: 65 weights in a row are no multiple of 64/,
    );
    expect(() => door.encode(weights, { shape: [2, 32.5] })).toThrow(/is no shape/);
    expect(() => door.encode(weights, { shape: [1, 64] })).toThrow(
      /weights of length 128; shape \[1,64\] needs 64/,
    );
    const bad = weights.slice();
    bad[77] = Number.NaN;
    expect(() => door.encode(bad)).toThrow(/f: weight 77 is NaN/);
    const packed = door.encode(weights);
    expect(() => door.decode({ shape: [128], streams: { scale: packed.streams.scale } })).toThrow(
      /stream 'code' of length 0; shape \[128\] needs 64/,
    );
    expect(() => door.decode({ shape: [64], streams: packed.streams })).toThrow(/needs 2/);
    expect(() => door.decode(packed, { out: new Float32Array(3) })).toThrow(
      /out of length 3; shape \[128\] needs 128/,
    );
  });

  it('falls back to JavaScript where WebAssembly is refused', async () => {
    const files = emitPackage(inputFor(formatOf(INT4)));
    const known = globalThis.WebAssembly;
    const weights = Float32Array.from({ length: 64 }, (_, k) => k - 31);
    const want = interpreter(formatOf(INT4)).encode(weights);
    try {
      // @ts-expect-error: an engine without it
      delete globalThis.WebAssembly;
      const door = await loaded(files, 'index.js');
      expect(door.encode(weights)).toEqual(want);
    } finally {
      globalThis.WebAssembly = known;
    }
  });

  it.each([
    [
      'a scale of the tensor',
      'format f { tensor scale: f32 = absmax, each code: i8, value = scale * code }',
      /belong to more than a unit/,
    ],
    [
      'a search without a kernel',
      'format f { block 64 { scale: f16 = mse_scale(start: absmax / 7), each code: int(-7..7) } value = scale * code }',
      /mse_scale is a search/,
    ],
  ])('is refused for %s', (_, text, reason) => {
    expect(() => emitPackage(inputFor(formatOf(text)))).toThrow(NoPackage);
    expect(() => emitPackage(inputFor(formatOf(text)))).toThrow(reason);
  });
});

describe('text of users', () => {
  const HOSTILE = '*/ process.exit(); /* `$1` </script> <img src=x> | # \\ [a](javascript:b)';

  it('cannot end a comment, a literal, a table or a fence', async () => {
    const doc = `${HOSTILE}\n\`\`\`\n# a heading`;
    const text = `/// ${HOSTILE}\n${INT4}\n// \`\`\`\`\n`;
    const files = emitPackage(inputFor({ ...formatOf(INT4), doc }, text));
    const readme = files.get('README.md')!;
    const beforeSource = readme.slice(0, readme.indexOf('## The format'));
    expect(beforeSource).not.toContain('<img');
    expect(beforeSource.match(/^# /gm)).toHaveLength(1);
    // The source stands in a fence that is longer than any in it.
    expect(readme).toContain('`````qf\n');
    expect(files.get('index.d.ts')).not.toContain('*/ process');
    const door = await loaded(files, 'index.js');
    expect(door.format.name).toBe('f');
  });

  it.each(['__proto__', 'constructor', 'delete', 'a b', "it's", '\u2028'])(
    'stream %j keeps its name',
    async (name) => {
      const format = formatOf(INT4);
      const renamed = {
        ...format,
        layout: format.layout.map((stream, k) => (k === 0 ? { ...stream, name } : stream)),
      };
      const files = emitPackage(inputFor(renamed));
      for (const file of ['js.js', 'wasm.js']) {
        const door = await loaded(files, file);
        const packed = door.encode(new Float32Array(64).fill(1));
        expect(Object.keys(packed.streams)).toContain(name);
        expect(door.decode(packed)).toEqual(door.decode(packed, { out: new Float32Array(64) }));
        // A stream that is not its own is no stream.
        expect(() => door.decode({ shape: [64], streams: {} })).toThrow(/of length 0/);
      }
    },
  );
});

describe('the packages of the repository', () => {
  const formats = new URL('../../../formats/', import.meta.url);
  const homes = readdirSync(formats).filter((name) =>
    readdirSync(new URL(`${name}/`, formats)).includes('package.json'),
  );

  it.each(homes)('%s: its manifest has the entries of the published one', (name) => {
    const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, formats), 'utf8'));
    const { members } = manifest.fewerbits as { members: string[] };
    const published = exportsOf(members.map((label, k) => (k === 0 ? '' : memberPath(label))));
    const built = JSON.stringify(published, (key, value) =>
      typeof value === 'string' && key !== './package.json' ? value.replace('./', './dist/') : value,
    );
    expect(manifest.exports).toEqual(JSON.parse(built));
  });
});
