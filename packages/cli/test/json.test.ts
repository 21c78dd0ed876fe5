/** docs/json-output.md names every field that the verbs print, and its examples are JSON. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { npy, safetensors, weights, workplace } from './run.ts';

const { call, run, write } = workplace();
const page = readFileSync(new URL('../../../docs/json-output.md', import.meta.url), 'utf8');

const OWN =
  'format own { block 32 { scale: f16 = absmax / 7, each code: int(-7..7) } value = scale * code }\n';

/** Objects whose members are names of streams, scopes, programs and groups. */
const BY_NAME = new Set(['scopeBytes', 'versions', 'groups', 'types']);

function fieldsOf(value: unknown, isVerbEncode: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, isVerbEncode));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    BY_NAME.has(name) || (isVerbEncode && name === 'streams')
      ? [name]
      : [name, ...fieldsOf(inner, isVerbEncode)],
  );
}

/** The part of the page about a verb, and what all verbs share. */
function sectionOf(verb: string): string {
  const start = page.indexOf(`\n## ${verb}\n`);
  expect(start, verb).toBeGreaterThan(0);
  const end = page.indexOf('\n## ', start + 1);
  return page.slice(start, end < 0 ? undefined : end);
}

describe('docs/json-output.md', () => {
  it.each([
    ['check', ['check', 'bad.qf', '--json']],
    ['fmt', ['fmt', 'bad.qf', '--json']],
    ['explain', ['explain', 'q4_0', '--json']],
    ['encode', ['encode', 'w.npy', '-f', 'nf4', '-o', 'w.safetensors', '--json']],
    ['decode', ['decode', 'w.safetensors', '-o', 'back.npy', '--json']],
    [
      'quantize',
      ['quantize', 'model.safetensors', '-f', 'q8_0', '--on-ragged', 'keep', '-o', 'q.safetensors', '--json'],
    ],
    ['dequantize', ['dequantize', 'w.safetensors', '-o', 'd.safetensors', '--json']],
    ['repack', ['repack', 'w.safetensors', '--to', 'nf4', '-o', 'r.safetensors', '--json']],
    ['inspect', ['inspect', 'w.safetensors', '--json']],
    ['compare', ['compare', 'model.safetensors', '--formats', 'q4_0', '--json', '--timings']],
    ['build', ['build', 'own.qf', '-o', 'own', '--json']],
    ['bench', ['bench', '--formats', 'q4_0', '--weights', '65536', '--target', 'wasm', '--json']],
  ])('has every field of %s', async (verb, args) => {
    write('bad.qf', 'format f { value = nothing }\n');
    write('own.qf', OWN);
    write('w.npy', npy([32, 64], weights(2048)));
    write(
      'model.safetensors',
      safetensors({
        w: { shape: [32, 64], data: weights(2048) },
        ragged: { shape: [33, 33], data: weights(1089) },
        bias: { shape: [4], data: weights(4) },
      }),
    );
    // Threads and other processes need the built command.
    const { out } = ['compare', 'bench', 'build'].includes(verb) ? run(...args) : await call(...args);
    const printed = JSON.parse(out);
    expect(printed.version).toBe(1);
    const { version: _, ...fields } = printed;
    const section = sectionOf(verb);
    for (const name of new Set(fieldsOf(fields, verb === 'encode')))
      expect(section, `${verb}: ${name}`).toMatch(new RegExp(`[\`.[\\]]${name}(\\[\\])?[\`.\\[]`));
  });

  it('has examples that parse, each of version 1', () => {
    const examples = [...page.matchAll(/^```json\n(.*?)^```$/gms)];
    expect(examples).toHaveLength(13);
    for (const [, text] of examples) expect(JSON.parse(text!).version).toBe(1);
  });
});
