/** Drops what nothing stored needs: operands of operations that were folded away. */
import { type Item, itemsOf, type Looped, operandsOf, type Program, type Value } from './ir.ts';

/** A kernel that stores values. */
type Storing = Program & { readonly stores: readonly { readonly value: number }[] };

/** The same kernel with only the values that are needed, in the same order. */
export function prune<K extends Storing>(kernel: K): K {
  const { values, stores } = kernel;
  const needed = new Array<boolean>(values.length).fill(false);
  for (const { value } of stores) needed[value] = true;
  for (let k = values.length - 1; k >= 0; k--)
    if (needed[k]) for (const a of operandsOf(values[k]!)) needed[a] = true;
  const { kept, place } = moved(values, needed);
  return {
    ...kernel,
    values: kept,
    stores: stores.map((store) => ({ ...store, value: place(store.value) })),
  };
}

/** The same for kernels with loops; loops that carry and do nothing, and arrays that nothing reads, go too. */
export function pruneLoops<K extends Looped>(kernel: K): K {
  const { values } = kernel;
  const asked = withoutImplied(kernel.body, values);
  const items = [...itemsOf(asked)];
  const needed = new Array<boolean>(values.length).fill(false);
  const read = new Set<number>();
  const carriedBy = new Map(items.flatMap((item) => (item.do === 'loop' ? [[item.loop, item.carried]] : [])));
  const need = (k: number): void => {
    if (needed[k]) return;
    needed[k] = true;
    const value = values[k]!;
    for (const a of operandsOf(value)) need(a);
    if (value.op === 'carried' || value.op === 'result') {
      const { start, next } = carriedBy.get(value.loop)![value.slot]!;
      need(start);
      need(next);
    }
    if ((value.op !== 'get' && value.op !== 'peek') || read.has(value.array)) return;
    read.add(value.array);
    for (const item of items) if (item.do === 'put' && item.array === value.array) need(item.value);
  };
  for (const item of items) {
    if (item.do === 'store' || item.do === 'give' || item.do === 'require') need(item.value);
    if (item.do === 'loop') for (const k of [item.when, item.more]) if (k !== null) need(k);
  }
  const slots = new Set(
    values.flatMap((value, k) =>
      needed[k] && (value.op === 'carried' || value.op === 'result') ? `${value.loop}/${value.slot}` : [],
    ),
  );
  /** The slots of a loop that are needed, and which of them a slot becomes. */
  const slotsOf = (loop: number): number[] =>
    [...carriedBy.get(loop)!.keys()].filter((slot) => slots.has(`${loop}/${slot}`));
  const { kept, place } = moved(values, needed);
  const renumbered = kept.map(
    (value): Value =>
      value.op === 'carried' || value.op === 'result'
        ? { ...value, slot: slotsOf(value.loop).indexOf(value.slot) }
        : value,
  );
  const bodyOf = (body: readonly Item[]): Item[] =>
    body.flatMap((item): Item[] => {
      if (item.do === 'value') return needed[item.value] ? [{ ...item, value: place(item.value) }] : [];
      if (item.do === 'put' && !read.has(item.array)) return [];
      if (item.do !== 'loop') return [{ ...item, value: place(item.value) }];
      const carried = slotsOf(item.loop).map((slot) => {
        const { start, next } = item.carried[slot]!;
        return { start: place(start), next: place(next) };
      });
      const inside = bodyOf(item.body);
      if (inside.length === 0 && carried.length === 0) return [];
      const placed = (k: number | null): number | null => (k === null ? null : place(k));
      return [{ ...item, carried, when: placed(item.when), more: placed(item.more), body: inside }];
    });
  return { ...kernel, values: renumbered, body: bodyOf(asked) };
}

/** Without what is required of a magnitude where a smaller bound is, too. */
function withoutImplied(body: readonly Item[], values: readonly Value[]): Item[] {
  const least = new Map<number, number>();
  const boundOf = (k: number): readonly [number, number] | null => {
    const value = values[k]!;
    const bound = value.op === 'lt' ? values[value.args[1]]! : null;
    return value.op === 'lt' && bound?.op === 'real' && values[value.args[0]]!.op === 'abs'
      ? [value.args[0], bound.value]
      : null;
  };
  for (const item of body) {
    const bound = item.do === 'require' ? boundOf(item.value) : null;
    if (bound !== null) least.set(bound[0], Math.min(bound[1], least.get(bound[0]) ?? Infinity));
  }
  return body.flatMap((item): Item[] => {
    if (item.do === 'loop') return [{ ...item, body: withoutImplied(item.body, values) }];
    const bound = item.do === 'require' ? boundOf(item.value) : null;
    return bound === null || bound[1] === least.get(bound[0]) ? [item] : [];
  });
}

/** The values that are needed, and where each of them stands now. */
function moved(values: readonly Value[], needed: readonly boolean[]) {
  let next = 0;
  const places = needed.map((keep) => (keep ? next++ : -1));
  const place = (k: number): number => places[k]!;
  const kept = values
    .filter((_, k) => needed[k])
    .map((value) =>
      'args' in value ? ({ ...value, args: value.args.map(place) } as unknown as Value) : value,
    );
  return { kept, place };
}
