/**
 * The body of one function: instructions appended one by one, each checked against the types on the stack.
 *
 * A mistake is a mistake of whoever writes a compiler, so it throws at once and names function, instruction and types.
 * Specification: WebAssembly core 2.0, 3.3 (validation) and 5.4 (binary format).
 */
import { signed, unsigned } from './leb128.ts';
import { LANE_LOADS, LANES, LOADS, laneCount, type Op, PLAIN, STORES, type ValueType } from './ops.ts';

const TYPE_BYTES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** The byte of a type. */
export function typeByte(type: ValueType): number {
  return TYPE_BYTES[type];
}

/** What a function's author calls. Operands are on the stack; offsets are bytes added to the address there. */
export interface Code {
  /** A new local of a type: its index. */
  local(type: ValueType): number;
  get(local: number): void;
  set(local: number): void;
  tee(local: number): void;
  i32(value: number): void;
  /** An integer of 32 bits, sign extended. */
  i64(value: number): void;
  f32(value: number): void;
  f64(value: number): void;
  /** A constant vector of sixteen bytes. */
  v128(bytes: ArrayLike<number>): void;
  /** An instruction without immediates; also `select` (of two values of one type that is no vector) and `drop`. */
  op(name: string): void;
  load(name: string, offset?: number): void;
  store(name: string, offset?: number): void;
  lane(name: string, lane: number): void;
  loadLane(name: string, lane: number, offset?: number): void;
  /** `i8x16.shuffle`: sixteen indices into the bytes of both operands. */
  shuffle(indices: readonly number[]): void;
  block(body: () => void): void;
  loop(body: () => void): void;
  if(then: () => void, otherwise?: () => void): void;
  br(depth: number): void;
  brIf(depth: number): void;
}

/** A function body as bytes: locals first, then the instructions. */
export interface Body {
  readonly code: Code;
  finish(): number[];
}

