// SPDX-License-Identifier: Apache-2.0
// Windows: which HU become which grey. A table of 65,536 colours makes drawing one look-up a pixel.

export const windows = [
  { name: "Calcium", level: 130, width: 700 },
  { name: "Soft tissue", level: 40, width: 400 },
  { name: "Lung", level: -500, width: 1500 },
  { name: "Bone", level: 480, width: 2500 },
];

export function table(level, width) {
  const colors = new Uint32Array(65536);
  const low = level - width / 2;
  for (let i = 0; i < 65536; i += 1) {
    const hu = i - 32768;
    const grey = Math.max(0, Math.min(255, Math.round(((hu - low) / width) * 255)));
    colors[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  return colors;
}
