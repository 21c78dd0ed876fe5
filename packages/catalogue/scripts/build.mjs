/**
 * Compiles every formats/<folder>/<file>.qf into dist/data: an index, a format.json for each format that has an instance at its
 * defaults, and the sources. Runs after `tsc -b`; the same sources give the same bytes. A file with an error stops the build.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fieldsToGive, interpreter, whyNotExecutable } from '@fewerbits/codec';
import { compileFile, makeSource, renderDiagnostic } from '@fewerbits/dsl';
import { formatFacts, formatToJson, probeShape } from '@fewerbits/format';

const formatsFolder = fileURLToPath(new URL('../../../formats/', import.meta.url));
const target = fileURLToPath(new URL('../dist/data/', import.meta.url));

const texts = await readSources();
const loader = { read: readImport };
const entries = [];
const instances = new Map();
const problems = [];

for (const [file, text] of texts) {
  const compiled = compileFile(makeSource(file, text), loader);
  report(compiled.diagnostics);
  if (!compiled.ok) continue;
  for (const family of compiled.formats) {
    if (entries.some((entry) => entry.name === family.name))
      problems.push(`${file}: the format ${family.name} is declared in two files of the catalogue`);
    const hasInstance = family.params.every((param) => param.default !== null);
    const { format, diagnostics } = hasInstance
      ? compiled.instantiate(family.name)
      : { format: null, diagnostics: [] };
    report(diagnostics);
    if (format !== null) instances.set(family.name, format);
    entries.push(entryOf(file, family, format));
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n\n'));
  console.error(`\n${problems.length} problems; the catalogue was not written`);
  process.exit(1);
}
await write();
const bytes = [...instances.values()].reduce((sum, format) => sum + formatToJson(format).length, 0);
console.log(
  `catalogue: ${entries.length} formats of ${texts.size} files, ${instances.size} instances, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
);

/** Texts by path relative to the folder of formats, in the order of the alphabet. */
async function readSources() {
  const found = new Map();
  for (const folder of (await readdir(formatsFolder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (!folder.isDirectory()) continue;
    const names = await readdir(join(formatsFolder, folder.name));
    for (const name of names.filter((name) => name.endsWith('.qf')).sort())
      found.set(`${folder.name}/${name}`, await readFile(join(formatsFolder, folder.name, name), 'utf8'));
  }
  if (found.size === 0) throw new Error(`no .qf files below ${formatsFolder}`);
  return found;
}

/** Imports are relative paths between the folders. */
function readImport(path, from) {
  const parts = `${dirname(from)}/${path}`.split('/').filter((part) => part !== '.');
  const whole = [];
  for (const part of parts) {
    if (part === '..') whole.pop();
    else whole.push(part);
  }
  const name = whole.join('/');
  const text = texts.get(name);
  return text === undefined ? null : { name, text };
}

function report(diagnostics) {
  for (const diagnostic of diagnostics)
    if (diagnostic.severity === 'error') problems.push(renderDiagnostic(diagnostic, { color: false }));
}

function entryOf(file, family, format) {
  const facts = format === null ? null : formatFacts(format);
  return {
    name: family.name,
    doc: family.doc,
    file,
    parameters: family.params.map(parameterOf),
    fits: format === null ? [] : format.fits.map((fit) => fit.name),
    instance: format !== null,
    bitsPerParam: facts?.bitsPerParam ?? null,
    fixedLength: facts?.fixedLength ?? true,
    encodes: format === null ? 'it has parameters without a default' : encodes(format),
  };
}

function parameterOf({ name, type, range, default: usual }) {
  return {
    name,
    type,
    range: range !== null && 'from' in range ? [range.from, range.to] : null,
    choices: range !== null && 'list' in range ? range.list : null,
    default: usual,
  };
}

/** True if a small tensor goes through the interpreter and back; else why not. */
function encodes(format) {
  const reason = whyNotExecutable(format);
  if (reason !== null) return reason;
  const missing = fieldsToGive(format);
  if (missing.length > 0) return `${missing.join(', ')} must be given: the format has no fit for it`;
  const { rows, cols } = probeShape(format);
  const weights = Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i * i + 1) ** 3);
  try {
    const codec = interpreter(format);
    const back = codec.decode(codec.encode(weights, { shape: [rows, cols] }));
    if (back.length !== weights.length)
      throw new Error(`${format.name}: ${back.length} of ${weights.length} weights came back`);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** Into a new folder first, so that whoever reads meanwhile sees all of the old or all of the new. */
async function write() {
  const fresh = `${target.replace(/[\\/]$/, '')}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(join(fresh, 'formats'), { recursive: true });
  for (const [name, format] of instances)
    await writeFile(join(fresh, 'formats', `${name}.json`), formatToJson(format));
  for (const [file, text] of texts) {
    await mkdir(join(fresh, 'sources', dirname(file)), { recursive: true });
    await writeFile(join(fresh, 'sources', file), text);
  }
  const formats = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  await writeFile(join(fresh, 'index.json'), `${JSON.stringify({ version: 1, formats }, null, 1)}\n`);
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
}
