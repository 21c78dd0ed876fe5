/**
 * The value and the steps after it.
 * Specification: docs/design/language.md, "Value".
 */
import type { Size, Step } from '@fewerbits/format';
import type { Member } from '../ast.ts';
import { evaluateWhole } from '../constant.ts';
import { suggestion } from '../names.ts';
import { arrayDimensions, type Context, contextOf, isScope, mark, scopeNames, type Work } from './context.ts';
import { lowerExpression, lowerSize } from './expression.ts';
import type { Written } from './flatten.ts';
import { lowerPattern } from './pattern.ts';
import type { Report } from './report.ts';

/** All steps, the first a `value`; the one that a format with a single field leaves out is put in. */
export function lowerSteps(work: Work, report: Report, where: Written['place']): Step[] {
  const { flat } = work;
  const steps: Step[] = [];
  const first = flat.steps[0];
  if (first === undefined || first.member.kind !== 'value') {
    const [only] = flat.fields.values();
    if (only === undefined || flat.fields.size > 1 || arrayDimensions(only) > 0) {
      const message =
        only === undefined
          ? 'this format has no fields and so no value'
          : 'nothing says what the weights are: `value = …` may be left out with a single field only';
      report('missing-value', where.span, message, 'write `value = …` from the fields');
    }
    steps.push({ step: 'value', expr: { op: 'field', name: only?.name ?? '', index: [] } });
  }
  for (const step of flat.steps) {
    const lowered = lowerStep(step.member, contextOf(work, step, steps.length === 0 ? 'value' : 'later'));
    if (lowered !== null) steps.push(lowered);
  }
  return steps;
}

function lowerStep(
  member: Extract<Member, { kind: 'value' | 'rotate' | 'permute' }>,
  context: Context,
): Step | null {
  switch (member.kind) {
    case 'value':
      return mark({ step: 'value', expr: lowerExpression(member.expr, context) }, member.span, context);
    case 'rotate':
      return lowerRotation(member, context);
    case 'permute':
      return lowerPermutation(member, context);
  }
}

function lowerRotation(member: Extract<Member, { kind: 'rotate' }>, context: Context): Step | null {
  const { report } = context.names;
  const scope = member.scope.text;
  if (scope !== 'row' && scope !== 'column') {
    report(
      'bad-step',
      member.scope.span,
      `a rotation runs along each \`row\` or each \`column\`, not \`${scope}\``,
    );
    return null;
  }
  const by = member.by.text;
  if (by !== 'hadamard' && by !== 'orthogonal') {
    report(
      'unknown-word',
      member.by.span,
      `there is no rotation \`${by}\``,
      suggestion(by, ['hadamard', 'orthogonal']),
    );
    return null;
  }
  let size: Size | null = null;
  let seed: number | null = null;
  for (const arg of member.args) {
    if (arg.name === null && by === 'hadamard' && size === null && arg.to === null) {
      size = lowerSize(arg.value, 'a Hadamard matrix', 1, context);
      if (typeof size === 'number' && (size < 2 || !Number.isInteger(Math.log2(size)))) {
        report(
          'bad-step',
          arg.span,
          `a Hadamard matrix here has a power of two of rows, and this has ${size}`,
        );
      }
    } else if (arg.name?.text === 'seed' && seed === null && arg.to === null) {
      seed = evaluateWhole(arg.value, context.names, 'a seed', 0, 2 ** 32 - 1);
    } else {
      report(
        'wrong-arguments',
        arg.span,
        `\`${by}\` takes no such argument`,
        by === 'hadamard' ? 'write `hadamard(128, seed: 1)`' : 'write `orthogonal(seed: 1)`',
      );
      return null;
    }
  }
  if (by === 'hadamard' && size === null) {
    report('wrong-arguments', member.by.span, '`hadamard` needs its size', 'write `hadamard(128)`');
    return null;
  }
  return mark({ step: 'rotate', scope, by, size, seed }, member.span, context);
}

function lowerPermutation(member: Extract<Member, { kind: 'permute' }>, context: Context): Step | null {
  const { names, work } = context;
  const scope = member.scope.text;
  if (!isScope(work.flat, scope)) {
    names.report(
      'unknown-scope',
      member.scope.span,
      `there is no scope \`${scope}\``,
      suggestion(scope, scopeNames(work.flat)),
    );
    return null;
  }
  if (member.pattern !== null) {
    if (member.pattern.padded)
      names.report(
        'axes',
        member.pattern.span,
        'weights are reordered here, and there is no padding among them',
      );
    return mark(
      { step: 'permute', scope, pattern: lowerPattern(member.pattern, context) },
      member.span,
      context,
    );
  }
  const by = member.by!;
  if (scope !== 'row' && scope !== 'column') {
    names.report(
      'bad-step',
      member.scope.span,
      `weights are gathered along each \`row\` or each \`column\`, not \`${scope}\``,
    );
    return null;
  }
  if (!work.flat.fields.has(by.text)) {
    names.report(
      'unknown-name',
      by.span,
      `there is no field \`${by.text}\``,
      suggestion(by.text, [...work.flat.fields.keys()]),
    );
    return null;
  }
  return mark({ step: 'gather', scope, field: by.text }, member.span, context);
}
