/**
 * That everything a Format names is there: scopes, fields, lets, numbers, in every expression and layout, nested formats too.
 * Builder and `format.json` go through here; text is held to more by its checks, which know where things are written.
 */
import { staticModelProblem } from './entropy-model.ts';
import { childrenOf } from './expr.ts';
import type { Expr, Format, Item } from './types.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Bit references keep the last field id for digit groups (plan/bits.ts). */
const MOST_FIELDS = 254;

/**
 * @throws RangeError naming the format and what is not a name, declared twice, or not there.
 */
export function checkReferences(format: Format): void {
  const fail = (what: string): never => {
    throw new RangeError(`${format.name}: ${what}`);
  };
  if (!NAME.test(format.name))
    throw new RangeError(`'${format.name}' is not a name (letters, digits, underscores)`);
  const declared = new Set<string>();
  const declare = (name: string): void => {
    if (!NAME.test(name)) fail(`'${name}' is not a name (letters, digits, underscores)`);
    if (declared.has(name)) fail(`${name} is declared twice`);
    declared.add(name);
  };
  for (const scope of format.scopes) declare(scope.name);
  for (const field of format.fields) declare(field.name);
  for (const let_ of format.lets) let_.names.forEach(declare);

  const scopes = new Set(format.scopes.map((scope) => scope.name));
  const fields = new Map(format.fields.map((field) => [field.name, field]));
  const lets = new Set(format.lets.flatMap((let_) => let_.names));
  const needScope = (name: string, user: string): void => {
    if (!scopes.has(name)) fail(`${user} names unknown scope ${name}`);
  };
  const needNumber = (key: string, user: string): void => {
    if (!Object.hasOwn(format.numbers, key)) fail(`${user} uses unknown number ${key}`);
  };
  const needField = (name: string, user: string): void => {
    if (!fields.has(name)) fail(`${user} reads unknown field ${name}`);
  };

  const check = (expr: Expr, user: string): void => {
    switch (expr.op) {
      case 'field': {
        needField(expr.name, user);
        const storage = fields.get(expr.name)!.storage;
        const dims = storage.kind === 'number' ? storage.dims.length : 0;
        if (dims !== expr.index.length)
          fail(`${user} gives ${expr.index.length} indices to ${expr.name}, which has ${dims} dimensions`);
        break;
      }
      case 'let':
        if (!lets.has(expr.name)) fail(`${user} reads unknown let ${expr.name}`);
        break;
      case 'unrounded':
      case 'window':
        needField(expr.field, user);
        break;
      case 'dot':
        needField(expr.left, user);
        needField(expr.right, user);
        break;
      case 'at':
        needScope(expr.scope, user);
        break;
      case 'level':
      case 'nearest':
      case 'code_of':
        needNumber(expr.number, user);
        break;
      case 'fit':
        for (const argument of Object.values(expr.args))
          if (argument.arg === 'number') needNumber(argument.number, user);
        break;
      default:
    }
    for (const child of childrenOf(expr)) check(child, user);
  };

  for (const fixed of ['tensor', 'row', 'column', 'each'])
    if (!scopes.has(fixed)) fail(`scope ${fixed} is missing`);
  for (const scope of format.scopes)
    if (scope.parent !== null) needScope(scope.parent, `scope ${scope.name}`);
  for (const field of format.fields) {
    needScope(field.scope, `field ${field.name}`);
    if (field.storage.kind === 'format') checkReferences(field.storage.format);
    else if (field.storage.kind === 'number') needNumber(field.storage.number, `field ${field.name}`);
    else {
      for (const key of field.storage.numbers) needNumber(key, `field ${field.name}`);
      check(field.storage.index, `field ${field.name}`);
    }
    if (field.fit !== null) check(field.fit, `the fit of ${field.name}`);
  }
  if (format.fields.length > MOST_FIELDS)
    fail(`${format.fields.length} fields are more than the ${MOST_FIELDS} that a layout can hold`);
  for (const let_ of format.lets) {
    needScope(let_.scope, `let ${let_.names.join(', ')}`);
    check(let_.expr, `let ${let_.names.join(', ')}`);
  }
  if (format.steps[0]?.step !== 'value') fail('the first step is the value');
  for (const step of format.steps) {
    if (step.step === 'value') check(step.expr, 'the value');
    if (step.step === 'permute' || step.step === 'gather') needScope(step.scope, `the ${step.step}`);
    if (step.step === 'gather') needField(step.field, 'the gather');
  }
  if (format.outliers !== null) {
    const { index, value, select } = format.outliers;
    const keys =
      index.kind === 'coo' ? [index.number] : index.kind === 'csr' ? [index.offset, index.column] : [];
    for (const key of [...keys, value.number]) needNumber(key, 'the outliers');
    const rule = 'where' in select ? select.where : select.by;
    for (const expr of [rule, value.fit]) if (expr !== null) check(expr, 'the outliers');
  }
  for (const entropy of format.entropy) {
    const { model, weights } = entropy.options;
    if (weights !== undefined) needNumber(weights, `the entropy coder of ${entropy.fields.join(', ')}`);
    if ((model === 'static') !== (weights !== undefined))
      fail(`the entropy coder of ${entropy.fields.join(', ')}: a static model has weights, and no other has`);
    const problem = staticModelProblem(format, entropy);
    if (problem !== null)
      fail(`the static model of ${entropy.fields.join(', ')}: ${problem.what}; ${problem.cure}`);
  }
  for (const set of format.fits) {
    for (const { names, expr } of set.sets) {
      for (const name of names)
        if (!fields.has(name) && !lets.has(name)) fail(`fit ${set.name} sets unknown ${name}`);
      check(expr, `fit ${set.name}`);
    }
  }
  const items = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.item === 'scope') needScope(item.scope, 'the layout');
      if ('items' in item) items(item.items);
    }
  };
  const streams = new Set<string>();
  for (const stream of format.layout) {
    if (streams.has(stream.name)) fail(`two streams are called '${stream.name}'`);
    streams.add(stream.name);
    items(stream.items);
  }
}
