import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { errorAccumulator } from '@fewerbits/measure';
import { describe, expect, it } from 'vitest';
import { npy, npyData, safetensors, weights, workplace } from './run.ts';

const { call, run, runWith, write, path } = workplace();
const q8 = await loadFormat('q8_0');

const rms = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / a.reduce((sum, x) => sum + x * x, 0));

describe('encode and decode', () => {
  it.each([
    ['q4_0', 4.5, 0.2],
    ['q4-k', 4.5, 0.2],
    ['nf4_double', 4.14, 0.2],
    ['mxfp4@ceil', 4.25, 0.3],
    ['student(bits=3, size=32)', 3.5, 0.4],
    ['int4_asym', 4.3125, 0.2],
    ['mx(element=e4m3)', 8.25, 0.05],
  ])('%s comes back without being told anything', async (format, bits, error) => {
    const data = weights(8 * 256);
    write('w.npy', npy([8, 256], data));
    const encoded = await call('encode', 'w.npy', '--format', format, '-o', 'w.safetensors', '--json');
    expect(encoded).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(encoded.out)).toMatchObject({
      version: 1,
      tensor: 'w',
      shape: [8, 256],
      weights: 2048,
    });
    expect(JSON.parse(encoded.out).bitsPerParam).toBeCloseTo(bits, 1);
    expect((await call('decode', 'w.safetensors', '-o', 'back.npy')).code).toBe(0);
    const back = npyData(readFileSync(path('back.npy')));
    expect(back).toHaveLength(data.length);
    expect(rms(data, back)).toBeLessThan(error);
    // What was decoded encodes to itself in the formats whose scale is exact: at least it stays near.
    expect((await call('inspect', 'w.safetensors')).out).toMatch(
      /One tensor as .* \(fewerbits, [0-9a-f]{16}\)/,
    );
  });

  it('blocks run along the axis that is asked for, and the tensor comes back as it was', async () => {
    const data = weights(64 * 6);
    write('w.npy', npy([64, 6], data));
    expect((await call('encode', 'w.npy', '-f', 'q8_0', '-o', 'w.safetensors')).err).toContain('6');
    expect((await call('encode', 'w.npy', '-f', 'q8_0', '-o', 'w.safetensors', '--axis', '0')).code).toBe(0);
    expect((await call('decode', 'w.safetensors', '-o', 'back.npy')).code).toBe(0);
    expect(rms(data, npyData(readFileSync(path('back.npy'))))).toBeLessThan(0.01);
  });

  it('models that tensors share are trained, stored beside the tensor, and taken from another file', async () => {
    write('a.npy', npy([8, 256], weights(8 * 256)));
    write('b.npy', npy([2, 64], weights(2 * 64)));
    const encode = (file: string, ...more: string[]) =>
      call('encode', `${file}.npy`, '-f', 'ecsq_shared', '-o', `${file}.safetensors`, ...more);
    expect((await encode('a')).code).toBe(0);
    expect((await encode('b', '--models', 'a.safetensors')).code).toBe(0);
    for (const [file, size] of [
      ['a', 2048],
      ['b', 128],
    ] as const) {
      expect((await call('decode', `${file}.safetensors`, '-o', 'back.npy')).code).toBe(0);
      expect(rms(weights(size), npyData(readFileSync(path('back.npy'))))).toBeLessThan(0.1);
    }
    const models = (file: string): unknown =>
      JSON.parse(/"fewerbits":("(?:[^"\\]|\\.)*")/.exec(readFileSync(path(file), 'latin1'))![1]!);
    const [first, second] = ['a', 'b'].map(
      (file) => JSON.parse(models(`${file}.safetensors`) as string).formats[0].models,
    );
    expect(first.code).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(second).toEqual(first);

    expect((await call('encode', 'a.npy', '-f', 'q4_0', '-o', 'q.safetensors')).code).toBe(0);
    expect((await encode('b', '--models', 'q.safetensors')).err).toContain('it holds q4_0; give a file');
    const other = ['encode', 'b.npy', '-f', 'q4_0', '-o', 'x.safetensors', '--models', 'a.safetensors'];
    expect((await call(...other)).err).toContain('q4_0 shares no models between tensors');
  });

  it('raw bytes need format and shape, and give the same weights', async () => {
    const data = weights(4 * 64);
    write('w.npy', npy([4, 64], data));
    expect((await call('encode', 'w.npy', '-f', 'q4_0', '--raw', 'w.bin', '-o', 'w.safetensors')).code).toBe(
      0,
    );
    expect(readFileSync(path('w.bin'))).toHaveLength(144);
    expect(
      (await call('decode', '--raw', '-f', 'q4_0', '--shape', '4,64', 'w.bin', '-o', 'raw.f32')).code,
    ).toBe(0);
    expect((await call('decode', 'w.safetensors', '-o', 'full.f32')).code).toBe(0);
    expect(readFileSync(path('raw.f32')).equals(readFileSync(path('full.f32')))).toBe(true);
    expect(
      await call('decode', '--raw', '-f', 'q4_0', '--shape', '4,32', 'w.bin', '-o', 'x.f32'),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining('has 144 bytes; q4_0 of shape 4, 32 takes 72'),
    });
    expect(await call('encode', 'w.npy', '-f', 'nf4', '--raw', 'n.bin')).toMatchObject({
      code: 2,
      err: expect.stringContaining('weight, absmax'),
    });
    expect(existsSync(path('x.f32'))).toBe(false);
    expect(existsSync(path('n.bin'))).toBe(false);
  });

  it('- stands for standard input and output of bare bytes', async () => {
    const data = weights(4 * 64);
    write('w.npy', npy([4, 64], data));
    const { out } = await call('encode', 'w.npy', '-f', 'q4_0', '--raw', '-', '-o', 'w.safetensors');
    const bytes = Buffer.from(out, 'latin1');
    expect(bytes).toHaveLength(144);
    expect((await call('decode', 'w.safetensors', '-o', 'w.f32')).code).toBe(0);
    const piped = runWith({}, bytes, 'decode', '--raw', '-f', 'q4_0', '--shape', '4,64', '-', '-o', 'p.f32');
    expect(piped.code).toBe(0);
    expect(readFileSync(path('p.f32')).equals(readFileSync(path('w.f32')))).toBe(true);
    const shown = await call('decode', 'w.safetensors', '-o', '-');
    expect(Buffer.from(shown.out, 'latin1').equals(readFileSync(path('w.f32')))).toBe(true);
  });

  it('gives the same bytes and weights for any number of threads', () => {
    // More than a band, turned on its way in and out.
    write('tall.npy', npy([256, 5000], weights(5000 * 256)));
    for (const format of ['q4_0', 'e4m3']) {
      const of = (jobs: string): [string, Buffer, Buffer] => {
        const args = ['tall.npy', '--axis', '0', '-f', format, '-o', 'tall.safetensors', '--json'];
        const encoded = run('encode', ...args, '--jobs', jobs);
        expect(encoded).toMatchObject({ code: 0, err: '' });
        expect(run('decode', 'tall.safetensors', '-o', 'tall-back.npy', '--jobs', jobs).code).toBe(0);
        return [encoded.out, readFileSync(path('tall.safetensors')), readFileSync(path('tall-back.npy'))];
      };
      const [out, bytes, back] = of('1');
      expect(npyData(back)).toHaveLength(5000 * 256);
      for (const jobs of ['2', '3']) {
        const other = of(jobs);
        expect(other[0]).toBe(out);
        expect(other[1].equals(bytes) && other[2].equals(back)).toBe(true);
      }
    }
    const interpreted = ['encode', 'tall.npy', '--axis', '0', '-f', 'q4_0', '--target', 'interpreter'];
    expect(run(...interpreted, '-o', 'slow.safetensors', '--jobs', '2').code).toBe(0);
    expect(run('encode', 'tall.npy', '--axis', '0', '-f', 'q4_0', '-o', 'fast.safetensors').code).toBe(0);
    expect(readFileSync(path('slow.safetensors')).equals(readFileSync(path('fast.safetensors')))).toBe(true);
  });

  it('threads refuse in the words of one, with the place in the tensor', () => {
    const data = weights(5000 * 256);
    data[4321 * 256 + 33] = Number.NaN;
    write('holed.npy', npy([5000, 256], data));
    const of = (jobs: string) =>
      run('encode', 'holed.npy', '-f', 'q4_0', '-o', 'holed.safetensors', '--jobs', jobs);
    expect(of('2')).toMatchObject({ code: 2, err: expect.stringMatching(/q4_0.*4321.*33/s) });
    expect(of('2')).toEqual(of('1'));
    expect(existsSync(path('holed.safetensors'))).toBe(false);
  });

  it('one tensor of many is named', async () => {
    const tensor = { shape: [2, 32], data: weights(64) };
    write('model.safetensors', safetensors({ 'a.weight': tensor, 'b#odd': tensor }));
    expect(await call('encode', 'model.safetensors', '-f', 'q8_0', '-o', 'x.safetensors')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a.weight, b#odd'),
    });
    expect((await call('encode', 'model.safetensors#c', '-f', 'q8_0', '-o', 'x.safetensors')).code).toBe(2);
    for (const name of ['a.weight', 'b#odd']) {
      expect(
        (await call('encode', `model.safetensors#${name}`, '-f', 'q8_0', '-o', 'x.safetensors')).code,
      ).toBe(0);
      expect((await call('decode', 'x.safetensors', '-o', 'back.safetensors')).code).toBe(0);
      expect(JSON.parse((await call('inspect', 'back.safetensors', '--json')).out).tensors[0]).toMatchObject({
        name,
        shape: [2, 32],
        dtype: 'F32',
      });
    }
  });

  it('a refusal names tensor and place, and writes nothing', async () => {
    const data = weights(64);
    data[33] = Number.NaN;
    write('nan.npy', npy([2, 32], data));
    const { code, err } = await call('encode', 'nan.npy', '-f', 'q4_0', '-o', 'refused.safetensors');
    expect(code).toBe(2);
    expect(err).toMatch(/nan.*1.*1/s);
    write('ragged.npy', npy([2, 33], weights(66)));
    expect((await call('encode', 'ragged.npy', '-f', 'q4_0', '-o', 'refused.safetensors')).err).toContain(
      '33',
    );
    expect((await call('encode', 'ragged.npy', '-f', 'aqlm_2x8', '-o', 'refused.safetensors')).err).toContain(
      'decodes only',
    );
    expect(
      readdirSync(path('.')).filter((name) => name.includes('refused') || name.endsWith('.tmp')),
    ).toEqual([]);
  });

  it('a named fit and an importance matter', async () => {
    write('w.npy', npy([4, 256], weights(1024)));
    write(
      'i.npy',
      npy(
        [256],
        Float32Array.from({ length: 256 }, (_, i) => (i % 2 === 0 ? 1 : 1e-6)),
      ),
    );
    write('short.npy', npy([3], Float32Array.of(1, 2, 3)));
    const bytes = async (name: string, ...more: string[]): Promise<Buffer> => {
      expect(await call('encode', 'w.npy', '-o', `${name}.safetensors`, ...more)).toMatchObject({ code: 0 });
      return readFileSync(path(`${name}.safetensors`));
    };
    const ceil = await bytes('b', '-f', 'mxfp4', '--fit', 'ceil');
    expect((await bytes('a', '-f', 'mxfp4')).equals(ceil)).toBe(false);
    expect((await bytes('c', '-f', 'mxfp4@ceil')).equals(ceil)).toBe(true);
    const weighted = await bytes('e', '-f', 'q4_k', '--importance', 'i.npy');
    expect(
      (await bytes('f', '-f', 'q4_k', '--fit', 'imatrix', '--importance', 'i.npy')).equals(weighted),
    ).toBe(true);
    expect((await bytes('g', '-f', 'q4_k')).equals(weighted)).toBe(false);
    expect(
      (await call('encode', 'w.npy', '-f', 'q4_k', '-o', 'x.safetensors', '--importance', 'short.npy')).err,
    ).toContain('3 values for 256 columns');
  });

  it('a newer or damaged description is refused with the cure', async () => {
    write('w.npy', npy([1, 32], weights(32)));
    await call('encode', 'w.npy', '-f', 'q4_0', '-o', 'w.safetensors');
    const text = readFileSync(path('w.safetensors'), 'latin1');
    write('newer.safetensors', Buffer.from(text.replace('{\\"version\\":2', '{\\"version\\":9'), 'latin1'));
    expect(await call('decode', 'newer.safetensors', '-o', 'x.npy')).toMatchObject({
      code: 2,
      err: expect.stringContaining('install the latest'),
    });
    write('odd.safetensors', Buffer.from(text.replace('\\"axis\\":1', '\\"axis\\":7'), 'latin1'));
    expect(await call('decode', 'odd.safetensors', '-o', 'x.npy')).toMatchObject({
      code: 2,
      err: expect.stringContaining('damaged'),
    });
    write('plain.safetensors', safetensors({ w: { shape: [1, 32], data: weights(32) } }));
    expect((await call('decode', 'plain.safetensors', '-o', 'x.npy')).err).toContain(
      'does not say how it was encoded',
    );
  });
});

