/**
 * GGUF: each block type of ggml is a format of the catalogue. Specification: docs/design/bit-layouts.md, "ggml".
 */
import { type Findings, NOTHING, type Recogniser, type Seen, spec } from './recogniser.ts';

/** Formats of the catalogue by ggml type; both names are public, so neither can be derived from the other. */
export const FORMAT_OF_GGML_TYPE: Readonly<Record<string, string>> = {
  Q4_0: 'q4_0',
  Q4_1: 'q4_1',
  Q5_0: 'q5_0',
  Q5_1: 'q5_1',
  Q8_0: 'q8_0',
  Q8_1: 'q8_1',
  Q2_K: 'q2_k',
  Q3_K: 'q3_k',
  Q4_K: 'q4_k',
  Q5_K: 'q5_k',
  Q6_K: 'q6_k',
  Q8_K: 'q8_k',
  IQ2_XXS: 'iq2_xxs',
  IQ2_XS: 'iq2_xs',
  IQ3_XXS: 'iq3_xxs',
  IQ1_S: 'iq1_s',
  IQ4_NL: 'iq4_nl',
  IQ3_S: 'iq3_s',
  IQ2_S: 'iq2_s',
  IQ4_XS: 'iq4_xs',
  IQ1_M: 'iq1_m',
  TQ1_0: 'tq1_0',
  TQ2_0: 'tq2_0',
  MXFP4: 'ggml_mxfp4',
  NVFP4: 'ggml_nvfp4',
  Q1_0: 'q1_0',
  Q2_0: 'q2_0',
};

export const gguf: Recogniser = {
  layout: 'GGUF',
  recognise({ file }: Seen): Findings {
    if (file.container !== 'gguf') return NOTHING;
    const found = file.tensors.flatMap(({ name, shape, dtype, axisReason }) => {
      const format = FORMAT_OF_GGML_TYPE[dtype];
      if (format === undefined) return [];
      return [
        {
          name,
          shape,
          axis: shape.length < 2 ? null : shape.length - 1,
          axisReason,
          format: spec(format),
          models: {},
          parts: { '': { tensor: name } },
          beside: [],
        },
      ];
    });
    return { found, notes: [] };
  },
};
