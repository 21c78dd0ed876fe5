/** Text to Format: what single constructs of the language become. */

import type { Expr, Format } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import { compileFile, makeSource } from '../src/index.ts';
import { fileLoader, formatFiles, memoryLoader } from './files.ts';

function compiled(text: string, name = 'f', args: Record<string, number | string> = {}): Format {
  const { format, diagnostics } = compileFile(makeSource('test.qf', text)).instantiate(name, args);
  if (format === null) throw new Error(diagnostics.map((item) => item.message).join('\n'));
  return format;
}

/** The value of a format with fields a, b and an array t. */
function value(expr: string): Expr {
  const format = compiled(
    `format f(p: int = 3) { tensor { a, b: f32, t: f32[4] } each code: u4 value = ${expr} }`,
  );
  const [step] = format.steps;
  return step?.step === 'value' ? step.expr : { op: 'x' };
}

describe('the formats of the repository', () => {
  const files = formatFiles();

  it.each(files.map((source) => [source.name.split('/').at(-1)!, source] as const))(
    '%s compiles',
    (_, source) => {
      const file = compileFile(source, fileLoader);
      expect(file.diagnostics).toEqual([]);
      for (const { name, params } of file.formats) {
        const open = params.filter((param) => param.default === null).map((param) => [param.name, 'e2m1']);
        const { format, diagnostics } = file.instantiate(name, Object.fromEntries(open));
        expect(diagnostics.filter((item) => item.severity === 'error').map((item) => item.message)).toEqual(
          [],
        );
        expect(format?.name).toBe(name);
      }
    },
  );
});

describe('scopes and fields', () => {
  const format = compiled(`format f {
    superblock 256 {
      d: f16 = absmax
      block [1, 32] { scale: u6 = 1, each code: u4 }
    }
    tile [all, 4] { t: u8 = 1 }
    value = d * scale * code * t
  }`);

  it('stand in canonical order with their parents', () => {
    expect(format.scopes).toEqual([
      { name: 'tensor', parent: null, height: 'all', width: 'all' },
      { name: 'row', parent: null, height: 1, width: 'all' },
      { name: 'column', parent: null, height: 'all', width: 1 },
      { name: 'superblock', parent: null, height: 1, width: 256 },
      { name: 'block', parent: 'superblock', height: 1, width: 32 },
      { name: 'tile', parent: null, height: 'all', width: 4 },
      { name: 'each', parent: 'block', height: 1, width: 1 },
    ]);
  });

  it('keep the order of writing and the numbers by name', () => {
    expect(format.fields.map((field) => [field.name, field.scope])).toEqual([
      ['d', 'superblock'],
      ['scale', 'block'],
      ['code', 'each'],
      ['t', 'tile'],
    ]);
    expect(Object.keys(format.numbers)).toEqual(['f16', 'u6', 'u4', 'u8']);
  });

  it('have the default layout where none is written', () => {
    expect(format.layout.map((stream) => stream.name)).toEqual(['d', 'scale', 'code', 't']);
  });

  it('with a single field need no value', () => {
    expect(compiled('format f { each code: e4m3 }').steps).toEqual([
      { step: 'value', expr: { op: 'field', name: 'code', index: [] } },
    ]);
  });
});

