/** `package.json`: what stands in a package, from the same facts as everything else. */
import type { PackageInput } from './input.ts';

/** `student(bits=3, size=32)` as a folder: `student-bits-3-size-32`. */
export function memberPath(label: string): string {
  return label
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** The entry points of a package whose members stand at these paths: types first, as resolvers take the first that fits. */
export function exportsOf(paths: readonly string[]): Record<string, string | Record<string, string>> {
  const entries: Record<string, string | Record<string, string>> = {};
  for (const path of paths) {
    const at = path === '' ? '.' : `./${path}`;
    const door = (file: string) => ({ types: `${at}/${file}.d.ts`, default: `${at}/${file}.js` });
    entries[at] = door('index');
    entries[`${at}/js`] = door('js');
    entries[`${at}/wasm`] = door('wasm');
    entries[`${at}/format.json`] = `${at}/format.json`;
    entries[`${at}/vectors.json`] = `${at}/vectors.json`;
  }
  return { ...entries, './package.json': './package.json' };
}

export function manifestText({ name, version, license, source, members }: PackageInput): string {
  const [first] = members as [PackageInput['members'][number]];
  const doc = first.format.doc.split('\n')[0]!.trim();
  const manifest = {
    name,
    version,
    description: doc === '' ? `The weight format ${first.format.name}.` : doc,
    keywords: ['quantization', 'weights', 'fewerbits', first.format.name],
    license: license.name,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: exportsOf(members.map(({ path }) => path)),
    files: ['**/*.js', '**/*.d.ts', '**/*.json', source.file, 'README.md', 'LICENSE'],
    publishConfig: { access: 'public' },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
