/**
 * HTML as text: elements with escaped text, and tables. The same input gives the same bytes.
 *
 * A value of type `Html` is markup already made safe; everything else is escaped on its way in, so a hostile name of a tensor stays a name.
 */
import { escapeText } from '@fewerbits/draw';
import { printable } from '../table.ts';

/** Markup that is safe to stand in a page. */
export interface Html {
  readonly html: string;
}

/** Text or markup. */
export type Content = string | Html | readonly Content[];

/** Markup written by hand in this package, or by a function that escapes, such as those of `@fewerbits/draw`. */
export function trusted(html: string): Html {
  return { html };
}

/** Content as markup. */
export function render(content: Content): string {
  if (typeof content === 'string') return escapeText(printable(content));
  return 'html' in content ? content.html : content.map(render).join('');
}

/** An element; attribute values are escaped. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: Content[]
): Html {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeText(printable(value))}"`)
    .join('');
  return { html: `<${name}${written}>${render(children)}</${name}>` };
}

/** An element without attributes. */
export function tag(name: string, ...children: Content[]): Html {
  return element(name, {}, ...children);
}

/** A column of a table; `number` columns stand right in even digits. */
export interface TableColumn {
  readonly title: Content;
  readonly number?: boolean;
}

/** A table with a caption; a row is its cells and the class of its line. */
export function table(
  caption: Content,
  columns: readonly TableColumn[],
  rows: readonly { readonly cells: readonly Content[]; readonly kind?: string }[],
): Html {
  const kind = (i: number): Record<string, string> => (columns[i]?.number ? { class: 'number' } : {});
  const head = columns.map((column, i) => element('th', { scope: 'col', ...kind(i) }, column.title));
  const body = rows.map(({ cells, kind: line }) =>
    element(
      'tr',
      line === undefined ? {} : { class: line },
      ...cells.map((cell, i) =>
        i === 0 ? element('th', { scope: 'row', ...kind(i) }, cell) : element('td', kind(i), cell),
      ),
    ),
  );
  const whole = tag(
    'table',
    tag('caption', caption),
    tag('thead', tag('tr', ...head)),
    tag('tbody', ...body),
  );
  return element('div', { class: 'scroll' }, whole);
}

/** A picture with what it shows and what it does not. */
export function figure(picture: Html, ...caption: Content[]): Html {
  return tag('figure', element('div', { class: 'scroll' }, picture), tag('figcaption', ...caption));
}
