/**
 * Every diagnostic of the language in one table, and the value that carries one.
 *
 * A code is stable: it is never given another meaning, and a retired one is never used again. The documentation pages
 * are generated from this table. Groups: QF0xx syntax, 1xx names and imports, 2xx numbers, 3xx scopes and fields,
 * 4xx fits and values, 5xx layout, 6xx facts and expectations, 7xx formats and parameters.
 */

import type { Span } from '../ast.ts';
import type { Source } from '../source.ts';
import { CHECK_DIAGNOSTICS } from './catalogue-checks.ts';
import { SYNTAX_DIAGNOSTICS } from './catalogue-syntax.ts';

/** `error`: nothing is generated. `note`: worth knowing, the file is good. */
export type Severity = 'error' | 'note';

/** What the table says of a code; the page's path is derived from the code. */
export interface DiagnosticEntry {
  /** A few words, the page's heading. */
  readonly title: string;
  /** `error` if absent. */
  readonly severity?: Severity;
  /** Why the language insists, in a sentence or two. */
  readonly reason: string;
  /** A small file that is reported with this code. */
  readonly example: string;
}

/** A mistake (or a note) at a place in a source. */
export interface Diagnostic {
  /** Stable, such as `QF001`; a key of {@link DIAGNOSTICS}. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence: what is wrong here. */
  readonly message: string;
  /** What to do about it, where one can say. */
  readonly help: string | null;
  readonly source: Source;
  readonly span: Span;
  /** Other places that belong to the matter, such as the brace that was never closed. */
  readonly related: readonly RelatedPlace[];
}

/** A second place of a diagnostic, with what there is to say about it. */
export interface RelatedPlace {
  readonly message: string;
  readonly source: Source;
  readonly span: Span;
}

/** Every code with its title, severity, reason, example and documentation page (relative to the repository root). */
export const DIAGNOSTICS: Readonly<Record<string, Required<DiagnosticEntry> & { readonly page: string }>> =
  Object.fromEntries(
    Object.entries({ ...SYNTAX_DIAGNOSTICS, ...CHECK_DIAGNOSTICS })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, entry]) => [
        code,
        { severity: 'error', ...entry, page: `docs/diagnostics.md#${code.toLowerCase()}` },
      ]),
  );

/**
 * A diagnostic of the table at a place.
 *
 * @throws RangeError if the table has no such code: that is a mistake in the compiler, not in the text.
 */
export function diagnose(
  code: string,
  source: Source,
  span: Span,
  message: string,
  help: string | null = null,
  related: readonly RelatedPlace[] = [],
): Diagnostic {
  const entry = Object.hasOwn(DIAGNOSTICS, code) ? DIAGNOSTICS[code] : undefined;
  if (!entry) throw new RangeError(`code must be in the catalogue of diagnostics, not ${code}`);
  return { code, severity: entry.severity, message, help, source, span, related };
}
