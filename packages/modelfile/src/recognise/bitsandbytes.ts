/**
 * bitsandbytes in safetensors, as transformers saves it: 4-bit codes with a state of settings in JSON, and LLM.int8 rows.
 *
 * For a weight `w`: `w` U8 [bytes, 1], `w.absmax` F32 (U8 where scales are quantised again, with `w.nested_absmax`, and the mean
 * in the JSON), `w.quant_map` and `w.nested_quant_map` (tables that the Format knows), `w.quant_state.bitsandbytes__nf4` (JSON in
 * a U8 tensor). LLM.int8: `w` I8 [out, in] and `SCB` F32 [out] beside it.
 * Specification: bitsandbytes `QuantState.as_dict(packed=True)`; docs/design/bit-layouts.md, "bitsandbytes".
 */
import { type Findings, type Found, linear, OUT_IN, type Recogniser, type Seen, spec } from './recogniser.ts';
import { isCount, littleEndianFloat, parseSettings } from './settings.ts';

const STATE = /^(.*)\.quant_state\.bitsandbytes__(\w+)$/s;

export const bitsandbytes: Recogniser = {
  layout: 'bitsandbytes',
  async recognise(seen: Seen): Promise<Findings> {
    const found: Found[] = [];
    const notes: string[] = [];
    for (const name of seen.byName.keys()) {
      const state = STATE.exec(name);
      if (state !== null) {
        const one = await fourBits(seen, name, state[1]!, state[2]!);
        if (typeof one === 'string') notes.push(`${state[1]}: ${one}`);
        else found.push(one);
      }
      if (name === 'SCB' || name.endsWith('.SCB')) {
        const one = int8(seen, name);
        if (one !== null) found.push(one);
      }
    }
    return { found, notes };
  },
};

/** A 4-bit weight, or why it is none of ours. */
async function fourBits(
  { file, byName }: Seen,
  stateName: string,
  weight: string,
  kind: string,
): Promise<Found | string> {
  const settings = parseSettings(await file.readBytes(stateName));
  if (settings === null) return `${stateName} is not JSON`;
  const { shape, blocksize, nested_offset: offset, nested_blocksize: nested } = settings;
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(blocksize))
    return `${stateName} says no shape and blocksize`;
  const isNested = byName.has(`${weight}.nested_absmax`);
  const name =
    kind === 'nf4' ? (isNested ? 'nf4_double' : 'nf4') : kind === 'fp4' && !isNested ? 'fp4_bnb' : null;
  if (name === null) return `bitsandbytes ${kind}${isNested ? ' with nested scales' : ''} has no format here`;
  if (isNested && (nested !== 256 || typeof offset !== 'number'))
    return 'nested scales in blocks of 256 with their mean are known, others are not';
  const parts = {
    weight: { tensor: weight },
    absmax: { tensor: `${weight}.absmax` },
    ...(isNested && typeof offset === 'number'
      ? {
          nested_absmax: { tensor: `${weight}.nested_absmax` },
          nested_offset: { bytes: littleEndianFloat(offset) },
        }
      : {}),
  };
  const beside = [stateName, `${weight}.quant_map`, `${weight}.nested_quant_map`].filter((part) =>
    byName.has(part),
  );
  return {
    name: weight,
    shape,
    axis: shape.length < 2 ? null : 1,
    axisReason: OUT_IN,
    format: spec(name, { size: blocksize }),
    models: {},
    parts,
    beside,
  };
}

/** Rows of 8-bit codes; the outlier columns of LLM.int8 are found in activations, not stored. */
function int8({ byName }: Seen, scales: string): Found | null {
  const weight = scales.replace(/SCB$/, 'weight');
  const codes = byName.get(weight);
  const rows = byName.get(scales);
  if (codes?.dtype !== 'I8' || codes.shape.length !== 2 || rows?.dtype !== 'F32') return null;
  const [out, into] = codes.shape as [number, number];
  const beside = [`${weight}_format`].filter((part) => byName.has(part));
  return linear(
    weight,
    [out, into],
    spec('int8_bnb'),
    { weight: { tensor: weight }, SCB: { tensor: scales } },
    beside,
  );
}
