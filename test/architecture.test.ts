/**
 * The house keeps its shape: who may depend on whom, no circles, and what every manifest must say.
 * The table below is the DAG of docs/design/architecture.md; a package that is not in it does not exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Package → packages of ours that it may use, more of ours to build or test it, and third-party ones that it may ship with. */
const MAY_USE: Record<string, { ours: string[]; development?: string[]; others: string[] }> = {
  numerics: { ours: [], others: [] },
  'wasm-assembler': { ours: [], others: [] },
  format: { ours: ['numerics'], others: ['zod', '@noble/hashes'] },
  tensorfile: { ours: ['numerics'], others: [] },
  dsl: { ours: ['format', 'numerics'], others: ['chevrotain'] },
  codec: { ours: ['format', 'numerics'], others: [] },
  kernel: { ours: ['codec', 'format', 'numerics'], development: ['dsl'], others: [] },
  'target-js': { ours: ['codec', 'format', 'kernel'], others: [] },
  'target-wasm': { ours: ['codec', 'format', 'kernel', 'wasm-assembler'], development: ['dsl'], others: [] },
  draw: { ours: ['format', 'numerics'], others: [] },
  measure: { ours: ['format', 'numerics'], others: [] },
  emit: {
    ours: ['draw', 'format', 'kernel'],
    development: ['codec', 'dsl', 'target-js', 'target-wasm'],
    others: [],
  },
  // Its data is compiled from formats/ when it is built.
  catalogue: { ours: ['format'], development: ['codec', 'dsl', 'numerics'], others: [] },
  testkit: {
    ours: ['codec', 'dsl', 'format', 'numerics'],
    development: ['kernel', 'target-js', 'target-wasm', 'tensorfile'],
    others: ['fast-check'],
  },
  modelfile: { ours: ['format', 'tensorfile'], development: ['catalogue', 'codec'], others: [] },
  workers: { ours: ['format', 'kernel'], development: ['catalogue', 'codec', 'target-wasm'], others: [] },
  compare: { ours: ['draw', 'format', 'measure', 'numerics'], development: ['codec', 'dsl'], others: [] },
  cli: {
    ours: [
      'catalogue',
      'codec',
      'compare',
      'draw',
      'dsl',
      'emit',
      'format',
      'kernel',
      'measure',
      'modelfile',
      'numerics',
      'target-js',
      'target-wasm',
      'tensorfile',
      'testkit',
      'workers',
    ],
    others: ['commander', 'cli-progress', 'fast-check'],
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(`${root}packages`);

interface Manifest {
  name: string;
  version: string;
  description?: string;
  license?: string;
  type?: string;
  sideEffects?: boolean;
  engines?: { node?: string };
  exports?: Record<string, unknown>;
  files?: string[];
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

function manifest(name: string): Manifest {
  return JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8'));
}

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'generated' ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** Module names that a file imports, relative ones left out. */
function imported(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\b[^;']*?from '([^'.\n][^'\n]*)'|^import '([^'.\n][^'\n]*)'|\bimport\('([^'.\n][^'\n]*)'\)/gm,
  );
  return [...found].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

function packageOf(module: string): string {
  return module.startsWith('@') ? module.split('/').slice(0, 2).join('/') : module.split('/')[0]!;
}

const shortName = (name: string): string => name.replace('@fewerbits/', '');

describe('the top level', () => {
  it('has exactly the folders of the architecture', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map((entry) => entry.name);
    expect(folders.sort()).toEqual(['benchmarks', 'docs', 'formats', 'packages', 'test']);
  });

  it('lists every package in the table above', () => {
    expect([...packages].sort()).toEqual(Object.keys(MAY_USE).sort());
  });
});

describe('the table of dependencies', () => {
  it('has no circle', () => {
    const done = new Set<string>();
    const visit = (name: string, path: string[]): void => {
      expect(path, `${[...path, name].join(' → ')} is a circle`).not.toContain(name);
      if (done.has(name)) return;
      for (const next of [...MAY_USE[name]!.ours, ...(MAY_USE[name]!.development ?? [])])
        visit(next, [...path, name]);
      done.add(name);
    };
    for (const name of Object.keys(MAY_USE)) visit(name, []);
  });
});

describe.each(packages)('packages/%s', (name) => {
  const own = manifest(name);
  const allowed = MAY_USE[name] ?? { ours: [], others: [] };

  it('declares only dependencies that the architecture allows, for development too', () => {
    for (const dependency of Object.keys({ ...own.dependencies, ...own.peerDependencies })) {
      if (dependency.startsWith('@fewerbits/')) expect(allowed.ours).toContain(shortName(dependency));
      else expect(allowed.others).toContain(dependency);
    }
    const known = [...allowed.ours, ...(allowed.development ?? [])];
    for (const dependency of Object.keys(own.devDependencies ?? {})) {
      if (dependency.startsWith('@fewerbits/')) expect(known).toContain(shortName(dependency));
    }
  });

  it('pins third-party versions exactly', () => {
    for (const [dependency, version] of Object.entries(own.dependencies ?? {})) {
      expect(version, dependency).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  it('imports in src only what its manifest declares', () => {
    const declared = new Set(Object.keys({ ...own.dependencies, ...own.peerDependencies }));
    for (const path of sources(`${root}packages/${name}/src`)) {
      for (const module of imported(path)) {
        if (module.startsWith('node:')) continue;
        expect(declared, `${path} imports ${module}`).toContain(packageOf(module));
      }
    }
  });

  it('imports in tests nothing that depends on it', () => {
    const users = Object.keys(MAY_USE).filter((other) => reaches(other, name));
    for (const path of sources(`${root}packages/${name}/test`)) {
      for (const module of imported(path)) {
        if (module.startsWith('@fewerbits/'))
          expect(users, `${path} imports ${module}`).not.toContain(shortName(packageOf(module)));
      }
    }
  });

  it('has the manifest of a publishable package', () => {
    expect(own.name).toBe(name === 'cli' ? 'fewerbits' : `@fewerbits/${name}`);
    expect(own.license).toBe('MIT');
    expect(own.type).toBe('module');
    expect(own.sideEffects).toBe(false);
    expect(own.engines?.node).toBe('>=20.19');
    expect(own.description).toMatch(/\.$/);
    expect(own.files).toContain('dist');
    expect(own.exports?.['./package.json']).toBe('./package.json');
    // The command line is a program; nothing imports it.
    if (name !== 'cli') expect(Object.keys(own.exports?.['.'] as object)[0]).toBe('types');
  });

  it('runs no shell in its scripts', () => {
    for (const script of Object.values(own.scripts ?? {}))
      expect(script).not.toMatch(/[|;<>$`*]|\b(rm|cp|mv|mkdir)\b/);
  });

  it('states what each source file is', () => {
    for (const path of sources(`${root}packages/${name}/src`)) {
      expect(readFileSync(path, 'utf8').trimStart(), path).toMatch(/^(#!.*\n)?\/\*\*/);
    }
  });

  it('keeps files short enough to be one idea', () => {
    for (const path of sources(`${root}packages/${name}/src`)) {
      expect(readFileSync(path, 'utf8').split('\n').length, path).toBeLessThanOrEqual(420);
    }
  });
});

/** Whether package `from` depends on `to`, directly or not. */
function reaches(from: string, to: string): boolean {
  return MAY_USE[from]!.ours.some((next) => next === to || reaches(next, to));
}
