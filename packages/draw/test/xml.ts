/** A strict reader of the XML that these pictures use, so that a test sees what a browser would: elements, attributes, text. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** @throws Error for anything that is not well formed. */
export function parse(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token = /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<>]*")*)(\/?)>|([^<]+)/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (!match) throw new Error(`not well formed at ${at}: ${xml.slice(at, at + 60)}`);
    const [, closing, name, attributes, empty, text] = match;
    const parent = open.at(-1)!;
    if (text !== undefined) parent.text += plain(text);
    else if (closing) {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes ${parent.name}`);
    } else {
      const pairs = [...attributes!.matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        plain(value!),
      ]);
      const element: Element = { name: name!, attributes: Object.fromEntries(pairs), children: [], text: '' };
      parent.children.push(element);
      if (!empty) open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one element');
  return root.children[0]!;
}

/** The element and all below it. */
export function all(element: Element): Element[] {
  return [element, ...element.children.flatMap(all)];
}

export function texts(element: Element): string[] {
  return all(element)
    .filter(({ name }) => name === 'text')
    .map(({ text }) => text);
}

export function tooltips(element: Element): string[] {
  return all(element)
    .slice(1)
    .flatMap(({ name, children }) =>
      name === 'title' ? [] : children.filter((c) => c.name === 'title').map((c) => c.text),
    );
}

function plain(text: string): string {
  if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`bare & in ${text}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids them
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
    throw new Error('forbidden character');
  const entity = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' } as Record<
    string,
    string
  >;
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (name) => entity[name]!);
}
