/** Texts that the syntax tests share: one file with every construct, and the drafts and examples of the design. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { makeSource, type Source } from '../src/source.ts';

const read = (url: URL): string => readFileSync(url, 'utf8');

/** Every rule of the grammar at least once, set out as the formatter sets out. */
export const everyConstruct: Source = makeSource(
  'every-construct.qf',
  read(new URL('./scenarios-syntax/every-construct/input.qf', import.meta.url)),
);

const design = new URL('../../../../shared/design/', import.meta.url);

/** Whether the drafts lie beside the repository. */
export const hasDesign: boolean = existsSync(design);
if (!hasDesign) console.warn(`SKIPPED: drafts and examples of the language, not found at ${design.href}`);

/** Every draft, then every example of language.md. Empty if they are not there. */
export const designSources: readonly Source[] = hasDesign ? [...drafts(), ...examples()] : [];

function drafts(): Source[] {
  const folder = new URL('drafts/', design);
  const files = readdirSync(folder).filter((file) => file.endsWith('.qf'));
  return files.sort().map((file) => makeSource(file, read(new URL(file, folder))));
}

function examples(): Source[] {
  const found = read(new URL('language.md', design)).matchAll(/```qf\n([\s\S]*?)```/g);
  return [...found].map((match, i) => makeSource(`language.md, example ${i + 1}`, match[1]!));
}
