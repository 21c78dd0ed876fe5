/**
 * How wide text will be, without a font at hand: rather too wide than too narrow, so that what is placed by it does not touch.
 */

const NARROW = new Set([..." .,:;'|!ijltfr()[]/-"]);
const WIDE = new Set([...'mwMWOQGD@%_']);

/** Width of a line of `text` at `size` pixels, in pixels, for the widest of the common sans-serif fonts. */
export function textWidth(text: string, size: number): number {
  let units = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    // From U+1100 on, scripts whose characters fill a square.
    if (code >= 0x1100) units += 1.05;
    else if (NARROW.has(character)) units += 0.42;
    else if (WIDE.has(character)) units += 0.92;
    else if (code >= 65 && code <= 90) units += 0.72;
    else units += 0.64;
  }
  return units * size;
}

/** `text`, or its two ends around an ellipsis where it is wider than `width`: names of tensors differ at their ends. */
export function shorten(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.floor(kept * 0.4);
    const shorter = `${characters.slice(0, head).join('')}…${characters.slice(head - kept).join('')}`;
    if (textWidth(shorter, size) <= width) return shorter;
  }
  return '…';
}
