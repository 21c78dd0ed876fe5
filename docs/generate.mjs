/**
 * Writes the documentation pages that derive from the code: `npm run docs`. `test/docs.test.ts` holds them to it.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogueIndex } from '@fewerbits/catalogue';
import { DIAGNOSTICS } from '@fewerbits/dsl';

const GROUPS = [
  ['QF0', 'Syntax'],
  ['QF1', 'Names and imports'],
  ['QF2', 'Numbers'],
  ['QF3', 'Scopes and fields'],
  ['QF4', 'Fits and values'],
  ['QF5', 'Layout'],
  ['QF6', 'Facts and expectations'],
  ['QF7', 'Formats and parameters'],
];

/** Every diagnostic with its reason and a file that is reported with it. */
export function diagnosticsPage() {
  const lines = [
    '# Diagnostics',
    '',
    'Generated from the catalogue in `packages/dsl/src/diagnostics/` by `npm run docs`. Codes are stable. A note does not make a file bad.',
  ];
  for (const [prefix, title] of GROUPS) {
    lines.push('', `## ${title}`);
    for (const [code, entry] of Object.entries(DIAGNOSTICS)) {
      if (!code.startsWith(prefix)) continue;
      const note = entry.severity === 'note' ? ' (note)' : '';
      lines.push(
        '',
        `### ${code}`,
        '',
        `**${entry.title}**${note}. ${entry.reason}`,
        '',
        '```qf',
        entry.example.trim(),
        '```',
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Every format of the catalogue with its size. */
export function formatsPage() {
  const lines = [
    '# Formats',
    '',
    'Generated from `formats/` by `npm run docs`. `fewerbits explain NAME` shows fields, levels, the bit map and the expected error.',
    'Bits per parameter count everything stored for large tensors, before entropy coding; *decode only* names what an encoder must be given.',
    '',
    '| format | bits per parameter | parameters (defaults) | fits | what it is |',
    '|---|---:|---|---|---|',
  ];
  for (const entry of catalogueIndex()) {
    const parameters = entry.parameters
      .map(({ name, default: value }) => (value === null ? name : `${name} = ${shown(value)}`))
      .join(', ');
    const bits = entry.bitsPerParam === null ? '' : shown(entry.bitsPerParam);
    const first = entry.doc.split('\n')[0].replaceAll('|', '\\|');
    const runs = entry.encodes === true ? '' : ` *(${entry.encodes})*`;
    lines.push(
      `| [\`${entry.name}\`](../formats/${entry.file}) | ${bits} | ${parameters} | ${entry.fits.join(', ')} | ${first}${runs} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function shown(value) {
  return typeof value === 'number' ? String(Number(value.toPrecision(7))) : value;
}

export const PAGES = { 'diagnostics.md': diagnosticsPage, 'formats.md': formatsPage };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, page] of Object.entries(PAGES)) writeFileSync(new URL(name, import.meta.url), page());
}
