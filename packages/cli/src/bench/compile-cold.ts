/**
 * A process that compiles one Format, said on standard input, and prints how many milliseconds it took.
 */
import { readFileSync } from 'node:fs';
import type { Format } from '@fewerbits/format';
import type { Target } from '../target.ts';
import { compileOnce } from './compile.ts';

const { format, target } = JSON.parse(readFileSync(0, 'utf8')) as { format: Format; target: Target };
process.stdout.write(`${compileOnce(format, target)}\n`);
