/** Drops what no stored weight needs: operands of operations that were folded away. */
import { type Kernel, operandsOf, type Value } from './ir.ts';

/** The same kernel with only the values that its stores need, in the same order. */
export function prune(kernel: Kernel): Kernel {
  const { values, stores } = kernel;
  const needed = new Array<boolean>(values.length).fill(false);
  for (const { value } of stores) needed[value] = true;
  for (let k = values.length - 1; k >= 0; k--)
    if (needed[k]) for (const a of operandsOf(values[k]!)) needed[a] = true;
  let next = 0;
  const place = needed.map((keep) => (keep ? next++ : -1));
  const moved = (value: Value): Value =>
    'args' in value ? ({ ...value, args: value.args.map((k) => place[k]!) } as unknown as Value) : value;
  return {
    ...kernel,
    values: values.filter((_, k) => needed[k]).map(moved),
    stores: stores.map(({ offset, value }) => ({ offset, value: place[value]! })),
  };
}
