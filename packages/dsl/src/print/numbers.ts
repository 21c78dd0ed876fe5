/**
 * Numbers in printed text: which are declared, and how each is named in types and in expressions.
 *
 * A key that is a name is declared under it (the prelude is not); any other number is written out where it stands. An
 * expression has no room for rounding and overflow, so a number that has them is declared as a family there: a reference
 * to a family is known by its type again, which keeps its key.
 * Specification: docs/design/language.md, "Numbers".
 */
import type { Format } from '@fewerbits/format';
import type { NumberType } from '@fewerbits/numerics';
import { describeNumber, preludeNumber, sameNumber } from '@fewerbits/numerics';
import { type Piece, primary, RANK, within } from './pieces.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The declarations of one printed file, collected while its formats are printed. */
export interface Declarations {
  readonly numbers: Map<string, NumberType>;
  /** Families that stand for anonymous numbers with modifiers, by their type's text. */
  readonly families: Map<string, string>;
}

/** How the numbers of one format are written. */
export interface NumberText {
  /** A number as a part of an expression. */
  readonly inExpression: (key: string) => Piece;
  /** A number as the type of a field, with the text of its array dimensions. */
  readonly asType: (key: string, dims: string) => string;
}

/** Enters the named numbers of a format into the declarations and says how to write all of them. */
export function numberTexts(format: Format, declarations: Declarations): NumberText {
  const named = new Set<string>();
  for (const [key, type] of Object.entries(format.numbers)) {
    if (!NAME.test(key) || type.base.kind === 'grid') continue;
    const known = preludeNumber(key) ?? declarations.numbers.get(key);
    if (known === undefined) declarations.numbers.set(key, type);
    // A nested format may use the name for another number; then the number is written out.
    if (known === undefined || sameNumber(known, type)) named.add(key);
  }
  const typeOf = (key: string): NumberType | undefined => format.numbers[key];
  return {
    inExpression: (key) => {
      const type = typeOf(key);
      if (type === undefined || named.has(key)) return primary(key);
      return modifiersOf(type) === ''
        ? { text: describeNumber(type), rank: RANK.comparison }
        : primary(family(type, declarations));
    },
    asType: (key, dims) => {
      const type = typeOf(key);
      if (type === undefined || named.has(key)) return `${key}${dims}`;
      if (dims === '') return describeNumber(type);
      const moved = {
        text: describeNumber(plain(type)),
        rank: isSimple(type) ? RANK.primary : RANK.comparison,
      };
      return `${within(moved, RANK.primary)}${dims}${modifiersOf(type)}`;
    },
  };
}

/** The declarations as text, in the order in which they were first needed. */
export function declarationTexts({ numbers, families }: Declarations): string[] {
  return [
    ...[...numbers].map(([name, type]) => `number ${name} = ${describeNumber(type)}`),
    ...[...families].map(([text, name]) => `number ${name}(unused: int = 0) = ${text}`),
  ];
}

function plain(type: NumberType): NumberType {
  return { ...type, round: null, overflow: null, except: [] };
}

/** The modifiers of a number as text, with the space before them. */
function modifiersOf(type: NumberType): string {
  return describeNumber(type).slice(describeNumber(plain(type)).length);
}

function isSimple({ base, moves }: NumberType): boolean {
  return moves.length === 0 && base.kind !== 'levels';
}

function family(type: NumberType, { families, numbers }: Declarations): string {
  const text = describeNumber(type);
  const known = families.get(text);
  if (known !== undefined) return known;
  let index = families.size + 1;
  while (numbers.has(`anonymous_${index}`)) index++;
  const name = `anonymous_${index}`;
  families.set(text, name);
  return name;
}
