/** Properties as vitest tests, with a seed each. */
import * as fc from 'fast-check';
import { it } from 'vitest';

export { fc };

export const test = {
  prop:
    <T extends [unknown, ...unknown[]]>(
      arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
      options: { seed: number; numRuns: number },
    ) =>
    (name: string, law: (...values: T) => void): void => {
      it(name, () => fc.assert(fc.property(...arbitraries, law), options));
    },
};
