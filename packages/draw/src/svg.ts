/**
 * SVG as text: elements, escaped text, fixed decimals and the frame that every picture of this package stands in.
 *
 * No DOM, no ids (so that any number of pictures may stand in one page), no scripts, no external fonts. The same input gives the
 * same bytes. Follows SVG 1.1; the accessible name is the `aria-label` and `<title>` of an `img` role (WAI-ARIA 1.2, SVG-AAM).
 */

/** Attributes in the order that they are written; numbers with at most two decimals. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Fonts of the reader's system: pictures load nothing. */
export const FONT =
  "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/** Grey tones of text and lines on white, the first two with a contrast above 4.5 (WCAG 2.2, 1.4.3). */
export const INK = {
  text: '#1f2328',
  muted: '#59636e',
  line: '#8c959f',
  grid: '#e6e8eb',
  none: '#f6f7f8',
} as const;

// What XML 1.0 cannot carry even escaped: control characters and half surrogate pairs.
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Text made safe for element content and quoted attributes; what XML forbids becomes U+FFFD. */
export function escapeText(text: string): string {
  return text
    .replace(FORBIDDEN, '\uFFFD')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

/**
 * A coordinate with at most two decimals and no negative zero.
 * @throws RangeError for NaN and infinities, which would draw nothing without saying so.
 */
export function coordinate(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`value: ${value} is no place in a picture`);
  const text = value.toFixed(2).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}

/** An element; `children` are elements already written. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeText(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A line of text at its baseline. */
export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return `${element('text', { x, y, ...attributes }, [escapeText(text) || ' '])}`;
}

/** What the pointer shows over the element that this is the first child of. */
export function tooltip(text: string): string {
  return `<title>${escapeText(text)}</title>`;
}

/** Parallel strokes over a rectangle, as one path: the mark of "nothing here" that does not rest on colour. */
export function hatch(x: number, y: number, width: number, height: number, gap = 7): string {
  const strokes: string[] = [];
  for (let offset = gap / 2; offset < width + height; offset += gap) {
    const x1 = x + Math.min(offset, width);
    const y1 = y + Math.max(0, offset - width);
    const x2 = x + Math.max(0, offset - height);
    const y2 = y + Math.min(offset, height);
    strokes.push(`M${coordinate(x1)} ${coordinate(y1)}L${coordinate(x2)} ${coordinate(y2)}`);
  }
  return element('path', { d: strokes.join(''), fill: 'none', stroke: '#c8ccd1', 'stroke-width': 1 });
}

/** The whole picture on white. `title` names it, `description` says in words what it shows. */
export function picture(
  size: { readonly width: number; readonly height: number },
  words: { readonly title: string; readonly description: string },
  children: readonly string[],
): string {
  const { width, height } = size;
  const body = [
    tooltip(words.title),
    `<desc>${escapeText(words.description)}</desc>`,
    element('rect', { width, height, fill: '#ffffff' }),
    ...children,
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
    role: 'img',
    'aria-label': words.title,
    'font-family': FONT,
    'font-size': 13,
    fill: INK.text,
  };
  return `${element('svg', attributes, ['\n', body.join('\n'), '\n'])}\n`;
}
