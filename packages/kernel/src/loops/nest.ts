/**
 * Builds a body of loops: values stand as far out as their operands let them, and equal ones are one.
 *
 * A value goes to the innermost loop that one of its operands, or its place, belongs to, whichever loop is being written; so what
 * is the same in every turn of a loop stands before it, and no pass has to move it there.
 */
import { type Builder, builderOver, keyOfValue } from '../builder.ts';
import { type At, type Item, type Looped, operandsOf, type ScratchArray, type Value } from '../ir.ts';
import { fixed, plus, times } from './at.ts';
import type { Counted } from './runs.ts';

/** A builder that writes loops. */
export interface Nest extends Builder {
  readonly short: boolean;
  /** Turns of each loop. */
  readonly turns: readonly number[];
  /** `turns` turns of a body, given the turn; a single one is no loop. */
  loop(turns: number, body: (turn: At) => void): void;
  /**
   * A loop that carries values: the body takes what they are and gives what they are after the turn; the last of them. The body may
   * say by a value that is 0 when further turns would change nothing; `when` is one that says so of all turns.
   */
  fold(
    turns: number,
    starts: readonly number[],
    body: (turn: At, carried: readonly number[], goOnWhile: (more: number) => void) => readonly number[],
    when?: number | null,
  ): readonly number[];
  /** Writes not where the caller stands but in the loops that move a place, before whatever is inside them. */
  outside<T>(at: At, write: () => T): T;
  weight(at: At): number;
  /** A turn as a real. */
  turnOf(turn: At): number;
  /** An element of a table, or four from there. */
  listed(table: Float32Array, at: At, type?: 'f32' | 'f32x4'): number;
  array(type: ScratchArray['type'], length: number): number;
  put(array: number, at: At, value: number): void;
  /** An element of an array that was filled in loops before. */
  get(array: number, at: At): number;
  /** An element of an array as it is now. */
  peek(array: number, at: At): number;
  store(source: number, at: At, bytes: 1 | 2 | 4, value: number): void;
  read(source: number, at: At, bytes: 1 | 2 | 4): number;
  read16(source: number, at: At): number;
  placed(at: At): number;
  give(at: At, value: number): void;
  /** Leaves the unit to the interpreter unless a value is 1. */
  require(value: number): void;
  /** What was written. */
  finish(): Pick<Looped, 'loops' | 'arrays' | 'body'>;
}

/**
 * Loops around a body, outermost first.
 * @param copies how often at most the body is written in a turn of the innermost loop
 * @param body takes how far they move each place
 */
export function inLoops(
  b: Nest,
  loops: readonly Counted[],
  places: number,
  copies: number,
  body: (moved: readonly At[]) => void,
): void {
  const go = (k: number, moved: readonly At[]): void => {
    if (k === loops.length) {
      body(moved);
      return;
    }
    const { turns, by } = loops[k]!;
    const written = k + 1 === loops.length ? copiesOf(turns, copies) : 1;
    b.loop(turns / written, (turn) => {
      for (let copy = 0; copy < written; copy++) {
        const own = plus(times(turn, written), fixed(copy));
        go(
          k + 1,
          moved.map((at, n) => plus(at, times(own, by[n]!))),
        );
      }
    });
  };
  go(0, new Array<At>(places).fill(fixed(0)));
}

/** How often a body is written in a turn: the largest divisor of the turns that is at most `most`. */
export function copiesOf(turns: number, most: number): number {
  for (let divisor = Math.min(turns, most); divisor > 1; divisor--) if (turns % divisor === 0) return divisor;
  return 1;
}

/** What is being written: the unit, or the body of a loop. */
interface Region {
  readonly depth: number;
  readonly items: Item[];
  readonly known: Map<string, number>;
  readonly required: Set<number>;
}

