/**
 * Places for labels of one height beside a line: as near as can be to where each is wanted, none over another, all between
 * top and bottom. Where there is no room for all, the first ones have it; the others are null.
 */
export function spread(
  wanted: readonly number[],
  height: number,
  top: number,
  bottom: number,
): (number | null)[] {
  const room = Math.max(0, Math.floor((bottom - top) / height));
  const order = wanted
    .map((y, i) => ({ y, i }))
    .slice(0, room)
    .sort((a, b) => a.y - b.y);
  // Labels that would overlap move together, around the middle of where they are wanted (pooled adjacent violators).
  const pools: { members: number[]; sum: number }[] = [];
  const first = ({ members, sum }: { members: number[]; sum: number }) => sum / members.length;
  order.forEach(({ y, i }, at) => {
    pools.push({ members: [i], sum: y - at * height });
    for (;;) {
      const [above, below] = pools.slice(-2);
      if (above === undefined || below === undefined || first(above) <= first(below)) break;
      pools.splice(-2, 2, { members: [...above.members, ...below.members], sum: above.sum + below.sum });
    }
  });
  const places = new Array<number | null>(wanted.length).fill(null);
  const least = top + height / 2;
  const most = bottom - height / 2 - (order.length - 1) * height;
  let at = 0;
  for (const pool of pools) {
    const start = Math.min(Math.max(first(pool), least), most);
    for (const i of pool.members) places[i] = start + at++ * height;
  }
  return places;
}
