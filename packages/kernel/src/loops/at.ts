/** Places that loops move (`At`), and the tiles that they lie in. */
import type { At } from '../ir.ts';

/** A place that no loop moves. */
export function fixed(base: number): At {
  return { base, steps: [] };
}

export function plus(a: At, b: At): At {
  return { base: a.base + b.base, steps: [...a.steps, ...b.steps] };
}

export function times({ base, steps }: At, factor: number): At {
  if (factor === 0) return fixed(0);
  return { base: base * factor, steps: steps.map(({ loop, by }) => ({ loop, by: by * factor })) };
}

/** A text that equal places share. */
export function keyOfAt({ base, steps }: At): string {
  return [base, ...steps.map(({ loop, by }) => `${loop}*${by}`)].join('+');
}

/**
 * The tile of `width` weights that a weight lies in, or null where no such place says it: a loop that runs across tiles by other
 * steps than whole tiles.
 * @param turns of each loop
 */
export function tileOf({ base, steps }: At, width: number, turns: readonly number[]): At | null {
  let within = base % width;
  const outer: { loop: number; by: number }[] = [];
  for (const { loop, by } of steps) {
    if (by % width === 0) outer.push({ loop, by: by / width });
    else within += by * (turns[loop]! - 1);
  }
  return within < width ? { base: Math.floor(base / width), steps: outer } : null;
}
