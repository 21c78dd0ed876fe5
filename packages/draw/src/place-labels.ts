/**
 * Where the names of points go so that none covers another name, a point or a leader line.
 *
 * Greedy: points in the order given (the important ones first), each at the nearest free place of a fixed list of places around it. Good
 * enough for the some forty points of a comparison, and the same for the same input.
 */

/** A rectangle by its corner and size. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A point that wants a name; `width` and `height` of the text. */
export interface Named {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The box of a name, and the end of its leader line where the name is not next to its point. */
export interface Placed {
  readonly box: Box;
  readonly leader: readonly [number, number] | null;
}

interface Segment {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

const RINGS = [0, 6, 12, 19, 27, 36, 46, 57, 70, 85, 102, 121, 142, 165, 190, 220];
const TILTS = 8;
const GAP = 8;
const MARGIN = 2;
/** What a name on a line and a leader over a foreign mark cost, in rings. */
const ON_LINE = 4;
const ON_MARK = 3;

/**
 * A place for each name, or `null` where there is none inside `area`. `lines`: what names should not lie on if there is room nearby.
 * `radius`: of the marks. Names never cover names, marks or leaders; leaders cross other marks only where nothing else is near.
 */
export function placeLabels(
  points: readonly Named[],
  area: Box,
  lines: readonly Segment[],
  radius: number,
): readonly (Placed | null)[] {
  const marks = points.map(({ x, y }) => grow({ x, y, width: 0, height: 0 }, radius + 1));
  const boxes: Box[] = [];
  const leaders: Segment[] = [];
  return points.map((point) => {
    /** How far from ideal a candidate is, in rings; infinite where it would cover something. */
    const cost = ({ box, leader, ring }: Candidate): number => {
      const around = grow(box, MARGIN);
      const taken =
        !inside(box, area) ||
        [...boxes, ...marks].some((other) => overlap(around, other)) ||
        leaders.some((other) => crosses(other, around));
      if (taken) return Infinity;
      const onLine = lines.some((line) => crosses(line, box)) ? ON_LINE : 0;
      if (!leader) return ring + onLine;
      const path: Segment = { from: [point.x, point.y], to: leader };
      if (boxes.some((other) => crosses(path, other)) || leaders.some((other) => intersect(path, other))) {
        return Infinity;
      }
      const crossed = marks.filter((mark) => !contains(mark, point) && crosses(path, mark)).length;
      return ring + onLine + crossed * ON_MARK;
    };
    let best: Candidate | null = null;
    let least = Infinity;
    for (const candidate of candidatesOf(point, radius)) {
      if (candidate.ring >= least) break;
      const price = cost(candidate);
      if (price < least) [best, least] = [candidate, price];
    }
    if (!best) return null;
    boxes.push(best.box);
    if (best.leader) leaders.push({ from: [point.x, point.y], to: best.leader });
    return best;
  });
}

interface Candidate extends Placed {
  readonly ring: number;
}

/** Ring by ring outward; in each the sides first, because names are wide. */
function candidatesOf(point: Named, radius: number): Candidate[] {
  const list: Candidate[] = [];
  for (const [ring, extra] of RINGS.entries()) {
    for (const angle of directions()) {
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      const reach = radius + GAP / 2 + extra;
      // The box touches the ray's end with its side or corner that faces the point.
      const x = point.x + cos * reach - (point.width * (1 - cos)) / 2;
      const y = point.y + sin * reach - (point.height * (1 - sin)) / 2;
      const box = { x, y, width: point.width, height: point.height };
      list.push({ box, ring, leader: ring < 2 ? null : nearest(box, point) });
    }
  }
  return list;
}

/** Angles of a ring: right and left, then tilted up and down a little more each time, until straight up and down. */
function directions(): number[] {
  const angles: number[] = [];
  for (let step = 0; step <= TILTS; step++) {
    const tilt = (step / TILTS) * (Math.PI / 2);
    angles.push(-tilt, Math.PI + tilt, tilt, Math.PI - tilt);
  }
  return angles;
}

function nearest(box: Box, point: { readonly x: number; readonly y: number }): readonly [number, number] {
  return [
    Math.min(box.x + box.width, Math.max(box.x, point.x)),
    Math.min(box.y + box.height, Math.max(box.y, point.y)),
  ];
}

function grow(box: Box, by: number): Box {
  return { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by };
}

/** Whether two boxes share more than an edge. */
export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function inside(box: Box, area: Box): boolean {
  return (
    box.x >= area.x &&
    box.y >= area.y &&
    box.x + box.width <= area.x + area.width &&
    box.y + box.height <= area.y + area.height
  );
}

function contains(box: Box, point: { readonly x: number; readonly y: number }): boolean {
  return (
    point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height
  );
}

/** Liang–Barsky: whether any part of the segment lies inside the box. */
function crosses({ from, to }: Segment, box: Box): boolean {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  let enter = 0;
  let leave = 1;
  const sides = [
    [-dx, from[0] - box.x],
    [dx, box.x + box.width - from[0]],
    [-dy, from[1] - box.y],
    [dy, box.y + box.height - from[1]],
  ] as const;
  for (const [rate, room] of sides) {
    if (rate === 0) {
      if (room <= 0) return false;
    } else if (rate < 0) enter = Math.max(enter, room / rate);
    else leave = Math.min(leave, room / rate);
  }
  return enter < leave;
}

function intersect(a: Segment, b: Segment): boolean {
  const side = (s: Segment, p: readonly [number, number]): number =>
    Math.sign((s.to[0] - s.from[0]) * (p[1] - s.from[1]) - (s.to[1] - s.from[1]) * (p[0] - s.from[0]));
  return side(a, b.from) * side(a, b.to) < 0 && side(b, a.from) * side(b, a.to) < 0;
}
