/**
 * The command line: verbs, options, help. Each verb's work stands in a module of its own, loaded when the verb is asked for, so that
 * `--help` and `check` stay quick.
 *
 * Exit codes: 0 fine, 1 findings, 2 usage or unusable input, 3 a bug, 130 interrupted. Findings go to standard output, notes to standard error.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { InputError } from './input-error.ts';
import { interruptible } from './interrupt.ts';
import { type Io, processIo } from './io.ts';

const EXIT = { fine: 0, findings: 1, usage: 2, bug: 3, interrupted: 130 } as const;

/** What every verb is given beside its own arguments. */
export interface Context {
  readonly io: Io;
  /** One JSON object instead of text. */
  readonly json: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs the command with its arguments (without node and script) and sets the exit code of the process. */
export async function main(args: readonly string[]): Promise<void> {
  const io = processIo(process, { quiet: args.includes('--quiet') || args.includes('-q') });
  await interruptible(async (signal) => {
    process.exitCode = await runCommand(args, io, signal);
  });
}

/** Runs the command and gives its exit code; knows no process, so that others may bring their own streams. */
export async function runCommand(args: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  let code: number = EXIT.fine;
  const program = commands(io, (context, verb) => async () => {
    code = (await verb({ ...context, signal })) ? EXIT.findings : EXIT.fine;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    // Commander has written its message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    if (isInputError(error)) {
      io.complain(`fewerbits: ${error.message}\n`);
      return EXIT.usage;
    }
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.complain(
      `This is a bug in fewerbits ${version()}, not a mistake of yours. Please report it with these lines:\n${what}\n`,
    );
    return EXIT.bug;
  }
}

/** Errors about what the user gave; those of `tensorfile` are known by name, so that it is not loaded for them. */
function isInputError(error: unknown): error is Error {
  return error instanceof InputError || (error instanceof Error && error.name === 'TensorFileError');
}

/** Answers whether there were findings. */
type Verb = (context: Context) => Promise<boolean>;
type Start = (context: Omit<Context, 'signal'>, verb: Verb) => () => Promise<void>;

function commands(io: Io, start: Start): Command {
  const program = new Command('fewerbits')
    .description('Define, inspect and compare formats for the weights of neural networks.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.complain(text),
      outputError: (text, write) => write(usageError(text, 'fewerbits')),
    })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      `\n${FORMAT_HELP}\n${FILE_HELP}\nExit codes: 0 fine, 1 findings, 2 wrong usage or input, 3 a bug.`,
    );
  const verb = (name: string, description: string, examples: readonly string[]): Command =>
    program
      .command(name)
      .description(description)
      .configureOutput({
        outputError: (text, write) => write(usageError(text, `fewerbits ${name.split(' ')[0]}`)),
      })
      .option('--json', 'print one JSON object')
      .option('-q, --quiet', 'no notes and no progress on standard error')
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}`);
  const action = (
    command: Command,
    work: (context: Context, args: string[], options: Options) => Promise<boolean>,
  ): void => {
    command.action(async (...given: unknown[]) => {
      const options = command.opts<Options>();
      const words = given
        .slice(0, -2)
        .flat()
        .filter((word): word is string => typeof word === 'string');
      await start({ io, json: options.json === true }, (context) => work(context, words, options))();
    });
  };

  action(
    verb('check <files...>', 'Report mistakes in .qf files; folders are searched, - reads standard input.', [
      'fewerbits check my-format.qf',
      'fewerbits check formats --error-format github-actions',
    ]).addOption(
      new Option('--error-format <kind>', 'how mistakes are written').choices([
        'text',
        'json',
        'github-actions',
        'junit',
      ]),
    ),
    async (context, files, options) => (await import('./verbs/check.ts')).check(context, files, options),
  );
  action(
    verb('fmt <files...>', 'Set .qf files out in the one way; prints them unless told otherwise.', [
      'fewerbits fmt my-format.qf',
      'fewerbits fmt -d --exit-code formats',
    ])
      .option('-w, --write', 'write the files instead of printing them')
      .option('-d, --diff', 'print what would change')
      .option('--exit-code', 'end with 1 if anything would change'),
    async (context, files, options) => (await import('./verbs/fmt.ts')).fmt(context, files, options),
  );
  action(
    verb('explain <format>', 'Facts, levels, bit map and expected error of a format.', [
      'fewerbits explain q4-0',
      "fewerbits explain 'student(bits=3, df=5)' --svg bits.svg",
    ]).option('--svg <file>', 'also write the bit map as a picture'),
    async (context, [format], options) =>
      (await import('./verbs/explain.ts')).explain(context, format!, options),
  );
  action(
    verb(
      'encode <input>',
      'Encode one tensor (FILE or FILE#TENSOR) of .safetensors, .npy, .onnx, TF.js or .f32 into a file that describes itself.',
      [
        'fewerbits encode weights.npy --format q4-0 -o weights.safetensors',
        "fewerbits encode model.safetensors#w1 --format 'student(bits=3)' -o w1.safetensors",
      ],
    )
      .requiredOption('-f, --format <format>', 'the format')
      .option('-o, --output <file>', 'the safetensors file to write')
      .option('--raw <file>', 'write the bare bytes of a format with one stream; - is standard output')
      .option('--shape <sizes>', 'shape of a raw binary32 file, such as 512,1536')
      .option('--axis <n>', 'the contraction axis, counted from 0, instead of what the file says')
      .option('--fit <name>', 'a named fit of the format')
      .option(
        '--importance <file>',
        'an npy file with the mean squared activation of each column; the fit is then imatrix, where the format has it',
      )
      .option(
        '--models <file>',
        'a file that encode wrote: take the models of entropy coders that the format shares between tensors from it',
      )
      .addOption(jobsOption())
      .addOption(targetOption()),
    async (context, [input], options) => (await import('./verbs/encode.ts')).encode(context, input!, options),
  );
  action(
    verb('decode <input>', 'Decode a file that encode wrote; nothing else is needed.', [
      'fewerbits decode weights.safetensors -o back.npy',
      'fewerbits decode --raw --format q4-0 --shape 512,1536 weights.bin -o back.f32',
    ])
      .requiredOption(
        '-o, --output <file>',
        'the file to write: .npy, .f32 or .safetensors; - is standard output, binary32',
      )
      .option('--raw', 'the input is the bare bytes of a format with one stream; - is standard input')
      .option('-f, --format <format>', 'the format of raw input')
      .option('--shape <sizes>', 'the shape of raw input')
      .option('--axis <n>', 'the contraction axis of raw input, counted from 0; the last by default')
      .addOption(jobsOption())
      .addOption(targetOption()),
    async (context, [input], options) => (await import('./verbs/decode.ts')).decode(context, input!, options),
  );
  action(
    verb(
      'inspect <file>',
      'List the tensors of a .safetensors, .npy, .onnx, TF.js or .f32 file with the shape of their values.',
      ['fewerbits inspect model.safetensors', 'fewerbits inspect weights.f32 --shape 512,1536 --json'],
    )
      .option('--md', 'print Markdown')
      .option('--tensor <regex>', 'only tensors whose name matches')
      .option('--shape <sizes>', 'shape of a raw binary32 file')
      .option('--axis <n>', 'the contraction axis, counted from 0'),
    async (context, [file], options) => (await import('./verbs/inspect.ts')).inspect(context, file!, options),
  );
  action(
    verb(
      'compare <files...>',
      'Error against size of formats on the tensors of .safetensors, .npy, .onnx, TF.js or .f32 files.',
      [
        'fewerbits compare model.safetensors --report report.html',
        "fewerbits compare model.safetensors --formats 'q4-0, nf4, student(df=fit)' --tensor 'attn|mlp' --md",
      ],
    )
      .option('--formats <list>', 'formats, separated by commas; df=fit is fitted to each tensor')
      .option('--md', 'print Markdown')
      .option('--csv', 'print CSV, a line for each tensor and format')
      .option('--report <file>', 'also write a report as one HTML page')
      .option('--tensor <regex>', 'only tensors whose name matches')
      .option('--shape <sizes>', 'shape of raw binary32 files')
      .option('--axis <n>', 'the contraction axis, counted from 0, for all tensors that have it')
      .option('--timings', 'add where the time went to --json')
      .addOption(jobsOption())
      .addOption(targetOption()),
    async (context, files, options) => (await import('./verbs/compare.ts')).compare(context, files, options),
  );
  action(
    verb(
      'quantize <model>',
      'Encode the tensors of a model, each in a format of its own; the plan is printed first.',
      [
        'fewerbits quantize model.safetensors --format q4-k --tensor "embed|lm_head=q6-k" --on-ragged keep -o model-q4.safetensors',
        'fewerbits quantize model-f16.gguf --format q4-0 --tensor "output=keep" -o model-q4_0.gguf',
      ],
    )
      .option('-f, --format <format>', 'for tensors of two axes and more that no rule names')
      .option(
        '--tensor <regex=format>',
        'a rule, may be repeated, the last one that matches wins; keep leaves a tensor as it is, f32, f16 and bf16 round it',
        (text: string, before: readonly string[] = []) => [...before, text],
      )
      .option('--plan <file>', 'rules by name from a plan (JSON), before those of --tensor')
      .option('-o, --output <file>', 'the .safetensors or .gguf file to write')
      .addOption(
        new Option('--on-ragged <what>', 'for rows that do not divide into blocks')
          .choices(['error', 'keep', 'pad'])
          .default('error'),
      )
      .option(
        '--importance <file>',
        'mean squared activations: vectors by name of the weight, or an imatrix.gguf of llama.cpp; the fit is then imatrix, where the format has it',
      )
      .option('--dry-run', 'print the plan and stop')
      .addOption(splitOption())
      .option('--axis <n>', 'the contraction axis, counted from 0, for all tensors that have it')
      .addOption(jobsOption())
      .addOption(targetOption()),
    async (context, [input], options) =>
      (await import('./verbs/quantize.ts')).quantize(context, input!, options),
  );
  action(
    verb(
      'dequantize <model>',
      'Decode every encoded tensor of a model: GGUF, GPTQ, AWQ, bitsandbytes, compressed-tensors, ModelOpt and files of quantize.',
      [
        'fewerbits dequantize model-q4_k.gguf -o model.safetensors',
        'fewerbits dequantize model-gptq/ --dtype bf16 -o model.safetensors',
      ],
    )
      .requiredOption('-o, --output <file>', 'the .safetensors or .gguf file to write')
      .addOption(splitOption())
      .addOption(
        new Option('--dtype <type>', 'what weights become; f32 by default').choices(['f32', 'f16', 'bf16']),
      )
      .addOption(jobsOption())
      .addOption(targetOption()),
    async (context, [input], options) =>
      (await import('./verbs/dequantize.ts')).dequantize(context, input!, options),
  );
  action(
    verb(
      'repack <model>',
      'Write encoded tensors in another format without loss; refused, with the first weight that would change, where that cannot be.',
      [
        'fewerbits repack model-mxfp4.gguf --to mxfp4 -o model.safetensors',
        'fewerbits repack model.safetensors --to q8-0 --tensor attn -o model.gguf',
      ],
    )
      .requiredOption('--to <format>', 'the format')
      .requiredOption('-o, --output <file>', 'the .safetensors or .gguf file to write')
      .option('--tensor <regex>', 'only tensors whose name matches; the others stay as they are')
      .addOption(splitOption())
      .addOption(targetOption()),
    async (context, [input], options) => (await import('./verbs/repack.ts')).repack(context, input!, options),
  );
  action(
    verb('bench', 'Time formats on each target, as ratios to copying the same weights in the same run.', [
      'fewerbits bench',
      "fewerbits bench --formats 'q4-0, nf4' --target wasm --weights 16777216",
    ])
      .option('--formats <list>', 'formats of fixed length, separated by commas')
      .option('--weights <n>', 'weights of the tensor, a multiple of 1024; 1048576 by default')
      .option('--rounds <n>', 'rounds; 9 by default')
      .addOption(targetOption('what to time; every target by default')),
    async (context, _, options) => (await import('./verbs/bench.ts')).bench(context, options),
  );

  action(
    verb(
      'build <file>',
      'Make an npm package of a .qf file: encoder and decoder in JavaScript and WebAssembly, types, README, vectors.',
      [
        'fewerbits build my-format.qf -o dist',
        "fewerbits build student.qf --formats 'student, student(bits=3)' --name @me/student -o dist",
      ],
    )
      .requiredOption('-o, --output <folder>', 'the folder to write; what stands there is replaced')
      .option('--formats <list>', 'the formats of the package, itself first; the file’s last one by default')
      .option('--name <name>', 'of the package, instead of that in the package.json beside the file')
      .option('--package-version <version>', 'of the package, likewise'),
    async (context, [file], options) => (await import('./verbs/build.ts')).build(context, file!, options),
  );

  const vectors = program.command('vectors').description('Golden vectors of formats.');
  action(
    vectors
      .command('verify <manifest>')
      .description('Check the formats against the golden vectors of a manifest.')
      .configureOutput({ outputError: (text, write) => write(usageError(text, 'fewerbits vectors verify')) })
      .option('--group <name>', 'only this group')
      .option('--type <name>', 'only this type')
      .addOption(targetOption())
      .option('--json', 'print one JSON object')
      .option('-q, --quiet', 'no notes and no progress on standard error')
      .addHelpText(
        'after',
        '\nExamples:\n  fewerbits vectors verify vectors/manifest.json\n  fewerbits vectors verify vectors/manifest.json --group ggml --type Q4_0\n',
      ),
    async (context, [manifest], options) =>
      (await import('./verbs/vectors.ts')).verifyVectors(context, manifest!, options),
  );
  return program;
}

/** Shards of GGUF. */
function splitOption(): Option {
  return new Option('--split <size>', 'cut a GGUF file into shards of at most that size, such as 2G');
}

/** Threads; what they give is the same for any number of them. */
function jobsOption(): Option {
  return new Option('--jobs <n>', 'threads, or auto for one on each core; 1 by default');
}

/** What decodes; fits run on the interpreter. */
function targetOption(what = 'what decodes; the fastest that a format has by default'): Option {
  return new Option('--target <name>', what).choices(['wasm', 'js', 'interpreter']);
}

/** Commander's complaint as one line in our manner, with the way to the help. */
function usageError(text: string, command: string): string {
  const what = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ');
  return `fewerbits: ${what}; see ${command} --help\n`;
}

/** Values of a verb's options: a text, several where it may be repeated, or whether a switch was given. */
export type Options = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

const FORMAT_HELP = `A format is a name of the catalogue (q4-0 or q4_0), name(bits=3, size=32), name@fit,
a file (my.qf, my.qf#name(bits=3)) or a format.json.
`;

const FILE_HELP = `Tensors are read from .safetensors (or the .safetensors.index.json of its shards), .npy, .onnx, a TF.js model.json,
a folder with one of these, and raw binary32 (.f32, .bin) with --shape.
`;

/** The version of the package. */
export function version(): string {
  return (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  ).version;
}
