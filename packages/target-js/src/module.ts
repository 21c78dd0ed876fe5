/**
 * A kernel as the text of an ES module: one function that decodes units, unrolled weight by weight.
 *
 * The text uses no `eval` and touches nothing when it is imported. Values used once stand where they are used.
 */
import { type EncodeKernel, fixedInRow, type Kernel, operandsOf, type Program } from '@fewerbits/kernel';
import { expressionOf } from './expressions.ts';

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
  if (x === 0 || !(Math.abs(x) < 2 ** 23)) return x;
  return x < 0 ? -(-x + 2 ** 52 - 2 ** 52) : x + 2 ** 52 - 2 ** 52;
}`,
};

const SCRATCH = 'const real = new Float32Array(1);\nconst bits = new Int32Array(real.buffer);';

/**
 * The text of a module that exports `decode(rows, cols, out, s0, m0, r0, …)`: for each source its bytes from the first
 * unit on, and the bytes from unit to unit and from row to row. What the last unit of a row has beyond it is written over by
 * the next row, and dropped at the end of `out`.
 * @throws Error for a kernel that works on several weights at a time.
 */
export function moduleText(kernel: Kernel): string {
  return `// Generated from the format ${kernel.name}: decodes units of ${kernel.width} weights. Do not edit.\n\n${supportText(kernel)}\nexport ${decodeText(kernel)}\n`;
}

/** The functions that operations call. */
const CALLED: Readonly<Record<string, keyof typeof SUPPORT>> = {
  from_f16: 'half',
  from_f32: 'single',
  bits_of: 'bitsOf',
  rank: 'rankOf',
  round: 'nearest',
};

/** Scratch, called functions and tables. */
function supportText(kernel: Program): string {
  const called = new Set(kernel.values.flatMap(({ op }) => CALLED[op] ?? []));
  const parts = ['half', 'single', 'bitsOf'].some((name) => called.has(name)) ? [SCRATCH] : [];
  for (const [k, table] of kernel.tables.entries()) parts.push(`const t${k} = ${tableText(table)};`);
  for (const name of called) parts.push(SUPPORT[name]!);
  return `${parts.join('\n\n')}\n`;
}

/** Exact: the shortest decimals of binary64 are those of the binary32 values too. */
function tableText(table: Float32Array): string {
  const level = (v: number) => (Object.is(v, -0) ? '-0' : String(v));
  return `new Float32Array([${Array.from(table, level).join(', ')}])`;
}

/** The function `decode`. */
function decodeText(kernel: Kernel): string {
  const { values, stores, sources, width } = kernel;
  const fixed = fixedInRow(kernel);
  const uses = new Array<number>(values.length).fill(0);
  for (const value of values) for (const k of operandsOf(value)) uses[k]!++;
  for (const { value } of stores) uses[value]!++;
  // What stands before the loop has a name there, constants aside.
  const isConstant = (k: number) => values[k]!.op === 'int' || values[k]!.op === 'real';
  const named = values.map((_, k) => !isConstant(k) && (uses[k]! > 1 || (fixed[k]! && usedInLoop(k))));
  function usedInLoop(k: number): boolean {
    const inValues = values.some((value, n) => !fixed[n] && operandsOf(value).includes(k));
    return inValues || stores.some(({ value }) => value === k);
  }
  const textOf = (k: number, rounded = true): string => (named[k] ? `v${k}` : written(k, rounded));
  const written = (k: number, rounded: boolean): string =>
    expressionOf(
      values[k]!,
      operandsOf(values[k]!).map((a) => textOf(a)),
      rounded,
    );
  const line = (k: number) => `const v${k} = ${written(k, true)};`;
  const before = [...values.keys()].filter((k) => named[k] && fixed[k]).map((k) => `    ${line(k)}`);
  const inside = [...values.keys()].filter((k) => named[k] && !fixed[k]).map((k) => `      ${line(k)}`);
  const params = sources.map((_, k) => `s${k}, m${k}, r${k}`).join(', ');
  return [
    `function decode(rows, cols, out, ${params}) {`,
    '  for (let row = 0; row < rows; row++) {',
    ...sources.map(({ moves: how }, k) => `    ${moves(how) ? 'let' : 'const'} p${k} = row * r${k};`),
    ...before,
    `    for (let at = row * cols, end = at + cols; at < end; at += ${width}) {`,
    ...inside,
    ...stores.map(
      ({ offset, value }) => `      out[at${offset === 0 ? '' : ` + ${offset}`}] = ${textOf(value, false)};`,
    ),
    ...sources.flatMap((source, k) => (moves(source.moves) ? [`      p${k} += m${k};`] : [])),
    '    }',
    '  }',
    '}',
  ].join('\n');
}

function moves(how: Kernel['sources'][number]['moves']): boolean {
  return how === 'unit' || how === 'column';
}

/** The text of a function body that returns `decode`: for use in memory, where importing a module is too much. */
export function functionText(kernel: Kernel): string {
  return `${supportText(kernel)}\nreturn ${decodeText(kernel)}`;
}

/**
 * The text of a module that exports `encode(count, x, s0, m0, s1, m1, …)`: units, their weights, and for each source its bytes and
 * the bytes of a unit. It returns whether every unit is sound.
 */
export function encodeModuleText(kernel: EncodeKernel): string {
  return `// Generated from the format ${kernel.name}: encodes units of ${kernel.width} weights. Do not edit.\n\n${supportText(kernel)}\nexport ${encodeText(kernel)}\n`;
}

/** The same as a function body that returns `encode`. */
export function encodeFunctionText(kernel: EncodeKernel): string {
  return `${supportText(kernel)}\nreturn ${encodeText(kernel)}`;
}

function encodeText(kernel: EncodeKernel): string {
  const { values, stores, sources, width, sound } = kernel;
  const uses = new Array<number>(values.length).fill(0);
  for (const value of values) for (const k of operandsOf(value)) uses[k]!++;
  for (const { value, bytes } of stores) uses[value]! += bytes;
  uses[sound]!++;
  const isNamed = (k: number): boolean => !['int', 'real'].includes(values[k]!.op) && uses[k]! > 1;
  const textOf = (k: number): string => (isNamed(k) ? `v${k}` : written(k));
  const written = (k: number): string =>
    expressionOf(
      values[k]!,
      operandsOf(values[k]!).map((a) => textOf(a)),
      true,
    );
  const byte = (text: string, k: number): string => (k === 0 ? text : `${text} >>> ${8 * k}`);
  return [
    `function encode(count, x, ${sources.map((_, k) => `s${k}, m${k}`).join(', ')}) {`,
    '  let sound = 1;',
    `  for (let unit = 0; unit < count; unit++) {`,
    `    const at = unit * ${width};`,
    ...sources.map((_, k) => `    const p${k} = unit * m${k};`),
    ...[...values.keys()].filter(isNamed).map((k) => `    const v${k} = ${written(k)};`),
    ...stores.flatMap(({ source, offset, bytes, value }) =>
      Array.from(
        { length: bytes },
        (_, k) =>
          `    s${source}[p${source}${offset + k === 0 ? '' : ` + ${offset + k}`}] = ${byte(textOf(value), k)};`,
      ),
    ),
    `    sound = Math.min(sound, ${textOf(sound)});`,
    '  }',
    '  return sound === 1;',
    '}',
  ].join('\n');
}
