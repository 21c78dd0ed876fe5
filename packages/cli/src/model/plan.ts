/**
 * The plan of `quantize`: which tensor becomes what, what that takes, and how it is shown.
 */
import { bytesText, shapeText, textTable } from '@fewerbits/compare';
import { type Format, formatFacts, streamBytes } from '@fewerbits/format';
import {
  type ModelPlan,
  type ModelTensor,
  matrixOf,
  type PlannedTensor,
  type PlanRule,
  planModel,
  weightsOf,
} from '@fewerbits/modelfile';
import { InputError, refusable } from '../input-error.ts';
import { type Choice, KEEP } from './choice.ts';

/** What happens to tensors whose rows do not divide into blocks. */
export type OnRagged = 'error' | 'keep' | 'pad';

export type Plan = ModelPlan<Choice>;
export type Planned = PlannedTensor<Choice>;

/**
 * Decides for every tensor.
 * @throws InputError for a ragged tensor, a rule for a tensor of no real numbers, or a plan that encodes nothing.
 */
export function makePlan(
  path: string,
  tensors: readonly ModelTensor[],
  base: Choice | null,
  rules: readonly PlanRule<Choice>[],
  onRagged: OnRagged,
): Plan {
  const plan = refusable(path, () =>
    planModel(tensors, base, rules, raggedness, onRagged === 'pad' ? padding() : onRagged),
  );
  if (plan.tensors.every(({ decision }) => decision.kind === 'keep'))
    throw new InputError(`${path}: the plan leaves every tensor as it is\n${planText(plan)}`);
  return plan;
}

/** Why the rows of a tensor do not divide into the blocks of a choice. */
function raggedness({ shape, axis }: ModelTensor, choice: Choice): string | null {
  if (choice.kind === 'dtype') return null;
  try {
    streamBytes(choice.chosen.format, matrixOf(shape, axis));
    return null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `axis ${axis ?? shape.length - 1} of [${shape.join(', ')}]: ${error.message.replace(/;.*/s, '')}`;
  }
}

/** Gives the same format with rows filled up with zeros, one for each choice, so that its tensors share a value. */
function padding(): (choice: Choice) => Choice {
  const known = new Map<Choice, Choice>();
  return (choice) => {
    if (choice.kind === 'dtype') return choice;
    const format: Format = { ...choice.chosen.format, tail: 'pad' };
    const padded = known.get(choice) ?? {
      ...choice,
      label: `${choice.label}, rows filled up`,
      chosen: { ...choice.chosen, format },
    };
    known.set(choice, padded);
    return padded;
  };
}

const right = (title: string) => ({ title, align: 'right' as const });
const COLUMNS = [
  { title: 'tensor' },
  { title: 'shape' },
  { title: 'becomes' },
  right('bits'),
  right('bytes'),
  { title: '' },
];

/** The plan as a table; lengths that depend on data are not known yet. */
export function planText(plan: Plan): string {
  return textTable(COLUMNS, plan.tensors.map(cells));
}

function cells({ tensor, decision }: Planned): string[] {
  const bytes = plannedBytes({ tensor, decision });
  const weights = weightsOf(tensor.shape);
  return [
    tensor.name,
    shapeText(tensor.shape),
    decision.kind === 'keep' ? KEEP : decision.choice.label,
    bytes === null || weights === 0 ? '–' : `${Number(((8 * bytes) / weights).toFixed(4))}`,
    bytes === null ? '–' : bytesText(bytes),
    decision.why,
  ];
}

/** Bytes that a tensor will take; `null` where that depends on the data. */
export function plannedBytes({ tensor, decision }: Planned): number | null {
  if (decision.kind === 'keep') return tensor.byteLength;
  const { choice } = decision;
  if (choice.kind === 'dtype') return weightsOf(tensor.shape) * (choice.dtype === 'F32' ? 4 : 2);
  const { format } = choice.chosen;
  if (!formatFacts(format).fixedLength) return null;
  const lengths = streamBytes(format, matrixOf(tensor.shape, tensor.axis));
  return Object.values(lengths).reduce((sum, length) => sum + length, 0);
}

/** The plan as a plan file. */
export function planJson(plan: Plan): { version: 1; tensors: { name: string; format: string }[] } {
  const tensors = plan.tensors.map(({ tensor: { name }, decision }) => ({
    name,
    format: decision.kind === 'keep' ? KEEP : decision.choice.source,
  }));
  return { version: 1, tensors };
}
