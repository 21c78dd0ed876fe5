/** A kernel as text, one value a line, for eyes and for tests. */
import { fixedInRow, type Kernel, operandsOf, type Value } from './ir.ts';

/** Every line; values that are the same in all units of a row stand before the loop. */
export function printKernel(kernel: Kernel): string {
  const fixed = fixedInRow(kernel);
  const { name, width, lanes, sources, tables, values, stores } = kernel;
  const lines = [`kernel ${name}: units of ${width} weights, ${lanes} at a time`];
  for (const [k, { stream, moves, stride }] of sources.entries())
    lines.push(
      `  source ${k}: ${stream === '' ? 'the stream' : stream}, ${moves === 'tensor' ? 'fixed' : `${stride} bytes a ${moves}`}`,
    );
  for (const [k, table] of tables.entries()) lines.push(`  table ${k}: ${table.length} levels`);
  const line = (k: number) => `%${k}: ${values[k]!.type} = ${textOf(values[k]!)}`;
  for (const k of values.keys()) if (fixed[k]) lines.push(`  ${line(k)}`);
  lines.push('  for each unit');
  for (const k of values.keys()) if (!fixed[k]) lines.push(`    ${line(k)}`);
  for (const { offset, value } of stores) lines.push(`    weight ${offset} = %${value}`);
  return `${lines.join('\n')}\n`;
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
