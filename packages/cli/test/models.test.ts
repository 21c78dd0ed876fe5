/** `quantize`, `dequantize` and `repack` on whole models: plans, rules, edges, refusals, and what the files hold afterwards. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { safetensors, weights, workplace } from './run.ts';

const { call, path, write } = workplace();

const MODEL = {
  embd: { shape: [16, 256], data: weights(16 * 256) },
  attn_q: { shape: [8, 256], data: weights(8 * 256) },
  attn_v: { shape: [8, 256], data: weights(8 * 256) },
  ragged: { shape: [4, 40], data: weights(160) },
  norm: { shape: [256], data: weights(256) },
};

interface Listed {
  readonly name: string;
  readonly dtype: string | null;
  readonly encoded: { readonly format: string; readonly layout: string } | null;
}

/** What `inspect` says of a file: the format or the type of each tensor. */
async function inside(file: string): Promise<Record<string, string>> {
  const { tensors } = JSON.parse((await call('inspect', file, '--json')).out) as { tensors: Listed[] };
  return Object.fromEntries(
    tensors.map(({ name, dtype, encoded }) => [name, encoded?.format ?? dtype ?? 'nothing']),
  );
}

/** Weights of a tensor after `dequantize`. */
async function back(file: string, name: string): Promise<Float32Array> {
  expect((await call('dequantize', file, '-o', 'back.safetensors')).err).toContain('decoded to F32');
  const bytes = readFileSync(path('back.safetensors'));
  const header = 8 + Number(bytes.readBigUInt64LE(0));
  const [start, end] = JSON.parse(bytes.toString('utf8', 8, header))[name].data_offsets as [number, number];
  return Float32Array.from({ length: (end - start) / 4 }, (_, i) =>
    bytes.readFloatLE(header + start + 4 * i),
  );
}

/** Root mean square of the error over that of the weights. */
function relativeError(wanted: Float32Array, got: Float32Array): number {
  const squares = (values: Float32Array): number => values.reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(squares(wanted.map((x, i) => x - got[i]!)) / squares(wanted));
}

beforeEach(() => {
  for (const name of readdirSync(dirname(path('x')))) rmSync(path(name));
  write('model.safetensors', safetensors(MODEL));
});

