/**
 * Kernels with loops as the text of ES modules of one function. The text uses no `eval` and touches nothing when it is imported.
 * Values used once stand where they are used.
 */
import {
  type EncodeKernel,
  fixedInRow,
  type Item,
  type Looped,
  type LoopKernel,
  namedIn,
  operandsOf,
  type Program,
} from '@fewerbits/kernel';
import { BESIDES, conditionOf, expressionOf, placeText } from './expressions.ts';

/** The functions that a kernel's text may call, each written out only where it is called. */
const SUPPORT: Readonly<Record<string, string>> = {
  half: `/** The value of a binary16: its bits as those of a binary32, 2^112 too small. */
function half(h) {
  if ((h & 0x7c00) === 0x7c00) return (h & 0x3ff) !== 0 ? NaN : h & 0x8000 ? -Infinity : Infinity;
  bits[0] = (h & 0x7fff) << 13;
  const magnitude = real[0] * 2 ** 112;
  return h & 0x8000 ? -magnitude : magnitude;
}`,
  single: `/** The binary32 of these bits. */
function single(word) {
  bits[0] = word;
  return real[0];
}`,
  bitsOf: `/** The bits of a binary32. */
function bitsOf(x) {
  real[0] = x;
  return bits[0];
}`,
  rankOf: `/** How many of these values, which ascend, are at most x. */
function rankOf(x, values) {
  let from = 0;
  let to = values.length;
  while (from < to) {
    const half = (from + to) >>> 1;
    if (values[half] <= x) from = half + 1;
    else to = half;
  }
  return from;
}`,
  nearest: `/** The nearest integer, halves to even. */
function nearest(x) {
  if (x === 0 || !(abs(x) < 2 ** 23)) return x;
  return x < 0 ? -(-x + 2 ** 52 - 2 ** 52) : x + 2 ** 52 - 2 ** 52;
}`,
};

const SCRATCH = 'const real = new Float32Array(1);\nconst bits = new Int32Array(real.buffer);';

/**
 * The text of a module that exports `decode(rows, cols, out, s0, m0, r0, …)`: for each source its bytes from the first
 * unit on, and the bytes from unit to unit and from row to row. What the last unit of a row has beyond it is written over by
 * the next row, and dropped at the end of `out`.
 */
export function moduleText(kernel: LoopKernel): string {
  return `// Generated from the format ${kernel.name}: decodes units of ${kernel.width} weights. Do not edit.\n\n${withSupport(kernel, `export ${decodeText(kernel)}`)}\n`;
}

/** The text of a function body that returns `decode`: for use in memory, where importing a module is too much. */
export function functionText(kernel: LoopKernel): string {
  return withSupport(kernel, `return ${decodeText(kernel)}`);
}

/**
 * The text of a module that exports `encode(count, x, s0, m0, s1, m1, …)`: units, their weights, and for each source its bytes and
 * the bytes of a unit. It returns whether every unit is sound.
 */
export function encodeModuleText(kernel: EncodeKernel): string {
  return `// Generated from the format ${kernel.name}: encodes units of ${kernel.width} weights. Do not edit.\n\n${withSupport(kernel, `export ${encodeText(kernel)}`)}\n`;
}

/** The same as a function body that returns `encode`. */
export function encodeFunctionText(kernel: EncodeKernel): string {
  return withSupport(kernel, `return ${encodeText(kernel)}`);
}

/**
 * The text of a module that exports both functions, `decode` and, given an encoder, `encode`; what they call stands once.
 */
export function codecModuleText(decode: LoopKernel, encode: EncodeKernel | null): string {
  if (encode === null) return moduleText(decode);
  const encoder = withTablesAfter(encode, decode.tables.length);
  const both = {
    ...decode,
    tables: [...decode.tables, ...encode.tables],
    values: [...decode.values, ...encoder.values],
  };
  return `// Generated from the format ${decode.name}: units of ${decode.width} weights. Do not edit.\n\n${withSupport(both, `export ${decodeText(decode)}\n\nexport ${encodeText(encoder)}`)}\n`;
}

