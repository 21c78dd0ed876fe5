/**
 * Laws of the three doors to a Format: text, JSON and the value itself say the same.
 */
import { compileFile, type Diagnostic, makeSource, printFormat } from '@fewerbits/dsl';
import { type Format, formatFromJson, formatId, formatToJson, sameDecoding } from '@fewerbits/format';
import { BrokenLaw } from './broken-law.ts';

/**
 * A Format printed as `.qf` text compiles to the same Format (fits, alternatives and documentation too), whose text is the same.
 * Parameters are left out of the comparison: an instance has values where its text has defaults.
 * @throws BrokenLaw with the findings of the compiler, or the first place at which the two differ.
 */
export function lawPrintParse(format: Format): void {
  const law = 'lawPrintParse';
  const text = printFormat(format);
  const { format: parsed, diagnostics } = compileFile(makeSource(`${format.name}.qf`, text)).instantiate(
    format.name,
  );
  if (parsed === null)
    throw new BrokenLaw(law, `${format.name} does not compile again: ${findings(diagnostics)}\n${text}`);
  const again = printFormat(parsed);
  if (again !== text)
    throw new BrokenLaw(law, `${format.name}: printed twice, ${firstDifferentLine(text, again)}`);
  const [want, got] = [plain(format), plain(parsed)];
  if (want !== got)
    throw new BrokenLaw(law, `${format.name}: the text means another format: ${around(want, got)}`);
  if (!sameDecoding(format, parsed)) throw new BrokenLaw(law, `${format.name}: the text decodes otherwise`);
}

function findings(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ code, message }) => `${code}: ${message}`).join('; ') || 'no reason given';
}

function plain(format: Format): string {
  return canonical({ ...format, parameters: {} });
}

/** JSON with the keys of objects in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function firstDifferentLine(a: string, b: string): string {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const line = left.findIndex((text, i) => text !== right[i]);
  return `line ${line + 1} is '${right[line]}', was '${left[line]}'`;
}

function around(want: string, got: string): string {
  let at = 0;
  while (want[at] === got[at]) at++;
  const cut = (text: string): string => text.slice(Math.max(0, at - 40), at + 60);
  return `…${cut(got)}…, want …${cut(want)}…`;
}

/**
 * A Format survives JSON: text and back gives an equal Format with the same id, and a version from the future is refused.
 * @throws BrokenLaw with the first place at which the two differ.
 */
export function lawJson(format: Format): void {
  const law = 'lawJson';
  const text = formatToJson(format);
  const back = formatFromJson(JSON.parse(text));
  const [want, got] = [canonical(format), canonical(back)];
  if (want !== got) throw new BrokenLaw(law, `${format.name}: ${around(want, got)}`);
  if (formatId(back) !== formatId(format)) throw new BrokenLaw(law, `${format.name}: the id changes`);
  let refused = false;
  try {
    formatFromJson({ ...(JSON.parse(text) as object), version: 1e6 });
  } catch {
    refused = true;
  }
  if (!refused)
    throw new BrokenLaw(law, `${format.name}: a version of the future is read as if it were known`);
}
