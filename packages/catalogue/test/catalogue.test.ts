import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { formatFacts } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import {
  catalogueEntry,
  catalogueIndex,
  catalogueLoader,
  formatSourceOf,
  loadFormat,
  loadFormatSync,
} from '../src/index.ts';
import { nearest } from '../src/nearest.ts';

const formats = new URL('../../../formats/', import.meta.url);

describe('the index', () => {
  const index = catalogueIndex();

  it('has every declared format of every file, each name once', () => {
    const declared = readdirSync(formats, { withFileTypes: true })
      .filter((folder) => folder.isDirectory())
      .flatMap((folder) =>
        readdirSync(new URL(`${folder.name}/`, formats))
          .filter((file) => file.endsWith('.qf'))
          .map((file) => readFileSync(new URL(`${folder.name}/${file}`, formats), 'utf8')),
      )
      .flatMap((text) => [...text.matchAll(/^format ([A-Za-z_0-9]+)/gm)].map((match) => match[1]!));
    expect(index.map(({ name }) => name).sort()).toEqual(declared.sort());
    expect(new Set(declared).size).toBe(declared.length);
  });

  it('tells parameters with types, ranges and defaults', () => {
    expect(catalogueEntry('student').parameters).toEqual([
      { name: 'bits', type: 'int', range: [2, 8], choices: null, default: 4 },
      { name: 'df', type: 'real', range: [3, 100], choices: null, default: 7 },
      { name: 'size', type: 'int', range: [16, 4096], choices: null, default: 64 },
    ]);
    expect(catalogueEntry('mx').parameters[0]).toMatchObject({
      name: 'element',
      type: 'number',
      default: null,
    });
    expect(catalogueEntry('gptq').parameters[0]!.choices).toEqual([2, 3, 4, 8]);
  });

  it('says what runs and why the rest does not', () => {
    for (const name of ['q4_0', 'q4_k', 'nf4_double', 'mxfp4', 'nvfp4', 'int4', 'student_rms']) {
      expect(catalogueEntry(name), name).toMatchObject({ encodes: true, fixedLength: true });
    }
    expect(catalogueEntry('aqlm_2x8').encodes).toContain('must be given');
    expect(catalogueEntry('student_sparse').fixedLength).toBe(false);
    expect(catalogueEntry('mxfp4').fits).toContain('ceil');
  });
});

describe('formats', () => {
  it('load by name with hyphens or underscores, at once or not', async () => {
    const format = await loadFormat('q4-0');
    expect(format.name).toBe('q4_0');
    expect(loadFormatSync('q4_0')).toEqual(format);
  });

  it('all load, with the facts that the index tells', () => {
    for (const entry of catalogueIndex().filter(({ instance }) => instance)) {
      const format = loadFormatSync(entry.name);
      expect(format.name).toBe(entry.name);
      if (['exl3', 'nvfp4_swizzled'].includes(entry.name)) continue;
      expect(formatFacts(format).bitsPerParam, entry.name).toBe(entry.bitsPerParam);
    }
  });

  it('an unknown name comes back with the nearest ones', () => {
    expect(() => catalogueEntry('q4_9')).toThrow(/no format 'q4_9'; did you mean q4_0/);
    expect(() => catalogueEntry('zzzzzzzzzz')).toThrow("the catalogue has no format 'zzzzzzzzzz'");
    expect(() => catalogueEntry('__proto__')).toThrow(RangeError);
  });

  it('a family without defaults says what it needs', async () => {
    await expect(loadFormat('mx')).rejects.toThrow("'mx' is a family; give its parameters: mx(element=…)");
  });
});

describe('sources', () => {
  const loader = catalogueLoader();

  it('are the texts of the repository', () => {
    const { name, text } = formatSourceOf('nf4-double');
    expect(name).toBe('catalogue:nf4-double/nf4_double.qf');
    expect(text).toBe(readFileSync(new URL('nf4-double/nf4_double.qf', formats), 'utf8'));
  });

  it('import one another by relative paths', () => {
    const found = loader.read('../nf4/nf4.qf', formatSourceOf('nf4_double').name);
    expect(found?.name).toBe('catalogue:nf4/nf4.qf');
    expect(found?.text).toContain('format nf4');
  });

  it('nothing outside the catalogue is found', () => {
    const from = formatSourceOf('nf4').name;
    for (const path of [
      '../../index.json',
      '../../../package.json',
      '/etc/passwd',
      'http://example.org/a.qf',
      '../nf4/none.qf',
      '../nf4/%2e%2e/x.qf',
    ])
      expect(loader.read(path, from), path).toBeNull();
  });
});

describe('nearest names', () => {
  const names = ['q4_0', 'q4_1', 'nf4', 'nf4_double', 'student'];

  it.each([
    ['q4_2', ['q4_0', 'q4_1']],
    ['studnet', ['student']],
    ['NF4', ['nf4', 'nf4_double']],
    ['double', ['nf4_double']],
    ['completely_else', []],
  ])('%s', (wanted, expected) => expect(nearest(wanted, names)).toEqual(expected));
});

describe('data of others', () => {
  const page = readFileSync(new URL('ggml-grids/ORIGIN.md', formats), 'utf8');
  const grids = [...page.matchAll(/^\| `(\w+)` \| (\d+) × (\d+) \| `([0-9a-f]{64})` \|$/gm)];

  it('has an origin for every grid', () => {
    const declared = [...formatSourceOf('iq2_xxs').text.matchAll(/import (\w+) from/g)].map(
      (match) => match[1],
    );
    expect(grids).toHaveLength(6);
    expect(grids.map(([, name]) => name)).toEqual(expect.arrayContaining(declared));
  });

  it.each(grids.map(([, ...grid]) => grid))(
    '%s has the levels that were recorded',
    (name, entries, components, hash) => {
      const format = ['iq2_xxs', 'iq2_xs', 'iq2_s', 'iq3_xxs', 'iq3_s', 'iq1_s']
        .map((one) => loadFormatSync(one))
        .find(({ numbers }) => name in numbers)!;
      const { levels } = resolveNumber(format.numbers[name]!);
      expect(levels).toHaveLength(Number(entries) * Number(components));
      expect(createHash('sha256').update(Int8Array.from(levels!)).digest('hex')).toBe(hash);
    },
  );
});

describe('the files', () => {
  it('are short: 25 lines on average, comments, blank lines and tables left out', () => {
    const lines = readdirSync(formats, { withFileTypes: true })
      .filter((folder) => folder.isDirectory() && folder.name !== 'ggml-grids')
      .flatMap((folder) =>
        readdirSync(new URL(`${folder.name}/`, formats))
          .filter((file) => file.endsWith('.qf'))
          .map((file) => readFileSync(new URL(`${folder.name}/${file}`, formats), 'utf8')),
      )
      .map((text) => text.split('\n').filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length);
    expect(lines.reduce((sum, count) => sum + count, 0) / lines.length).toBeLessThanOrEqual(25);
  });
});