/** A kernel whose tables have numbers from `first` on. */
function withTablesAfter(kernel: EncodeKernel, first: number): EncodeKernel {
  const values = kernel.values.map((value) =>
    'table' in value ? { ...value, table: value.table + first } : value,
  );
  return { ...kernel, values };
}

/** The functions that operations call. */
const CALLED: Readonly<Record<string, keyof typeof SUPPORT>> = {
  from_f16: 'half',
  from_f32: 'single',
  bits_of: 'bitsOf',
  rank: 'rankOf',
  round: 'nearest',
};

/** Functions, and before them the scratch, functions and tables that they use. */
function withSupport(kernel: Program, functions: string): string {
  const called = new Set(kernel.values.flatMap(({ op }) => CALLED[op] ?? []));
  const parts = ['half', 'single', 'bitsOf'].some((name) => called.has(name)) ? [SCRATCH] : [];
  for (const [k, table] of kernel.tables.entries()) parts.push(`const t${k} = ${tableText(table)};`);
  for (const name of called) parts.push(SUPPORT[name]!);
  const text = [...parts, functions].join('\n\n');
  const used = MATH.filter((name) => new RegExp(`\\b${name}\\(`).test(text));
  return used.length === 0 ? text : `const { ${used.join(', ')} } = Math;\n\n${text}`;
}

/** Functions of `Math` that kernels call by their own names. */
const MATH = ['abs', 'ceil', 'floor', 'fround', 'imul', 'max', 'min', 'sqrt', 'trunc'];

/** The shortest decimals that binary32 rounds to these values. */
function tableText(table: Float32Array): string {
  const level = (v: number): string => {
    if (Object.is(v, -0)) return '-0';
    for (let digits = 1; digits < 9; digits++) {
      const short = String(Number(v.toPrecision(digits)));
      if (Math.fround(Number(short)) === v) return short;
    }
    return String(v);
  };
  return `new Float32Array([${Array.from(table, level).join(', ')}])`;
}

/** The function `decode`. */
function decodeText(kernel: LoopKernel): string {
  const { sources, width, body } = kernel;
  const fixed = fixedInRow(kernel);
  const { before, lines } = linesOf(kernel, (item) => fixed[item.value]!);
  const params = sources.map((_, k) => `s${k}, m${k}, r${k}`).join(', ');
  const moves = sources.map(({ moves: how }) => how === 'unit' || how === 'column');
  return [
    `function decode(rows, cols, out, ${params}) {`,
    ...arrayLines(kernel),
    '  for (let row = 0; row < rows; row++) {',
    ...sources.map((_, k) => `    ${moves[k] ? 'let' : 'const'} p${k} = row * r${k};`),
    ...before.map((line) => `    ${line}`),
    `    for (let at = row * cols, end = at + cols; at < end; at += ${width}) {`,
    ...lines(body).map((line) => `      ${line}`),
    ...sources.flatMap((_, k) => (moves[k] ? [`      p${k} += m${k};`] : [])),
    '    }',
    '  }',
    '}',
  ].join('\n');
}

/** The function `encode`. */
function encodeText(kernel: EncodeKernel): string {
  const { sources, width, body } = kernel;
  const { lines } = linesOf(kernel, () => false);
  return [
    `function encode(count, x, ${sources.map((_, k) => `s${k}, m${k}`).join(', ')}) {`,
    ...arrayLines(kernel),
    '  for (let k = 0; k < x.length; k++) if (!(abs(x[k]) < Infinity)) return false;',
    '  for (let unit = 0; unit < count; unit++) {',
    `    const at = unit * ${width};`,
    ...sources.map((_, k) => `    const p${k} = unit * m${k};`),
    ...lines(body).map((line) => `    ${line}`),
    '  }',
    '  return true;',
    '}',
  ].join('\n');
}

function arrayLines({ arrays }: Looped): string[] {
  return arrays.map(
    ({ type, length }, k) => `  const a${k} = new ${type === 'i32' ? 'Int' : 'Float'}32Array(${length});`,
  );
}

/**
 * A body as statements.
 * @param isBefore whether a value of the unit itself is the same in all units: it stands before them
 */
