// SPDX-License-Identifier: Apache-2.0
// Draws one plane of the scan with its lesions on a canvas, and says where the pointer is.

import { labelOf } from "/page/labels.js";
import { loops } from "/page/outline.js";
import { Plane } from "/page/planes.js";
import { table, windows } from "/page/windows.js";

export class ScanView {
  constructor(canvas, scan, volume) {
    this.canvas = canvas;
    this.scan = scan;
    this.volume = volume;
    this.context = canvas.getContext("2d");
    this.picture = document.createElement("canvas");
    this.window = 0;
    this.level = windows[0].level;
    this.width = windows[0].width;
    this.colors = table(this.level, this.width);
    this.thickness = 1;
    this.overlay = true;
    this.lesions = [];
    this.layer = [];
    this.selected = null;
    this.cross = null;
    this.draft = null;
    this.heat = null;
    this.position = [scan.columns >> 1, scan.rows >> 1, scan.slices >> 1];
    this.setPlane("axial");
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  setPlane(name) {
    this.plane = new Plane(name, this.scan);
    this.zoom = 1;
    this.centre = [this.plane.width / 2, this.plane.height / 2];
    this.drawn = null;
    this.draw();
  }

  setWindow(index) {
    this.window = index % windows.length;
    this.setLevels(windows[this.window].level, windows[this.window].width);
  }

  setLevels(level, width) {
    [this.level, this.width] = [level, Math.max(1, width)];
    this.colors = table(level, this.width);
    this.drawn = null;
    this.draw();
  }

  get place() {
    return this.position[this.plane.w];
  }

  go(place) {
    this.position[this.plane.w] = Math.max(0, Math.min(this.plane.depth - 1, place));
    this.draw();
  }

  // Moves to a voxel; where it would not be seen, into the middle.
  centreOn(voxel, zoom) {
    this.position = [...voxel];
    if (zoom) this.zoom = zoom;
    this.centre = [voxel[this.plane.u] + 0.5, voxel[this.plane.v] + 0.5];
    this.draw();
  }

  fit() {
    this.zoom = 1;
    this.centre = [this.plane.width / 2, this.plane.height / 2];
    this.draw();
  }

  // Draws before the next frame of the monitor, once however often it is asked for.
  draw() {
    this.askedAt ??= performance.now();
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.drawNow();
      this.ondrawn?.(performance.now() - this.askedAt);
      this.askedAt = null;
    });
  }

  get ratio() {
    return window.devicePixelRatio || 1;
  }

  // Pixels of the canvas in a millimetre.
  get scale() {
    const { width, height, mm } = this.plane;
    const [w, h] = [this.canvas.clientWidth * this.ratio, this.canvas.clientHeight * this.ratio];
    return Math.max(0.01, Math.min(w / (width * mm[0]), h / (height * mm[1]))) * this.zoom;
  }

  toScreen(u, v) {
    const { mm, flipU, flipV } = this.plane;
    return [
      this.canvas.width / 2 + (u - this.centre[0]) * mm[0] * this.scale * (flipU ? -1 : 1),
      this.canvas.height / 2 + (v - this.centre[1]) * mm[1] * this.scale * (flipV ? -1 : 1),
    ];
  }

  // Plane coordinates of a pointer event; a pixel covers [u, u + 1).
  fromPointer(event) {
    const box = this.canvas.getBoundingClientRect();
    const { mm, flipU, flipV } = this.plane;
    const x = (event.clientX - box.left) * this.ratio - this.canvas.width / 2;
    const y = (event.clientY - box.top) * this.ratio - this.canvas.height / 2;
    return [
      this.centre[0] + (x / (mm[0] * this.scale)) * (flipU ? -1 : 1),
      this.centre[1] + (y / (mm[1] * this.scale)) * (flipV ? -1 : 1),
    ];
  }

  // The voxel at plane coordinates; null outside.
  voxelAt([u, v]) {
    const [a, b] = [Math.floor(u), Math.floor(v)];
    if (a < 0 || b < 0 || a >= this.plane.width || b >= this.plane.height) return null;
    return this.plane.voxel(a, b, this.place);
  }

  lesionAt(voxel) {
    const line = voxel[2] * this.scan.rows + voxel[1];
    return this.lesions.find(({ runs }) => {
      let [low, high] = [0, runs.length / 3];
      while (low < high) {
        const middle = (low + high) >> 1;
        const i = middle * 3;
        if (runs[i] < line || (runs[i] === line && runs[i + 2] <= voxel[0])) low = middle + 1;
        else high = middle;
      }
      const i = low * 3;
      return i < runs.length && runs[i] === line && runs[i + 1] <= voxel[0];
    });
  }

  pan(dx, dy) {
    const { mm, flipU, flipV } = this.plane;
    this.centre[0] -= ((dx * this.ratio) / (mm[0] * this.scale)) * (flipU ? -1 : 1);
    this.centre[1] -= ((dy * this.ratio) / (mm[1] * this.scale)) * (flipV ? -1 : 1);
    this.draw();
  }

  // Zooms about a point that stays where it is.
  zoomBy(factor, at = this.centre) {
    const zoom = Math.max(0.5, Math.min(40, this.zoom * factor));
    const share = this.zoom / zoom;
    this.centre = [at[0] + (this.centre[0] - at[0]) * share, at[1] + (this.centre[1] - at[1]) * share];
    this.zoom = zoom;
    this.draw();
  }

  drawNow() {
    const { canvas, context, ratio } = this;
    const [w, h] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, w, h);
    if (!w || !h) return;
    this.drawPicture();
    const { plane } = this;
    const [x, y] = this.toScreen(0, 0);
    const s = this.scale;
    context.setTransform(s * plane.mm[0] * (plane.flipU ? -1 : 1), 0, 0, s * plane.mm[1] * (plane.flipV ? -1 : 1), x, y);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.picture, 0, 0);
    if (this.heat) {
      this.drawHeat();
      context.drawImage(this.warm, 0, 0);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (this.overlay) {
      for (const lesion of this.layer) this.drawLesion(lesion, true);
      for (const lesion of this.lesions) this.drawLesion(lesion, false);
    }
    this.drawDraft();
    this.drawCross();
    this.drawScale();
  }

  // The grey picture of the place, kept until place, plane, window or thickness change.
  drawPicture() {
    const { plane, place, thickness } = this;
    const from = Math.max(0, place - (thickness >> 1));
    const to = Math.min(plane.depth - 1, from + thickness - 1);
    const key = `${plane.name} ${from} ${to} ${this.level} ${this.width} ${this.volume.share}`;
    if (this.drawn === key) return;
    this.drawn = key;
    const { width, height } = plane;
    if (this.picture.width !== width || this.picture.height !== height || !this.image) {
      [this.picture.width, this.picture.height] = [width, height];
      this.image = this.picture.getContext("2d").createImageData(width, height);
    }
    const pixels = new Uint32Array(this.image.data.buffer);
    const { values } = this.volume;
    const { columns, rows } = this.scan;
    const strides = [1, columns, columns * rows];
    const [su, sv, sw] = [strides[plane.u], strides[plane.v], strides[plane.w]];
    const { colors } = this;
    for (let v = 0, i = 0; v < height; v += 1) {
      let at = v * sv + from * sw;
      for (let u = 0; u < width; u += 1, i += 1, at += su) {
        let hu = values[at];
        for (let k = 1; k <= to - from; k += 1) {
          const other = values[at + k * sw];
          if (other > hu) hu = other;
        }
        pixels[i] = colors[hu + 32768];
      }
    }
    this.picture.getContext("2d").putImageData(this.image, 0, 0);
  }

  // The map of an explanation over the place: the more it counts, the brighter and denser.
  drawHeat() {
    const { plane, place } = this;
    const { width, height } = plane;
    this.warm ??= document.createElement("canvas");
    [this.warm.width, this.warm.height] = [width, height];
    const context = this.warm.getContext("2d");
    const image = context.createImageData(width, height);
    const strides = [1, this.scan.columns, this.scan.columns * this.scan.rows];
    for (let v = 0, i = 0; v < height; v += 1) {
      for (let u = 0; u < width; u += 1, i += 4) {
        const value = this.heat.values[u * strides[plane.u] + v * strides[plane.v] + place * strides[plane.w]];
        image.data[i] = 255;
        image.data[i + 1] = value;
        image.data[i + 2] = value >> 2;
        image.data[i + 3] = value < 12 ? 0 : 40 + value * 0.6;
      }
    }
    context.putImageData(image, 0, 0);
  }

  drawLesion(lesion, isLayer) {
    const { context, plane, ratio } = this;
    const from = Math.max(0, this.place - (this.thickness >> 1));
    const spans = plane.spans(lesion, this.scan, from, from + this.thickness - 1);
    if (!spans.length) return;
    const label = labelOf(lesion);
    const isSelected = !isLayer && lesion.id === this.selected;
    const path = new Path2D();
    let anchor = null;
    for (const loop of loops(spans)) {
      loop.forEach(([u, v], i) => {
        const [x, y] = this.toScreen(u, v);
        if (i) path.lineTo(x, y);
        else path.moveTo(x, y);
        if (!anchor || x - y > anchor[0] - anchor[1]) anchor = [x, y];
      });
      path.closePath();
    }
    context.globalAlpha = isLayer ? 0 : isSelected ? 0.32 : lesion.label ? 0.16 : 0.05;
    context.fillStyle = label.color;
    context.fill(path, "evenodd");
    context.globalAlpha = 1;
    // A dark line below keeps the outline readable on bright bone.
    context.lineJoin = "round";
    context.setLineDash([]);
    context.lineWidth = (isSelected ? 4.5 : 3) * ratio;
    context.strokeStyle = "rgb(0 0 0 / 65%)";
    if (!isLayer) context.stroke(path);
    context.setLineDash((isLayer ? [2, 4] : label.dash).map((d) => d * ratio));
    context.lineWidth = (isSelected ? 2.5 : 1.5) * ratio;
    context.strokeStyle = label.color;
    context.stroke(path);
    context.setLineDash([]);
    if (!anchor || isLayer) return;
    const text = label.sign + (lesion.locked ? " \u{1F512}\uFE0E" : "");
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    context.lineWidth = 3 * ratio;
    context.strokeStyle = "rgb(0 0 0 / 80%)";
    context.strokeText(text, anchor[0] + 4 * ratio, anchor[1] - 4 * ratio);
    context.fillStyle = label.color;
    context.fillText(text, anchor[0] + 4 * ratio, anchor[1] - 4 * ratio);
  }

  drawDraft() {
    if (!this.draft || this.draft.points.length < 2) return;
    const { context, ratio } = this;
    context.beginPath();
    this.draft.points.forEach((point, i) => {
      const [x, y] = this.toScreen(...point);
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    });
    if (this.draft.kind === "lasso") context.closePath();
    context.lineWidth = 2 * ratio;
    context.strokeStyle = "#fff";
    context.setLineDash([5 * ratio, 4 * ratio]);
    context.stroke();
    context.setLineDash([]);
  }

  drawCross() {
    if (!this.cross) return;
    const { context, ratio } = this;
    const [x, y] = this.toScreen(this.cross[0] + 0.5, this.cross[1] + 0.5);
    context.strokeStyle = "#fff";
    context.lineWidth = 1.5 * ratio;
    context.beginPath();
    for (const [a, b] of [[5, 22], [-22, -5]]) {
      context.moveTo(x + a * ratio, y);
      context.lineTo(x + b * ratio, y);
      context.moveTo(x, y + a * ratio);
      context.lineTo(x, y + b * ratio);
    }
    context.stroke();
  }

  drawScale() {
    const { context, canvas, ratio, plane } = this;
    const s = this.scale;
    const mm = [100, 50, 20, 10, 5, 2, 1].find((length) => length * s < canvas.width / 4) ?? 1;
    const [right, bottom] = [canvas.width - 16 * ratio, canvas.height - 16 * ratio];
    context.lineWidth = 2 * ratio;
    context.strokeStyle = "#fff";
    context.beginPath();
    context.moveTo(right - mm * s, bottom - 5 * ratio);
    context.lineTo(right - mm * s, bottom);
    context.lineTo(right, bottom);
    context.lineTo(right, bottom - 5 * ratio);
    context.stroke();
    context.fillStyle = "#fff";
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    context.textAlign = "right";
    context.fillText(`${mm} mm`, right, bottom - 9 * ratio);
    context.textAlign = "center";
    context.font = `600 ${13 * ratio}px system-ui, sans-serif`;
    context.fillStyle = "#c9d4df";
    const [left, rightSide, top, below] = plane.sides;
    context.fillText(left, 14 * ratio, canvas.height / 2);
    context.fillText(rightSide, canvas.width - 14 * ratio, canvas.height / 2);
    context.fillText(top, canvas.width / 2, 18 * ratio);
    context.fillText(below, canvas.width / 2, canvas.height - 8 * ratio);
    context.textAlign = "left";
  }
}
