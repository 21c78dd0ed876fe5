/** Which fields are codes. Specification: docs/design/language.md, "Fit". */
import type { Field, Format } from './types.ts';

/**
 * A code is chosen for the weights it stands for; anything else is a scale or the like. A code stands in `each`, or in a
 * tile with no scope inside.
 */
export function isCode(field: Field, format: Format): boolean {
  if (field.scope === 'each') return true;
  if (['tensor', 'row', 'column'].includes(field.scope)) return false;
  return !format.scopes.some((scope) => scope.parent === field.scope && isUsed(scope.name, format));
}

/** `each` is always in the list of scopes; it counts only where something stands in it. */
function isUsed(scope: string, format: Format): boolean {
  return scope !== 'each' || [...format.fields, ...format.lets].some((member) => member.scope === 'each');
}
