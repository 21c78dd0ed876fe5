/**
 * Colours that people with any kind of colour vision tell apart, on white.
 *
 * Categories: Okabe and Ito, "Color Universal Design" (2008), darkest enough for marks on white first. Values: a ramp whose lightness
 * falls steadily (after ColorBrewer's YlGnBu), so that it also reads in grey.
 */

/** Okabe–Ito without its yellow and black: blue, vermillion, green, purple, orange, sky blue. */
export const CATEGORIES = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

const RAMP = ['#ffffe0', '#d3eeb6', '#8dd3ba', '#45b4c2', '#2a8bbb', '#27559f', '#162a6b'].map(channels);

type Rgb = readonly [red: number, green: number, blue: number];

/** Colour of category k; after the last it starts again, so callers also vary the shape. */
export function categoryColour(k: number): string {
  return CATEGORIES[k % CATEGORIES.length]!;
}

/** Colour of a value placed in [0, 1], light to dark; beyond, the ends. */
export function rampColour(t: number): string {
  const at = Math.min(1, Math.max(0, t)) * (RAMP.length - 1);
  const k = Math.min(RAMP.length - 2, Math.floor(at));
  return hex(blend(RAMP[k]!, RAMP[k + 1]!, at - k));
}

/** The colour mixed with white: `part` 0 leaves it, 1 is white. */
export function tint(colour: string, part: number): string {
  return hex(blend(channels(colour), [255, 255, 255], part));
}

/** Black or white text, whichever has the greater contrast on the colour: 4.5 or more on any (WCAG 2.2, 1.4.3). */
export function textOn(colour: string): string {
  const ground = luminance(colour);
  return (ground + 0.05) / 0.05 >= 1.05 / (ground + 0.05) ? '#000000' : '#ffffff';
}

function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function blend(a: Rgb, b: Rgb, part: number): Rgb {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

function channels(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
}

function hex(rgb: Rgb): string {
  return `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
}
