/** What every kernel of a unit says of itself, beside what it stores. */
import type { Builder } from '../builder.ts';
import type { Program } from '../ir.ts';
import type { Unit } from '../unit.ts';

/** The values of a builder as a program over a unit. */
export function programOf(
  name: string,
  { width, sources, plan }: Unit,
  { tables, values }: Builder,
): Program {
  const segments = Object.fromEntries(plan.streams.map((stream) => [stream.name, stream.segments.length]));
  const bodies = Object.fromEntries(
    plan.streams.flatMap((stream) =>
      stream.segments.map(({ bits }, k) => [`${stream.name}/${k}`, bits] as const),
    ),
  );
  return { name, width, sources, segments, bodies, tables, values };
}
