/** Rules: the last that matches wins; what no rule names follows the base; what cannot be encoded stays, or is refused where a rule wants it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelTensor, type PlanRule, planModel } from '../src/index.ts';

function plain(name: string, shape: readonly number[] = [4, 64], dtype = 'F32'): ModelTensor {
  const info = {
    name,
    shape,
    dtype,
    byteLength: 0,
    contractionAxis: null,
    axisKnown: false,
    axisReason: '',
  };
  return { kind: 'plain', name, shape, axis: null, axisReason: '', byteLength: 0, info };
}

const rule = (pattern: RegExp, choice: string | null): PlanRule<string> => ({
  pattern,
  choice,
  source: `rule ${pattern.source}`,
});
const fits = (): null => null;

/** Choices by tensor; `-` for those that stay. */
function decide(
  tensors: readonly ModelTensor[],
  base: string | null,
  rules: readonly PlanRule<string>[],
): string[] {
  return planModel(tensors, base, rules, fits, 'error').tensors.map(({ decision }) =>
    decision.kind === 'keep' ? '-' : decision.choice,
  );
}

describe('a plan', () => {
  it('takes the last rule that matches, and the base elsewhere', () => {
    const tensors = ['embd', 'attn_q', 'attn_v', 'output'].map((name) => plain(name));
    const rules = [rule(/attn/, 'q5'), rule(/_v$/, 'q6'), rule(/output/, null)];
    expect(decide(tensors, 'q4', rules)).toEqual(['q4', 'q5', 'q6', '-']);
    expect(decide(tensors, null, rules)).toEqual(['-', 'q5', 'q6', '-']);
  });

  it('is the same as asking the rules from the last on, for any rules', () => {
    const letters = fc.constantFrom('a', 'b', 'c');
    const names = fc.uniqueArray(fc.string({ unit: letters, minLength: 1, maxLength: 4 }), { minLength: 1 });
    const rules = fc.array(
      fc.tuple(fc.string({ unit: letters, minLength: 1, maxLength: 2 }), fc.option(letters)),
    );
    fc.assert(
      fc.property(names, rules, fc.option(letters), (names, texts, base) => {
        const made = texts.map(([text, choice]) => rule(new RegExp(text), choice));
        const wanted = names.map((name) => {
          const last = texts.findLast(([text]) => name.includes(text));
          return (last === undefined ? base : last[1]) ?? '-';
        });
        expect(
          decide(
            names.map((name) => plain(name)),
            base,
            made,
          ),
        ).toEqual(wanted);
        const { unmatched } = planModel(
          names.map((name) => plain(name)),
          base,
          made,
          fits,
          'keep',
        );
        expect(unmatched).toEqual(made.filter(({ pattern }) => !names.some((name) => pattern.test(name))));
      }),
    );
  });

  it('leaves vectors, empty tensors and whole numbers to rules, which may not want the impossible', () => {
    const tensors = [plain('norm', [64]), plain('none', [0, 4]), plain('ids', [4, 4], 'I32')];
    expect(decide(tensors, 'q4', [])).toEqual(['-', '-', '-']);
    expect(decide(tensors, 'q4', [rule(/norm/, 'q8')])).toEqual(['q8', '-', '-']);
    expect(() => decide(tensors, null, [rule(/ids/, 'q8')])).toThrow(
      'rule ids: ids holds I32, no real numbers',
    );
  });

  it('refuses, keeps or changes what does not divide', () => {
    const tensors = [plain('even'), plain('odd', [4, 5])];
    const ragged = ({ name }: ModelTensor): string | null => (name === 'odd' ? 'axis 1 of [4, 5]' : null);
    const run = (onRagged: 'error' | 'keep' | ((choice: string) => string)) =>
      planModel(tensors, 'q4', [], ragged, onRagged).tensors.map(({ decision }) => decision);
    expect(() => run('error')).toThrow(/^odd: axis 1 of \[4, 5\]; with on-ragged keep/);
    expect(run('keep')[1]).toEqual({ kind: 'keep', why: 'axis 1 of [4, 5]' });
    expect(run((choice) => `${choice} padded`)[1]).toMatchObject({ kind: 'encode', choice: 'q4 padded' });
  });
});
