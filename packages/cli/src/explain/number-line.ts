/**
 * Levels on a line of characters: where they are dense, where zero is.
 */

/** The line with its ends; `|` is a level, `2` to `9` and `+` several in one place, `0` the level zero. */
export function numberLine(levels: readonly number[], width: number): string {
  const low = Math.min(...levels);
  const high = Math.max(...levels);
  const [from, to] = [levelText(low), levelText(high)];
  const room = Math.max(16, width - from.length - to.length - 2);
  const counts = new Array<number>(room).fill(0);
  const place = (level: number): number =>
    high === low ? 0 : Math.round(((level - low) / (high - low)) * (room - 1));
  for (const level of levels) counts[place(level)]!++;
  const zero = levels.includes(0) ? place(0) : -1;
  const marks = counts.map((count, i) => {
    if (count === 0) return '·';
    if (i === zero && count === 1) return '0';
    return count === 1 ? '|' : count > 9 ? '+' : `${count}`;
  });
  return `${from} ${marks.join('')} ${to}`;
}

/** Seven significant digits, enough to tell two binary32 levels apart in a list. */
export function levelText(level: number): string {
  return `${Number(level.toPrecision(7))}`;
}
