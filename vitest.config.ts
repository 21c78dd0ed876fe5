import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run against the sources, so a failing line is a line somebody wrote.
const packages = fileURLToPath(new URL('./packages/', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@fewerbits\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@fewerbits\/([a-z-]+)\/([a-z-]+)$/, replacement: `${packages}$1/src/$2.ts` },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/*.test.ts'],
    testTimeout: 60_000,
  },
});
