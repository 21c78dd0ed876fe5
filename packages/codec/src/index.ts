/** The reference interpreter of Formats: slow, obvious, and what every kernel is tested against; and the entropy coders. */

export { AGGREGATES, RUN_LENGTH } from './aggregates.ts';
export { buildModel, codedBits } from './entropy/build-model.ts';
export { countSymbols, idealBits, mergeCounts, type SymbolCounts } from './entropy/counts.ts';
export { chunkLength, decodeChunk, decodeSymbols } from './entropy/decode-symbols.ts';
export { type EntropyOptions, encodeSymbols } from './entropy/encode-symbols.ts';
export {
  type ReadOptions,
  readHeader,
  type StreamHeader,
  type StreamSize,
  streamSize,
} from './entropy/header.ts';
export type { Coder, Model } from './entropy/model.ts';
export { StreamError } from './entropy/stream-error.ts';
export type { SymbolArray, SymbolRange } from './entropy/symbol-array.ts';
export type { FitInput, FitResult, TileFit } from './fits/fit.ts';
export { CHOICE_FITS, NEAREST_FIT, RATE_FITS, TILE_FITS } from './fits/index.ts';
export { type CodecOptions, encodeFields, evaluateFields, interpreter } from './interpreter.ts';
export { fieldsOfSharedModels, type ModelTrainer, modelTrainer, type SharedModels } from './models.ts';
export { codeArray, emptyCodes, packStreams, unpackStreams } from './pack.ts';
export { fieldsToGive, requireExecutable, whyNotExecutable } from './support.ts';
