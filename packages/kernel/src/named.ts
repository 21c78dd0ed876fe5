/** Which values of a kernel with loops a target keeps under a name; the others are written where they are used. */
import { type Item, type Looped, operandsOf } from './ir.ts';

/**
 * For each value: whether it is used more than once, in a loop that follows, or after something that could change what it reads.
 * Constants and what loops carry need no name of their own.
 * @param usesOf how often an item writes its value; an operation, each of its operands
 */
export function namedIn(
  { values, body }: Looped,
  usesOf: (item: Exclude<Item, { do: 'value' | 'loop' }>) => number,
  pushesOf: (op: Looped['values'][number]['op']) => number = () => 1,
): boolean[] {
  const uses = new Array<number>(values.length).fill(0);
  /** Stretches of a body between effects, numbered: where a value stands, and where it is written if it has no name. */
  const own: number[] = [];
  const written: number[] = [];
  const use = (k: number, stretch: number, times = 1): void => {
    uses[k]! += times;
    written[k] = stretch;
  };
  let last = 0;
  const walk = (items: readonly Item[]): number => {
    let stretch = ++last;
    for (const item of items) {
      if (item.do === 'value') {
        own[item.value] = stretch;
        continue;
      }
      if (item.do !== 'loop') {
        use(item.value, stretch, usesOf(item));
        if (item.do === 'put') stretch = ++last;
        continue;
      }
      for (const { start } of item.carried) use(start, stretch);
      if (item.when !== null) use(item.when, stretch);
      const end = walk(item.body);
      for (const { next } of item.carried) use(next, end);
      if (item.more !== null) use(item.more, end);
      stretch = ++last;
    }
    return stretch;
  };
  walk(body);
  const isPlain = (k: number): boolean =>
    ['int', 'real', 'turn', 'carried', 'result'].includes(values[k]!.op);
  const named = new Array<boolean>(values.length).fill(false);
  // What reads a value stands behind it.
  for (let k = values.length - 1; k >= 0; k--) {
    named[k] = !isPlain(k) && (uses[k]! > 1 || own[k] !== written[k]);
    const value = values[k]!;
    for (const a of operandsOf(value)) use(a, named[k] ? own[k]! : written[k]!, pushesOf(value.op));
  }
  return named;
}
