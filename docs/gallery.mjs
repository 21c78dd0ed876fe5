/**
 * Writes the gallery: `npm run docs:gallery` makes `docs/gallery/`, a page for each `.qf` file with its text, facts, bits, errors, users
 * and siblings, and an index. Nothing of it is typed by hand; `test/gallery.test.ts` holds pages to what they must show.
 *
 * Siblings are the formats of the same file, of files that it imports from or that import from it, and those with the same users that are
 * about as large.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogueIndex, loadFormatSync } from '@fewerbits/catalogue';
import { errorText, markdownTable } from '@fewerbits/compare';
import { bitMap, bitMapText } from '@fewerbits/draw';
import { explanation } from '../packages/cli/dist/explain/facts.js';
import { streamBits } from '../packages/cli/dist/explain/stream-bits.js';

const FORMATS = new URL('../formats/', import.meta.url);
const USED_BY = /^Used by: (.*?)\.?$/m;

/** Every `.qf` file: its text, what it imports, the formats that it declares, and who uses them. */
export function galleryFiles() {
  const entries = catalogueIndex();
  return readdirSync(FORMATS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: folder }) =>
      readdirSync(new URL(`${folder}/`, FORMATS))
        .filter((file) => file.endsWith('.qf'))
        .map((file) => {
          const text = readFileSync(new URL(`${folder}/${file}`, FORMATS), 'utf8');
          const path = `${folder}/${file}`;
          return {
            folder,
            path,
            text,
            imports: [...text.matchAll(/^import .* from "\.\.\/([^/"]+)\//gm)].map((match) => match[1]),
            formats: entries.filter((entry) => entry.file === path),
            users: USED_BY.exec(text.replaceAll(/^\/\/\/ ?/gm, ''))?.[1] ?? null,
          };
        }),
    );
}

/** Facts of the formats that have an instance at their defaults, each made once: errors take a second. */
export function factsReader() {
  const known = new Map();
  return (name) => {
    if (!known.has(name)) known.set(name, explanation(loadFormatSync(name)));
    return known.get(name);
  };
}

/** Bits per parameter within which formats of the same users compete. */
const NEAR = 0.75;

/** Formats worth a look beside those of a file, smallest first. */
function siblingsOf(file, files) {
  const sizes = file.formats.map(({ bitsPerParam }) => bitsPerParam);
  const isNear = ({ bitsPerParam }) => sizes.some((size) => Math.abs(size - bitsPerParam) <= NEAR);
  return files
    .flatMap((other) => {
      const isRelated =
        other === file || file.imports.includes(other.folder) || other.imports.includes(file.folder);
      const isRival = file.users !== null && other.users === file.users;
      return other.formats
        .filter((entry) => entry.instance && (isRelated || (isRival && isNear(entry))))
        .map((entry) => ({ ...entry, folder: other.folder }));
    })
    .sort((a, b) => a.bitsPerParam - b.bitsPerParam);
}

/** Pictures of a page by file name, and its text. */
export function galleryPage(file, files, factsOf) {
  const pictures = {};
  const lines = [
    `# ${file.folder}`,
    '',
    `Generated from [\`formats/${file.path}\`](../../formats/${file.path}) by \`npm run docs:gallery\`.`,
    '',
    `**Used by**: ${file.users ?? 'nobody that we know of; it is defined here'}.`,
    '',
    '```qf',
    file.text.trim(),
    '```',
  ];
  const shown = file.formats.filter(({ instance }) => instance);
  for (const { name } of shown) lines.push('', ...formatSection(name, factsOf(name), pictures));
  const beside = siblingsOf(file, files);
  if (beside.length > 1) {
    const own = new Set(shown.map(({ name }) => name));
    lines.push(
      '',
      '## Siblings',
      '',
      markdownTable(
        SIBLING_COLUMNS,
        beside.map((entry) => siblingCells(entry, own, factsOf)),
      ).trim(),
    );
    lines.push('', ERROR_NOTE);
  }
  return { text: `${lines.join('\n')}\n`, pictures };
}

