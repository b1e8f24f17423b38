// SPDX-License-Identifier: Apache-2.0
// Bright spots of a slice, for a reader without a pointer: connected pixels that reach the threshold.
// What belongs to a group of more than 3 cm³ is bone, and is passed over.

const largest = 3000;

// Whether the group of a voxel is larger than a coronary plaque can be; looks no further than that.
function isBone(volume, scan, slice, spot) {
  const { columns, rows, slices, threshold, spacing } = scan;
  const limit = largest / (spacing[0] * spacing[1] * spacing[2]);
  const first = (slice * rows + spot.y) * columns + spot.x;
  const seen = new Set([first]);
  const stack = [first];
  while (stack.length) {
    const at = stack.pop();
    const x = at % columns;
    const y = Math.floor(at / columns) % rows;
    const z = Math.floor(at / (columns * rows));
    for (let c = Math.max(0, z - 1); c <= Math.min(slices - 1, z + 1); c += 1) {
      for (let b = Math.max(0, y - 1); b <= Math.min(rows - 1, y + 1); b += 1) {
        for (let a = Math.max(0, x - 1); a <= Math.min(columns - 1, x + 1); a += 1) {
          const other = (c * rows + b) * columns + a;
          if (seen.has(other) || volume.values[other] < threshold) continue;
          if (seen.size > limit) return true;
          seen.add(other);
          stack.push(other);
        }
      }
    }
  }
  return false;
}

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
    // Specks do not score, and what is larger than a coin is no plaque.
    if (spot.area >= 1 && spot.area <= 400) spots.push(spot);
  }
  // From the middle of the picture outwards, where the heart is.
  const far = (spot) => Math.hypot((spot.x - columns / 2) * spacing[0], (spot.y - rows / 2) * spacing[1]);
  spots.sort((a, b) => far(a) - far(b) || a.y - b.y || a.x - b.x);
  const at = from ? spots.findIndex((spot) => spot.x === from[0] && spot.y === from[1]) : -1;
  for (let i = 1; i <= spots.length; i += 1) {
    const spot = spots[(at + i) % spots.length];
    if (!isBone(volume, scan, slice, spot)) return spot;
  }
  return null;
}
