/**
 * The golden test of the project: the formats of `formats/`, interpreted, against what the peers' own code wrote and read.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { interpreter, whyNotExecutable } from '@fewerbits/codec';
import type { Codec } from '@fewerbits/format';
import { describe, expect, it } from 'vitest';
import { type CaseResult, type Manifest, runManifest, type VectorRun } from '../src/index.ts';
import { findFormat } from './formats.ts';

const VECTORS = new URL('../../../../shared/vectors/', import.meta.url);
const available = existsSync(new URL('manifest.json', VECTORS));
if (!available)
  console.warn(`SKIPPED: golden vectors; there is no ${new URL('manifest.json', VECTORS).href}`);

function vectorRun(): VectorRun {
  return {
    manifest: JSON.parse(readFileSync(new URL('manifest.json', VECTORS), 'utf8')) as Manifest,
    readFile: (file) => readFileSync(new URL(file, VECTORS)),
    digest: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    formats: findFormat,
    codecOf: interpreter,
    whyNot: whyNotExecutable,
  };
}

async function collect(run: VectorRun): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const result of runManifest(run)) results.push(result);
  return results;
}

/** Cases as a person reads them, '' for none. */
function listing(results: readonly CaseResult[]): string {
  return results.map(({ id, status, detail }) => `${id} ${status}: ${detail}`).join('\n\n');
}

/** ggml types whose encode, with and without an importance matrix, and decode of arbitrary bytes must agree in every case. */
const GGML = [
  ...['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q8_1', 'Q8_K', 'Q1_0', 'Q2_0', 'Q2_K', 'Q3_K'],
  ...['Q4_K', 'Q5_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS', 'TQ1_0', 'TQ2_0', 'MXFP4', 'NVFP4'],
  ...['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ3_XXS', 'IQ3_S'],
];

describe.skipIf(!available)('golden vectors', async () => {
  const results = available ? await collect(vectorRun()) : [];
  const rules = new Map(available ? vectorRun().manifest.cases.map(({ id, rule }) => [id, rule]) : []);
  const proven = (test: (result: CaseResult) => boolean): CaseResult[] => results.filter(test);

  for (const group of ['floats', 'mx', 'nvfp4', 'bnb']) {
    it(`${group}: every case passes`, () => {
      const cases = proven((r) => r.group === group);
      expect(cases.length).toBeGreaterThan(10);
      expect(listing(cases.filter((r) => r.status !== 'passed'))).toBe('');
    });
  }

  for (const type of GGML) {
    it(`ggml ${type}: encode byte for byte, decode bit for bit`, () => {
      const cases = proven((r) => r.group === 'ggml' && r.type === type);
      expect(cases.length).toBeGreaterThanOrEqual(12);
      expect(listing(cases.filter((r) => r.status !== 'passed' && r.op !== 'table'))).toBe('');
    });
  }

  it('ggml: every case passes, none is skipped', () => {
    expect(listing(proven((r) => r.group === 'ggml' && r.status !== 'passed'))).toBe('');
  });

  it('checkpoint packings: every case passes', () => {
    const cases = proven((r) => r.group === 'pack');
    expect(cases.length).toBeGreaterThan(10);
    expect(listing(cases.filter((r) => r.status !== 'passed'))).toBe('');
  });

  it('ggml: all grids and tables agree', () => {
    const tables = proven((r) => r.group === 'ggml' && r.op === 'table');
    expect(tables).toHaveLength(8);
    expect(listing(tables.filter((r) => r.status !== 'passed'))).toBe('');
  });

  it('every case of the manifest has one result', () => {
    expect(results.map(({ id }) => id)).toEqual([...rules.keys()]);
  });
});

describe.skipIf(!available)('the runner tells what is wrong', () => {
  const small = (): VectorRun => {
    const run = vectorRun();
    const cases = run.manifest.cases.filter(
      ({ id }) => id === 'ggml/Q4_0/normal_a' || id === 'mx/mxfp4_e2m1/floor/normal_a',
    );
    return { ...run, manifest: { ...run.manifest, cases } };
  };
  const broken = (change: (codec: Codec) => Partial<Codec>): VectorRun => ({
    ...small(),
    codecOf: (format) => {
      const codec = interpreter(format);
      return { ...codec, ...change(codec) };
    },
  });

  it('passes a right codec', async () => {
    expect(listing((await collect(small())).filter((r) => r.status !== 'passed'))).toBe('');
  });

  it('a wrong byte: stream, block, hex and fields by name', async () => {
    const [first] = await collect(
      broken((codec) => ({
        encode: (weights, options) => {
          const packed = codec.encode(weights, options);
          packed.streams['']![41]! ^= 0x10;
          return packed;
        },
      })),
    );
    expect(first).toMatchObject({ id: 'ggml/Q4_0/normal_a', status: 'failed' });
    expect(first!.detail).toContain('1 of 1152 bytes, first at 41 (block 2, byte 5 of 18)');
    expect(first!.detail).toMatch(/field code: 1 of 2048 codes, first \[83\]/);
  });

  it('a wrong value: where, with bits', async () => {
    const results = await collect(
      broken((codec) => ({
        decode: (packed, options) => {
          const values = codec.decode(packed, options);
          values[7] = 2;
          return values;
        },
      })),
    );
    for (const result of results) {
      expect(result.status).toBe('failed');
      expect(result.detail).toContain('first [7] = 2 (40000000)');
    }
  });

  it('bits lost by pack', async () => {
    const results = await collect(
      broken((codec) => ({
        unpack: (packed) => {
          const fields = codec.unpack(packed);
          return { ...fields, codes: { ...fields.codes, code: fields.codes.code!.map((code) => code & 7) } };
        },
      })),
    );
    expect(results.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(results[0]!.detail).toContain('repack: ');
  });

  it('an error of the codec fails the case, a missing format or one that is not run skips it', async () => {
    const thrown = await collect(
      broken(() => ({
        encode: () => {
          throw new RangeError('no scale');
        },
      })),
    );
    expect(thrown.map((r) => [r.status, r.detail.includes('no scale')])).toEqual([
      ['failed', true],
      ['failed', true],
    ]);
    const missing = await collect({ ...small(), formats: () => null });
    expect(missing.map((r) => r.status)).toEqual(['skipped', 'skipped']);
    expect(missing[0]!.detail).toBe('there is no format q4_0 to check');
    const notRun = await collect({ ...small(), whyNot: () => 'it is Tuesday' });
    expect(notRun.map((r) => r.detail)).toEqual([
      'q4_0 is not run by this codec: it is Tuesday',
      'mxfp4 is not run by this codec: it is Tuesday',
    ]);
  });

  it('a file that is cut short or altered fails its cases', async () => {
    const run = small();
    const short = await collect({ ...run, readFile: async (file) => (await run.readFile(file)).subarray(1) });
    expect(short[0]!.detail).toContain('bytes, the manifest says');
    const altered = await collect({
      ...run,
      readFile: async (file) => (await run.readFile(file)).slice().fill(1, 0, 1),
    });
    expect(altered[0]!.detail).toContain('SHA-256');
    expect(short.concat(altered).every((r) => r.status === 'failed')).toBe(true);
  });

  it('a filter narrows by group and type', async () => {
    const run = vectorRun();
    const ids = (filter: VectorRun['filter']): Promise<CaseResult[]> =>
      collect({ ...run, ...(filter && { filter }) });
    expect((await ids({ group: 'floats', type: 'float16' })).map((r) => r.id)).toEqual([
      'floats/float16/decode',
      'floats/float16/encode',
    ]);
  });
});
