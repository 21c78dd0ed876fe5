/**
 * The diagnostics of the checks: QF1xx names, 2xx numbers, 3xx scopes and fields, 4xx fits and values, 5xx layout,
 * 6xx facts, 7xx formats and parameters. Each example is a whole file that is reported with its code.
 * Specification: docs/design/language.md, "Diagnostics".
 */
import type { DiagnosticEntry } from './catalogue.ts';
import { CHECK_CODES, type CheckCode } from './check-codes.ts';

/** A format of one block, for examples: `inside` stands in the block, `after` behind it. */
function block(inside: string, after = '  value = scale * code\n'): string {
  return `format f {\n  block 32 {\n${inside
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('')}  }\n${after}}\n`;
}

const ENTRIES: Readonly<Record<CheckCode, DiagnosticEntry>> = {
  'unknown-name': {
    title: 'Unknown name',
    reason:
      'Every name is declared in the file, imported, a parameter, or known everywhere. The nearest known one is shown.',
    example: block('scale: f16 = absmax / 7\neach code: i4', '  value = scael * code\n'),
  },
  'unknown-function': {
    title: 'Unknown function',
    reason:
      'The functions are a closed list, beside the numbers, which may be called for their nearest level.',
    example: block('scale: f16 = maxabs(x) / 7\neach code: i4'),
  },
  'unknown-fact': {
    title: 'Unknown fact',
    reason:
      'Numbers have `max min levels bits mantissa emax`; formats have `bits_per_param` and `SCOPE_bytes`.',
    example: 'number a = int(-7..7)\n  expect maximum = 7\n',
  },
  'unknown-word': {
    title: 'Unknown word',
    reason: 'Rounding rules, overflow rules, codings, settings and the like are closed lists of words.',
    example: 'number a = u4 - 8 round nearest\n',
  },
  'wrong-arguments': {
    title: 'Wrong arguments',
    reason: 'Functions, numbers and formats take a stated number of arguments, some of them by name.',
    example: block('scale: f16 = clamp(absmax, 1)\neach code: i4'),
  },
  'duplicate-name': {
    title: 'Name declared twice',
    reason:
      'Numbers are one space of names, formats another; in a format, parameters, scopes, fields and lets share one.',
    example: block('scale: f16 = absmax\nscale: f16 = rms\neach code: i4'),
  },
  'reserved-name': {
    title: 'Name that the language keeps',
    reason:
      'The numbers of the prelude and the inputs `x`, `importance`, `rows` and `cols` mean the same in every file.',
    example: 'number f16 = float(exponent: 5, mantissa: 10)\n',
  },
  'import-missing': {
    title: 'File not found',
    reason: 'An import names a file relative to the one that it stands in, or a package.',
    example: 'import trit from "./no_such_file.qf"\n',
  },
  'import-unknown': {
    title: 'Name not declared there',
    reason: 'An import brings what the other file itself declares, not what that file imports.',
    example: 'import nothing from "./other.qf"\n',
  },
  'import-circle': {
    title: 'Imports in a circle',
    reason: 'Files that import one another have no first one to read.',
    example: 'import f from "./input.qf"\n',
  },
  'import-depth': {
    title: 'Imports too deep',
    reason: 'Imports may be 64 files deep, so that no set of files can exhaust the compiler.',
    example: 'import deeper from "./deeper.qf"\n',
  },
  'not-constant': {
    title: 'Not a constant',
    reason:
      'Extents, widths, levels and moves are known when a file is compiled: literals, parameters and facts of numbers.',
    example:
      'format f {\n  block 32 {\n    scale: f16 = absmax\n    inner (scale) { each code: i4 }\n  }\n  value = scale * code\n}\n',
  },
  'not-finite': {
    title: 'Not a finite number',
    reason: 'A constant or a level must be finite: a level must have a nearest binary32 number.',
    example: 'number a = codebook [-1, 0, 1 / 0]\n',
  },
  'out-of-range': {
    title: 'Out of range',
    reason: 'Widths, counts, sides, seeds and ratios have limits, so that every format can be laid out.',
    example: 'number a = uint(40)\n',
  },
  'not-a-number': {
    title: 'Not a number type',
    reason: 'A field is stored in a number: a declared one, one of the prelude, or one built on the spot.',
    example: block('scale: float16 = absmax\neach code: i4'),
  },
  'bad-number': {
    title: 'A number that cannot be',
    reason: 'The parts of a number do not go together, or leave no levels.',
    example: 'number a = density student_t(1) power 1/3 in 16\n',
  },
  'codebook-order': {
    title: 'Levels out of order',
    reason:
      'The levels of a codebook and of a curve increase with the code; `codebook unordered` and `table` need not.',
    example: 'number a = codebook [-1, 0, 0.5, 0.25, 1]\n',
  },
  'codebook-length': {
    title: 'A level of the wrong length',
    reason:
      'Each level of a vector codebook has as many components as it says, from an alphabet of at most 36.',
    example: 'number a = codebook of 2 [[-1, 1], [1, 1, 1]]\n',
  },
  'too-many-levels': {
    title: 'Too many levels',
    reason: 'A list holds 1 to 65,536 levels: codes of 16 bits.',
    example: 'number a = codebook []\n',
  },
  'number-circle': {
    title: 'A number made of itself',
    reason: 'A number is built from others that are complete.',
    example: 'number a = b + 1\nnumber b = a - 1\n',
  },
  'outside-scope': {
    title: 'A field outside any scope',
    reason: 'The scope of a field says how many entries it has: one for each tile.',
    example: 'format f {\n  scale: f16 = 1\n  each code: i4\n  value = scale * code\n}\n',
  },
  'unknown-scope': {
    title: 'Unknown scope',
    reason:
      'Scopes are `tensor`, `row`, `column`, `each` and the tiles that the format declares with an extent.',
    example: 'format f {\n  block { scale: f16 = absmax, each code: i4 }\n  value = scale * code\n}\n',
  },
  'not-held': {
    title: 'No single tile holds this one',
    reason:
      'A name may be used where exactly one tile of its scope holds the current one: an outer tile, a row or a column. What lies ' +
      'inside is reached through an aggregate.',
    example:
      'format f {\n  superblock 256 {\n    d: f16 = scale * 2\n    block 32 { scale: u6 = absmax, each code: i4 }\n  }\n  value = d * scale * code\n}\n',
  },
  'tile-divides': {
    title: 'A tile that its parent does not divide into',
    reason: 'A tile inside another must divide it, so that each lies in exactly one.',
    example:
      'format f {\n  superblock 256 {\n    d: f16 = absmax\n    block 48 { scale: u6 = 1, each code: i4 }\n  }\n  value = d * scale * code\n}\n',
  },
  'tile-size': {
    title: 'A tile of an impossible size',
    reason:
      'A tile has at most 2^24 weights and a field at most 2^24 entries in one; the fixed scopes have no extent.',
    example:
      'format f {\n  block [8192, 8192] { scale: f16 = absmax, each code: i4 }\n  value = scale * code\n}\n',
  },
  'vector-tile': {
    title: 'A vector that does not fill its tile',
    reason:
      'A vector number gives each weight of its tile one component, so the tile has as many weights as the vector components.',
    example:
      'number pair = codebook of 2 [[-1, -1], [-1, 1], [1, -1], [1, 1]]\nformat f {\n  group 4 { code: pair }\n}\n',
  },
  'array-index': {
    title: 'Wrong indices',
    reason: 'An array is read with one index for each dimension, a level with its code (and component).',
    example:
      'format f {\n  tensor levels: f16[16] = lloyd_max()\n  each code: u4\n  value = levels * code\n}\n',
  },
  'two-codes': {
    title: 'Two codes where one was meant',
    reason:
      'Fields without a fit in `each` are all codes and chosen together. A float among them, or too many combinations, means that a fit was forgotten.',
    example: 'format f {\n  each { scale: f16, code: i4 }\n  value = scale * code\n}\n',
  },
  'grid-entropy': {
    title: 'A grid without an entropy coder',
    reason: 'A grid has every integer as a code and so no width of its own.',
    example: 'format f {\n  tensor step: f32 = absmax / 7\n  each code: grid\n  value = step * code\n}\n',
  },
  'entropy-model': {
    title: 'A static model that cannot code its field',
    reason:
      'A static model says how often each code of a field occurs; codes that it leaves out need a weight together, the escape.',
    example: block(
      'scale: f16 = absmax / 7\neach code: u2',
      '  value = scale * (code - 1)\n  entropy code with rans(model: static, weights: codebook unordered [1, 8, 1])\n',
    ),
  },
  'missing-value': {
    title: 'No value',
    reason: 'With several fields nothing but `value = …` says what a weight is.',
    example: 'format f {\n  block 32 { scale: f16 = absmax / 7, each code: i4 }\n}\n',
  },
  'not-readable': {
    title: 'Cannot be read here',
    reason:
      'A decoder knows stored fields and positions only; fits see weights; sizes see `rows` and `cols`.',
    example: block('scale: f16 = absmax / 7\neach code: i4', '  value = absmax * code\n'),
  },
  'not-affine': {
    title: 'A later value that cannot be undone',
    reason: 'Formulas after the first are undone when encoding, and so are of the form a · value + b.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  value = value * value\n',
    ),
  },
  'fit-circle': {
    title: 'Fits in a circle',
    reason:
      'A fit is evaluated when first needed; where two need each other, a real that is not stored (`let`) breaks the circle.',
    example: block('scale: f16 = max(code) / 7\neach code: i4'),
  },
  'no-encoder': {
    title: 'A format that only decodes',
    severity: 'note',
    reason:
      'A field that is no code and has no fit must be given by whoever encodes, such as a procedure that searches for it.',
    example: block('scale: f16\neach code: i4'),
  },
  'fit-place': {
    title: 'A fitting procedure inside a formula',
    reason: 'A fitting procedure is the whole of a fit or of a `let`.',
    example: block('scale: f16 = 2 * search(absmax, 0.5..1, steps: 10)\neach code: i4'),
  },
  'fit-results': {
    title: 'Wrong number of results',
    reason: 'A formula has one result; a fitting procedure has those that its documentation names.',
    example: block('let lo, hi = absmax\nscale: f16 = hi / 7\neach code: i4'),
  },
  'unnamed-fit': {
    title: 'A fit without a name',
    reason: '`fit { … }` replaces inherited fits, so it needs a format that extends another.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  fit { scale = rms }\n',
    ),
  },
  'bad-step': {
    title: 'A step that cannot be',
    reason:
      'Rotations run along rows or columns in chunks of a power of two; gathers follow a field that names positions.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  rotate row by hadamard(96)\n',
    ),
  },
  'may-overflow': {
    title: 'May overflow its storage',
    severity: 'note',
    reason:
      'What a narrow float cannot hold is an error when encoding, unless the number says `saturate` or `overflow`, or the fit stays in range.',
    example: block('scale: e4m3 = absmax / 6\neach code: e2m1'),
  },
  'fit-unsuited': {
    title: 'A fitting procedure that cannot run here',
    reason:
      'A fitting procedure stands where what it gives can be stored, and under a formula that it can go through.',
    example: block(
      'low: f16 = min(x), scale: f16 = mse_scale\neach code: u4',
      '  value = scale * code + low\n',
    ),
  },
  'rate-without-entropy': {
    title: 'Codes chosen for their length, and stored at one width',
    severity: 'note',
    reason:
      '`urq` and `cheapest` give up error for shorter codes, which only an entropy coder makes shorter.',
    example: block('scale: f16 = absmax / 7\neach code: i4 = urq(0.1)'),
  },
  'mixed-streams': {
    title: 'Streams and loose items mixed',
    reason: 'A layout holds streams, or is one stream without a name.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  layout { stream codes { code }  scale }\n',
    ),
  },
  'group-scope': {
    title: 'A field of a larger scope inside a smaller group',
    reason:
      'A group stands once for each of its tiles; a field of a larger scope has no entry of its own there.',
    example:
      'format f {\n  superblock 64 {\n    d: f16 = absmax\n    block 32 { scale: u8 = 1, each code: i4 }\n  }\n  value = d * scale * code\n  layout { block { d, scale, code } }\n}\n',
  },
  axes: {
    title: 'Axes that do not fit',
    reason: 'The axes on the left split the entries exactly; the right side stores each of them once.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  layout { block { scale, code: (half:2 i:8) -> (i half) } }\n',
    ),
  },
  'stored-twice': {
    title: 'A bit stored twice',
    reason:
      'Each bit of each stored field stands in exactly one place; copies are made by an axis on the right.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  layout { block { scale, code, scale } }\n',
    ),
  },
  'never-stored': {
    title: 'A bit never stored',
    reason: 'What is not in the layout cannot be read back.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  layout { block { scale, code bits 0..3 } }\n',
    ),
  },
  'layout-item': {
    title: 'A layout that cannot be laid out',
    reason: 'Ranges lie within the entries and bits of their field, and zipped items have matching counts.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  layout { block { scale, code[0..40] } }\n',
    ),
  },
  'whole-bytes': {
    title: 'A stream that is not what it is shown as',
    reason:
      'A stream is a whole number of units, and `as` says how a container shows it: a known type, with as many bits as are stored.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  layout {\n    stream codes as i32[rows, cols / 16] { code }\n    stream scales { scale }\n  }\n',
    ),
  },
  'expect-fails': {
    title: 'An expectation that does not hold',
    reason: 'Facts are derived; `expect` compares one with the digits written.',
    example: block(
      'scale: f16 = absmax / 7\neach code: i4',
      '  value = scale * code\n  expect bits_per_param = 4.25\n',
    ),
  },
  'parameter-range': {
    title: 'A parameter out of range',
    reason: 'A parameter takes the values that its range or list allows.',
    example: 'format f(bits: int in 2..8 = 9) {\n  each code: uint(bits)\n}\n',
  },
  'parameter-missing': {
    title: 'A parameter that must be given',
    reason: 'A parameter without a default has no value unless it is given.',
    example:
      'number levels(size: int) = density normal power 1/3 in 16 scaled absmax(size)\nformat f {\n  each code: levels\n}\n',
  },
  'parameter-type': {
    title: 'A parameter of another type',
    reason: 'Parameters are `int`, `real` or `number`.',
    example: 'format f(bits: int = 2.5) {\n  each code: uint(bits)\n}\n',
  },
  'format-circle': {
    title: 'A format made of itself',
    reason: 'A format extends and stores others that are complete without it.',
    example: 'format f extends g { tail pad }\nformat g extends f { tail pad }\n',
  },
};

/** The groups of the catalogue that belong to names, numbers, scopes, values, layouts, facts and formats, by code. */
export const CHECK_DIAGNOSTICS: Readonly<Record<string, DiagnosticEntry>> = Object.fromEntries(
  (Object.keys(CHECK_CODES) as CheckCode[]).map((word) => [CHECK_CODES[word], ENTRIES[word]]),
);
