/**
 * GPTQ and AWQ: for a layer `l` the tensors `l.qweight`, `l.qzeros`, `l.scales` and, for GPTQ, `l.g_idx`.
 *
 * The two are told apart by shapes: GPTQ packs along `in`, AWQ along `out`. Widths and group sizes follow from the shapes too; only
 * whether zero points are stored less one (v1) or as they are (v2) is said by the configuration (`checkpoint_format`).
 * Specification: AutoGPTQ `QuantLinear.pack`, AutoAWQ `WQLinear_GEMM`; docs/design/bit-layouts.md, "Packed int4 families".
 */
import type { TensorFile, TensorInfo } from '@fewerbits/tensorfile';
import { type Findings, type Found, linear, type Recogniser, type Seen, spec } from './recogniser.ts';

const CODES = /^(.*)\.qweight$/s;

/** Codes in an int32 word of AWQ, which knows four bits only. */
const NIBBLES = 8;

export const gptq: Recogniser = {
  layout: 'GPTQ',
  async recognise(seen: Seen): Promise<Findings> {
    return eachLayer(seen, async (layer, qweight, qzeros, scales) => {
      const order = seen.byName.get(`${layer}.g_idx`);
      const [words, out] = qweight.shape as [number, number];
      const [groups, scaleOut] = scales.shape as [number, number];
      if (scaleOut !== out || (qzeros.shape[1] === scales.shape[1] && qzeros.shape[1] !== out)) return null;
      const bits = order === undefined ? bitsOfZeros(qzeros, out) : (32 * words) / order.shape[0]!;
      const into = order?.shape[0] ?? (32 * words) / bits;
      if (![2, 3, 4, 8].includes(bits) || into % groups !== 0)
        return `GPTQ at ${bits} bits in ${groups} groups`;
      if (order === undefined) return 'GPTQ without g_idx';
      const size = into / groups;
      const isOrdered = await countsUp(seen.file, order, size);
      const isSecond = seen.config.checkpoint_format === 'gptq_v2';
      if (!isOrdered && isSecond) return 'GPTQ v2 in activation order';
      const name = isSecond ? 'gptq_v2' : isOrdered ? 'gptq' : 'gptq_act_order';
      return linear(`${layer}.weight`, [out, into], spec(name, { bits, size }), {
        qweight: { tensor: qweight.name },
        qzeros: { tensor: qzeros.name },
        scales: { tensor: scales.name },
        g_idx: { tensor: order.name },
      });
    });
  },
};

export const awq: Recogniser = {
  layout: 'AWQ',
  async recognise(seen: Seen): Promise<Findings> {
    return eachLayer(seen, async (layer, qweight, qzeros, scales) => {
      const [into, words] = qweight.shape as [number, number];
      const [groups, out] = scales.shape as [number, number];
      if (words * NIBBLES !== out || seen.byName.has(`${layer}.g_idx`)) return null;
      if (into % groups !== 0 || qzeros.shape[0] !== groups) return `AWQ in ${groups} groups`;
      return linear(`${layer}.weight`, [out, into], spec('awq', { size: into / groups }), {
        qweight: { tensor: qweight.name },
        qzeros: { tensor: qzeros.name },
        scales: { tensor: scales.name },
      });
    });
  },
};

type Layer = (
  layer: string,
  qweight: TensorInfo,
  qzeros: TensorInfo,
  scales: TensorInfo,
) => Promise<Found | string | null>;

/** Asks `take` of each layer with the three tensors; `null`: another layout, a text: what of this one has no format. */
async function eachLayer({ byName }: Seen, take: Layer): Promise<Findings> {
  const found: Found[] = [];
  const notes: string[] = [];
  for (const qweight of byName.values()) {
    const layer = CODES.exec(qweight.name)?.[1];
    if (layer === undefined) continue;
    const qzeros = byName.get(`${layer}.qzeros`);
    const scales = byName.get(`${layer}.scales`);
    if (qzeros === undefined || scales === undefined) continue;
    if ([qweight, qzeros, scales].some(({ shape }) => shape.length !== 2)) continue;
    const one = await take(layer, qweight, qzeros, scales);
    if (typeof one === 'string') notes.push(`${layer}: ${one} has no format here`);
    else if (one !== null) found.push(one);
  }
  return { found, notes };
}

function bitsOfZeros(qzeros: TensorInfo, out: number): number {
  return (32 * qzeros.shape[1]!) / out;
}

/** Whether columns stand in the order of their groups: column i in group floor(i / size). */
async function countsUp(file: TensorFile, { name }: TensorInfo, size: number): Promise<boolean> {
  const groups = await file.readFloats(name);
  return groups.every((group, column) => group === Math.floor(column / size));
}
