/**
 * `build`: a `.qf` file as an npm package, checked against the interpreter before it is there.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { interpreter } from '@fewerbits/codec';
import { emitPackage, type Member, memberPath, NoPackage, type PackageInput } from '@fewerbits/emit';
import { type Codec, kebabName, parseSpec } from '@fewerbits/format';
import { codecModuleText } from '@fewerbits/target-js';
import { codecModule } from '@fewerbits/target-wasm';
import { checkPackage, ShortBlock } from '../build/self-check.ts';
import { requirePackageName, requireVersion, settingsOf } from '../build/settings.ts';
import { vectorsOf } from '../build/vectors.ts';
import { writeFolderWhole } from '../build/write-folder.ts';
import { expectedErrors } from '../explain/expected-error.ts';
import { streamBits } from '../explain/stream-bits.ts';
import { resolveArgument } from '../format-argument.ts';
import { InputError, refusable } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { textOption } from '../option-values.ts';
import { readSource } from '../qf-files.ts';

/** A member and the interpreter that it is held against. */
interface Built {
  readonly member: Member;
  readonly codec: Codec;
}

/** Builds; there are never findings. */
export async function build({ io, json, signal }: Context, file: string, options: Options): Promise<boolean> {
  if (!file.endsWith('.qf')) throw new InputError(`build ${file}: give a .qf file`);
  const output = textOption(options, 'output')!;
  const settings = await settingsOf(file);
  const given = textOption(options, 'formats');
  const wanted = given === undefined ? settings.members : splitList(given);
  const built: Built[] = [];
  for (const label of wanted.length === 0 ? [''] : wanted) {
    signal.throwIfAborted();
    built.push(await memberOf(file, label, built.length === 0));
  }
  const [first] = built as [Built];
  const own = settings.name === '' ? kebabName(first.member.format.name) : settings.name;
  const source = readSource(file);
  const input = {
    name: requirePackageName(textOption(options, 'name') ?? own),
    version: requireVersion(textOption(options, 'packageVersion') ?? settings.version),
    license: { name: settings.license, text: await licenseText(file, settings.license) },
    source: { file: basename(file), text: source.text },
    targets: { js: codecModuleText, wasm: codecModule },
  };
  const place = resolve(output);
  let files = await written(input, built, place, signal);
  if (files === null) {
    io.note('zeros behind a block cut short would count: the package takes whole blocks only\n');
    files = await written(input, built.map(ofWholeBlocks), place, signal);
  }
  if (files === null) throw new Error(`${file}: whole blocks differ from the interpreter's`);
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (json) {
    const members = built.map(({ member }) => ({ path: member.path, format: member.label }));
    const { name, version } = input;
    io.out(
      `${JSON.stringify({ version: 1, name, packageVersion: version, members, files: [...files.keys()], bytes }, null, 2)}\n`,
    );
  } else {
    io.out(`${input.name} ${input.version}: ${files.size} files, ${bytes} bytes in ${output}\n`);
    for (const { member } of built)
      io.out(`  ${member.label}: equal to the interpreter in JavaScript and WebAssembly\n`);
  }
  return false;
}

function ofWholeBlocks({ member, codec }: Built): Built {
  return { member: { ...member, wholeBlocks: true }, codec };
}

/**
 * Emits, checks and writes a package; null where only blocks cut short differ from the interpreter's.
 * @throws InputError for a format that has no package
 */
async function written(
  input: Omit<PackageInput, 'members'>,
  built: readonly Built[],
  place: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const files = emitPackage({ ...input, members: built.map(({ member }) => member) });
    const check = async (folder: string): Promise<void> => {
      for (const { member, codec } of built) await checkPackage(folder, member, codec);
    };
    await writeFolderWhole(place, files, check, signal);
    return files;
  } catch (error) {
    if (error instanceof ShortBlock) return null;
    throw error instanceof NoPackage ? new InputError(error.message, { cause: error }) : error;
  }
}

async function memberOf(file: string, label: string, isFirst: boolean): Promise<Built> {
  const spec =
    label === '' ? { name: '', args: {}, fit: null } : refusable('--formats', () => parseSpec(label));
  const {
    format,
    fit,
    label: shown,
  } = await resolveArgument({ kind: 'qf', path: file, spec }, `${file}#${label}`);
  if (fit !== null)
    throw new InputError(`--formats ${label}: a package encodes by the default fit; leave @${fit} out`);
  const codec = refusable(shown, () => interpreter(format));
  const member: Member = {
    format,
    wholeBlocks: false,
    label: shown,
    path: isFirst ? '' : memberPath(shown),
    map: refusable(shown, () => streamBits(format)),
    errors: expectedErrors(format).errors,
    vectors: await vectorsOf(file, shown, codec),
  };
  return { member, codec };
}

/** Formats are separated by commas outside parentheses. */
function splitList(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

/** The nearest LICENSE above the file. */
async function licenseText(file: string, name: string): Promise<string> {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const path = join(folder, 'LICENSE');
    if (name !== 'UNLICENSED' && existsSync(path)) return readFile(path, 'utf8');
    if (folder === dirname(folder)) break;
  }
  if (name === 'UNLICENSED') return 'No licence is given: all rights are reserved.\n';
  throw new InputError(
    `${file}: package.json says ${name}, and no LICENSE stands beside the file or above it`,
  );
}
