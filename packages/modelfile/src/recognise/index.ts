/** The layouts that are recognised, in the order in which they are asked; a stored tensor belongs to the first that wants it. */
import { bitsandbytes } from './bitsandbytes.ts';
import { compressedTensors } from './compressed-tensors.ts';
import { described } from './described.ts';
import { gguf } from './gguf.ts';
import { awq, gptq } from './gptq.ts';
import { modelopt } from './modelopt.ts';
import type { Recogniser } from './recogniser.ts';

export const RECOGNISERS: readonly Recogniser[] = [
  described,
  gguf,
  bitsandbytes,
  gptq,
  awq,
  compressedTensors,
  modelopt,
];
