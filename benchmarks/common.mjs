/**
 * What the benchmarks share: seeded weights, ggml's C, and rounds in which contenders take turns.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export { median, timeInRounds, warm } from '../packages/cli/dist/bench/rounds.js';
export { gaussian, packedFor, random } from '../packages/cli/dist/bench/weights.js';

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
