/** The law of the printer: the Format that printed text compiles to is the Format that was printed. */

import type { Format } from '@fewerbits/format';
import { describe, expect, it } from 'vitest';
import { compileFile, formatSource, makeSource, printFormat } from '../src/index.ts';
import { fileLoader, formatFiles } from './files.ts';

/** Instances at defaults; a number type without one is E2M1. */
function instances(): [name: string, format: Format][] {
  return formatFiles().flatMap((source) => {
    const file = compileFile(source, fileLoader);
    return file.formats.map(({ name, params }): [string, Format] => {
      const open = params.filter((param) => param.default === null);
      const { format } = file.instantiate(
        name,
        Object.fromEntries(open.map((param) => [param.name, 'e2m1'])),
      );
      if (format === null) throw new Error(`${name} does not compile`);
      return [name, format];
    });
  });
}

function again(text: string, name: string): Format | null {
  const file = compileFile(makeSource('printed.qf', text));
  expect(file.diagnostics).toEqual([]);
  return file.instantiate(name).format;
}

function compiled(text: string, name: string, args: Record<string, number | string> = {}): Format {
  const { format, diagnostics } = compileFile(makeSource('test.qf', text)).instantiate(name, args);
  if (format === null) throw new Error(diagnostics.map((item) => item.message).join('\n'));
  return format;
}

describe('printFormat', () => {
  const all = instances();

  it('has formats to print', () => {
    expect(all.length).toBeGreaterThan(90);
  });

  it.each(all)('%s comes back as it was', (name, format) => {
    const text = printFormat(format);
    expect(again(text, name)).toEqual(format);
  });

  it('writes what a person would write', () => {
    const text = `/// llama.cpp Q4_0: low nibbles hold the first half.
format q4_0 {
  block 32 {
    scale: f16 = signmax / -8
    each code: u4 - 8 = trunc(x * (1 / unrounded(scale)) + 8.5) - 8
  }
  value = scale * code
  layout { block { scale, code: (half:2 i) -> (i half) } }
}
`;
    expect(printFormat(compiled(text, 'q4_0'))).toBe(text);
  });

  it('is text that the formatter leaves alone but for line breaks', () => {
    for (const [name, format] of all) {
      const text = printFormat(format);
      const formatted = formatSource(makeSource('printed.qf', text));
      expect(formatted.text?.replace(/\s+/g, ' '), name).toBe(text.replace(/\s+/g, ' '));
    }
  });

  it('names parameters with their values', () => {
    const text = printFormat(
      compiled('format f(bits: int = 4, gain: real = 1/3, n: number = e2m1) { each code: uint(bits) }', 'f', {
        bits: 3,
        n: 'u4 - 8',
      }),
    );
    expect(text).toContain('format f(bits: int = 3, gain: real = 0.3333333333333333, n: number = u4 - 8) {');
  });

  it.each([
    [
      'a number with modifiers in an expression',
      'number a = u4 - 8 round half_up\nformat f(n: number = a * 2) {\n  tensor k: n\n  each code: u4\n  value = n[code] * n(k) * code_of(n, k)\n}',
    ],
    [
      'arrays of moved numbers with modifiers',
      'format f {\n  tensor t: (u4 + 1)[8, 3] round up saturate\n  each code: u4\n  value = t[code, 0]\n}',
    ],
    [
      'anonymous codebooks',
      'format f {\n  tensor t: codebook [0, 1, 2, 3]\n  each code: (codebook unordered [3, 1, 3, 2]) * 2 round half_up\n  value = code * t\n}',
    ],
    [
      'scopes that are reopened',
      'format f {\n  outer 64 {\n    a: f16 = absmax\n    inner 32 { b: f16 = absmax }\n    c: f16 = absmax\n    each code: u4\n  }\n  outer { d: f16 = rms }\n  value = a * b * c * d * code\n}',
    ],
    [
      'grouping that decides rounding',
      'format f {\n  tensor a, b, c: f32\n  each code: u4\n  value = a - (b - c) - a / (b / c) * -(code + 1) + (a == b)\n}',
    ],
    [
      'nested formats',
      'format inner { block 16 { s: f16 = absmax, each code: u8 } value = s * code }\nformat f {\n  block 32 { scale: format inner = absmax, each code: u4 }\n  value = scale * code\n}',
    ],
    [
      'an empty each',
      'format f {\n  group 2 {\n    code: codebook of 2 [[1, 2], [3, 4]]\n    each {}\n  }\n}',
    ],
    [
      'settings, steps, outliers, entropy and fits',
      'format f {\n  view first tail pad nonfinite zero arithmetic f64\n  outliers column where absmax > 6 { index: bitmap, value: f16 = x - value } add\n  column order: u16\n  tensor s: f32 = search(absmax / 7, 0.5..1, steps: 10)\n  each code: grid\n  value = s * code\n  permute row by order\n  rotate row by orthogonal(seed: 3)\n  rotate column by hadamard(rows)\n  entropy code with huffman(chunk: 65536, model: static, weights: codebook unordered [4, 2, 1] * 0.5, first: -1, escape: 1e-3)\n  fit mean { s = mean }\n  fit both { s = rms }\n}',
    ],
    [
      'functions with names of fields',
      'format f {\n  block 8 {\n    mean: f16 = mean(x)\n    min: f16 = min(x) - max(min(x), 0)\n    each code: u4 = nearest\n  }\n  value = mean * code + min\n}',
    ],
    [
      'documentation of fields',
      'format f {\n  /// The step.\n  ///\n  /// In f32.\n  tensor s: f32 = absmax\n  /// The code.\n  each code: u4\n  value = s * code\n}',
    ],
  ])('%s come back', (_, text) => {
    const format = compiled(text, 'f');
    expect(again(printFormat(format), 'f')).toEqual(format);
  });
});
