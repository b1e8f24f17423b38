// SPDX-License-Identifier: Apache-2.0
// The outline of pixels as closed loops along their edges, so that dashes run on.

export function loops(spans) {
  if (!spans.length) return [];
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [v, a, b] of spans) {
    left = Math.min(left, a);
    right = Math.max(right, b);
    top = Math.min(top, v);
    bottom = Math.max(bottom, v + 1);
  }
  const width = right - left + 2;
  const inside = new Uint8Array(width * (bottom - top + 2));
  for (const [v, a, b] of spans) {
    const row = (v - top + 1) * width - left + 1;
    inside.fill(1, row + a, row + b);
  }
  // Directed edges with the inside at the right hand, by their first corner.
  const next = new Map();
  const add = (x, y, dx, dy) => {
    const key = y * width + x;
    const list = next.get(key);
    if (list) list.push([x + dx, y + dy]);
    else next.set(key, [[x + dx, y + dy]]);
  };
  for (let i = width; i < inside.length - width; i += 1) {
    if (!inside[i]) continue;
    const y = Math.floor(i / width);
    const x = i - y * width;
    if (!inside[i - width]) add(x, y, 1, 0);
    if (!inside[i + 1]) add(x + 1, y, 0, 1);
    if (!inside[i + width]) add(x + 1, y + 1, -1, 0);
    if (!inside[i - 1]) add(x, y + 1, 0, -1);
  }
  const found = [];
  for (const [start, list] of next) {
    while (list.length) {
      const loop = [];
      let key = start;
      for (;;) {
        const ways = next.get(key);
        if (!ways || !ways.length) break;
        const [x, y] = ways.pop();
        loop.push([x + left - 1, y + top - 1]);
        key = y * width + x;
      }
      if (loop.length > 2) found.push(loop);
    }
  }
  return found;
}
