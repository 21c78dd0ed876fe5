import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processIo } from '../src/io.ts';
import { npy, weights, workplace } from './run.ts';

const { call, run, runWith, start, write, path } = workplace();

const VERBS = ['check', 'fmt', 'explain', 'encode', 'decode', 'inspect', 'compare'];

describe('help', () => {
  it('names every verb and the exit codes', () => {
    const { code, out, err } = run('--help');
    expect(code).toBe(0);
    expect(err).toBe('');
    for (const verb of [...VERBS, 'vectors']) expect(out).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'));
    expect(out).toContain('Exit codes: 0 fine, 1 findings, 2 wrong usage or input, 3 a bug.');
  });

  it.each([...VERBS, 'vectors verify'])('%s shows two examples', async (verb) => {
    const { code, out } = await call(...verb.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain('--json');
    expect(out.slice(out.indexOf('Examples:')).match(/^ {2}fewerbits /gm)).toHaveLength(2);
  });

  it('--version is the one of the package', () => expect(run('--version').out).toMatch(/^\d+\.\d+\.\d+\n$/));
});

describe('exit codes', () => {
  it.each([
    ['no verb', []],
    ['an unknown verb', ['encod']],
    ['an unknown option', ['explain', 'q4_0', '--colour']],
    ['a missing argument', ['explain']],
    ['an unknown format', ['explain', 'q4_9']],
    ['a parameter out of range', ['explain', 'student(bits=99)']],
    ['a family without its parameter', ['explain', 'mx']],
    ['an unknown fit', ['explain', 'mxfp4@flor']],
    ['a missing file', ['inspect', 'nowhere.npy']],
    ['a file that is no tensor file', ['inspect', 'text.qf']],
    ['a path without .qf', ['check', 'nowhere']],
    ['a wrong regular expression', ['compare', 'w.npy', '--tensor', '(']],
    ['a wrong shape', ['inspect', 'w.npy', '--shape', '3,x']],
    ['two kinds of output', ['compare', 'w.npy', '--md', '--csv']],
    ['vectors without a verb', ['vectors']],
    ['an empty list of formats', ['compare', 'w.npy', '--formats', '']],
    ['a report in a folder that is not there', ['compare', 'w.npy', '--report', 'nowhere/report.html']],
    ['an output that is a folder', ['encode', 'w.npy', '-f', 'q4_0', '--raw', '.']],
    ['a name that no tensor has', ['inspect', 'w.npy', '--tensor', 'other']],
    ['a format.json that is no JSON', ['explain', 'empty.json']],
    ['a .qf file without a format', ['explain', 'empty.qf']],
    ['bytes and JSON on one stream', ['encode', 'w.npy', '-f', 'q4_0', '--raw', '-', '--json']],
  ])('2 for %s', async (_, args) => {
    write('text.qf', 'format f { each code: f32 }\n');
    write('w.npy', npy([4, 32], weights(128)));
    write('empty.json', '');
    write('empty.qf', '');
    const { code, out, err } = await call(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^(fewerbits: .*\S|Usage: )/);
    expect(err).not.toContain('This is a bug');
    expect(err).not.toMatch(/^ +at /m);
  });

  it('of the process: usage and findings', () => {
    write('bad.qf', 'format f { value = nothing }\n');
    expect(run('explain', 'q4_9').code).toBe(2);
    expect(run('check', 'bad.qf').code).toBe(1);
  });

  it('suggestions name what was meant', async () => {
    expect((await call('encod')).err).toContain('encode');
    expect((await call('explain', 'q4_9')).err).toContain('q4_0');
    expect((await call('explain', 'mx')).err).toContain('mx(element=…)');
    expect((await call('explain', 'mxfp4@flor')).err).toContain('ceil');
    expect((await call('explain', 'q4_0', '--colour')).err).toBe(
      "fewerbits: unknown option '--colour'; see fewerbits explain --help\n",
    );
  });
});

describe('streams', () => {
  it('colours follow FORCE_COLOR and NO_COLOR', () => {
    write('bad.qf', 'format f { value = nothing }\n');
    expect(run('check', 'bad.qf').out).not.toContain('\u001b');
    expect(runWith({ FORCE_COLOR: '1' }, undefined, 'check', 'bad.qf').out).toContain('\u001b[');
    const colorOf = (env: NodeJS.ProcessEnv, isTTY: boolean): boolean => {
      const stream = { isTTY, on: () => stream, write: () => true };
      const process = { stdout: stream, stderr: stream, env } as unknown as NodeJS.Process;
      return processIo(process, { quiet: false }).color;
    };
    expect(colorOf({}, true)).toBe(true);
    expect(colorOf({ NO_COLOR: '1' }, true)).toBe(false);
    expect(colorOf({ FORCE_COLOR: '0' }, true)).toBe(false);
    expect(colorOf({ FORCE_COLOR: '1', NO_COLOR: '1' }, false)).toBe(true);
  });

  it('--quiet leaves standard error empty', () => {
    write('w.npy', npy([4, 32], weights(128)));
    expect(run('encode', 'w.npy', '-f', 'q4-0', '-o', 'w.safetensors').err).toContain('4.5 bits');
    expect(run('encode', 'w.npy', '-f', 'q4-0', '-o', 'w.safetensors', '--quiet')).toEqual({
      code: 0,
      out: '',
      err: '',
    });
  });

  it('a reader that goes away is no error', async () => {
    const child = start('explain', 'q4_k', '--json');
    child.stdout!.once('data', () => child.stdout!.destroy());
    let err = '';
    child.stderr!.on('data', (text) => {
      err += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  it('Ctrl-C ends with 130 and leaves nothing behind', async () => {
    write('large.npy', npy([1024, 1024], weights(1 << 20)));
    const before = readdirSync(path('.'));
    const child = start(
      'compare',
      'large.npy',
      '--report',
      'report.html',
      '--formats',
      'q4_k,q5_k,q2_k,q3_k,q6_k',
    );
    child.stderr!.once('data', () => setTimeout(() => child.kill('SIGINT'), 400));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(readdirSync(path('.'))).toEqual(before);
  });
});
