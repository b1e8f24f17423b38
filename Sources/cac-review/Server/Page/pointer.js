// SPDX-License-Identifier: Apache-2.0
// Mouse, pen and fingers on the scan.
//
// A click picks, a drag is a lasso, with Alt a cut, with the right or middle button it moves the
// picture; the wheel goes through slices, with Ctrl it zooms. One finger goes through slices, two zoom and
// move; the tools of the bar make a finger lasso or cut.

export class Pointer {
  constructor(page) {
    this.page = page;
    this.touches = new Map();
    const { canvas } = page;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.stop());
    canvas.addEventListener("pointerleave", () => page.read(null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  stop() {
    this.drag = null;
    this.touches.clear();
    this.page.view.draft = null;
    this.page.view.draw();
  }

  down(event) {
    const { page } = this;
    const { view } = page;
    page.canvas.focus();
    // Fails for pointers that tests make up, and needs not to succeed.
    try {
      page.canvas.setPointerCapture(event.pointerId);
    } catch {
      // The drag ends at the border of the canvas then.
    }
    this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.touches.size === 2) {
      this.drag = { kind: "pinch", span: this.span() };
      view.draft = null;
      return;
    }
    const point = view.fromPointer(event);
    let kind = page.tool;
    if (event.button === 1 || event.button === 2) kind = "pan";
    else if (event.altKey) kind = "cut";
    else if (kind === "pick") kind = event.pointerType === "touch" ? "scroll" : "lasso";
    this.drag = {
      kind, start: [event.clientX, event.clientY], last: [event.clientX, event.clientY],
      points: [point], moved: false, isSlice: event.shiftKey, isErasing: event.ctrlKey || event.metaKey, place: view.place,
    };
  }

  span() {
    const [a, b] = [...this.touches.values()];
    return { length: Math.hypot(a[0] - b[0], a[1] - b[1]), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
  }

  move(event) {
    const { page, drag } = this;
    const { view } = page;
    const point = view.fromPointer(event);
    page.read(view.voxelAt(point));
    if (this.touches.has(event.pointerId)) this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    if (!drag) return;
    if (drag.kind === "pinch") {
      if (this.touches.size < 2) return;
      const span = this.span();
      view.zoomBy(span.length / Math.max(1, drag.span.length));
      view.pan(span.middle[0] - drag.span.middle[0], span.middle[1] - drag.span.middle[1]);
      drag.span = span;
      return;
    }
    if (Math.hypot(event.clientX - drag.start[0], event.clientY - drag.start[1]) > 5) drag.moved = true;
    if (!drag.moved) return;
    if (drag.kind === "pan") view.pan(event.clientX - drag.last[0], event.clientY - drag.last[1]);
    else if (drag.kind === "scroll") {
      page.scrolling = true;
      view.go(drag.place - Math.round((event.clientY - drag.start[1]) / 12));
    } else if (drag.kind === "cut") {
      drag.points = [drag.points[0], point];
      view.draft = { kind: "cut", points: drag.points };
      view.draw();
    } else if (drag.points.length < 1500) {
      drag.points.push(point);
      view.draft = { kind: "lasso", points: drag.points };
      view.draw();
    }
    drag.last = [event.clientX, event.clientY];
  }

  up(event) {
    const { page, drag } = this;
    this.touches.delete(event.pointerId);
    if (!drag) return;
    this.drag = null;
    const { view } = page;
    view.draft = null;
    view.draw();
    if (drag.kind === "pinch") return;
    if (!drag.moved) {
      if (drag.kind === "pan") return;
      const voxel = view.voxelAt(drag.points[0]);
      if (voxel) page.pick(voxel, { isSlice: drag.isSlice });
    } else if (drag.kind === "cut") {
      page.cut(drag.points[0], drag.points.at(-1));
    } else if (drag.kind === "lasso" && drag.points.length > 2) {
      page.lasso(drag.points, drag.isErasing);
    }
  }

  wheel(event) {
    event.preventDefault();
    const { page } = this;
    if (event.ctrlKey || event.metaKey) {
      page.view.zoomBy(Math.exp(-event.deltaY / 300), page.view.fromPointer(event));
      return;
    }
    // A notch of a wheel is one slice; a touch pad sends many small steps.
    this.rest = (this.rest ?? 0) + (event.deltaMode ? event.deltaY * 40 : event.deltaY);
    const steps = Math.trunc(this.rest / 40);
    if (!steps) return;
    this.rest = Math.abs(event.deltaY) >= 40 ? 0 : this.rest - steps * 40;
    const notch = Math.abs(event.deltaY) >= 40 ? Math.sign(event.deltaY) : steps;
    page.step(page.view.plane.name === "axial" && page.scan.towards[2] ? -notch : notch);
  }
}
