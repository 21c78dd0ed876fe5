/**
 * NVIDIA ModelOpt: NVFP4 (`l.weight` U8, `l.weight_scale` E4M3, `l.weight_scale_2` F32) and FP8 (`l.weight` E4M3, `l.weight_scale` F32).
 * Specification: docs/design/bit-layouts.md, "NVFP4".
 */
import { type Findings, type Found, linear, type Recogniser, type Seen, spec } from './recogniser.ts';

const SCALE = /^(.*)\.weight_scale$/s;

export const modelopt: Recogniser = {
  layout: 'ModelOpt',
  recognise({ byName }: Seen): Findings {
    const found: Found[] = [];
    for (const scale of byName.values()) {
      const layer = SCALE.exec(scale.name)?.[1];
      const weight = layer === undefined ? undefined : byName.get(`${layer}.weight`);
      if (weight === undefined || weight.shape.length !== 2) continue;
      const [out, stored] = weight.shape as [number, number];
      const codes = { tensor: weight.name };
      const scales = { tensor: scale.name };
      const second = byName.get(`${layer}.weight_scale_2`);
      if (weight.dtype === 'U8' && scale.dtype === 'F8_E4M3' && second?.dtype === 'F32')
        found.push(
          linear(weight.name, [out, 2 * stored], spec('nvfp4'), {
            weight: codes,
            weight_scale: scales,
            weight_scale_2: { tensor: second.name },
          }),
        );
      const isScalar = scale.shape.every((size) => size === 1);
      if (weight.dtype === 'F8_E4M3' && scale.dtype === 'F32' && isScalar)
        found.push(linear(weight.name, [out, stored], spec('e4m3'), { scale: scales, code: codes }));
    }
    return { found, notes: [] };
  },
};
