/** The fit `mse_scale` against a dense scan and against every storable scale, and in formats against `search` on every block. */
import { compileFormat } from './source-format.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpreter } from '../src/index.ts';
import { meanSquareScale } from '../src/trained/mean-square-scale.ts';
