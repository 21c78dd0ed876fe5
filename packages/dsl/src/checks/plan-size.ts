/** The smallest matrix that all tiles divide is small enough to be laid out bit by bit. docs/design/language.md, "Scopes". */
import { defaultLayout, type Format, tileMultiple } from '@fewerbits/format';
import { type Check, findings, scopeNamed, weightsOf } from './checked.ts';

/** Most entries that a layout of its own may order, and most that one stream for each field may. */
const MOST_ORDERED = 2 ** 20;
const MOST_PLANAR = 2 ** 24;

/** Reports formats whose smallest matrix has too many entries for their layout to be proven. */
export const checkPlanSize: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const { height, width } = tileMultiple(format.scopes);
    const entries = entriesIn(format, height, width);
    const most = isPlanar(format) ? MOST_PLANAR : MOST_ORDERED;
    if (entries <= most && height * width <= MOST_PLANAR) return;
    const size = `${height} × ${width} weights with ${entries} entries`;
    report(
      'tile-size',
      format.layout[0] ?? null,
      `the smallest matrix that every tile divides has ${size}, and a layout orders at most ${most}`,
      'tiles whose sides divide one another keep it small',
    );
  });

/** Whether each field is a stream of its own in natural order, which needs no proof. */
export function isPlanar(format: Format): boolean {
  return JSON.stringify(format.layout) === JSON.stringify(defaultLayout(format));
}

function entriesIn(format: Format, height: number, width: number): number {
  return format.fields.reduce((sum, { scope, storage }) => {
    const weights = weightsOf(scopeNamed(format, scope));
    const tiles = Number.isFinite(weights) ? (height * width) / weights : 1;
    const dims = storage.kind === 'number' ? storage.dims : [];
    return sum + tiles * dims.reduce<number>((all, dim) => all * (typeof dim === 'number' ? dim : 1), 1);
  }, 0);
}