function linesOf(kernel: Looped, isBefore: (item: Extract<Item, { do: 'value' }>) => boolean) {
  const { values, loops, body } = kernel;
  const named = namedIn(kernel, (item) => (item.do === 'store' ? item.bytes : 1));
  const first = body.flatMap((item) => (item.do === 'value' && isBefore(item) ? [item.value] : []));
  for (const k of first) if (values[k]!.op !== 'int' && values[k]!.op !== 'real') named[k] = true;
  /** What stores round by themselves need not be rounded before. */
  const textOf = (k: number, rounded = true): string => (named[k] ? `v${k}` : written(k, rounded));
  const written = (k: number, rounded = true): string => {
    const value = values[k]!;
    if (value.op === 'to_int') {
      const inner = values[value.args[0]]!;
      // What is about to be a whole number of 32 bits is rounded as it becomes one.
      if (inner.op === 'whole' && !named[value.args[0]]) {
        const sum = `(${textOf(inner.args[0])} + ${BESIDES}) | 0`;
        return value.less === 0 ? `(${sum})` : `(((${sum}) - ${value.less}) | 0)`.replace('- -', '+ ');
      }
    }
    const chooses = value.op === 'pick' || value.op === 'i_pick';
    const args = operandsOf(value).map((a, n) => (chooses && n === 0 ? condition(a) : textOf(a)));
    return expressionOf(value, args, rounded);
  };
  /** A value that is 1 or 0 as a condition. */
  const condition = (k: number): string => {
    const args = operandsOf(values[k]!).map((a) => textOf(a));
    return (named[k] ? null : conditionOf(values[k]!, args)) ?? `${textOf(k)} !== 0`;
  };
  const line = (k: number): string => `const v${k} = ${written(k)};`;
  const lines = (items: readonly Item[]): string[] => items.flatMap(linesOfItem);
  const linesOfItem = (item: Item): string[] => {
    switch (item.do) {
      case 'value':
        return named[item.value] && !first.includes(item.value) ? [line(item.value)] : [];
      case 'put':
        return [`a${item.array}[${placeText(item.at)}] = ${textOf(item.value, false)};`];
      case 'give':
        return [`out[${placeText(item.at, 'at')}] = ${textOf(item.value, false)};`];
      case 'require':
        return [`if (!(${condition(item.value)})) return false;`];
      case 'store':
        return Array.from({ length: item.bytes }, (_, k) => {
          const place = placeText({ ...item.at, base: item.at.base + k }, `p${item.source}`);
          return `s${item.source}[${place}] = ${textOf(item.value)}${k === 0 ? '' : ` >>> ${8 * k}`};`;
        });
      case 'loop': {
        const { loop, carried, when, more } = item;
        return [
          ...carried.map(({ start }, slot) => `let c${loop}_${slot} = ${textOf(start)};`),
          `${when === null ? '' : `if (${condition(when)}) `}for (let i${loop} = 0; i${loop} < ${loops[loop]}; i${loop}++) {`,
          ...[
            ...lines(item.body),
            ...(more === null ? [] : [`const more${loop} = ${textOf(more)};`]),
            ...assigned(
              loop,
              carried.map(({ next }) => textOf(next)),
            ),
            ...(more === null ? [] : [`if (more${loop} === 0) break;`]),
          ].map((line) => `  ${line}`),
          '}',
        ];
      }
    }
  };
  return { before: first.filter((k) => named[k]).map(line), lines };
}

/** What a loop carries to its next turn: all of it at once where one slot takes what another had. */
function assigned(loop: number, next: readonly string[]): string[] {
  const names = next.map((_, slot) => `c${loop}_${slot}`);
  const changed = [...names.keys()].filter((slot) => next[slot] !== names[slot]);
  const crosses = changed.some((slot) =>
    names.some((name, other) => other < slot && next[slot]!.includes(name)),
  );
  if (!crosses) return changed.map((slot) => `${names[slot]} = ${next[slot]};`);
  const kept = changed.map((slot) => `const n${loop}_${slot} = ${next[slot]};`);
  return [...kept, ...changed.map((slot) => `${names[slot]} = n${loop}_${slot};`)];
}
