/** A kernel as text, one value a line, for eyes and for tests. */
import {
  type EncodeKernel,
  fixedInRow,
  type Kernel,
  operandsOf,
  type UnpackKernel,
  type Value,
} from './ir.ts';

/** Every line; values that are the same in all units of a row stand before the loop. */
export function printKernel(kernel: Kernel | EncodeKernel | UnpackKernel): string {
  const fixed = fixedInRow(kernel);
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
  for (const k of values.keys()) if (fixed[k]) lines.push(`  ${line(k)}`);
  lines.push('  for each unit');
  for (const k of values.keys()) if (!fixed[k]) lines.push(`    ${line(k)}`);
  for (const stored of storeLines(kernel)) lines.push(`    ${stored}`);
  return `${lines.join('\n')}\n`;
}

function storeLines(kernel: Kernel | EncodeKernel | UnpackKernel): string[] {
  if ('lanes' in kernel) return kernel.stores.map(({ offset, value }) => `weight ${offset} = %${value}`);
  if ('outputs' in kernel)
    return kernel.stores.map(
      ({ output, entry, value }) => `${kernel.outputs[output]!.field} ${entry} = %${value}`,
    );
  const bytes = kernel.stores.map(
    ({ source, offset, bytes, value }) => `source ${source} offset ${offset} bytes ${bytes} = %${value}`,
  );
  return [...bytes, `sound = %${kernel.sound}`];
}

function textOf(value: Value): string {
  const { op, type: _, ...rest } = value;
  const args = operandsOf(value).map((k) => `%${k}`);
  const facts = Object.entries(rest)
    .filter(([key]) => key !== 'args')
    .map(
      ([key, fact]) =>
        `${key} ${Array.isArray(fact) ? `[${fact.join(' ')}]` : Object.is(fact, -0) ? '-0' : String(fact)}`,
    );
  return [op, ...args, ...facts].join(' ');
}