describe('quantize', () => {
  it('prints the plan first, follows the last rule that matches, and leaves the rest as it is', async () => {
    const { code, out, err } = await call(
      ...['quantize', 'model.safetensors', '-f', 'q4-0', '--on-ragged', 'keep', '-o', 'q.safetensors'],
      ...['--tensor', 'attn=student(bits=3)', '--tensor', '_v$=q6-k', '--tensor', 'embd=f16'],
    );
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('bits per parameter over all') });
    expect(out).toMatch(/attn_v +8 × 256 +q6_k +6\.5625 .*--tensor '_v\$=q6-k'/);
    expect(out).toMatch(/ragged +4 × 40 +keep .*axis 1 of \[4, 40\]: q4_0: rows of 40 weights do not divide/);
    expect(await inside('q.safetensors')).toEqual({
      embd: 'F16',
      attn_q: 'student(bits=3, df=7, size=64)',
      attn_v: 'q6_k',
      ragged: 'F32',
      norm: 'F32',
    });
    expect(relativeError(MODEL.attn_v.data, await back('q.safetensors', 'attn_v'))).toBeLessThan(0.05);
    expect(await back('q.safetensors', 'norm')).toEqual(MODEL.norm.data);
  });

  it('names the dimension of a row that does not divide, and fills it up when asked', async () => {
    const args = ['quantize', 'model.safetensors', '-f', 'q4-0', '-o', 'q.safetensors'];
    const refused = await call(...args);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('ragged: axis 1 of [4, 40]: q4_0: rows of 40 weights do not divide');
    expect(existsSync(path('q.safetensors'))).toBe(false);
    expect((await call(...args, '--on-ragged', 'pad')).code).toBe(0);
    expect(relativeError(MODEL.ragged.data, await back('q.safetensors', 'ragged'))).toBeLessThan(0.2);
  });

  it('writes what it plans as a plan, and reads it again with the same bytes', async () => {
    const rules = ['--tensor', 'attn=nf4', '--on-ragged', 'pad'];
    const dry = await call('quantize', 'model.safetensors', '-f', 'q8-0', ...rules, '--dry-run', '--json');
    const { plan, bytes, written } = JSON.parse(dry.out);
    expect({ bytes, written }).toEqual({ bytes: null, written: [] });
    write('plan.json', JSON.stringify(plan));
    await call('quantize', 'model.safetensors', '-f', 'q8-0', ...rules, '-o', 'a.safetensors');
    const again = ['--plan', 'plan.json', '--on-ragged', 'pad'];
    await call('quantize', 'model.safetensors', ...again, '-o', 'b.safetensors');
    expect(readFileSync(path('b.safetensors'))).toEqual(readFileSync(path('a.safetensors')));
    // Rules of the command line come after the plan's.
    await call('quantize', 'model.safetensors', ...again, '--tensor', 'embd=keep', '-o', 'c.safetensors');
    expect((await inside('c.safetensors')).embd).toBe('F32');
  });

  it('trains the models that tensors share over all of them', async () => {
    const args = ['quantize', 'model.safetensors', '-f', 'ecsq-shared', '-o', 'q.safetensors'];
    expect((await call(...args)).code).toBe(0);
    expect(relativeError(MODEL.attn_q.data, await back('q.safetensors', 'attn_q'))).toBeLessThan(0.1);
  });

  it('takes importances by name, and the fit that reads them', async () => {
    const ones = { shape: [256], data: new Float32Array(256).fill(1) };
    const some = { shape: [256], data: weights(256).map((w) => w * w) };
    write('ones.safetensors', safetensors({ attn_q: ones, attn_v: ones }));
    write('some.safetensors', safetensors({ attn_q: some }));
    write('short.safetensors', safetensors({ attn_q: { shape: [3], data: weights(3) } }));
    const bytes = async (...more: string[]) => {
      const args = ['quantize', 'model.safetensors', '--tensor', 'attn=q4-k', '-o', 'q.safetensors', ...more];
      const { code, err } = await call(...args);
      return code === 0 ? readFileSync(path('q.safetensors')) : err;
    };
    const plain = await bytes();
    expect(await bytes('--importance', 'ones.safetensors')).not.toEqual(plain);
    expect(await bytes('--importance', 'some.safetensors')).not.toEqual(plain);
    expect(await bytes('--importance', 'short.safetensors')).toContain('attn_q has 3 values for 256 columns');
  });

  it.each<[string, string[], RegExp]>([
    ['nothing said', ['-o', 'q.safetensors'], /--format, --tensor REGEX=FORMAT, or --plan/],
    ['nowhere to write', ['-f', 'q4-0'], /-o OUT\.safetensors or -o OUT\.gguf/],
    ['an ending that names no container', ['-f', 'q4-0', '-o', 'q.bin'], /\.safetensors or \.gguf/],
    ['a rule without a format', ['--tensor', 'attn', '-o', 'q.safetensors'], /write REGEX=FORMAT/],
    [
      'a rule that is no regular expression',
      ['--tensor', '(=q4-0', '-o', 'q.safetensors'],
      /Unterminated group/,
    ],
    ['an unknown format', ['--tensor', 'a=q4-9', '-o', 'q.safetensors'], /q4.9/],
    [
      'a format that only decodes',
      ['-f', 'gptq-act-order', '-o', 'q.safetensors'],
      /decodes only: it has no fit/,
    ],
    [
      'rules that encode nothing',
      ['--tensor', 'norm=keep', '-o', 'q.safetensors'],
      /leaves every tensor as it is/,
    ],
    ['a plan that is none', ['--plan', 'model.safetensors', '-o', 'q.safetensors'], /is not JSON/],
  ])('refuses %s', async (_, args, message) => {
    const { code, err } = await call('quantize', 'model.safetensors', ...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(readdirSync(dirname(path('x'))).filter((name) => /^q\.|tmp$/.test(name))).toEqual([]);
  });

  it('says which rules match nothing', async () => {
    const { err } = await call(
      ...['quantize', 'model.safetensors', '-f', 'q8-0', '--on-ragged', 'keep'],
      ...['--tensor', 'atn=q4-0', '--dry-run'],
    );
    expect(err).toBe("--tensor 'atn=q4-0' matches no tensor\n");
  });

  it('does not encode twice', async () => {
    await call('quantize', 'model.safetensors', '--tensor', 'attn=q8-0', '-o', 'q.safetensors');
    const again = await call('quantize', 'q.safetensors', '--tensor', 'attn_q=q4-0', '-o', 'r.safetensors');
    expect(again.err).toContain("--tensor 'attn_q=q4-0': attn_q is encoded already, as q8_0");
    const rest = await call('quantize', 'q.safetensors', '--tensor', 'embd=q4-0', '-o', 'r.safetensors');
    expect(rest.code).toBe(0);
    expect(await inside('r.safetensors')).toMatchObject({ attn_q: 'q8_0', embd: 'q4_0' });
  });
});

