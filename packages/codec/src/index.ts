/** The reference interpreter of Formats: slow, obvious, and what every kernel is tested against; and the entropy coders. */

export { AGGREGATES, RUN_LENGTH } from './aggregates.ts';
export { buildModel, codedBits } from './entropy/build-model.ts';
export { countSymbols, idealBits, mergeCounts, type SymbolCounts } from './entropy/counts.ts';
export { checksumTables } from './entropy/crc32c.ts';
export {
  chunkLength,
  decodeChunk,
  decodeSymbols,
  type OpenChunk,
  openChunk,
  readEscapesOf,
} from './entropy/decode-symbols.ts';
export { type EntropyOptions, encodeSymbols } from './entropy/encode-symbols.ts';
export {
  type ReadOptions,
  readHeader,
  type StreamHeader,
  type StreamSize,
  streamSize,
} from './entropy/header.ts';
export { type HuffmanTable, SEGMENT } from './entropy/huffman.ts';
export { type Coder, hasEscape, type Model } from './entropy/model.ts';
export { LANES as RANS_LANES, type RansTable } from './entropy/rans.ts';
export { StreamError } from './entropy/stream-error.ts';
export { rangeOfArray, type SymbolArray, type SymbolRange } from './entropy/symbol-array.ts';
export { TINY } from './fits/extremes.ts';
export type { FitInput, FitResult, TileFit } from './fits/fit.ts';
export { CHOICE_FITS, NEAREST_FIT, RATE_FITS, TENSOR_FITS, TILE_FITS } from './fits/index.ts';
export { type CodecOptions, encodeFields, evaluateFields, interpreter } from './interpreter.ts';
export {
  fieldsOfSharedModels,
  type ModelTrainer,
  modelTrainer,
  outsideModels,
  type SharedModels,
} from './models.ts';
export { applyOutliers, readOutliers } from './outliers.ts';
export {
  codeArray,
  emptyCodes,
  type OutsideModels,
  packStreams,
  unpackStored,
  unpackStreams,
} from './pack.ts';
export { rotateWeights } from './steps.ts';
export { storedChoices } from './stored-choices.ts';
export { fieldsToGive, requireExecutable, whyNotExecutable } from './support.ts';
