/**
 * Which format each tensor of a model gets: rules in order, the last one that matches wins.
 *
 * A rule names tensors by a regular expression; the base applies to what no rule matches and blocks make sense for: real numbers on two
 * axes or more. Pure: what a format is, is the caller's (`Choice`).
 */
import type { ModelTensor } from './types.ts';
import { weightsOf } from './types.ts';

/** For tensors whose names match. */
export interface PlanRule<Choice> {
  readonly pattern: RegExp;
  /** `null`: stays as it is. */
  readonly choice: Choice | null;
  /** How messages call the rule: `--tensor 'attn=q8_0'`. */
  readonly source: string;
}

/** What happens to a tensor. */
export type Decision<Choice> =
  | { readonly kind: 'encode'; readonly choice: Choice; readonly why: string }
  | { readonly kind: 'keep'; readonly why: string };

export interface PlannedTensor<Choice> {
  readonly tensor: ModelTensor;
  readonly decision: Decision<Choice>;
}

/** A plan, and rules that no tensor matched: mistyped, more often than not. */
export interface ModelPlan<Choice> {
  readonly tensors: readonly PlannedTensor<Choice>[];
  readonly unmatched: readonly PlanRule<Choice>[];
}

/**
 * Decides for every tensor.
 * @param base for tensors that no rule matches; `null`: they stay
 * @param ragged why a tensor's rows do not divide into the choice's blocks, or `null`
 * @param onRagged what then happens: `error` throws, `keep` leaves the tensor as it is, a function gives another choice
 * @throws RangeError for a ragged tensor under `error`, or a rule that wants a tensor encoded which is none of real numbers.
 */
export function planModel<Choice>(
  tensors: readonly ModelTensor[],
  base: Choice | null,
  rules: readonly PlanRule<Choice>[],
  ragged: (tensor: ModelTensor, choice: Choice) => string | null,
  onRagged: 'error' | 'keep' | ((choice: Choice) => Choice),
): ModelPlan<Choice> {
  const unmatched = new Set(rules);
  const planned = tensors.map((tensor) => {
    const matching = rules.filter(({ pattern }) => pattern.test(tensor.name));
    for (const rule of matching) unmatched.delete(rule);
    const decision = decide(tensor, base, matching.at(-1));
    if (decision.kind === 'keep') return { tensor, decision };
    const problem = ragged(tensor, decision.choice);
    if (problem === null) return { tensor, decision };
    if (onRagged === 'keep') return { tensor, decision: { kind: 'keep' as const, why: problem } };
    if (onRagged === 'error')
      throw new RangeError(
        `${tensor.name}: ${problem}; with on-ragged keep it stays as it is, with pad its rows are filled up`,
      );
    return { tensor, decision: { ...decision, choice: onRagged(decision.choice) } };
  });
  return { tensors: planned, unmatched: [...unmatched] };
}

function decide<Choice>(
  tensor: ModelTensor,
  base: Choice | null,
  rule: PlanRule<Choice> | undefined,
): Decision<Choice> {
  const reason = whyNotEncoded(tensor);
  if (rule !== undefined) {
    if (rule.choice === null) return { kind: 'keep', why: rule.source };
    if (reason !== null) throw new RangeError(`${rule.source}: ${tensor.name} ${reason}`);
    return { kind: 'encode', choice: rule.choice, why: rule.source };
  }
  if (reason !== null) return { kind: 'keep', why: reason };
  if (base === null) return { kind: 'keep', why: 'no rule names it' };
  if (tensor.shape.length < 2) return { kind: 'keep', why: 'has fewer than two axes' };
  return { kind: 'encode', choice: base, why: '' };
}

/** Why a tensor cannot be encoded; `null` if it can. */
function whyNotEncoded(tensor: ModelTensor): string | null {
  if (tensor.kind === 'encoded') return `is encoded already, as ${tensor.label}`;
  if (tensor.info.unreadable !== undefined) return tensor.info.unreadable;
  if (!/^(F|BF)\d/.test(tensor.info.dtype)) return `holds ${tensor.info.dtype}, no real numbers`;
  return weightsOf(tensor.shape) === 0 ? 'is empty' : null;
}
