/** The reference interpreter of fixed-length Formats: slow, obvious, and what every kernel is tested against. */
export { AGGREGATES, RUN_LENGTH } from './aggregates.ts';
export { isCode } from './fields.ts';
export type { FitInput, FitResult, TileFit } from './fits/fit.ts';
export { CHOICE_FITS, NEAREST_FIT, TILE_FITS } from './fits/index.ts';
export { encodeFields, evaluateFields, interpreter } from './interpreter.ts';
export { codeArray, packStreams, unpackStreams } from './pack.ts';
export { fieldsToGive, requireExecutable, whyNotExecutable } from './support.ts';
