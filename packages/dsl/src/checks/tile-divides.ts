/** A tile inside another divides it. docs/design/language.md, "Scopes". */
import { type Check, findings, holds, scopeNamed } from './checked.ts';

/** Reports scopes whose tiles would cross the edge of the tile that they are written in. */
export const checkTileDivides: Check = (checked) =>
  findings(checked, (report) => {
    for (const scope of checked.format.scopes) {
      if (scope.parent === null || scope.name === 'each') continue;
      const parent = scopeNamed(checked.format, scope.parent);
      if (holds(parent, scope)) continue;
      const size = (tile: typeof scope): string => `${tile.height} × ${tile.width}`;
      report(
        'tile-divides',
        scope,
        `a \`${scope.name}\` of ${size(scope)} does not divide the \`${parent.name}\` of ${size(parent)} that it stands in`,
      );
    }
  });
