import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonValue, parseJson } from '../src/json.ts';

/** Maps back to what JSON.parse gives. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, JsonValue>)].map(([key, v]) => [key, plain(v)]),
    );
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        expect(plain(parseJson(text))).toEqual(JSON.parse(text));
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(plain(parseJson(spaced))).toEqual(JSON.parse(spaced));
      }),
      {
        seed: 2,
        numRuns: 500,
        examples: [
          ['"\\ud83d\\ude00 \\n\\u0041\\\\"', undefined],
          ['[-0,1.5e-3,1E+2,0]', 1],
        ],
      },
    );
  });

  it('agrees with JSON.parse about what is wrong', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-',
      '01',
      '.5',
      'true',
      'nul',
      '"',
      '\\',
      ' ',
      '1e',
      '"\n"',
      '"\\x"',
      '\ufeff',
    );
    let wrong = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          wrong++;
          expect(() => parseJson(text)).toThrow(SyntaxError);
          return;
        }
        // Repeated keys are the one thing JSON.parse lets pass here.
        if (!/"a".*:.*"a".*:|"b".*:.*"b".*:/.test(text)) expect(plain(parseJson(text))).toEqual(expected);
      }),
      { seed: 4, numRuns: 3000 },
    );
    expect(wrong).toBeGreaterThan(1000);
  });

  it('refuses repeated keys, however they are written, with their place', () => {
    expect(() => parseJson('{"a":1,"\\u0061":2}')).toThrow(/character 7: the key "a" appears twice/);
    expect(() => parseJson('[{"a":{"b":1,"b":1}}]')).toThrow(/"b" appears twice/);
  });

  it('refuses deep nesting instead of overflowing the stack', () => {
    expect(() => parseJson('['.repeat(1e6))).toThrow(/more than 200 levels/);
    expect(() => parseJson('{"a":'.repeat(1e6))).toThrow(/more than 200 levels/);
  });
});
