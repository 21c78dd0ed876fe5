/** The diagnostics of reading text: QF0xx. Grammar: docs/design/language.md, "Grammar". */

import type { DiagnosticEntry } from './catalogue.ts';

/** The syntax group of the catalogue, by code. */
export const SYNTAX_DIAGNOSTICS: Readonly<Record<string, DiagnosticEntry>> = {
  QF001: {
    title: 'Unexpected character',
    reason: 'The character begins no word of the language. Control characters are refused everywhere.',
    example: 'number a = int(-7..7);\n',
  },
  QF002: {
    title: 'String that does not end',
    reason:
      'A string ends with `"`. Only a string of digits spans lines, so one that runs into other text has lost its end.',
    example: 'import nf4 from "./nf4.qf\n\nformat f extends nf4 { tail keep }\n',
  },
  QF003: {
    title: 'Unexpected word',
    reason: 'The grammar has no place for this word here; the slip may also lie just before it.',
    example: 'format f {\n  block 32 {\n    scale: f16 = absmax / / 7\n  }\n}\n',
  },
  QF004: {
    title: 'Unexpected end of the file',
    reason: 'The file ends within a declaration: most often a bracket was never closed.',
    example: 'format f {\n  block 32 { scale: f16 = absmax, each code: i4 }\n  value = scale * code\n',
  },
  QF005: {
    title: 'Nested too deeply',
    reason:
      'Brackets and constructors nest at most 64 deep and an expression is at most 256 operators deep, so that no text ' +
      'can exhaust the compiler.',
    example: `number a = ${'('.repeat(65)}1${')'.repeat(65)}\n`,
  },
  QF006: {
    title: 'File too large',
    reason: 'A file holds at most 1 MiB of text and 262,144 words; real formats need a thousandth of that.',
    example: '// a file of more than 1 MiB\n',
  },
  QF007: {
    title: 'Number that cannot be read',
    reason:
      'A number is a finite decimal (`2`, `0.5`, `1e-3`, `0.1%`) or an exact hexadecimal integer below 2^53 (`0x1f`), ' +
      'of at most 64 characters, and does not run into a name.',
    example: 'number a = codebook [0, 1e999]\n',
  },
  QF008: {
    title: 'Text that is not Unicode',
    reason:
      'Files are UTF-8. Half a surrogate pair, or the sign that stands for undecodable bytes, means a damaged file.',
    example: 'number a = int(-7..7) // \ufffd\n',
  },
  QF009: {
    title: 'Documentation of nothing',
    reason:
      'A comment that begins with `///` stands on lines of its own before a declaration or a member and documents it. ' +
      'Elsewhere its words would be lost.',
    example: 'format f {\n  each code: i4  /// the code\n}\n',
  },
};
