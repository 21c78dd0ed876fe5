/** Drops what nothing stored needs: operands of operations that were folded away. */
import { type EncodeKernel, type Kernel, operandsOf, type UnpackKernel, type Value } from './ir.ts';

/** The same kernel with only the values that its stores need, in the same order. */
export function prune(kernel: Kernel): Kernel {
  const { values, place } = needed(
    kernel.values,
    kernel.stores.map(({ value }) => value),
  );
  return {
    ...kernel,
    values,
    stores: kernel.stores.map((store) => ({ ...store, value: place[store.value]! })),
  };
}

/** The same for an unpacker. */
export function pruneUnpacker(kernel: UnpackKernel): UnpackKernel {
  const { values, place } = needed(
    kernel.values,
    kernel.stores.map(({ value }) => value),
  );
  return {
    ...kernel,
    values,
    stores: kernel.stores.map((store) => ({ ...store, value: place[store.value]! })),
  };
}

/** The same for an encoder. */
export function pruneEncoder(kernel: EncodeKernel): EncodeKernel {
  const { values, place } = needed(kernel.values, [...kernel.stores.map(({ value }) => value), kernel.sound]);
  return {
    ...kernel,
    values,
    stores: kernel.stores.map((store) => ({ ...store, value: place[store.value]! })),
    sound: place[kernel.sound]!,
  };
}

/** The values that some of them need, and the new place of each. */
function needed(values: readonly Value[], roots: readonly number[]): { values: Value[]; place: number[] } {
  const keep = new Array<boolean>(values.length).fill(false);
  for (const root of roots) keep[root] = true;
  for (let k = values.length - 1; k >= 0; k--)
    if (keep[k]) for (const a of operandsOf(values[k]!)) keep[a] = true;
  let next = 0;
  const place = keep.map((kept) => (kept ? next++ : -1));
  const moved = (value: Value): Value =>
    'args' in value ? ({ ...value, args: value.args.map((k) => place[k]!) } as unknown as Value) : value;
  return { values: values.filter((_, k) => keep[k]).map(moved), place };
}