describe('GGUF', () => {
  const GGUF_MODEL = ['-o', 'm.gguf', '--on-ragged', 'keep'];

  it('holds block types and plain ones, and comes back with the same bytes', async () => {
    const args = ['quantize', 'model.safetensors', '-f', 'q4-k', '--tensor', 'attn_v=iq4-nl'];
    expect((await call(...args, ...GGUF_MODEL)).code).toBe(0);
    expect(await inside('m.gguf')).toEqual({
      embd: 'q4_k',
      attn_q: 'q4_k',
      attn_v: 'iq4_nl',
      ragged: 'F32',
      norm: 'F32',
    });
    expect((await call('inspect', 'm.gguf')).out).toMatch(/^general\.quantization_version {2}2$/m);
    await call(...args, '-o', 's.safetensors', '--on-ragged', 'keep');
    for (const name of ['embd', 'attn_v', 'ragged'])
      expect(await back('m.gguf', name)).toEqual(await back('s.safetensors', name));
    // Through safetensors and back into GGUF nothing changes, the header included.
    await call('repack', 'm.gguf', '--to', 'q4-k', '--tensor', 'embd', '-o', 't.safetensors');
    await call('repack', 't.safetensors', '--to', 'q4-k', '--tensor', 'embd', '-o', 'n.gguf');
    const [first, again] = await Promise.all(['m.gguf', 'n.gguf'].map((file) => inside(file)));
    expect(again).toEqual(first);
  });

  it('in shards', async () => {
    const big = { shape: [64, 16000], data: weights(64 * 16000) };
    write('big.safetensors', safetensors({ a: big, b: big }));
    const { out } = await call(
      'quantize',
      'big.safetensors',
      '-f',
      'q8-0',
      '-o',
      'm.gguf',
      '--split',
      '1M',
      '--json',
    );
    const { written } = JSON.parse(out);
    expect(written).toEqual(['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf']);
    expect(await inside('m-00001-of-00002.gguf')).toEqual({ a: 'q8_0', b: 'q8_0' });
  });

  it('turns tensors whose blocks do not run along the last axis, and says so', async () => {
    write('tf.safetensors', safetensors({ kernel: { shape: [64, 3], data: weights(192) } }));
    const { err } = await call('quantize', 'tf.safetensors', '-f', 'q4-0', '--axis', '0', '-o', 'm.gguf');
    expect(err).toContain('kernel is stored with axis 0 last, as rows of GGUF are');
    await call('quantize', 'tf.safetensors', '-f', 'q4-0', '--axis', '0', '-o', 's.safetensors');
    const rows = await back('s.safetensors', 'kernel');
    const turned = await back('m.gguf', 'kernel');
    expect(turned[1]).toBe(rows[3]);
  });

  it('takes importances from what llama-imatrix writes', async () => {
    const vector = { shape: [1, 256], data: weights(256).map((w) => w * w * 8) };
    const counts = { shape: [1, 1], data: Float32Array.of(8) };
    write('i.safetensors', safetensors({ 'attn_q.in_sum2': vector, 'attn_q.counts': counts }));
    await call('quantize', 'i.safetensors', '-f', 'f32', '-o', 'imatrix.gguf');
    write(
      'v.safetensors',
      safetensors({ attn_q: { shape: [256], data: vector.data.map((sum) => sum / 8) } }),
    );
    const bytes = async (file: string) => {
      const args = ['quantize', 'model.safetensors', '--tensor', 'attn_q=q4-k', '-o', 'q.safetensors'];
      expect((await call(...args, '--importance', file)).code).toBe(0);
      return readFileSync(path('q.safetensors'));
    };
    expect(await bytes('imatrix.gguf')).toEqual(await bytes('v.safetensors'));
  });

  it.each<[string, string[], RegExp]>([
    [
      'formats that ggml does not know',
      ['-f', 'nf4', '-o', 'm.gguf'],
      /nf4 is no type of ggml.*write \.safetensors/,
    ],
    [
      'rows to fill up',
      ['-f', 'q4-0', '-o', 'm.gguf', '--on-ragged', 'pad'],
      /rows of GGUF are whole blocks/,
    ],
    ['odd sizes of shards', ['-f', 'q4-0', ...GGUF_MODEL, '--split', '2'], /write a size such as 800M or 2G/],
  ])('refuses %s', async (_, args, message) => {
    const { code, err } = await call('quantize', 'model.safetensors', ...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(existsSync(path('m.gguf'))).toBe(false);
  });
});

describe('dequantize', () => {
  it('rounds to the type that is asked for, and refuses what that cannot hold', async () => {
    const large = weights(64).map((w) => w * 1e6);
    write('large.safetensors', safetensors({ w: { shape: [1, 64], data: large } }));
    // The scale of bf16 blocks goes beyond f16.
    await call('quantize', 'large.safetensors', '-f', 'compressed-tensors(size=64)', '-o', 'q.safetensors');
    const half = await call('dequantize', 'q.safetensors', '--dtype', 'f16', '-o', 'd.safetensors');
    expect(half).toMatchObject({
      code: 2,
      err: expect.stringMatching(/w: weight \d+ is .* beyond what F16 holds/),
    });
    expect((await call('dequantize', 'q.safetensors', '--dtype', 'bf16', '-o', 'd.safetensors')).code).toBe(
      0,
    );
    expect(await inside('d.safetensors')).toEqual({ w: 'BF16' });
  });

  it('has nothing to do on a plain model', async () => {
    const { code, err } = await call('dequantize', 'model.safetensors', '-o', 'd.safetensors');
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('no encoded tensor that is known here'),
    });
  });
});

describe('repack', () => {
  it('moves codes where the numbers agree, and refuses where a weight would change', async () => {
    await call('quantize', 'model.safetensors', '--tensor', 'attn=ggml-mxfp4', '-o', 'q.safetensors');
    const moved = await call('repack', 'q.safetensors', '--to', 'mxfp4', '-o', 'r.safetensors');
    expect(moved.out).toMatch(/attn_q +8 × 256 +ggml_mxfp4 +mxfp4 +moved/);
    expect(await back('r.safetensors', 'attn_q')).toEqual(await back('q.safetensors', 'attn_q'));
    const refused = await call('repack', 'q.safetensors', '--to', 'q4-0', '-o', 's.safetensors');
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/attn_q: q4_0 does not hold these numbers: row/),
    });
    expect(existsSync(path('s.safetensors'))).toBe(false);
    const none = await call(
      'repack',
      'q.safetensors',
      '--to',
      'mxfp4',
      '--tensor',
      'embd',
      '-o',
      's.safetensors',
    );
    expect(none.err).toContain('no encoded tensor that --tensor matches');
  });
});
