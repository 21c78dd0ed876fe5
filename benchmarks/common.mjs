/**
 * What the benchmarks share: seeded weights, ggml's C, and rounds in which contenders take turns.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A seeded generator of whole numbers of some bits (xorshift32). */
export function random(bits) {
  let state = 12345;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 2 ** bits;
  };
}

/** Sums of twelve uniform numbers, near enough to Gaussian. */
export function gaussian(length) {
  const next = random(16);
  return Float32Array.from({ length }, () => {
    let sum = -6;
    for (let k = 0; k < 12; k++) sum += next() / 2 ** 16;
    return 0.02 * sum;
  });
}

/** Milliseconds for which a contender runs before it is timed: engines compile what runs often. */
const WARM = 150;

/** Runs something for a while. */
export function warm(run) {
  for (const end = performance.now() + WARM; performance.now() < end; ) run();
}

/**
 * Times jobs in shuffled rounds.
 * @param jobs functions by name
 * @param pick of the times of a job, ascending: the median, unless it is said
 * @returns one time of each in nanoseconds
 */
export function timeInRounds(jobs, rounds, pick = median) {
  const times = new Map(Object.keys(jobs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = Object.keys(jobs);
    for (const [k] of order.entries()) {
      const other = (k * 7919 + round * 104_729) % order.length;
      [order[k], order[other]] = [order[other], order[k]];
    }
    for (const name of order) {
      // Once untimed: what ran before must not decide what is in the cache.
      jobs[name]();
      const start = process.hrtime.bigint();
      jobs[name]();
      times.get(name).push(Number(process.hrtime.bigint() - start));
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, pick(list.sort((a, b) => a - b))]));
}

function median(list) {
  return list[Math.floor(list.length / 2)];
}

/** ggml's library, or null where the peer is not installed. */
export function openGgml() {
  try {
    const peer = new URL('../test/peers/ggml/', import.meta.url);
    const koffi = createRequire(new URL('package.json', peer))('koffi');
    const binary = 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/libggml-base.so';
    return koffi.load(fileURLToPath(new URL(binary, peer)));
  } catch (error) {
    console.error(`without ggml (${error.message.split('\n')[0]}); npm install --prefix test/peers/ggml`);
    return null;
  }
}
