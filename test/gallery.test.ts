/** Pages of the gallery show what they promise, for formats of several kinds; every sibling, every stream, the users. */
import { describe, expect, it } from 'vitest';
import { factsReader, galleryFiles, galleryIndex, galleryPage } from '../docs/gallery.mjs';

const files = galleryFiles();
const factsOf = factsReader();
const fileOf = (folder: string) => files.find((file) => file.folder === folder)!;

describe('a page of the gallery', () => {
  it.each([
    ['q4-0', ['q4_1', 'iq4_nl', 'ggml_mxfp4'], /Used by\*\*: llama\.cpp/],
    ['nf4', ['nf4_double', 'fp4_bnb'], /Used by\*\*: bitsandbytes/],
    ['student', ['student_rms', 'student_signmax'], /it is defined here/],
  ])('of %s shows the file, the facts, the bits, the errors and the siblings', (folder, siblings, users) => {
    const { text, pictures } = galleryPage(fileOf(folder), files, factsOf);
    expect(text).toMatch(users);
    expect(text).toContain(fileOf(folder).text.trim());
    for (const { name, instance, bitsPerParam } of fileOf(folder).formats) {
      if (!instance) continue;
      expect(text).toContain(`## ${name}\n`);
      expect(text).toContain(`| bits per parameter | ${bitsPerParam} |`);
      expect(text).toContain(`${name} (this page)`);
    }
    for (const sibling of siblings) expect(text).toMatch(new RegExp(`\\| ${sibling} \\(`));
    expect(text).toMatch(/\| Normal \| +[0-9.–]+ \| 0\.\d+ \|/);
    for (const [name, svg] of Object.entries(pictures)) {
      expect(text).toContain(`](${name})`);
      expect(svg).toMatch(/^<svg /);
    }
  });

  it('is listed in the index', () => {
    const some = ['q4-0', 'nf4'].map(fileOf);
    expect(galleryIndex(some, factsOf)).toMatch(/\[q4_0\]\(q4-0\.md\) \| 4\.5 \| 0\.\d+ \| llama\.cpp/);
  });
});
