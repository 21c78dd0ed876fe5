/**
 * What the formatter must know of the grammar, read off the concrete tree: where statements begin, and which marks are
 * drawn tight. `a -b` and `a - b`, `f(x)` and `tile (a b)` are the same words; only the rule tells them apart.
 */

import type { CstNode, IToken } from 'chevrotain';

/** Sets of word offsets. */
export interface Roles {
  /** First words of declarations, members, items and entries that stand in braces or at the top of the file. */
  readonly starts: ReadonlySet<number>;
  /** Words that begin a clause one level below their statement: `where` of a body, `expect` of a number. */
  readonly clauses: ReadonlySet<number>;
  /** Signs, which stand close before their operand. */
  readonly signs: ReadonlySet<number>;
  /** Brackets of calls and indices, which stand close after the word they belong to. */
  readonly brackets: ReadonlySet<number>;
  /** Strokes of fractions, `1/64`: two numbers and nothing else are one constant, and drawn as one. */
  readonly fractions: ReadonlySet<number>;
  /** Colons of axes, which stand close on both sides. */
  readonly colons: ReadonlySet<number>;
}

type Role = keyof Roles;

/** Children that begin a statement, by the rule of the parent. */
const STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  file: ['importDeclaration', 'declaration'],
  formatDeclaration: ['member'],
  body: ['inner'],
  items: ['item'],
  fitMember: ['assignment'],
  outliersMember: ['outlierIndex', 'outlierValue'],
};

/** Marks and words with a role, by the rule in which they stand. */
const WORDS: Readonly<Record<string, readonly (readonly [word: string, role: Role])[]>> = {
  unary: [['-', 'signs']],
  axis: [
    ['-', 'signs'],
    [':', 'colons'],
  ],
  params: [['(', 'brackets']],
  args: [['(', 'brackets']],
  zipItem: [['(', 'brackets']],
  compressedRows: [['(', 'brackets']],
  entries: [['[', 'brackets']],
  lambda: [['where', 'clauses']],
};

/** Reads the roles of a text's words off its tree. */
export function readRoles(file: CstNode): Roles {
  const roles: Record<Role, Set<number>> = {
    starts: new Set(),
    clauses: new Set(),
    signs: new Set(),
    brackets: new Set(),
    colons: new Set(),
    fractions: new Set(),
  };
  const visit = (node: CstNode): void => {
    const { children, name } = node;
    for (const key of STATEMENTS[name] ?? []) {
      for (const child of (children[key] ?? []) as CstNode[]) roles.starts.add(child.location!.startOffset);
    }
    for (const [key, role] of WORDS[name] ?? []) {
      for (const word of (children[key] ?? []) as IToken[]) roles[role].add(word.startOffset);
    }
    if (name === 'subscript') roles.brackets.add(node.location!.startOffset);
    if (name === 'numberDeclaration') {
      for (const child of (children.expectClause ?? []) as CstNode[])
        roles.clauses.add(child.location!.startOffset);
    }
    if (name === 'term') {
      const [stroke, ...more] = (children.operator ?? []) as IToken[];
      const plain = ((children.unary ?? []) as CstNode[]).every((operand, i) => isNumber(operand, i === 0));
      if (stroke?.image === '/' && more.length === 0 && plain) roles.fractions.add(stroke.startOffset);
    }
    for (const list of Object.values(children)) {
      for (const child of list) if ('children' in child) visit(child);
    }
  };
  visit(file);
  return roles;
}

/** Whether a `unary` is a bare number, with a sign at most where one may be. */
function isNumber(unary: CstNode, signed: boolean): boolean {
  if (unary.children['-'] && !signed) return false;
  const postfix = unary.children.postfix![0] as CstNode;
  return !postfix.children.suffix && (postfix.children.primary![0] as CstNode).children.NUMBER !== undefined;
}