/** @param short whether what is written should be short rather than fast */
export function makeNest(short = false): Nest {
  const values: Value[] = [];
  /** Where each value stands. */
  const homes: Region[] = [];
  const turns: number[] = [];
  /** The body of each loop. */
  const bodies: Region[] = [];
  const arrays: ScratchArray[] = [];
  const region = (depth: number): Region => ({ depth, items: [], known: new Map(), required: new Set() });
  const unit = region(0);
  let open: Region[] = [unit];
  const innermost = (): Region => open.at(-1)!;

  const deeper = (a: Region, b: Region): Region => (b.depth > a.depth ? b : a);
  const movedBy = ({ steps }: At): Region => steps.map(({ loop }) => bodies[loop]!).reduce(deeper, unit);
  const homeOf = (value: Value): Region => {
    if (value.op === 'peek') return innermost();
    if (value.op === 'turn') return bodies[value.loop]!;
    const own = 'at' in value ? movedBy(value.at) : unit;
    return operandsOf(value)
      .map((k) => homes[k]!)
      .reduce(deeper, own);
  };
  const append = (value: Value, home: Region): number => {
    homes.push(home);
    return values.push(value) - 1;
  };
  const add = (value: Value): number => {
    const home = homeOf(value);
    const key = keyOfValue(value);
    const known = value.op === 'peek' ? undefined : home.known.get(key);
    if (known !== undefined) return known;
    const index = append(value, home);
    home.known.set(key, index);
    home.items.push({ do: 'value', value: index });
    return index;
  };
  const b = builderOver(values, add);
  const typeOf = (value: number): ScratchArray['type'] => b.typeOf(value) as ScratchArray['type'];

  const fold: Nest['fold'] = (count, starts, body, when = null) => {
    if (count === 1) return body(fixed(0), starts, () => {});
    const loop = turns.push(count) - 1;
    const inside = region(innermost().depth + 1);
    bodies.push(inside);
    const carried = starts.map((start, slot) =>
      append({ op: 'carried', type: typeOf(start), loop, slot }, inside),
    );
    open.push(inside);
    let more: number | null = null;
    const next = body({ base: 0, steps: [{ loop, by: 1 }] }, carried, (value) => {
      more = value;
    });
    open.pop();
    innermost().items.push({
      do: 'loop',
      loop,
      carried: starts.map((start, slot) => ({ start, next: next[slot]! })),
      when,
      more,
      body: inside.items,
    });
    return starts.map((start, slot) =>
      append({ op: 'result', type: typeOf(start), loop, slot }, innermost()),
    );
  };
  return {
    ...b,
    short,
    turns,
    fold,
    loop: (count, body) => {
      fold(count, [], (turn) => {
        body(turn);
        return [];
      });
    },
    outside: (at, write) => {
      const inner = open;
      open = open.slice(0, open.indexOf(movedBy(at)) + 1);
      const result = write();
      open = inner;
      return result;
    },
    turnOf: ({ base, steps }) => {
      const [step] = steps;
      return step === undefined ? b.real(base) : add({ op: 'turn', type: 'f32', loop: step.loop });
    },
    weight: (at) => add({ op: 'weight', type: 'f32', at }),
    listed: (table, at, type = 'f32') => add({ op: 'listed', type, table: b.table(table), at }),
    array: (type, length) => arrays.push({ type, length }) - 1,
    put: (array, at, value) => {
      innermost().items.push({ do: 'put', array, at, value });
    },
    get: (array, at) => add({ op: 'get', type: arrays[array]!.type, array, at }),
    peek: (array, at) => add({ op: 'peek', type: arrays[array]!.type, array, at }),
    store: (source, at, bytes, value) => {
      innermost().items.push({ do: 'store', source, at, bytes, value });
    },
    read: (source, at, bytes) => add({ op: 'read', type: 'i32', source, at, bytes }),
    placed: (at) => add({ op: 'placed', type: 'i32', at }),
    read16: (source, at) => add({ op: 'read16', type: 'u8x16', source, at }),
    give: (at, value) => {
      innermost().items.push({ do: 'give', at, value });
    },
    require: (value) => {
      const known = values[value]!;
      if (known.op === 'real' && known.value === 1) return;
      const home = homes[value]!;
      if (home.required.has(value)) return;
      home.required.add(value);
      home.items.push({ do: 'require', value });
    },
    finish: () => ({ loops: turns, arrays, body: unit.items }),
  };
}
