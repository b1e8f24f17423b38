// SPDX-License-Identifier: Apache-2.0
// A narrow map of all slices: where calcium is, of which artery, and which slice is shown.

import { arteries, isCoronary, labelOf } from "/page/labels.js";

export class MiniMap {
  constructor(canvas, scan, go) {
    this.canvas = canvas;
    this.scan = scan;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(this.slice(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) go(this.slice(event));
    });
  }

  // The head is above.
  row(slice) {
    return this.scan.towards[2] ? this.scan.slices - 1 - slice : slice;
  }

  slice(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.scan.slices);
    return this.row(Math.max(0, Math.min(this.scan.slices - 1, row)));
  }

  draw(lesions, slice, volume) {
    const { canvas, scan } = this;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const context = canvas.getContext("2d");
    const step = h / scan.slices;
    context.fillStyle = "#0b0f13";
    context.fillRect(0, 0, w, h);
    context.fillStyle = "#1d252d";
    for (let z = 0; z < scan.slices; z += 1) {
      if (volume.has(z)) context.fillRect(0, this.row(z) * step, w, Math.max(1, step - 1));
    }
    const lane = w / 5;
    for (const lesion of lesions) {
      if (!lesion.label) continue;
      const label = labelOf(lesion);
      const index = isCoronary(lesion) ? arteries.indexOf(label) : 4;
      context.fillStyle = label.color;
      for (let z = lesion.slices[0]; z <= lesion.slices[1]; z += 1) {
        context.fillRect(Math.max(0, index) * lane + 1, this.row(z) * step, lane - 2, Math.max(2, step - 1));
      }
    }
    context.strokeStyle = "#fff";
    context.lineWidth = 2 * ratio;
    context.strokeRect(ratio, this.row(slice) * step, w - 2 * ratio, Math.max(3 * ratio, step));
    canvas.setAttribute("aria-valuenow", String(slice + 1));
  }
}
