/** Drops what nothing stored needs: operands of operations that were folded away. */
import { operandsOf, type Program, type Value } from './ir.ts';

/** A kernel of any kind: what it stores are values, and an encoder says besides whether a unit is sound. */
type Storing = Program & {
  readonly stores: readonly { readonly value: number }[];
  readonly sound?: number;
};

/** The same kernel with only the values that are needed, in the same order. */
export function prune<K extends Storing>(kernel: K): K {
  const { values, stores, sound } = kernel;
  const needed = new Array<boolean>(values.length).fill(false);
  for (const { value } of stores) needed[value] = true;
  if (sound !== undefined) needed[sound] = true;
  for (let k = values.length - 1; k >= 0; k--)
    if (needed[k]) for (const a of operandsOf(values[k]!)) needed[a] = true;
  let next = 0;
  const place = needed.map((keep) => (keep ? next++ : -1));
  const moved = (value: Value): Value =>
    'args' in value ? ({ ...value, args: value.args.map((k) => place[k]!) } as unknown as Value) : value;
  return {
    ...kernel,
    values: values.filter((_, k) => needed[k]).map(moved),
    stores: stores.map((store) => ({ ...store, value: place[store.value]! })),
    ...(sound === undefined ? {} : { sound: place[sound]! }),
  };
}
