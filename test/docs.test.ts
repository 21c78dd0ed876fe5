/** Documentation that derives from the code is what the code says; run `npm run docs` when this fails. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../docs/generate.mjs';

describe.each(Object.entries(PAGES))('docs/%s', (name, page) => {
  it('is current', () => {
    expect(readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n')).toBe(
      page(),
    );
  });
});
