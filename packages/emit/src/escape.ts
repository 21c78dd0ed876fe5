/** Text of users in code and Markdown: nothing in a name or a comment can end what it stands in. */

/** A value as JavaScript: a JSON literal without what ends a script or a line in old engines. */
export function literal(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** Text inside a block comment. */
export function commentText(text: string): string {
  return oneLine(text).replaceAll('*/', '*\u200b/');
}

/** Text in a line of Markdown: no markup, no HTML, no cell of a table. */
export function markdownText(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_{}[\]()#|!]/g, '\\$&');
}

/** A block of code in Markdown, fenced by more backticks than it holds. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n*$/, '')}\n${fence}`;
}

function oneLine(text: string): string {
  // Control characters, and those that turn the direction of writing.
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}