describe('expressions', () => {
  const a: Expr = { op: 'field', name: 'a', index: [] };
  const b: Expr = { op: 'field', name: 'b', index: [] };
  const constant = (number: number): Expr => ({ op: 'const', value: number });

  it.each<[string, Expr]>([
    ['a * 2 * 3', { op: 'mul', left: { op: 'mul', left: a, right: constant(2) }, right: constant(3) }],
    ['a * (2 * p)', { op: 'mul', left: a, right: constant(6) }],
    ['a / -8', { op: 'div', left: a, right: constant(-8) }],
    ['-a', { op: 'neg', of: a }],
    ['a == b', { op: 'eq', left: a, right: b }],
    ['exp2(p - 1) * a', { op: 'mul', left: constant(4), right: a }],
    ['max(a, 0)', { op: 'call', name: 'max', args: [a, constant(0)] }],
    ['t[p]', { op: 'field', name: 't', index: [constant(3)] }],
    [
      'e2m1[code]',
      { op: 'level', number: 'e2m1', code: { op: 'field', name: 'code', index: [] }, component: null },
    ],
    ['e2m1[7] * a', { op: 'mul', left: constant(6), right: a }],
    ['e2m1(a)', { op: 'nearest', number: 'e2m1', of: a }],
    ['(u4 - 8)[code_of(u4 - 8, a)]', { op: 'nearest', number: 'u4 - 8', of: a }],
    ['e4m3.max * a', { op: 'mul', left: constant(448), right: a }],
    ['bits(a, 4..8)', { op: 'bits', of: a, from: 4, to: 8 }],
    ['dot(t, t)', { op: 'dot', left: 't', right: 't' }],
    ['at(row)', { op: 'at', scope: 'row' }],
    ['window(code, 16)', { op: 'window', field: 'code', bits: 16 }],
    [
      'cols / 32 * a',
      { op: 'mul', left: { op: 'div', left: { op: 'cols' }, right: constant(32) }, right: a },
    ],
    ['0.1% * a', { op: 'mul', left: constant(0.001), right: a }],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it('never hold minus zero', () => {
    const expr = value('a * -0');
    expect(expr.op === 'mul' && expr.right.op === 'const' && Object.is(expr.right.value, 0)).toBe(true);
  });

  it('tell aggregates from functions by their arguments', () => {
    const { fields } = compiled(
      'format f { block 8 { s: f16 = max(min(x), absmax), each code: u4 } value = s * code }',
    );
    const x: Expr = { op: 'x' };
    expect(fields[0]!.fit).toEqual({
      op: 'call',
      name: 'max',
      args: [
        { op: 'aggregate', name: 'min', of: x },
        { op: 'aggregate', name: 'absmax', of: x },
      ],
    });
  });
});

describe('numbers', () => {
  const levels = (text: string): number[] => {
    const [number] = compileFile(makeSource('test.qf', text)).numbers.slice(-1);
    return Array.from(resolveNumber(number!.type).levels ?? []);
  };

  it('evaluate curves, tables and unordered codebooks', () => {
    expect(levels('number a = curve u => u * u over 0..1 in 3')).toEqual([0, 0.25, 1]);
    expect(levels('number a = table c => if(c == 1, 5, -c) in 3')).toEqual([-0, 5, -2]);
    expect(levels('number a = codebook unordered [1, 0, 1, 2] / 2')).toEqual([0.5, 0, 0.5, 1]);
    expect(levels('number a = codebook of 2 over [1, 3] "01 10"')).toEqual([1, 3, 3, 1]);
  });

  it('compute with whole numbers beyond 2^53 exactly', () => {
    // 65535 * 0xCBAC1FED exceeds 2^47; squared it exceeds 2^53, where binary64 would lose the low bits.
    const exact = Number((65535n * 0xcbac1fedn * 65537n) & 0xffffn);
    expect(levels('number a = table c => bits(u32(65535 * 0xCBAC1FED * 65537), 0..16) + 0 * c in 2')[0]).toBe(
      exact,
    );
  });

  it('keep the text that they came from with parameters filled in', () => {
    const text =
      'number n(g: real, of: number) = curve u => u * g + of.max over 0..1 in 3\nformat f { each code: n(2, u4) / -2 }';
    const { numbers } = compiled(text);
    expect(Object.keys(numbers)).toEqual(['(curve u => u * 2 + u4.max over 0..1 in 3) / -2']);
  });

  it('bring the numbers that their text mentions', () => {
    const text =
      'number base = codebook [1, 2]\nnumber twice = table c => 2 * base[c] in 2\nformat f { each code: twice }';
    expect(Object.keys(compiled(text).numbers)).toEqual(['base', 'twice']);
  });

  it('spell a rounding rule that is the default as none', () => {
    const { numbers } = compiled('format f { each code: u4 - 8 round even }');
    expect(numbers['u4 - 8']?.round).toBeNull();
  });
});

describe('parameters and extension', () => {
  const text = `format base(bits: int in 2..8 = 4, size: int = 32) {
    block size {
      let lo = min(x)
      scale: f16 = absmax / exp2(bits)
      each code: uint(bits) = x / scale
    }
    value = scale * code
    fit rms { scale = rms }
  }
  format wide extends base(bits: 8) {
    code: i8
    block { let lo = mean }
    value = scale * code + 1
    fit { scale = signmax }
  }
  format again(bits: int = 6) extends base { tail pad }`;

  it('list what is open, own ones first', () => {
    const { formats } = compileFile(makeSource('test.qf', text));
    expect(formats.map(({ name, params }) => [name, params.map((param) => param.name)])).toEqual([
      ['base', ['bits', 'size']],
      ['wide', ['size']],
      ['again', ['bits', 'size']],
    ]);
    expect(formats[0]!.params[0]).toEqual({
      name: 'bits',
      type: 'int',
      range: { from: 2, to: 8 },
      default: 4,
    });
  });

  it('replace members of the same name and keep their fits', () => {
    const { fields, lets, steps, parameters } = compiled(text, 'wide', { size: 64 });
    expect(parameters).toEqual({ size: 64 });
    expect(fields.find((field) => field.name === 'code')).toMatchObject({
      storage: { kind: 'number', number: 'i8' },
      fit: { op: 'div' },
    });
    expect(fields.find((field) => field.name === 'scale')?.fit).toEqual({
      op: 'aggregate',
      name: 'signmax',
      of: { op: 'x' },
    });
    expect(lets).toEqual([
      { names: ['lo'], scope: 'block', expr: { op: 'aggregate', name: 'mean', of: { op: 'x' } } },
    ]);
    expect(steps).toHaveLength(1);
  });

  it('pass a parameter of the same name on', () => {
    expect(compiled(text, 'again').fields.find((field) => field.name === 'code')?.storage).toEqual({
      kind: 'number',
      number: 'u6',
      dims: [],
    });
  });

  it.each([
    ['base', { bits: 9 }, 'must be in 2..8'],
    ['base', { bits: 2.5 }, 'is a whole number'],
    ['base', { bits: Number.NaN }, 'cannot be NaN'],
    ['base', { bits: 'u4' }, 'this is a number type'],
    ['base', { bots: 4 }, 'has no parameter `bots`'],
    ['nothing', {}, 'declares no format `nothing`'],
  ])('%s with %j is refused', (name, args, message) => {
    const { format, diagnostics } = compileFile(makeSource('test.qf', text)).instantiate(name, args);
    expect(format).toBeNull();
    expect(diagnostics.map((item) => item.message).join()).toContain(message);
  });

  it.each(['u4 - 8 round half_up', 'codebook [1, 2]', 'own'])('take the number %s as text', (n) => {
    const source = 'number own = u2\nformat f(n: number) { each code: n }';
    const { parameters, numbers } = compiled(source, 'f', { n });
    expect(parameters).toEqual({ n });
    expect(Object.keys(numbers)).toEqual([n]);
  });

  it.each(['', 'u4 expect max = 3', 'u4\nnumber b = u4', 'nonsense', '3', '*/'])(
    'refuse %j as a number',
    (n) => {
      const source = 'format f(n: number) { each code: n }';
      const { format, diagnostics } = compileFile(makeSource('test.qf', source)).instantiate('f', { n });
      expect(format).toBeNull();
      expect(diagnostics).not.toEqual([]);
    },
  );
});

describe('imports', () => {
  it('bring numbers and formats of one name, and only what the file itself declares', () => {
    const files = {
      'a.qf': 'import b from "b.qf"\nnumber a = b * 2\nformat a { each code: a }',
      'b.qf': 'number b = u4',
    };
    const source = makeSource(
      'test.qf',
      'import a from "a.qf"\nformat f extends a { tail pad }\nformat g { each code: a - 1 }',
    );
    const file = compileFile(source, memoryLoader(files));
    expect(file.diagnostics).toEqual([]);
    expect(file.instantiate('f').format?.numbers).toHaveProperty('a');
    expect(Object.keys(file.instantiate('g').format?.numbers ?? {})).toEqual(['u4 * 2 - 1']);
    const wrong = compileFile(makeSource('test.qf', 'import b from "a.qf"'), memoryLoader(files));
    expect(wrong.diagnostics.map((item) => item.code)).toEqual(['QF112']);
  });

  it('may be 64 files deep and no deeper', () => {
    const chain = (length: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => [
          `n${i}.qf`,
          i + 1 < length
            ? `import n${i + 1} from "n${i + 1}.qf"\nnumber n${i} = n${i + 1} + 1`
            : `number n${i} = u4`,
        ]),
      );
    const codes = (length: number): string[] =>
      compileFile(makeSource('n0.qf', chain(length)['n0.qf']!), memoryLoader(chain(length))).diagnostics.map(
        (item) => item.code,
      );
    expect(codes(64)).toEqual([]);
    expect(codes(66)).toContain('QF114');
  });
});
