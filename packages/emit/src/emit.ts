/**
 * A format and its kernels as the files of a package, by path. Deterministic: the same input gives the same bytes. Nothing is written
 * here, and no target is chosen.
 */
import { canonicalName, type Format, formatFacts, formatId, formatToJson } from '@fewerbits/format';
import { decodeLoops, decodeVectors, encodeKernel } from '@fewerbits/kernel';
import { closedForm } from './closed-form.ts';
import type { Member, PackageInput, Targets } from './input.ts';
import { manifestText } from './manifest.ts';
import { readmeText } from './readme.ts';
import { codecText, type Facts, formatText, indexText, jsText, wasmText } from './runtime.ts';
import { jsTypesText, typesText, wasmTypesText } from './types-text.ts';

/** A format that no package can be made of. */
export class NoPackage extends RangeError {}

/**
 * The files of a package.
 * @throws NoPackage naming the format and why it has no kernels, or no lengths that follow from the number of weights
 */
export function emitPackage(input: PackageInput): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const parts = input.members.map((member) => memberFiles(member, input.targets));
  files.set('package.json', manifestText(input));
  files.set('README.md', readmeText(input, parts));
  files.set('LICENSE', input.license.text);
  files.set(input.source.file, input.source.text);
  for (const { member, texts } of parts)
    for (const [file, text] of texts) files.set(member.path === '' ? file : `${member.path}/${file}`, text);
  return files;
}

function memberFiles(member: Member, targets: Targets) {
  const { format } = member;
  const refuse = (why: string): never => {
    throw new NoPackage(`${format.name} has no package: ${why}`);
  };
  const known = <T>(kernel: T | string): T => (typeof kernel === 'string' ? refuse(kernel) : kernel);
  const decode = known(decodeVectors(format));
  const encode = known(encodeKernel(format, null, 'short'));
  const form = known(closedForm(format, decode, encode, member.wholeBlocks));
  const kernels = targets.js(known(decodeLoops(format, 'short')), encode);
  const wasm = targets.wasm(decode, encode);
  const facts = factsOf(format, form.streams);
  const texts: [string, string][] = [
    ['index.js', indexText()],
    ['index.d.ts', typesText(facts, format.doc)],
    ['js.js', jsText(form)],
    ['js.d.ts', jsTypesText()],
    ['wasm.js', wasmText(form, wasm)],
    ['wasm.d.ts', wasmTypesText()],
    ['codec.js', codecText(form, format.name)],
    ['format.js', formatText(facts)],
    ['kernels.js', kernels],
    ['format.json', formatToJson(format)],
    ['vectors.json', `${JSON.stringify({ version: 1, ...member.vectors }, null, 2)}\n`],
  ];
  return { member, form, texts, sizes: { js: kernels.length, wasm: wasm.bytes.length } };
}

function factsOf(format: Format, streams: Facts['streams']): Facts {
  return {
    name: canonicalName(format),
    id: formatId(format),
    bitsPerParam: formatFacts(format).bitsPerParam,
    streams,
  };
}
