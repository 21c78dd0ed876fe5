/**
 * How files are called in tables, reports and diagnostics: from the current folder on where they lie inside it.
 *
 * A report is shown to others, to whom the folders above are noise, or none of their business.
 */
import { isAbsolute, relative, sep } from 'node:path';

/** The path relative to the current folder, with `/`, if it lies inside; else as it is. */
export function shownPath(path: string): string {
  const inside = relative(process.cwd(), path);
  // On Windows a path on another drive stays absolute.
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return path;
  return inside.replaceAll(sep, '/');
}
