/**
 * A Format as canonical `.qf` text: the way back from `lower`. Compiling the text gives the same Format.
 *
 * Parameters are printed with their values as defaults, though nothing refers to them any more; expectations are not
 * part of a Format; a layout that is the default is left out.
 * Specification: docs/design/language.md, "From text to kernels".
 */
import { defaultLayout, type Field, type Format, type Outliers, type Step } from '@fewerbits/format';
import { type ExpressionText, exprText, sizeText } from './print/expression.ts';
import { layoutLines, patternText } from './print/layout.ts';
import { type Declarations, declarationTexts, type NumberText, numberTexts } from './print/numbers.ts';
import { literal } from './print/pieces.ts';
import { docLines, scopeLines } from './print/scopes.ts';

/** The text of a file that declares this format, the formats stored in it and the numbers that they name. */
export function printFormat(format: Format): string {
  const declarations: Declarations = { numbers: new Map(), families: new Map() };
  const formats = new Map<string, string>();
  print(format, declarations, formats);
  const numbers = declarationTexts(declarations);
  return [...(numbers.length === 0 ? [] : [numbers.join('\n')]), ...formats.values()].join('\n\n') + '\n';
}

/** Prints nested formats before the one that stores them; formats of one name are printed once. */
function print(format: Format, declarations: Declarations, done: Map<string, string>): void {
  for (const { storage } of format.fields) {
    if (storage.kind === 'format' && !done.has(storage.format.name))
      print(storage.format, declarations, done);
  }
  done.set(format.name, formatText(format, declarations));
}

function formatText(format: Format, declarations: Declarations): string {
  const numbers = numberTexts(format, declarations);
  const taken = new Set([
    ...Object.keys(format.parameters),
    ...format.scopes.map((scope) => scope.name),
    ...format.fields.map((field) => field.name),
    ...format.lets.flatMap((item) => item.names),
  ]);
  const names: ExpressionText = { number: numbers.inExpression, isTaken: (name) => taken.has(name) };
  const members = [
    ...settingLines(format),
    ...(format.outliers === null ? [] : [outliersLine(format.outliers, numbers, names)]),
    ...scopeLines(format, {
      field: (field) => fieldText(field, numbers, names),
      let: (item) => `let ${item.names.join(', ')} = ${exprText(item.expr, names)}`,
    }),
    ...format.steps.map((step) => stepText(step, names)),
    ...format.entropy.map((entropy) => entropyText(entropy, numbers)),
    ...fitLines(format, names),
    ...(hasDefaultLayout(format) ? [] : layoutLines(format.layout, names)),
  ];
  const head = `format ${format.name}${parametersText(format, numbers)} {`;
  return [...docLines(format.doc), head, ...members.map((line) => `  ${line}`), '}'].join('\n');
}

function parametersText({ parameters }: Format, numbers: NumberText): string {
  const list = Object.entries(parameters).map(([name, value]) => {
    if (typeof value === 'string') return `${name}: number = ${numbers.inExpression(value).text}`;
    return `${name}: ${Number.isInteger(value) ? 'int' : 'real'} = ${literal(value).text}`;
  });
  return list.length === 0 ? '' : `(${list.join(', ')})`;
}

function settingLines({ view, tail, nonfinite, arithmetic }: Format): string[] {
  return [
    ...(view === 'last' ? [] : [`view ${view}`]),
    ...(tail === 'error' ? [] : [`tail ${tail}`]),
    ...(nonfinite === 'error' ? [] : [`nonfinite ${nonfinite}`]),
    ...(arithmetic === 'f32' ? [] : [`arithmetic ${arithmetic}`]),
  ];
}

function fieldText(field: Field, numbers: NumberText, names: ExpressionText): string {
  const fit = field.fit === null ? '' : ` = ${exprText(field.fit, names)}`;
  return `${field.name}: ${storageText(field, numbers, names)}${fit}`;
}

function storageText({ storage }: Field, numbers: NumberText, names: ExpressionText): string {
  switch (storage.kind) {
    case 'number': {
      const dims = storage.dims.map((dim) => sizeText(dim, names));
      return numbers.asType(storage.number, dims.length === 0 ? '' : `[${dims.join(', ')}]`);
    }
    case 'choose': {
      const options = storage.numbers.map((key) => numbers.inExpression(key).text);
      return `choose(${[exprText(storage.index, names), ...options].join(', ')})`;
    }
    case 'format':
      return `format ${storage.format.name}`;
  }
}

function outliersLine(outliers: Outliers, numbers: NumberText, names: ExpressionText): string {
  const { unit, select, index, value, add } = outliers;
  const chosen =
    'where' in select
      ? `where ${exprText(select.where, names)}`
      : `top ${literal(select.top).text}${select.by === null ? '' : ` by ${exprText(select.by, names)}`}`;
  const stored =
    index.kind === 'bitmap'
      ? 'bitmap'
      : index.kind === 'coo'
        ? numbers.asType(index.number, '')
        : `csr(${numbers.asType(index.offset, '')}, ${numbers.asType(index.column, '')})`;
  const fit = value.fit === null ? '' : ` = ${exprText(value.fit, names)}`;
  const place = unit === 'each' ? '' : `${unit} `;
  return `outliers ${place}${chosen} { index: ${stored}, value: ${numbers.asType(value.number, '')}${fit} }${add ? ' add' : ''}`;
}

function stepText(step: Step, names: ExpressionText): string {
  switch (step.step) {
    case 'value':
      return `value = ${exprText(step.expr, names)}`;
    case 'rotate': {
      const size = step.size === null ? [] : [sizeText(step.size, names)];
      const args = [...size, ...(step.seed === null ? [] : [`seed: ${step.seed}`])];
      return `rotate ${step.scope} by ${step.by}${args.length === 0 ? '' : `(${args.join(', ')})`}`;
    }
    case 'permute':
      return `permute ${step.scope} ${patternText(step.pattern, names)}`;
    case 'gather':
      return `permute ${step.scope} by ${step.field}`;
  }
}

function entropyText({ fields, coder, options }: Format['entropy'][number], numbers: NumberText): string {
  const { weights, ...plain } = options;
  const args = Object.entries(plain).map(
    ([name, value]) => `${name}: ${typeof value === 'number' ? literal(value).text : value}`,
  );
  if (weights !== undefined) args.push(`weights: ${numbers.inExpression(weights).text}`);
  return `entropy ${fields.join(', ')} with ${coder}${args.length === 0 ? '' : `(${args.join(', ')})`}`;
}

function fitLines({ fits }: Format, names: ExpressionText): string[] {
  return fits.flatMap(({ name, sets }) => {
    const lines = sets.map((set) => `${set.names.join(', ')} = ${exprText(set.expr, names)}`);
    if (lines.length <= 1) return [`fit ${name} {${lines.length === 0 ? '' : ` ${lines[0]} `}}`];
    return [`fit ${name} {`, ...lines.map((line) => `  ${line}`), '}'];
  });
}

function hasDefaultLayout(format: Format): boolean {
  return JSON.stringify(format.layout) === JSON.stringify(defaultLayout(format));
}
