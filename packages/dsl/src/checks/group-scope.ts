/** A field of a larger scope may not stand inside a smaller group. docs/design/language.md, "Layout". */
import type { Item, Scope } from '@fewerbits/format';
import { type Check, findings, holds, scopeNamed } from './checked.ts';

/** Reports items that have no entry of their own in the group that they stand in, and groups that do not nest. */
export const checkGroupScope: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    for (const stream of format.layout)
      for (const item of stream.items) walk(item, scopeNamed(format, 'tensor'));

    function walk(item: Item, group: Scope): void {
      switch (item.item) {
        case 'scope': {
          const scope = scopeNamed(format, item.scope);
          if (!holds(group, scope)) {
            report('group-scope', item, `a \`${scope.name}\` does not lie inside one \`${group.name}\``);
          }
          for (const inner of item.items) walk(inner, scope);
          return;
        }
        case 'zip':
        case 'words':
          for (const inner of item.items) walk(inner, group);
          return;
        case 'field': {
          const field = format.fields.find((other) => other.name === item.field);
          const scope = field === undefined ? null : scopeNamed(format, field.scope);
          const own = scope === null ? 'tensor' : scope.name;
          const isInside = scope === null ? group.name === 'tensor' : holds(group, scope);
          if (!isInside) {
            report(
              'group-scope',
              item,
              `\`${item.field}\` belongs to \`${own}\`, which is larger than the \`${group.name}\` that this group repeats`,
              `move it out of \`${group.name} { … }\``,
            );
          }
        }
      }
    }
  });
