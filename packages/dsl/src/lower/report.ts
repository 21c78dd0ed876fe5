/**
 * How every pass says that something is wrong: a function bound to one source text and one list of findings.
 */
import type { Span } from '../ast.ts';
import type { Diagnostic } from '../diagnostics/catalogue.ts';
import { diagnose } from '../diagnostics/catalogue.ts';
import type { CheckCode } from '../diagnostics/check-codes.ts';
import { CHECK_CODES } from '../diagnostics/check-codes.ts';
import type { Source } from '../source.ts';

/** Adds one diagnostic; `message` is a sentence of reason, `help` the fix where one exists. */
export type Report = (code: CheckCode, span: Span, message: string, help?: string) => void;

/** A place in one of the files that a format is made of. */
export interface Place {
  readonly source: Source;
  readonly span: Span;
}

/** A reporter for one file; findings go to the end of `into`. */
export function reporter(source: Source, into: Diagnostic[]): Report {
  return (code, span, message, help) => {
    into.push(
      diagnose(
        CHECK_CODES[code],
        source,
        span,
        sentence(message),
        help === undefined ? null : sentence(help),
      ),
    );
  };
}

/** A clause as a sentence: a capital first and a full stop last, unless it begins or ends otherwise. */
export function sentence(clause: string): string {
  const first = clause.slice(0, 1).toUpperCase() + clause.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}