function formatSection(name, facts, pictures) {
  const streams = streamBits(loadFormatSync(name));
  const lines = [`## ${name}`, '', facts.doc.replaceAll('\n', '  \n'), ''];
  if (facts.limits !== null) lines.push(`*${facts.limits}*`, '');
  lines.push(markdownTable([{ title: 'fact' }, { title: '' }], factRows(facts)).trim(), '');
  lines.push(markdownTable(FIELD_COLUMNS, facts.fields.map(fieldCells)).trim(), '');
  for (const { stream, what, bits } of streams) {
    const title = `bits of ${stream === '' ? 'the stream' : `stream ${stream}`}: ${what}`;
    const picture = `${name}${stream === '' ? '' : `.${stream.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`}.svg`;
    pictures[picture] = bitMap({ title: `${name}: ${title}`, bits });
    lines.push(`![${title}](${picture})`, '', '```', bitMapText({ title, bits }).trimEnd(), '```', '');
  }
  lines.push(markdownTable(ERROR_COLUMNS, facts.expected.errors.map(errorCells)).trim());
  const { shape, seed, refusal } = facts.expected;
  lines.push(
    '',
    refusal === null ? `Measured on ${shape.join(' × ')} draws (seed ${seed}).` : `Not measured: ${refusal}.`,
  );
  return lines;
}

const right = (title) => ({ title, align: 'right' });
const FIELD_COLUMNS = ['field', 'for each', 'stored as', 'bits', 'what it is'].map((title) => ({ title }));
const ERROR_COLUMNS = [{ title: 'relative error R on' }, right('closed form'), right('measured')];
const SIBLING_COLUMNS = [
  { title: 'format' },
  right('bits per parameter'),
  { title: 'tiles' },
  { title: 'fields' },
  right('R Normal'),
  right('R Student-t'),
];
const ERROR_NOTE = 'R: root mean square of the error over that of the weights, on independent draws.';

function factRows(facts) {
  return [
    [
      'bits per parameter',
      `${facts.bitsPerParam}${facts.fixedLength ? '' : ', before entropy coding; the length depends on the data'}`,
    ],
    [
      'bytes',
      Object.entries(facts.scopeBytes)
        .map(([scope, bytes]) => `${scope} ${bytes}`)
        .join(', '),
    ],
    ['streams', facts.streams.map((stream) => stream || '(one, without a name)').join(', ')],
    ['tiles', tilesText(facts)],
    ['fits', facts.fits.join(', ')],
    ['arithmetic, view, tail', `${facts.arithmetic}, ${facts.view}, ${facts.tail}`],
    ['id', facts.id],
  ].filter(([, value]) => value !== '');
}

function tilesText({ scopes }) {
  return scopes
    .filter(({ name }) => name !== 'each')
    .map(({ name, height, width }) => `${name} ${height} × ${width}`)
    .join(', ');
}

function fieldCells({ name, scope, number, bits, dims, doc }) {
  const array = dims.length === 0 ? '' : `[${dims.join(', ')}]`;
  return [
    name,
    scope === 'each' ? 'weight' : scope,
    `${number}${array}`,
    bits === null ? '' : `${bits}`,
    doc,
  ];
}

function errorCells({ law, closedForm, measured }) {
  return [law, errorText(closedForm), errorText(measured)];
}

function siblingCells({ name, folder }, own, factsOf) {
  const facts = factsOf(name);
  const error = (law) => errorText(facts.expected.errors.find((one) => one.law.startsWith(law)).measured);
  return [
    own.has(name) ? `${name} (this page)` : `${name} (${folder})`,
    `${Number(facts.bitsPerParam.toFixed(4))}`,
    tilesText(facts),
    facts.fields.map((field) => `${field.name}: ${field.number}`).join(', '),
    error('Normal'),
    error('Student'),
  ];
}

/** The index: every format with what it takes and loses. */
export function galleryIndex(files, factsOf) {
  const rows = files.flatMap((file) =>
    file.formats
      .filter(({ instance }) => instance)
      .map(({ name }) => {
        const facts = factsOf(name);
        const [normal] = facts.expected.errors;
        return [
          `[${name}](${file.folder}.md)`,
          `${Number(facts.bitsPerParam.toFixed(4))}`,
          errorText(normal.measured),
          file.users ?? '',
        ];
      }),
  );
  const table = ['| format | bits per parameter | R on a Normal | used by |', '|---|---:|---:|---|'];
  return `${['# Gallery', '', ERROR_NOTE, '', ...table, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = new URL('gallery/', import.meta.url);
  mkdirSync(out, { recursive: true });
  const files = galleryFiles();
  const factsOf = factsReader();
  for (const file of files.filter(({ formats }) => formats.some(({ instance }) => instance))) {
    const { text, pictures } = galleryPage(file, files, factsOf);
    writeFileSync(new URL(`${file.folder}.md`, out), text);
    for (const [name, svg] of Object.entries(pictures)) writeFileSync(new URL(name, out), svg);
    console.error(file.folder);
  }
  writeFileSync(new URL('README.md', out), galleryIndex(files, factsOf));
}
