/** Loops of known turns in a module: counters, and places in memory that they move. */
import type { At } from '@fewerbits/kernel';
import type { Code } from '@fewerbits/wasm-assembler';

/** A loop whose counter goes from 0 on by `step` bytes, so that it moves places in memory as it is; its body may name a local that is 0 when the loop may end. */
export function counted(
  code: Code,
  turn: number,
  turns: number,
  step: number,
  body: () => number | null,
): void {
  code.i32(0);
  code.set(turn);
  code.loop(() => {
    const goesOn = body();
    code.get(turn);
    code.i32(step);
    code.op('i32.add');
    code.tee(turn);
    code.i32(step * turns);
    code.op('i32.lt_u');
    if (goesOn !== null) {
      code.get(goesOn);
      code.op('i32.and');
    }
    code.brIf(0);
  });
}

/** The counter on the stack, which counts by `step`, as bytes: `factor` of them for each turn. */
export function scaled(code: Code, factor: number, step: number): void {
  if (factor === step) return;
  const shift = Math.log2(factor / step);
  if (Number.isInteger(shift)) {
    code.i32(Math.abs(shift));
    code.op(shift > 0 ? 'i32.shl' : 'i32.shr_u');
    return;
  }
  const by = factor / step;
  code.i32(Number.isInteger(by) ? by : factor);
  code.op('i32.mul');
  if (Number.isInteger(by)) return;
  code.i32(Math.log2(step));
  code.op('i32.shr_u');
}

/** A place in memory: bytes that loops move from what a local holds (null: the start of the memory). */
export interface Use {
  readonly root: number | null;
  readonly at: At;
  /** Of an element. */
  readonly bytes: number;
  /** A small number that loops move, and no place in memory. */
  readonly isCount?: boolean;
}

/** The places that a body of loops uses, each kept in a local of the loop that moves it. */
export interface Places {
  /** What the counter of a loop counts by. */
  stepOf(loop: number): number;
  turnOf(loop: number): number;
  /** Writes the places that begin with a turn of a loop; null: with a unit. */
  begin(loop: number | null): void;
  /** Pushes a place; the bytes that an instruction must add to it. */
  push(use: Use): number;
}

/** @param uses all that will be asked for */
export function placesOf(code: Code, loops: readonly number[], uses: readonly Use[]): Places {
  const steps = loops.map(() => 0);
  for (const { at, bytes, isCount = false } of uses)
    if (!isCount)
      for (const { loop, by } of at.steps) steps[loop] = divisor(steps[loop]!, Math.abs(by) * bytes);
  for (const { at, isCount = false } of uses)
    if (isCount)
      for (const { loop, by } of at.steps)
        if (!Number.isInteger(Math.log2(steps[loop]! / by)))
          steps[loop] = divisor(steps[loop]!, Math.abs(by));
  const counters = loops.map(() => code.local('i32'));
  const begins = new Map<number | null, (() => void)[]>();
  const known = new Map<string, number | null>();
  const keep = (key: string, when: number | null, write: () => void): number => {
    const local = code.local('i32');
    begins.set(when, [
      ...(begins.get(when) ?? []),
      () => {
        write();
        code.set(local);
      },
    ]);
    known.set(key, local);
    return local;
  };
  const localOf = ({ root, at, bytes }: Use): number | null => {
    // An address below 0 is none: what moves back starts from its first place.
    const start = startOf(at) * bytes;
    let key = `${root} ${start}`;
    let local = root;
    if (start > 0)
      local =
        known.get(key) ??
        keep(key, null, () => {
          if (root !== null) code.get(root);
          code.i32(start);
          if (root !== null) code.op('i32.add');
        });
    for (const { loop, by } of at.steps) {
      key += ` ${loop}*${by * bytes}`;
      const before = local;
      const turn = counters[loop]!;
      const step = steps[loop]!;
      const isTurn = before === null && by * bytes === step;
      local = isTurn
        ? turn
        : (known.get(key) ??
          keep(key, loop, () => {
            if (before !== null) code.get(before);
            code.get(turn);
            scaled(code, by * bytes, step);
            if (before !== null) code.op('i32.add');
          }));
    }
    return local;
  };
  for (const use of uses) localOf(use);
  return {
    stepOf: (loop) => steps[loop]! || 1,
    turnOf: (loop) => counters[loop]!,
    begin: (loop) => {
      for (const write of begins.get(loop) ?? []) write();
    },
    push: (use) => {
      const local = localOf(use);
      if (local === null) code.i32(0);
      else code.get(local);
      return (use.at.base - startOf(use.at)) * use.bytes;
    },
  };
}

/** What of a place's base must be added before loops move it back. */
function startOf({ base, steps }: At): number {
  return steps.some(({ by }) => by < 0) ? base : 0;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
