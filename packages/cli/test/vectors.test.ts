import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { workplace } from './run.ts';

const { call, write } = workplace();

const manifest = fileURLToPath(new URL('../../../../shared/vectors/manifest.json', import.meta.url));
const there = existsSync(manifest);
if (!there) console.warn(`SKIPPED: the golden vectors are not at ${manifest}`);

describe('vectors verify', () => {
  it('refuses what is no manifest', async () => {
    write('none.json', '{}');
    expect(await call('vectors', 'verify', 'none.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no manifest'),
    });
    expect((await call('vectors', 'verify', 'missing.json')).code).toBe(2);
  });

  describe.skipIf(!there)('the golden vectors', () => {
    it('pass, counted by group and type, with totals as the last line', async () => {
      const { code, out } = await call('vectors', 'verify', manifest, '--group', 'ggml', '--type', 'Q4_0');
      expect(code).toBe(0);
      expect(out).toMatch(/^ggml +Q4_0 +\d+ +0 +\d+$/m);
      expect(out.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, \d+ skipped$/);
    });

    it('JSON adds up', async () => {
      const { code, out } = await call('vectors', 'verify', manifest, '--group', 'mx', '--json');
      const { version, passed, failed, skipped, groups } = JSON.parse(out);
      expect({ code, version, failed }).toEqual({ code: 0, version: 1, failed: 0 });
      expect(groups.mx).toMatchObject({ passed, failed, skipped });
      const types = Object.values(groups.mx.types) as { passed: number }[];
      expect(types.reduce((sum, type) => sum + type.passed, 0)).toBe(passed);
    });

    it('a filter that matches nothing is no success', async () => {
      expect(await call('vectors', 'verify', manifest, '--group', 'gglm')).toMatchObject({
        code: 2,
        err: expect.stringContaining('groups: ggml'),
      });
    });
  });
});
