/** Placing names beside points so that none covers another name, a point or leaves the chart. Pure geometry. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Anchor {
  readonly x: number;
  readonly y: number;
  /** Of the point that is drawn there. */
  readonly radius: number;
  /** Of the text. */
  readonly width: number;
  readonly height: number;
}

export interface Segment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface PlacedLabel {
  readonly box: Box;
  /** True where the label stands so far off that a line should lead to it. */
  readonly leader: boolean;
}

const GAP = 4;
/** Unit directions in order of preference: right, left, above, below, then the diagonals. */
const DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
];
/** How far from the point, in pixels beyond the gap; a far label costs more than an awkward side. */
const RINGS: readonly number[] = [0, 10, 20, 32];

export function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Does the segment touch the box? (Liang and Barsky's clipping.) */
export function crosses(segment: Segment, box: Box): boolean {
  const dx = segment.x2 - segment.x1;
  const dy = segment.y2 - segment.y1;
  let from = 0;
  let to = 1;
  const edges: readonly (readonly [number, number])[] = [
    [-dx, segment.x1 - box.left],
    [dx, box.right - segment.x1],
    [-dy, segment.y1 - box.top],
    [dy, box.bottom - segment.y1],
  ];
  for (const [p, q] of edges) {
    if (p === 0) {
      if (q < 0) return false;
      continue;
    }
    const t = q / p;
    if (p < 0) from = Math.max(from, t);
    else to = Math.min(to, t);
    if (from > to) return false;
  }
  return true;
}

function candidate(anchor: Anchor, [dx, dy]: readonly [number, number], ring: number): Box {
  const reach = anchor.radius + GAP + ring;
  const diagonal = dx !== 0 && dy !== 0;
  const distance = diagonal ? reach * 0.75 : reach;
  const x = anchor.x + dx * distance;
  const y = anchor.y + dy * distance;
  const left = dx > 0 ? x : dx < 0 ? x - anchor.width : x - anchor.width / 2;
  const top = dy > 0 ? y : dy < 0 ? y - anchor.height : y - anchor.height / 2;
  return { left, top, right: left + anchor.width, bottom: top + anchor.height };
}

/**
 * One place per anchor, in the given order (first come, first served), or null where no free place is near.
 * Lines are avoided if possible, never at the price of losing the label.
 */
export function placeLabels(
  anchors: readonly Anchor[],
  area: Box,
  lines: readonly Segment[] = [],
): (PlacedLabel | null)[] {
  const points = anchors.map(({ x, y, radius }) => ({
    left: x - radius,
    top: y - radius,
    right: x + radius,
    bottom: y + radius,
  }));
  const taken: Box[] = [];
  return anchors.map((anchor) => {
    let best: { box: Box; penalty: number; ring: number } | null = null;
    for (const ring of RINGS) {
      for (const [index, direction] of DIRECTIONS.entries()) {
        const box = candidate(anchor, direction, ring);
        const inside =
          box.left >= area.left &&
          box.right <= area.right &&
          box.top >= area.top &&
          box.bottom <= area.bottom;
        if (!inside || taken.some((b) => overlaps(b, box)) || points.some((b) => overlaps(b, box))) continue;
        const crossed = lines.filter((line) => crosses(line, box)).length;
        const penalty = index * 0.5 + ring * 0.4 + crossed * 6;
        if (best === null || penalty < best.penalty) best = { box, penalty, ring };
      }
    }
    if (best === null) return null;
    taken.push(best.box);
    return { box: best.box, leader: best.ring > 0 };
  });
}
