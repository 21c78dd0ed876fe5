/** What a file expects of a format holds, to the digits written. docs/design/language.md, "Facts". */
import { formatFacts } from '@fewerbits/format';
import { evaluateConstant } from '../constant.ts';
import type { Diagnostic } from '../diagnostics/catalogue.ts';
import { reporter } from '../lower/report.ts';
import { suggestion } from '../names.ts';
import type { Check } from './checked.ts';

/** How far a fact may lie from the digits of an expectation, as a part of it. */
const TOLERANCE = 1e-7;

/** Whether a fact is the expected one. */
export function agrees(expected: number, found: number): boolean {
  return Math.abs(expected - found) <= Math.max(1e-9, Math.abs(expected) * TOLERANCE);
}

/** A figure as it would be written in an `expect`. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(10)));
}

/** Reports expectations that do not hold, with the true figure. */
export const checkExpectations: Check = ({ format, flat }) => {
  const found: Diagnostic[] = [];
  if (flat.expects.length === 0) return found;
  const { bitsPerParam, scopeBytes } = formatFacts(format);
  const facts: Record<string, number> = { bits_per_param: bitsPerParam };
  for (const [scope, bytes] of Object.entries(scopeBytes)) facts[`${scope}_bytes`] = bytes;
  for (const { expectation, names, place } of flat.expects) {
    const report = reporter(place.source, found);
    const { name, value } = expectation;
    const expected = evaluateConstant(value, names);
    if (expected === null) continue;
    if (!Object.hasOwn(facts, name.text)) {
      report(
        'unknown-fact',
        name.span,
        `this format has no fact \`${name.text}\``,
        suggestion(name.text, Object.keys(facts)),
      );
    } else if (!agrees(expected, facts[name.text]!)) {
      const actual = figure(facts[name.text]!);
      report(
        'expect-fails',
        expectation.span,
        `\`${name.text}\` is ${actual}, not ${figure(expected)}`,
        `if the format is right, write \`${name.text} = ${actual}\``,
      );
    }
  }
  return found;
};