describe('inspect', () => {
  it('tells shape, axis and distribution', async () => {
    write(
      'model.safetensors',
      safetensors({
        'w\u001b[31m|<b>': { shape: [32, 64], data: weights(2048) },
        bias: { shape: [3], data: Float32Array.of(0, 0, 0) },
      }),
    );
    const { version, tensors } = JSON.parse((await call('inspect', 'model.safetensors', '--json')).out);
    expect(version).toBe(1);
    expect(tensors[0]).toMatchObject({ shape: [32, 64], axis: 1, axisKnown: false });
    expect(tensors[0].values.rms).toBeCloseTo(
      Math.sqrt(weights(2048).reduce((sum, x) => sum + x * x, 0) / 2048),
      6,
    );
    expect(tensors[1].values).toMatchObject({ rms: null, zeroFraction: 1 });
    expect((await call('inspect', 'model.safetensors')).out).not.toContain('\u001b');
    expect((await call('inspect', 'model.safetensors', '--md')).out).toContain('\\|\\<b\\>');
    expect(
      JSON.parse((await call('inspect', 'model.safetensors', '--json', '--tensor', '^b')).out).tensors,
    ).toHaveLength(1);
  });
});

describe('compare', () => {
  const model = (): void => {
    const hostile = '</script><img src=x onerror=alert(1)>';
    write(
      'model.safetensors',
      safetensors({
        [hostile]: { shape: [16, 256], data: weights(4096) },
        ragged: { shape: [40, 40], data: weights(1600, 2) },
        bias: { shape: [2048], data: weights(2048) },
        small: { shape: [4, 4], data: weights(16) },
        broken: { shape: [2, 1024], data: weights(2048).fill(Number.NaN, 5, 7) },
      }),
    );
  };

  it('trains a model that tensors share on all of them, and counts its bytes once', () => {
    write(
      'many.safetensors',
      safetensors(
        Object.fromEntries(
          Array.from({ length: 6 }, (_, i) => [`t${i}`, { shape: [16, 64], data: weights(1024, i + 1) }]),
        ),
      ),
    );
    const formats = 'ecsq_shared, ecsq_static, ecsq(rate=3.9)';
    const { rows, totals } = JSON.parse(
      run('compare', 'many.safetensors', '--formats', formats, '--json').out,
    );
    const bits = new Map<string, number>(
      totals.map((total: { format: string; bitsPerParam: number }) => [total.format, total.bitsPerParam]),
    );
    expect(totals.every(({ complete }: { complete: boolean }) => complete)).toBe(true);
    expect(bits.get('ecsq_shared')).toBeLessThan(bits.get('ecsq(rate=3.9)')!);
    const shared = rows.filter(({ format }: { format: string }) => format === 'ecsq_shared');
    const bytes = shared.map((row: { bytes: number }) => row.bytes);
    expect(bytes.some((size: number) => !Number.isInteger(size))).toBe(true);
    expect(bytes.reduce((a: number, b: number) => a + b) % 1).toBeCloseTo(0, 6);
  });

  it('fits the curve to what is left where outliers stand apart', () => {
    const data = weights(4096);
    for (let i = 0; i < 4; i++) data[i * 1000] = 100;
    write('spiked.safetensors', safetensors({ spiked: { shape: [16, 256], data } }));
    const formats = 'student_rms(df=fit), student_sparse(df=fit)';
    const result = JSON.parse(run('compare', 'spiked.safetensors', '--formats', formats, '--json').out);
    const [whole, dense] = result.formats.map(({ instances }: { instances: string[] }) =>
      Number(/df=([0-9.]+)/.exec(instances[0]!)![1]),
    );
    expect(whole).toBeLessThan(10);
    expect(dense).toBeGreaterThan(2 * whole!);
  });

  it('measures what it can, says what it cannot, and keeps the rest', () => {
    model();
    const { code, out } = run(
      'compare',
      'model.safetensors',
      '--formats',
      'q4_0, student(df=fit), nf4, int4(size=20)',
      '--json',
    );
    expect(code).toBe(0);
    const { version, tensors, kept, rows, totals, formats } = JSON.parse(out);
    expect(version).toBe(1);
    expect(tensors).toHaveLength(2);
    expect(kept.map(({ name, reason }: { name: string; reason: string }) => `${name}: ${reason}`)).toEqual([
      'bias: fewer than two axes',
      'small: fewer than 1024 weights',
      'broken: 2 values are NaN or infinite',
    ]);
    expect(rows).toHaveLength(8);
    expect(
      rows.find((row: { tensor: string; format: string }) => row.tensor === 'ragged' && row.format === 'q4_0')
        .failure,
    ).toContain('40');
    expect(totals.find(({ format }: { format: string }) => format === 'nf4')).toMatchObject({
      complete: true,
      failed: 0,
    });
    expect(formats[1]).toMatchObject({ label: 'student(df=fit)' });
    expect(formats[1].instances[0]).toMatch(/^student\(bits=4, df=[\d.]+, size=64\)$/);
  });

  it('tensors that cannot be read are kept with the reason, and never read', async () => {
    const complex = npy([32, 64], weights(2048));
    const text = Buffer.from(complex)
      .toString('latin1')
      .replace("'<f4'", "'<c8'")
      .replace('(32, 64)', '(16, 64)');
    write('complex.npy', Buffer.from(text, 'latin1'));
    write('w.npy', npy([32, 64], weights(2048)));
    const { kept, tensors } = JSON.parse(
      run('compare', 'complex.npy', 'w.npy', '--formats', 'q4_0', '--json').out,
    );
    expect(tensors).toHaveLength(1);
    expect(kept[0]).toMatchObject({
      name: 'complex.npy#complex',
      reason: expect.stringContaining('complex numbers'),
    });
    const inspected = await call('inspect', 'complex.npy');
    expect(inspected).toMatchObject({ code: 0, out: expect.stringMatching(/^complex: .*complex numbers/m) });
    expect(await call('encode', 'complex.npy', '-f', 'q4_0', '-o', 'x.safetensors')).toMatchObject({
      code: 2,
      err: expect.stringContaining('complex numbers'),
    });
  });

  it('files inside the current folder are called from there on, in every output', async () => {
    model();
    const whole = join(realpathSync(path('.')), 'model.safetensors');
    const { files, tensors } = JSON.parse(run('compare', whole, '--formats', 'q4_0', '--json').out);
    expect(files).toEqual([{ path: 'model.safetensors', container: 'safetensors' }]);
    expect(tensors[0].file).toBe('model.safetensors');
    const args = ['compare', whole, '--tensor', 'script', '--formats', 'nf4', '--md', '--report', 'r.html'];
    const { out, err } = run(...args);
    for (const text of [out, err, readFileSync(path('r.html'), 'utf8'), (await call('inspect', whole)).out])
      expect(text).not.toContain(realpathSync(path('.')));
  });

  it('1 where nothing could be measured', () => {
    model();
    write(
      'odd.qf',
      'format odd { block 48 { scale: f16 = absmax / 7, each code: i4 } value = scale * code }',
    );
    const { code, out } = run('compare', 'model.safetensors', '--formats', 'odd.qf', '--csv');
    expect(code).toBe(1);
    expect(out.trimEnd().split('\r\n')).toHaveLength(3);
  });

  it('gives the same for any number of threads', () => {
    model();
    const of = (jobs: string): string => {
      const formats = 'q4_0,nf4,q6_k,student(df=fit),student_sparse,ecsq_shared';
      return run('compare', 'model.safetensors', '--formats', formats, '--json', '--jobs', jobs).out;
    };
    const one = of('1');
    expect(JSON.parse(one).rows.length).toBe(12);
    for (const jobs of ['2', '3', 'auto']) expect(of(jobs)).toBe(one);
    expect(run('compare', 'model.safetensors', '--jobs', '0').err).toContain(
      '--jobs 0: a whole number from 1 on',
    );
  });

  it('bands of a tensor give the rows of the whole', () => {
    // More than a band, and no whole number of them.
    const tall = { shape: [2500, 512], data: weights(2500 * 512) };
    write('tall.safetensors', safetensors({ tall }));
    const formats = ['q8_0', 'nf4', 'mxfp4', 'int8'];
    const { rows } = JSON.parse(
      run('compare', 'tall.safetensors', '--formats', formats.join(), '--target', 'wasm', '--json').out,
    );
    const { rows: once } = JSON.parse(
      run('compare', 'tall.safetensors', '--formats', formats.join(), '--target', 'js', '--json').out,
    );
    expect(rows).toEqual(once);
    const errors = errorAccumulator({ bins: true });
    expect(rows[0].weights).toBe(2500 * 512);
    const codec = interpreter(q8);
    errors.add(tall.data, codec.decode(codec.encode(tall.data, { shape: tall.shape })));
    expect(rows[0].maxError).toBe(errors.result().maxError / errors.result().dataRms);
    expect(rows[0].squaredError).toBe(errors.result().meanSquare * errors.result().count);
  });

  it('says where the time goes, in the JSON if asked', () => {
    model();
    const args = ['compare', 'model.safetensors', '--formats', 'q4_0', '--report', 'r.html'];
    const { out, err } = run(...args, '--json', '--timings');
    const parts = ['threads', 'wall', 'read', 'compile', 'encode', 'decode', 'measure', 'report'];
    const { timings } = JSON.parse(out);
    expect(Object.keys(timings)).toEqual(parts);
    for (const part of parts) expect(timings[part]).toBeGreaterThanOrEqual(0);
    expect(err).toMatch(
      /5696 weights × 1 formats in .* on 1 thread; time of threads: read .* encode .* report/,
    );
    expect(run(...args, '--timings').code).toBe(2);
  });

  it('the page holds hostile names as text', () => {
    model();
    expect(run('compare', 'model.safetensors', '--formats', 'nf4,e4m3', '--report', 'r.html').code).toBe(0);
    const html = readFileSync(path('r.html'), 'utf8');
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain('&lt;/<wbr>script&gt;&lt;img src=x onerror=alert(1)&gt;');
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('Weights as nf4 sees them');
  });

  it('the default formats are fifteen or more, and all run', () => {
    model();
    const { code, out } = run('compare', 'model.safetensors', '--tensor', 'script', '--csv');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\r\n').slice(1);
    expect(lines.length).toBeGreaterThanOrEqual(15);
    for (const line of lines) expect(line, line).toMatch(/,$/);
  });

  it.each([
    ['q4_0,q4-0', 'twice'],
    ['student(bits=fit)', 'only df can be fitted'],
    ['q4_0(df=fit)', 'no parameter df'],
    ['analysis.qf', 'cannot be encoded yet'],
  ])('refuses the list %s', async (formats, reason) => {
    model();
    write('analysis.qf', 'format a { each code: i8 value = code rotate row by orthogonal(seed: 1) }');
    expect(await call('compare', 'model.safetensors', '--formats', formats)).toMatchObject({
      code: 2,
      err: expect.stringContaining(reason),
    });
  });

  it('a file without weights is said to have none', async () => {
    write('bias.npy', npy([8], weights(8)));
    expect(await call('compare', 'bias.npy')).toMatchObject({
      code: 2,
      err: expect.stringContaining('fewer than two axes'),
    });
  });
});
