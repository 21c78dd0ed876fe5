/** Uses a pool and forgets to close it: the process must end all the same. */
import { makePool } from '../../dist/index.js';

const pool = makePool({ module: new URL('./counting.mjs', import.meta.url), threads: 2, start: { add: 1 } });
console.log(await pool.run({ do: 'add', value: 41 }));
