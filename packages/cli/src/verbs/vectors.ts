/**
 * `vectors verify`: the catalogue's formats against golden vectors, on the fastest target or the one that is asked for.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { catalogueIndex } from '@fewerbits/catalogue';
import { printable, textTable } from '@fewerbits/compare';
import type { Format } from '@fewerbits/format';
import { type CaseResult, type Manifest, runManifest } from '@fewerbits/testkit';
import { resolveArgument } from '../format-argument.ts';
import { InputError } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { targetOption, textOption } from '../option-values.ts';
import { readJson } from '../read-json.ts';
import { targetCodec } from '../target.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Failures are findings. */
export async function verifyVectors(
  { io, json, signal }: Context,
  path: string,
  options: Options,
): Promise<boolean> {
  const manifest = await readManifest(path);
  const group = textOption(options, 'group');
  const type = textOption(options, 'type');
  const target = targetOption(options);
  checkFilter(manifest, group, type);
  const folder = dirname(path);
  const names = new Set(catalogueIndex().map((entry) => entry.name));
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const groups = new Map<string, Map<string, Counts>>();
  const failures: CaseResult[] = [];
  const reasons = new Map<string, number>();
  const run = runManifest({
    manifest,
    readFile: async (file) => new Uint8Array(await readFile(join(folder, file))),
    digest: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    formats: (name, args) => formatNamed(names, name, args ?? {}),
    codecOf: (format) => targetCodec(format, target).codec,
    filter: { ...(group === undefined ? {} : { group }), ...(type === undefined ? {} : { type }) },
  });
  for await (const result of run) {
    signal.throwIfAborted();
    const types = groups.get(result.group) ?? new Map<string, Counts>();
    groups.set(result.group, types);
    const counts = types.get(result.type) ?? { passed: 0, failed: 0, skipped: 0 };
    types.set(result.type, counts);
    counts[result.status]++;
    total[result.status]++;
    if (result.status === 'failed') failures.push(result);
    if (result.status === 'skipped') reasons.set(result.detail, (reasons.get(result.detail) ?? 0) + 1);
  }
  if (json) {
    const types = (of: Map<string, Counts>): Record<string, Counts> => Object.fromEntries(of);
    const byGroup = Object.fromEntries(
      [...groups].map(([name, of]) => [name, { ...sum([...of.values()]), types: types(of) }]),
    );
    const skipped = [...reasons].map(([reason, count]) => ({ reason, count }));
    io.out(
      `${JSON.stringify({ version: 1, ...total, groups: byGroup, failures, skippedReasons: skipped }, null, 2)}\n`,
    );
  } else io.out(report(groups, failures, reasons, total));
  return total.failed > 0;
}

function report(
  groups: ReadonlyMap<string, ReadonlyMap<string, Counts>>,
  failures: readonly CaseResult[],
  reasons: ReadonlyMap<string, number>,
  total: Counts,
): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const rows = [...groups].flatMap(([group, types]) =>
    [...types].map(([type, { passed, failed, skipped }]) => [
      group,
      type,
      `${passed}`,
      `${failed}`,
      `${skipped}`,
    ]),
  );
  const lines = [
    textTable(
      [{ title: 'group' }, { title: 'type' }, right('passed'), right('failed'), right('skipped')],
      rows,
    ),
  ];
  const most = 20;
  for (const { id, detail } of failures.slice(0, most))
    lines.push(`FAILED ${printable(id)}: ${detail.split('\n').map(printable).join('\n    ')}\n`);
  if (failures.length > most)
    lines.push(`… and ${failures.length - most} more failures (--json lists them all)\n`);
  for (const [reason, count] of reasons) lines.push(`skipped ${count}: ${printable(reason)}\n`);
  lines.push(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  return lines.join('');
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

async function formatNamed(
  names: ReadonlySet<string>,
  name: string,
  args: Readonly<Record<string, number | string>>,
): Promise<Format | null> {
  if (!names.has(name)) return null;
  const argument = { kind: 'catalogue' as const, spec: { name, args, fit: null } };
  return (await resolveArgument(argument, name)).format;
}

async function readManifest(path: string): Promise<Manifest> {
  const manifest = (await readJson(path, 'the manifest of golden vectors')) as Partial<Manifest> | null;
  if (
    typeof manifest !== 'object' ||
    manifest === null ||
    !Array.isArray(manifest.cases) ||
    typeof manifest.files !== 'object'
  )
    throw new InputError(`${path} is no manifest of vectors: it needs "cases" and "files"`);
  return manifest as Manifest;
}

/** A filter that matches nothing is a slip of the hand, and must not look like success. */
function checkFilter({ cases }: Manifest, group: string | undefined, type: string | undefined): void {
  const chosen = cases.filter(
    (one) => (group === undefined || one.group === group) && (type === undefined || one.type === type),
  );
  if (chosen.length > 0) return;
  const known = (of: (one: Manifest['cases'][number]) => string): string =>
    [...new Set(cases.map(of))].join(', ');
  const hint =
    type === undefined ? `groups: ${known((one) => one.group)}` : `types: ${known((one) => one.type)}`;
  throw new InputError(
    `no case of the manifest matches${cases.length === 0 ? '; it has none' : `; it has the ${hint}`}`,
  );
}
