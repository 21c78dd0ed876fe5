/** A field that is no code and has no fit must be given by the caller. docs/design/language.md, "Fit". */
import { type Check, codesOf, findings } from './checked.ts';

/** Notes that a format only decodes, and names what encoding would need. */
export const checkNoEncoder: Check = (checked) =>
  findings(checked, (report) => {
    const codes = new Set(codesOf(checked.format));
    const given = checked.format.fields.filter((field) => field.fit === null && !codes.has(field));
    const [first] = given;
    if (first === undefined) return;
    const names = given.map((field) => `\`${field.name}\``);
    const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
    const verb = names.length === 1 ? 'has' : 'have';
    report(
      'no-encoder',
      first,
      `this format decodes, and encodes only what is given: ${list} ${verb} no fit`,
      'write a fit after `=`, or leave it to a procedure that searches',
    );
  });
