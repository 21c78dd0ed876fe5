/** Threads of a pool: order, errors in their own words, crashes, aborts, and an end. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { canShare, isShared, makePool, type Pool, sharedFloats } from '../src/index.ts';

const COUNTING = new URL('./threads/counting.mjs', import.meta.url);

const open = new Set<Pool<unknown, unknown>>();
function pool(
  threads: number,
  more: { signal?: AbortSignal; start?: object; module?: URL } = {},
): Pool<object, unknown> {
  const made = makePool<object, object, unknown>({ module: COUNTING, threads, start: { add: 10 }, ...more });
  open.add(made as Pool<unknown, unknown>);
  return made;
}
afterEach(async () => {
  for (const one of open) await one.close();
  open.clear();
});

describe('a pool', () => {
  it.each([1, 2, 5])('gives each task its own result, with %d threads', async (threads) => {
    const { run } = pool(threads);
    const values = Array.from({ length: 20 }, (_, i) => i);
    expect(await Promise.all(values.map((value) => run({ do: 'add', value })))).toEqual(
      values.map((value) => value + 10),
    );
  });

  it('refuses a number of threads that is none', () => {
    for (const threads of [0, 1.5, Number.NaN])
      expect(() => pool(threads)).toThrow(/threads: a whole number/);
  });

  it('brings errors home as the kind that they were, and goes on', async () => {
    const { run } = pool(1);
    const refused = await run({ do: 'refuse' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RangeError);
    expect(refused).toMatchObject({
      message: 'row 3 has a NaN',
      stack: expect.stringContaining('counting.mjs'),
    });
    expect(await run({ do: 'bug' }).catch((error: unknown) => error)).toMatchObject({
      name: 'OddError',
      message: 'that was unforeseen',
    });
    await expect(run({ do: 'add', value: () => 1 })).rejects.toThrow(/could not be cloned/);
    expect(await run({ do: 'add', value: 1 })).toBe(11);
  });

  it.each([
    ['exit', /thread ended before its task was done: exit code 5/],
    ['uncaught', /thread ended before its task was done: nobody caught this/],
  ])('a thread that ends (%s) fails its own task only', async (how, message) => {
    const { run } = pool(1);
    const tasks = [run({ do: how }), run({ do: 'add', value: 1 })];
    await expect(tasks[0]).rejects.toThrow(message);
    expect(await tasks[1]).toBe(11);
  });

  it('says so where its module does not load, or does not take the start', async () => {
    const missing = pool(2, { module: new URL('./threads/missing.mjs', import.meta.url) });
    await expect(missing.run({ do: 'add' })).rejects.toThrow(/missing\.mjs/);
    await expect(pool(1, { start: { broken: true } }).run({ do: 'add' })).rejects.toThrow(
      'this start is broken',
    );
  });

  it('an abort ends a task in the middle of its work, and only that', async () => {
    const { run } = pool(1);
    const beat = new Int32Array(new SharedArrayBuffer(4));
    const controller = new AbortController();
    const spinning = run({ do: 'spin', beat }, { signal: controller.signal });
    const waiting = run({ do: 'add', value: 5 });
    while (Atomics.load(beat, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort(new Error('enough'));
    await expect(spinning).rejects.toThrow('enough');
    expect(await waiting).toBe(15);
    const stopped = Atomics.load(beat, 0);
    await run({ do: 'add', value: 5 });
    expect(Atomics.load(beat, 0)).toBe(stopped);
  });

  it('the signal of the pool aborts all tasks and those to come', async () => {
    const controller = new AbortController();
    const { run } = pool(2, { signal: controller.signal });
    const beat = new Int32Array(new SharedArrayBuffer(4));
    const tasks = [1, 2, 3].map(() => run({ do: 'spin', beat }));
    controller.abort(new Error('interrupted'));
    for (const task of tasks) await expect(task).rejects.toThrow('interrupted');
    await expect(run({ do: 'add', value: 1 })).rejects.toThrow('interrupted');
  });

  it('close ends everything, twice is harmless', async () => {
    const own = pool(1);
    const beat = new Int32Array(new SharedArrayBuffer(4));
    const tasks = [own.run({ do: 'spin', beat }), own.run({ do: 'add', value: 1 })];
    const ended = Promise.allSettled(tasks);
    await own.close();
    await own.close();
    for (const task of await ended)
      expect(task).toMatchObject({ reason: { message: expect.stringContaining('was closed before') } });
    await expect(own.run({ do: 'add', value: 1 })).rejects.toThrow('the pool is closed');
  });

  it('a pool that nobody closed does not keep the process alive', () => {
    const script = fileURLToPath(new URL('./threads/alone.mjs', import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 30_000 });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '42\n' });
  });

  it('threads write into shared memory', async () => {
    expect(canShare()).toBe(true);
    const into = sharedFloats(4);
    expect([isShared(into), isShared(new Float32Array(1))]).toEqual([true, false]);
    await pool(1).run({ do: 'fill', into });
    expect([...into]).toEqual([3, 3, 3, 3]);
  });
});
