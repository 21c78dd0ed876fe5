/** The block types that a GGUF file names are formats of the catalogue, of the same size: no number stands twice unheld. */
import { catalogueIndex, loadFormatSync } from '@fewerbits/catalogue';
import { encodedLength, formatFacts } from '@fewerbits/format';
import { GGML_TYPES } from '@fewerbits/tensorfile';
import { describe, expect, it } from 'vitest';

const blocks = GGML_TYPES.filter(({ elements }) => elements > 1);
const known = new Set(catalogueIndex().map(({ name }) => name));

describe('the block types of ggml', () => {
  it.each(blocks)('$name: blocks of $elements weights in $bytes bytes', ({ name, elements, bytes }) => {
    const plain = name.toLowerCase();
    // MXFP4 and NVFP4 have namesakes with other bytes.
    const format = loadFormatSync(known.has(`ggml_${plain}`) ? `ggml_${plain}` : plain);
    expect(formatFacts(format)).toMatchObject({ fixedLength: true, tile: { height: 1, width: elements } });
    expect(encodedLength(format, [1, elements])).toBe(bytes);
    expect(encodedLength(format, [3, 2 * elements])).toBe(6 * bytes);
  });
});