/** Starts a body. @param name in errors */
export function startBody(name: string, params: readonly ValueType[], results: readonly ValueType[]): Body {
  const bytes: number[] = [];
  const locals: ValueType[] = [...params];
  let stack: ValueType[] = [];
  /** The last `set` and its bytes. */
  let lastSet = { local: -1, start: 0, end: 0 };
  let depth = 0;
  const fail = (what: string): never => {
    throw new Error(`function ${name}: ${what}; on the stack: ${stack.join(' ') || 'nothing'}`);
  };
  const take = (type: ValueType, who: string): void => {
    const top = stack.at(-1);
    if (top !== type) fail(`${who} needs ${type}, and there is ${top ?? 'nothing'}`);
    stack.pop();
  };
  const apply = (who: string, { code, takes, gives }: Op): void => {
    for (const type of takes.toReversed()) take(type, who);
    bytes.push(...code);
    if (gives !== null) stack.push(gives);
  };
  const find = (ops: ReadonlyMap<string, Op>, op: string): Op =>
    ops.get(op) ?? fail(`there is no instruction ${op}`);
  const typeOf = (local: number): ValueType => locals[local] ?? fail(`there is no local ${local}`);
  /** A structure: its body starts with an empty stack and leaves one. */
  const nested = (opcode: number, body: () => void): void => {
    const outer = stack;
    stack = [];
    bytes.push(opcode, 0x40);
    depth++;
    body();
    depth--;
    if (stack.length > 0) fail('a block leaves values');
    stack = outer;
  };
  const branch = (to: number): number[] =>
    to >= 0 && to <= depth ? unsigned(to) : fail(`there is no block ${to} around`);
  const memory = (offset: number): number[] => [0, ...unsigned(offset)];
  const checkedLane = (op: string, lane: number): number =>
    lane >= 0 && lane < laneCount(op) ? lane : fail(`${op} has no lane ${lane}`);

  const code: Code = {
    local: (type) => locals.push(type) - 1,
    get: (local) => {
      stack.push(typeOf(local));
      if (lastSet.local === local && lastSet.end === bytes.length) {
        // What was set just now need not leave the stack.
        bytes[lastSet.start] = 0x22;
        lastSet = { local: -1, start: 0, end: 0 };
        return;
      }
      bytes.push(0x20, ...unsigned(local));
    },
    set: (local) => {
      take(typeOf(local), `set local ${local}`);
      const start = bytes.length;
      bytes.push(0x21, ...unsigned(local));
      lastSet = { local, start, end: bytes.length };
    },
    tee: (local) => {
      take(typeOf(local), `tee local ${local}`);
      stack.push(typeOf(local));
      bytes.push(0x22, ...unsigned(local));
    },
    i32: (value) => {
      bytes.push(0x41, ...signed(value));
      stack.push('i32');
    },
    i64: (value) => {
      bytes.push(0x42, ...signed(value | 0));
      stack.push('i64');
    },
    f32: (value) => {
      bytes.push(0x43, ...new Uint8Array(Float32Array.of(value).buffer));
      stack.push('f32');
    },
    f64: (value) => {
      bytes.push(0x44, ...new Uint8Array(Float64Array.of(value).buffer));
      stack.push('f64');
    },
    v128: (vector) => {
      const given = Array.from(vector);
      if (given.length !== 16 || given.some((byte) => !(Number.isInteger(byte) && byte >= 0 && byte < 256)))
        fail(`a constant vector is sixteen bytes, not [${given.join(' ')}]`);
      bytes.push(0xfd, 12, ...given);
      stack.push('v128');
    },
    op: (op) => {
      if (op === 'drop') {
        if (stack.pop() === undefined) fail('drop needs a value');
        bytes.push(0x1a);
      } else if (op === 'select') {
        take('i32', op);
        const type = stack.at(-1);
        if (type === undefined || type === 'v128') return fail('select needs two numbers');
        take(type, op);
        take(type, op);
        stack.push(type);
        bytes.push(0x1b);
      } else apply(op, find(PLAIN, op));
    },
    load: (op, offset = 0) => {
      apply(op, find(LOADS, op));
      bytes.push(...memory(offset));
    },
    store: (op, offset = 0) => {
      apply(op, find(STORES, op));
      bytes.push(...memory(offset));
    },
    lane: (op, lane) => {
      apply(op, find(LANES, op));
      bytes.push(checkedLane(op, lane));
    },
    loadLane: (op, lane, offset = 0) => {
      apply(op, find(LANE_LOADS, op));
      bytes.push(...memory(offset), checkedLane(op, lane));
    },
    shuffle: (indices) => {
      if (
        indices.length !== 16 ||
        indices.some((index) => !(Number.isInteger(index) && index >= 0 && index < 32))
      )
        fail(`a shuffle has sixteen indices below 32, not [${indices.join(' ')}]`);
      apply('i8x16.shuffle', { code: [0xfd, 13], takes: ['v128', 'v128'], gives: 'v128' });
      bytes.push(...indices);
    },
    block: (body) => {
      nested(0x02, body);
      bytes.push(0x0b);
    },
    loop: (body) => {
      nested(0x03, body);
      bytes.push(0x0b);
    },
    if: (then, otherwise) => {
      take('i32', 'if');
      nested(0x04, then);
      if (otherwise !== undefined) {
        const outer = stack;
        stack = [];
        bytes.push(0x05);
        depth++;
        otherwise();
        depth--;
        if (stack.length > 0) fail('a block leaves values');
        stack = outer;
      }
      bytes.push(0x0b);
    },
    br: (to) => {
      if (stack.length > 0) fail('br leaves values behind');
      bytes.push(0x0c, ...branch(to));
    },
    brIf: (to) => {
      take('i32', 'br_if');
      bytes.push(0x0d, ...branch(to));
    },
  };
  return {
    code,
    finish: () => {
      if (stack.join() !== results.join()) fail(`the end needs ${results.join(' ') || 'nothing'}`);
      const own = locals.slice(params.length);
      const declared: number[] = [];
      let runs = 0;
      for (let k = 0; k < own.length; ) {
        let next = k + 1;
        while (next < own.length && own[next] === own[k]) next++;
        declared.push(...unsigned(next - k), typeByte(own[k]!));
        runs++;
        k = next;
      }
      return [...unsigned(runs), ...declared, ...bytes, 0x0b];
    },
  };
}
