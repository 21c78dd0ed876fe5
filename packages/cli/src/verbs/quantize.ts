/**
 * `quantize`: a whole model into a format for each of its tensors, by rules; the plan is printed before the work begins.
 */

import { fieldsToGive, requireExecutable } from '@fewerbits/codec';
import { bytesText } from '@fewerbits/compare';
import { type ModelFile, weightsOf } from '@fewerbits/modelfile';
import { InputError, refusable } from '../input-error.ts';
import type { Io } from '../io.ts';
import type { Context, Options } from '../main.ts';
import { type Choice, choiceReader } from '../model/choice.ts';
import { plannedOutputs } from '../model/encoded.ts';
import { openImportances } from '../model/importances.ts';
import { openModelFile } from '../model/open.ts';
import { makePlan, type OnRagged, type Plan, planJson, planText } from '../model/plan.ts';
import { planFileRules, tensorRule } from '../model/rules.ts';
import { runningOf } from '../model/run.ts';
import { outputContainer, type Written, whyNotHeld, writeModel } from '../model/write.ts';
import { openOptions, sizeOption, textOption, textsOption } from '../option-values.ts';
import { requirePlace } from '../write-file.ts';

/** Quantises; there are never findings. */
export async function quantize(context: Context, input: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const running = runningOf(context, options);
  const output = textOption(options, 'output');
  const isDry = options.dryRun === true;
  if (output === undefined && !isDry)
    throw new InputError('say where to write, -o OUT.safetensors or -o OUT.gguf, or only --dry-run');
  if (output !== undefined) {
    if (outputContainer(output) === 'gguf' && options.onRagged === 'pad')
      throw new InputError(
        '--on-ragged pad: rows of GGUF are whole blocks and cannot be filled up; use keep, or write .safetensors',
      );
    await requirePlace(output);
  }
  const read = choiceReader();
  const base = await baseChoice(options, read);
  const rules = await rulesOf(options, read);
  if (base === null && rules.length === 0)
    throw new InputError('say what tensors become: --format, --tensor REGEX=FORMAT, or --plan');
  const importance = textOption(options, 'importance');
  const importances = importance === undefined ? null : await openImportances(importance);
  try {
    const model = await openModelFile(io, input, openOptions(options));
    try {
      const plan = await planOf(input, model, base, rules, options, output);
      for (const { source } of plan.unmatched) io.note(`${source} matches no tensor\n`);
      if (!json) io.out(`${planText(plan)}\n`);
      if (output === undefined || isDry) report(context, plan, null);
      else {
        const outputs = await plannedOutputs(running, model, plan, importances);
        const written = await writeModel(output, model.file, outputs, signal, sizeOption(options, 'split'));
        if (outputContainer(output) === 'gguf') noteTurned(io, plan);
        report(context, plan, written);
      }
      return false;
    } finally {
      await model.close();
    }
  } finally {
    await importances?.close();
  }
}

async function baseChoice(options: Options, read: ReturnType<typeof choiceReader>): Promise<Choice | null> {
  const text = textOption(options, 'format');
  return text === undefined ? null : read(text);
}

/** The plan's rules first, so that those of the command line win. */
async function rulesOf(options: Options, read: ReturnType<typeof choiceReader>) {
  const file = textOption(options, 'plan');
  const fromFile = file === undefined ? [] : await planFileRules(file, read);
  const fromLine = await Promise.all(textsOption(options, 'tensor').map((text) => tensorRule(text, read)));
  return [...fromFile, ...fromLine];
}

async function planOf(
  input: string,
  model: ModelFile,
  base: Choice | null,
  rules: Awaited<ReturnType<typeof rulesOf>>,
  options: Options,
  output: string | undefined,
): Promise<Plan> {
  const container = output === undefined ? 'safetensors' : outputContainer(output);
  for (const choice of new Set([base, ...rules.map((rule) => rule.choice)])) {
    if (choice?.kind !== 'format') continue;
    const reason = await whyNotWritten(choice, container);
    if (reason !== null) throw new InputError(reason);
  }
  return makePlan(input, model.tensors, base, rules, textOption(options, 'onRagged') as OnRagged);
}

/** Why a format cannot be encoded here, or not held by the container. */
async function whyNotWritten(
  { label, chosen: { format } }: Extract<Choice, { kind: 'format' }>,
  container: ReturnType<typeof outputContainer>,
): Promise<string | null> {
  const missing = fieldsToGive(format);
  if (missing.length > 0)
    return `${label} decodes only: it has no fit for ${missing.join(', ')}, which a procedure outside the format chooses`;
  refusable(label, () => requireExecutable(format));
  return whyNotHeld(container, format);
}

/** GGUF keeps the contraction axis last. */
function noteTurned(io: Io, plan: Plan): void {
  const turned = plan.tensors.filter(
    ({ tensor: { shape, axis }, decision }) =>
      decision.kind === 'encode' &&
      decision.choice.kind === 'format' &&
      axis !== null &&
      axis < shape.length - 1,
  );
  for (const { tensor } of turned.slice(0, 1))
    io.note(
      `${tensor.name} is stored with axis ${tensor.axis} last, as rows of GGUF are${turned.length > 1 ? `; so are ${turned.length - 1} more` : ''}\n`,
    );
}

function report({ io, json }: Context, plan: Plan, done: Written | null): void {
  const bytesBefore = plan.tensors.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  const weights = plan.tensors.reduce((sum, { tensor }) => sum + weightsOf(tensor.shape), 0);
  const bytes = done === null ? null : [...done.sizes.values()].reduce((sum, size) => sum + size, 0);
  const bitsPerParam = bytes === null || weights === 0 ? null : (8 * bytes) / weights;
  const written = done?.paths ?? [];
  if (json) {
    const result = { version: 1, plan: planJson(plan), weights, bytesBefore, bytes, bitsPerParam, written };
    io.out(`${JSON.stringify(result, null, 2)}\n`);
  } else if (bytes !== null)
    io.note(
      `${written.join(', ')}: ${bytesText(bytes)} of ${bytesText(bytesBefore)}, ${Number(bitsPerParam!.toFixed(4))} bits per parameter over all tensors\n`,
    );
}
