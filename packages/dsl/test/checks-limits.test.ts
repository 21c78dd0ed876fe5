/** Limits are diagnostics: what would take for ever is refused, and quickly. */
import { describe, expect, it } from 'vitest';
import { checkFile, makeSource } from '../src/index.ts';

const format = (scopes: string, layout = ''): string => `format f { ${scopes} value = s * code ${layout} }`;

describe('limits', () => {
  it.each([
    [
      'a tile too large to be laid out',
      format(
        'tile [4096, 4096] { s: f16 = absmax, each code: u4 }',
        'layout { tile { code: (a b:4096) -> (b a), s } }',
      ),
      'QF305',
    ],
    [
      'tiles whose sides have no common multiple',
      format('a 16777213 { s: f16 = absmax } b 16777199 { t: f16 = absmax } each code: u4'),
      'QF305',
    ],
    ['an array of a thousand million', format('tensor s: f16[100000, 100000] each code: u4'), 'QF305'],
    [
      'copies without end',
      format(
        'block 32 { s: f16 = absmax, each code: u4 }',
        'layout { block { s, code: (a b:16) -> (b a copy:1000000000) } }',
      ),
      'QF203',
    ],
    [
      'padding without end',
      format('block 32 { s: f16 = absmax, each code: u4 }', 'layout { block { s, code, pad 100000000 } }'),
      'QF203',
    ],
    ['65,537 levels', 'number a = table c => c in 65537', 'QF203'],
    ['sixteen million components', 'number a = table of 256 (c, i) => c * i in 65536', 'QF208'],
    [
      'a density that cannot be integrated',
      'number a = density u => mod(u * 1000003, 1) over -1..1 power 1/3 in 16',
      'QF205',
    ],
    [
      'whole numbers that grow',
      `number a = codebook [0, ${Array(60).fill('pow(').join('')}9${Array(60).fill(', 9)').join('')}]`,
      'QF202',
    ],
  ])('refuse %s', (_, text, code) => {
    expect(checkFile(makeSource('test.qf', text)).map((item) => item.code)).toContain(code);
  });
});
