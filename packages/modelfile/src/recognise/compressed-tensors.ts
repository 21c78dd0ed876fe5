/**
 * compressed-tensors (vLLM, llm-compressor): `pack-quantized` integers and `nvfp4-pack-quantized`.
 *
 * For a layer `l`: `l.weight_packed`, `l.weight_scale`, and `l.weight_shape` (the model's shape) or `l.weight_global_scale`.
 * Specification: compressed-tensors `pack_to_int32`; docs/design/bit-layouts.md, "Packed int4 families" and "NVFP4".
 */
import type { TensorInfo } from '@fewerbits/tensorfile';
import { type Findings, type Found, linear, type Recogniser, type Seen, spec } from './recogniser.ts';

const PACKED = /^(.*)\.weight_packed$/s;

export const compressedTensors: Recogniser = {
  layout: 'compressed-tensors',
  async recognise(seen: Seen): Promise<Findings> {
    const found: Found[] = [];
    const notes: string[] = [];
    for (const packed of seen.byName.values()) {
      const layer = PACKED.exec(packed.name)?.[1];
      const scale = layer === undefined ? undefined : seen.byName.get(`${layer}.weight_scale`);
      if (layer === undefined || scale === undefined || packed.shape.length !== 2) continue;
      const one = seen.byName.has(`${layer}.weight_global_scale`)
        ? nvfp4(seen, layer, packed)
        : await integers(seen, layer, packed, scale);
      if (typeof one === 'string') notes.push(`${layer}: ${one}`);
      else found.push(one);
    }
    return { found, notes };
  },
};

/** Types of scales, by the number that the format's parameter takes. */
const SCALES: Readonly<Record<string, string>> = { BF16: 'bf16', F16: 'f16', F32: 'f32' };

async function integers(
  { file, byName }: Seen,
  layer: string,
  packed: TensorInfo,
  scale: TensorInfo,
): Promise<Found | string> {
  for (const extra of ['weight_zero_point', 'weight_g_idx'])
    if (byName.has(`${layer}.${extra}`)) return `packed integers with ${extra} have no format here`;
  const stored = byName.get(`${layer}.weight_shape`);
  if (stored === undefined) return 'packed integers without weight_shape';
  const [out, into] = await file.readFloats(stored.name);
  const words = packed.shape[1]!;
  const bits = into === undefined ? -1 : Math.floor((32 * words) / into);
  if (
    out !== packed.shape[0] ||
    into === undefined ||
    bits < 1 ||
    bits > 8 ||
    words !== Math.ceil((into * bits) / 32)
  )
    return `weight_shape says [${out}, ${into}], which no width packs into [${packed.shape.join(', ')}]`;
  const groups = scale.shape[1] ?? 1;
  const scales = SCALES[scale.dtype];
  if (into % groups !== 0 || scales === undefined)
    return `scales [${scale.shape.join(', ')}] of ${scale.dtype} have no format here`;
  return linear(
    `${layer}.weight`,
    [out, into],
    spec('compressed_tensors', { bits, size: into / groups, scales }),
    { weight_packed: { tensor: packed.name }, weight_scale: { tensor: scale.name } },
    [stored.name],
  );
}

function nvfp4(_: Seen, layer: string, { name, shape }: TensorInfo): Found {
  return linear(`${layer}.weight`, [shape[0]!, 2 * shape[1]!], spec('nvfp4_compressed_tensors'), {
    weight_packed: { tensor: name },
    weight_scale: { tensor: `${layer}.weight_scale` },
    weight_global_scale: { tensor: `${layer}.weight_global_scale` },
  });
}
