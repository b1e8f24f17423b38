// SPDX-License-Identifier: Apache-2.0
// Bright spots of a slice, for a reader without a pointer: connected pixels that reach the threshold.

export function nextSpot(volume, scan, slice, from, lesions) {
  const { columns, rows, threshold, spacing } = scan;
  const start = slice * rows * columns;
  const seen = new Uint8Array(rows * columns);
  for (const { runs } of lesions) {
    for (let i = 0; i < runs.length; i += 3) {
      const row = runs[i] - slice * rows;
      if (row >= 0 && row < rows) seen.fill(1, row * columns + runs[i + 1], row * columns + runs[i + 2]);
    }
  }
  const spots = [];
  const stack = [];
  for (let i = 0; i < seen.length; i += 1) {
    if (seen[i] || volume.values[start + i] < threshold) continue;
    const spot = { x: i % columns, y: Math.floor(i / columns), pixels: 0, peak: -32768 };
    stack.push(i);
    seen[i] = 1;
    while (stack.length) {
      const at = stack.pop();
      const hu = volume.values[start + at];
      spot.pixels += 1;
      if (hu > spot.peak) [spot.peak, spot.x, spot.y] = [hu, at % columns, Math.floor(at / columns)];
      const [x, y] = [at % columns, Math.floor(at / columns)];
      for (let b = Math.max(0, y - 1); b <= Math.min(rows - 1, y + 1); b += 1) {
        for (let a = Math.max(0, x - 1); a <= Math.min(columns - 1, x + 1); a += 1) {
          const other = b * columns + a;
          if (!seen[other] && volume.values[start + other] >= threshold) {
            seen[other] = 1;
            stack.push(other);
          }
        }
      }
    }
    spot.area = spot.pixels * spacing[0] * spacing[1];
    // Specks do not score, and what is larger than a coin is bone.
    if (spot.area >= 1 && spot.area <= 400) spots.push(spot);
  }
  // From the middle of the picture outwards, where the heart is.
  const far = (spot) => Math.hypot((spot.x - columns / 2) * spacing[0], (spot.y - rows / 2) * spacing[1]);
  spots.sort((a, b) => far(a) - far(b) || a.y - b.y || a.x - b.x);
  if (!from) return spots[0];
  const at = spots.findIndex((spot) => spot.x === from[0] && spot.y === from[1]);
  return spots[(at + 1) % spots.length];
}
