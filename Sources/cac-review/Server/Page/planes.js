// SPDX-License-Identifier: Apache-2.0
// The three planes of a volume: their axes, sizes and directions on the screen.

const axes = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };

export class Plane {
  constructor(name, scan) {
    this.name = name;
    [this.u, this.v, this.w] = axes[name];
    const extent = [scan.columns, scan.rows, scan.slices];
    this.width = extent[this.u];
    this.height = extent[this.v];
    this.depth = extent[this.w];
    this.mm = [scan.spacing[this.u], scan.spacing[this.v]];
    // The patient's right at the left, the front above or at the left, the head above.
    this.flipU = !scan.towards[this.u];
    this.flipV = this.v === 2 ? scan.towards[2] : !scan.towards[1];
    this.sides = name === "sagittal" ? ["A", "P", "H", "F"] : name === "coronal" ? ["R", "L", "H", "F"] : ["R", "L", "A", "P"];
  }

  voxel(u, v, w) {
    const voxel = [0, 0, 0];
    voxel[this.u] = u;
    voxel[this.v] = v;
    voxel[this.w] = w;
    return voxel;
  }

  // The pixels of a lesion in some places of the plane, as [v, first u, last u + 1].
  spans(lesion, scan, first, last) {
    const spans = [];
    const { runs } = lesion;
    for (let i = 0; i < runs.length; i += 3) {
      const z = Math.floor(runs[i] / scan.rows);
      const y = runs[i] - z * scan.rows;
      if (this.name === "axial") {
        if (z >= first && z <= last) spans.push([y, runs[i + 1], runs[i + 2]]);
      } else if (this.name === "coronal") {
        if (y >= first && y <= last) spans.push([z, runs[i + 1], runs[i + 2]]);
      } else if (runs[i + 1] <= last && runs[i + 2] > first) {
        spans.push([z, y, y + 1]);
      }
    }
    return spans;
  }
}
