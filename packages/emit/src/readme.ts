/** The README of a package, from its facts. */
import { bitMapText } from '@fewerbits/draw';
import { formatFacts } from '@fewerbits/format';
import type { ClosedForm } from './closed-form.ts';
import { fenced, literal, markdownText } from './escape.ts';
import type { Member, PackageInput } from './input.ts';

/** Bytes of a member's kernels, compressed with nothing left out. */
export interface Sizes {
  readonly js: number;
  readonly wasm: number;
}

export function readmeText(
  input: PackageInput,
  members: readonly { readonly member: Member; readonly form: ClosedForm; readonly sizes: Sizes }[],
): string {
  const { name, license, source } = input;
  const [{ member, form }] = members as [(typeof members)[number]];
  const { doc } = member.format;
  const importName = identifier(member.format.name);
  const cols = form.tile * Math.ceil(64 / form.tile);
  return `${[
    `# ${name}`,
    linked(markdownText(doc === '' ? `The weight format ${member.format.name}.` : doc)),
    fenced(`npm install ${name}`, 'sh'),
    fenced(
      [
        `import * as ${importName} from ${literal(name)};`,
        '',
        `const weights = Float32Array.from({ length: 16 * ${cols} }, (_, i) => Math.sin(i));`,
        `const packed = ${importName}.encode(weights, { shape: [16, ${cols}] });`,
        `const back = ${importName}.decode(packed);`,
        `console.log(${importName}.format.bitsPerParam, ${importName}.encodedLength([16, ${cols}]), back[1]);`,
      ].join('\n'),
      'js',
    ),
    `No dependencies. WebAssembly SIMD where it runs, plain JavaScript elsewhere (\`${name}/wasm\`, \`${name}/js\`), with the same bytes. ` +
      'Weights that are not finite and scales that cannot be stored are refused.',
    ...members.flatMap((each) => memberSections(name, each, members.length > 1)),
    '## The format',
    `All of it stands in \`${source.file}\`, from which [fewerbits](https://www.npmjs.com/package/fewerbits) generated this package.`,
    fenced(source.text, 'qf'),
    `Licence: ${markdownText(license.name)}.`,
  ].join('\n\n')}\n`;
}

function memberSections(
  name: string,
  { member, form, sizes }: { readonly member: Member; readonly form: ClosedForm; readonly sizes: Sizes },
  several: boolean,
): string[] {
  const { format, map, errors, vectors, path, label } = member;
  const { bitsPerParam } = formatFacts(format);
  const rows: [string, string][] = [
    ...(several ? ([['import', `\`${path === '' ? name : `${name}/${path}`}\``]] as [string, string][]) : []),
    ['bits per parameter', String(bitsPerParam)],
    ...form.streams.map(({ name: stream, bits }): [string, string] => [
      `stream \`'${stream}'\``.replaceAll('|', '\\|'),
      bits
        .map(({ per, bits: count }) => `${count} bits for ${per === 1 ? 'a weight' : `${per} weights`}`)
        .join(', '),
    ]),
    ['rows', rowsText(form)],
    ['size of its kernels', `${sizes.wasm} bytes of WebAssembly, ${sizes.js} of JavaScript`],
    ['vectors', markdownText(`${vectors.vectors.length}: ${vectors.origin}`)],
  ];
  const cell = (value: number | null): string => (value === null ? '' : value.toPrecision(4));
  return [
    `## ${markdownText(label)}`,
    table(['', ''], rows),
    ...map.map(({ stream, what, bits }) =>
      fenced(
        bitMapText({ title: `bits of ${stream === '' ? 'the stream' : stream}: ${what}`, bits }),
        'text',
      ),
    ),
    'Relative error (root mean square of error ÷ that of the weights):',
    table(
      ['law', 'closed form', 'measured'],
      errors.map(({ law, closedForm, measured }) => [law, cell(closedForm), cell(measured)]),
    ),
  ];
}

function rowsText({ tile, ragged, view }: ClosedForm): string {
  if (view === 'flat')
    return ragged ? 'any shape; the last block may be short' : `a multiple of ${tile} weights in all`;
  return `${view === 'last' ? 'the last axis is' : 'all axes but the first together are'} a multiple of ${tile}${ragged ? '; a tensor of one row may end anywhere' : ''}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Papers that a text names, as links. */
function linked(text: string): string {
  return text.replace(/arXiv:? ?(\d{4}\.\d{4,5})/g, '[arXiv $1](https://arxiv.org/abs/$1)');
}

/** The name of a format as one of a program; a word that the language keeps gets a tail. */
function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_$]/g, '_');
  return RESERVED.has(plain) || /^\d/.test(plain) ? `_${plain}` : plain;
}

const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class console const continue debugger default delete do else enum eval export extends false finally ' +
    'for function if implements import in instanceof interface let new null package private protected public return static super switch ' +
    'this throw true try typeof undefined var void while with yield weights packed back Math Float32Array'
  ).split(' '),
);
