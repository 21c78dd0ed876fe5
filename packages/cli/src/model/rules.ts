/**
 * Rules of a plan from the command line and from a file; later ones win.
 *
 * A plan file is JSON: {"version": 1, "tensors": [{"name": "blk.0.attn_q.weight", "format": "q4_0"}]}, names exact, formats as
 * everywhere on the command line or `keep`. What `quantize --json` prints as `plan` is such a file.
 */
import type { PlanRule } from '@fewerbits/modelfile';
import { InputError } from '../input-error.ts';
import { readJson } from '../read-json.ts';
import type { Choice } from './choice.ts';

type Read = (text: string) => Promise<Choice | null>;

const VERSION = 1;

/**
 * The rule of `--tensor 'REGEX=FORMAT'`; the last `=` that a format can follow divides them.
 * @throws InputError for anything else, or a format that is not there.
 */
export async function tensorRule(text: string, read: Read): Promise<PlanRule<Choice>> {
  const source = `--tensor '${text}'`;
  // Parameters of a format have = too, but only inside parentheses.
  const match = /^(.+?)=([^=()]+(?:\(.*\))?(?:@[^=()]*)?)$/s.exec(text);
  if (match === null)
    throw new InputError(`${source}: write REGEX=FORMAT, such as 'attn_v=q6_k' or 'embd|output=keep'`);
  let pattern: RegExp;
  try {
    pattern = new RegExp(match[1]!);
  } catch (error) {
    const what = error instanceof Error ? error.message : 'not a regular expression';
    throw new InputError(`${source}: ${what}`, { cause: error });
  }
  return { pattern, choice: await read(match[2]!.trim()), source };
}

/**
 * The rules of a plan file, one for each tensor that it names.
 * @throws InputError for a file that is no plan, or a format that is not there.
 */
export async function planFileRules(path: string, read: Read): Promise<PlanRule<Choice>[]> {
  const plan = await readJson(path, 'a plan');
  if (!isObject(plan) || !Array.isArray(plan.tensors))
    throw new InputError(`${path} is no plan; {"version": 1, "tensors": [{"name", "format"}]} is needed`);
  if (plan.version !== VERSION)
    throw new InputError(
      `${path}: a plan of version ${String(plan.version)}, and version ${VERSION} is read here; install the latest fewerbits, or make the plan again`,
    );
  return Promise.all(
    plan.tensors.map(async (entry: unknown, place) => {
      if (!isObject(entry) || typeof entry.name !== 'string' || typeof entry.format !== 'string')
        throw new InputError(`${path}: tensors[${place}] must have a name and a format, both texts`);
      const pattern = new RegExp(`^${entry.name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}$`, 's');
      return { pattern, choice: await read(entry.format), source: `plan ${path}` };
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
