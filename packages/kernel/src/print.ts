/** A kernel as text, one value a line, for eyes and for tests. */
import {
  type At,
  fixedInRow,
  type Item,
  type Looped,
  operandsOf,
  type UnpackKernel,
  type Value,
} from './ir.ts';

/** Every line; values that are the same in all units of a row stand before the loop. */
export function printKernel(kernel: Looped | UnpackKernel): string {
  const { name, width, sources, tables, values } = kernel;
  const lines = [
    `kernel ${name}: units of ${width} weights${'lanes' in kernel ? `, ${kernel.lanes} at a time` : ''}`,
  ];
  for (const [k, { stream, moves, stride }] of sources.entries())
    lines.push(
      `  source ${k}: ${stream === '' ? 'the stream' : stream}, ${moves === 'tensor' ? 'fixed' : `${stride} bytes a ${moves}`}`,
    );
  for (const [k, table] of tables.entries()) lines.push(`  table ${k}: ${table.length} levels`);
  const line = (k: number) => `%${k}: ${values[k]!.type} = ${textOf(values[k]!)}`;
  if ('body' in kernel) {
    for (const [k, { type, length }] of kernel.arrays.entries())
      lines.push(`  array ${k}: ${length} of ${type}`);
    lines.push('  for each unit', ...bodyLines(kernel, kernel.body, '    ', line));
    return `${lines.join('\n')}\n`;
  }
  const fixed = fixedInRow(kernel);
  for (const k of values.keys()) if (fixed[k]) lines.push(`  ${line(k)}`);
  lines.push('  for each unit');
  for (const k of values.keys()) if (!fixed[k]) lines.push(`    ${line(k)}`);
  for (const stored of storeLines(kernel)) lines.push(`    ${stored}`);
  return `${lines.join('\n')}\n`;
}

function storeLines(kernel: UnpackKernel): string[] {
  return kernel.stores.map(
    ({ output, entry, value }) => `${kernel.outputs[output]!.field} ${entry} = %${value}`,
  );
}

function bodyLines(
  kernel: Looped,
  body: readonly Item[],
  indent: string,
  line: (k: number) => string,
): string[] {
  const linesOf = (item: Item): string[] => {
    switch (item.do) {
      case 'value':
        return [`${indent}${line(item.value)}`];
      case 'put':
        return [`${indent}array ${item.array} [${atText(item.at)}] = %${item.value}`];
      case 'store':
        return [`${indent}source ${item.source} [${atText(item.at)}] bytes ${item.bytes} = %${item.value}`];
      case 'give':
        return [`${indent}weight [${atText(item.at)}] = %${item.value}`];
      case 'require':
        return [`${indent}require %${item.value}`];
      case 'loop': {
        const results = kernel.values.flatMap((value, k) =>
          (value.op === 'carried' || value.op === 'result') && value.loop === item.loop
            ? [`%${k} ${value.op === 'carried' ? 'carries' : 'is the last of'} slot ${value.slot}`]
            : [],
        );
        return [
          `${indent}loop t${item.loop} of ${kernel.loops[item.loop]} from [${item.carried.map(({ start }) => `%${start}`).join(' ')}]${item.when === null ? '' : ` when %${item.when}`}${results.length === 0 ? '' : `: ${results.join(', ')}`}`,
          ...bodyLines(kernel, item.body, `${indent}  `, line),
          `${indent}  next [${item.carried.map(({ next }) => `%${next}`).join(' ')}]${item.more === null ? '' : ` while %${item.more}`}`,
        ];
      }
    }
  };
  return body.flatMap(linesOf);
}

/** `3 + 32 t0 + t2` */
function atText({ base, steps }: At): string {
  const terms = steps.map(({ loop, by }) => (by === 1 ? `t${loop}` : `${by} t${loop}`));
  return [...(base !== 0 || terms.length === 0 ? [String(base)] : []), ...terms].join(' + ');
}

function textOf(value: Value): string {
  const { op, type: _, ...rest } = value;
  const args = operandsOf(value).map((k) => `%${k}`);
  const facts = Object.entries(rest)
    .filter(([key]) => key !== 'args')
    .map(
      ([key, fact]) =>
        `${key} ${typeof fact === 'object' && 'steps' in (fact as object) ? `[${atText(fact as At)}]` : Array.isArray(fact) ? `[${fact.join(' ')}]` : Object.is(fact, -0) ? '-0' : String(fact)}`,
    );
  return [op, ...args, ...facts].join(' ');
}
