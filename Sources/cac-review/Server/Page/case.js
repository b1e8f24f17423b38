// SPDX-License-Identifier: Apache-2.0
// One case: fetches scan and reading, sends actions one after the other, and keeps all parts of the
// page in step.

import { get, post } from "/page/api.js";
import { announce, el, readable, show } from "/page/dom.js";
import { askKind, askReason, showHelp, showSign, showFiles, showTrail } from "/page/dialogs.js";
import { Keys } from "/page/keys.js";
import { arteries, byWord, isCoronary, labelOf } from "/page/labels.js";
import { MiniMap } from "/page/minimap.js";
import { Panel } from "/page/panel.js";
import { Pointer } from "/page/pointer.js";
import { nextSpot } from "/page/spots.js";
import { toolbar } from "/page/toolbar.js";
import { ScanView } from "/page/view.js";
import { ScanVolume } from "/page/volume.js";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function scanOf(number, suffix) {
  for (;;) {
    const { status, body } = await get(`/api/cases/${number}/scan${suffix}`);
    if (status === 200) return body;
    show(el("main", { class: "message" }, el("h1", {}, "One moment"),
      el("p", {}, `${body.sentence} …`), el("progress", { max: 1, value: body.share })));
    await pause(200);
  }
}

export async function openCase(who, number, isAdjudication) {
  document.title = `CAC review · case ${number}`;
  const suffix = isAdjudication ? "?as=adjudication" : "";
  const scan = await scanOf(number, suffix);
  const begun = performance.now();
  const page = new CasePage(who, scan, suffix);
  window.review = page;
  await page.start(begun);
}

class CasePage {
  constructor(who, scan, suffix) {
    this.who = who;
    this.scan = scan;
    this.suffix = suffix;
    this.path = `/api/cases/${scan.number}`;
    this.lesions = new Map();
    this.reading = null;
    this.label = "LAD";
    this.tool = "pick";
    this.queue = Promise.resolve();
    this.waiting = 0;
    this.layers = [];
    this.shown = null;
    // What `make bench` and the tests read.
    this.times = { first: null, scroll: [], click: [] };
    this.build();
  }

  build() {
    const { scan } = this;
    this.canvas = el("canvas", {
      class: "scan", tabindex: 0, role: "application",
      "aria-label": "CT slice. Up and down change the slice, C shows a crosshair, ? lists all keys.",
    });
    this.map = el("canvas", {
      class: "map", role: "slider", tabindex: -1, "aria-label": "Slices with calcium",
      "aria-valuemin": 1, "aria-valuemax": scan.slices, "aria-valuenow": 1,
    });
    this.readout = el("div", { class: "readout" });
    this.place = el("div", { class: "place" });
    this.toast = el("div", { class: "toast", role: "alert" });
    this.volume = new ScanVolume(scan);
    this.view = new ScanView(this.canvas, scan, this.volume);
    this.view.ondrawn = (took) => this.drawn(took);
    this.minimap = new MiniMap(this.map, scan, (slice) => {
      this.setPlane("axial");
      this.view.go(slice);
    });
    this.panel = new Panel(this);
    this.bar = toolbar(this);
    show(el("div", { class: "case" }, this.bar.element,
      el("div", { class: "stage" }, this.canvas, this.place, this.readout, this.toast),
      this.map, this.panel.element));
    this.pointer = new Pointer(this);
    this.keys = new Keys(this);
    this.canvas.focus();
  }

  async start(begun) {
    this.volume.onchunk = () => {
      if (this.times.first === null && this.volume.has(this.view.place)) {
        this.view.drawNow();
        this.times.first = performance.now() - begun;
      }
      this.view.draw();
    };
    const reading = get(`${this.path}/reading${this.suffix}`);
    // The slice with the largest lesion comes first; without one the middle.
    const early = await Promise.race([reading, pause(150)]);
    if (early) this.take(early.body);
    const best = this.ordered("score")[0];
    if (best) this.view.position = [...best.voxel];
    const loading = this.volume.load(this.view.place);
    if (!early) this.take((await reading).body);
    await loading;
    this.times.whole = performance.now() - begun;
    this.view.draw();
    for (const warning of this.scan.warnings) this.panel.note(warning);
  }

  drawn(took) {
    if (this.scrolling) {
      this.times.scroll.push(took);
      this.scrolling = false;
    }
    const { view, scan } = this;
    const place = view.plane.name === "axial" ? `slice ${view.place + 1} of ${scan.slices}` : `${view.plane.name} ${view.place + 1} of ${view.plane.depth}`;
    const thick = view.thickness > 1 ? ` · MIP of ${view.thickness}` : "";
    const share = this.volume.share;
    this.place.textContent = place + thick + (share < 1 ? ` · loading ${Math.round(share * 100)} %` : "");
    this.minimap.draw(view.lesions, view.position[2], this.volume);
    this.bar.refresh();
  }

  // MARK: State

  take(reading) {
    if (reading.isWhole) this.lesions.clear();
    for (const lesion of reading.lesions) this.lesions.set(lesion.id, lesion);
    for (const id of reading.removed) this.lesions.delete(id);
    this.reading = reading;
    if (!this.lesions.has(this.view.selected)) this.view.selected = null;
    this.view.lesions = [...this.lesions.values()];
    this.panel.refresh();
    this.view.draw();
  }

  get selected() {
    return this.lesions.get(this.view.selected) ?? null;
  }

  // The lesions by score, size or uncertainty; struck-out ones last.
  ordered(by = this.panel?.sort ?? "score") {
    const value = {
      score: (lesion) => lesion.agatston,
      size: (lesion) => lesion.volume,
      doubt: (lesion) => lesion.uncertainty ?? -1,
      slice: (lesion) => lesion.slices[0] * (this.scan.towards[2] ? 1 : -1),
    }[by];
    return [...this.lesions.values()].sort((a, b) => (b.label ? 1 : 0) - (a.label ? 1 : 0) || value(b) - value(a) || a.id - b.id);
  }

  // Sends an action after those that wait; says what went wrong where the reader looks.
  act(action, said) {
    const begun = performance.now();
    this.waiting += 1;
    this.panel.refreshState();
    const done = this.queue.then(async () => {
      try {
        let reason;
        const changes = !["see", "sign"].some((kind) => kind in action);
        if (this.reading.isSigned && changes) {
          reason = await askReason();
          if (!reason) return false;
        }
        const before = this.reading.total.agatston;
        const answer = await post(`${this.path}/actions${this.suffix}`, { version: this.reading.version, action, reason });
        this.take(answer);
        this.times.click.push(performance.now() - begun);
        this.hideToast();
        const total = answer.total.agatston;
        const spoken = typeof said === "function" ? said(answer) : said;
        if (spoken) announce(`${spoken}. Total ${readable(total)}${total === before ? "" : `, before ${readable(before)}`}.`);
        return answer;
      } catch (error) {
        await this.failed(error);
        return false;
      } finally {
        this.waiting -= 1;
        this.panel.refreshState();
      }
    });
    this.queue = done;
    return done;
  }

  async failed(error) {
    this.say(error.message, error.code === "stale" || error.status === 0 || error.status >= 500);
    if (error.code === "stale") this.take((await get(`${this.path}/reading${this.suffix}`)).body);
    if (error.status === 401) location.reload();
  }

  say(sentence, isGrave = false) {
    this.toast.textContent = sentence;
    this.toast.className = `toast shown${isGrave ? " grave" : ""}`;
    clearTimeout(this.toastTimer);
    if (!isGrave) this.toastTimer = setTimeout(() => this.hideToast(), 4500);
  }

  hideToast() {
    this.toast.className = "toast";
  }

  // MARK: What keys, pointer and buttons do

  setPlane(name) {
    if (this.view.plane.name !== name) this.view.setPlane(name);
  }

  step(by) {
    this.scrolling = true;
    this.view.go(this.view.place + by);
  }

  select(lesion, { centre = false } = {}) {
    if (!lesion) return;
    this.view.selected = lesion.id;
    if (centre) this.view.centreOn(lesion.voxel, Math.max(this.view.zoom, 2.5));
    this.view.draw();
    this.panel.refreshSelection();
    if (!lesion.seen) this.act({ see: { lesion: lesion.id } });
    announce(`lesion ${lesion.id}, ${labelOf(lesion).name}, ${readable(lesion.agatston)} points, slice ${lesion.voxel[2] + 1}${lesion.locked ? ", locked" : ""}${lesion.remark ? `, ${lesion.remark}` : ""}`);
  }

  walk(by) {
    const order = this.ordered();
    if (!order.length) return this.say("no lesion yet: click calcium, or press B for the next bright spot");
    const at = order.findIndex((lesion) => lesion.id === this.view.selected);
    this.select(order[(at + by + order.length) % order.length], { centre: true });
  }

  async pick(voxel, { isSlice = false } = {}) {
    const found = this.view.lesionAt(voxel);
    if (found && !isSlice) return this.select(found);
    const hu = this.volume.hu(...voxel);
    if (hu < this.scan.threshold) {
      return this.say(`nothing is taken here: ${hu} HU, below ${this.scan.threshold} HU`);
    }
    const before = new Set(this.lesions.keys());
    const answer = await this.act({ pick: { voxel, scope: isSlice ? "slice" : "group", label: this.label } },
      `marked as ${this.label}`);
    if (!answer) return;
    const made = answer.lesions.find((lesion) => !before.has(lesion.id));
    if (!made) return;
    this.view.selected = made.id;
    this.view.draw();
    this.panel.refreshSelection();
    if (made.volume > 3000) {
      this.say(`this group has ${readable(made.volume / 1000)} cm³ and may be bone; undo (U), or cut it`);
    }
  }

  // An artery for the selected lesion, and for the next click.
  setLabel(word) {
    if (arteries.includes(byWord.get(word))) this.label = word;
    const lesion = this.selected;
    this.panel.refreshState();
    if (!lesion) return this.say(`next click: ${word}`);
    return this.act({ label: { lesion: lesion.id, label: word } }, `lesion ${lesion.id} is ${word}`);
  }

  async setKind() {
    if (!this.selected) return this.say("choose a lesion first: click it, or N");
    const word = await askKind();
    if (word === "strike") return this.strike();
    if (word) this.setLabel(word);
  }

  strike() {
    const lesion = this.selected;
    if (!lesion) return this.say("choose a lesion first: click it, or N");
    return this.act({ label: { lesion: lesion.id } }, lesion.origin === "reader" ? `lesion ${lesion.id} is gone` : `lesion ${lesion.id} is struck out`);
  }

  toggleLock() {
    const lesion = this.selected;
    if (!lesion) return this.say("choose a lesion first: click it, or N");
    return this.act({ lock: { lesion: lesion.id, isLocked: !lesion.locked } }, `lesion ${lesion.id} is ${lesion.locked ? "unlocked" : "locked"}`);
  }

  accept(word) {
    return this.act({ accept: { label: word } }, `all ${word} lesions are accepted`);
  }

  undo() {
    return this.act({ undo: {} }, "undone");
  }

  redo() {
    return this.act({ redo: {} }, "done again");
  }

  lasso(points, isErasing) {
    const slices = [this.view.place, this.view.place];
    // Voxel centres: a pixel covers [u, u + 1) on the screen.
    const polygon = points.map(([u, v]) => [u - 0.5, v - 0.5]);
    const action = { plane: this.view.plane.name, slices, polygon };
    if (!isErasing) action.label = this.label;
    return this.act({ lasso: action }, isErasing ? "taken away" : `marked as ${this.label}`);
  }

  cut(from, to) {
    const lesion = this.selected ?? this.crossed(from, to);
    if (!lesion) return this.say("choose the lesion to cut first, or draw the line across one");
    const shift = ([u, v]) => [u - 0.5, v - 0.5];
    return this.act({ cut: { lesion: lesion.id, plane: this.view.plane.name, from: shift(from), to: shift(to) } }, `lesion ${lesion.id} is cut in two`);
  }

  crossed(from, to) {
    for (let i = 0; i <= 20; i += 1) {
      const at = [0, 1].map((k) => from[k] + ((to[k] - from[k]) * i) / 20);
      const voxel = this.view.voxelAt(at);
      const lesion = voxel && this.view.lesionAt(voxel);
      if (lesion) return lesion;
    }
    return null;
  }

  setTool(name) {
    this.tool = name;
    this.canvas.dataset.tool = name;
    this.bar.refresh();
  }

  toggleOverlay() {
    this.view.overlay = !this.view.overlay;
    this.view.draw();
  }

  async cycleLayer() {
    if (!this.layers.length) {
      try {
        this.layers = (await get(`${this.path}/overlays`)).body.layers;
        if (this.scan.hasExplanation) {
          const heat = new ScanVolume(this.scan, "explanation");
          await heat.load(this.view.place);
          this.layers.push({ name: "explanation", lesions: [], heat });
        }
      } catch (error) {
        return this.failed(error);
      }
    }
    if (!this.layers.length) return this.say("there is nothing to lay over: no model, no reference, no other signed reading that you may see");
    const names = this.layers.map((layer) => layer.name);
    const at = names.indexOf(this.shown) + 1;
    const layer = this.layers[at] ?? null;
    this.shown = layer?.name ?? null;
    this.view.layer = layer?.lesions ?? [];
    this.view.heat = layer?.heat ?? null;
    this.view.draw();
    this.say(layer ? `${layer.heat ? "in colours" : "dotted"}: ${layer.name}${layer.agatston === undefined ? "" : `, ${readable(layer.agatston)} points`}` : "dotted lines are off");
  }

  cycleThickness() {
    this.view.thickness = this.view.thickness >= 5 ? 1 : this.view.thickness + 2;
    this.view.draw();
  }

  cyclePlane() {
    const names = ["axial", "coronal", "sagittal"];
    this.setPlane(names[(names.indexOf(this.view.plane.name) + 1) % 3]);
  }

  // MARK: The crosshair, for readers without a pointer

  toggleCross() {
    const { view } = this;
    view.cross = view.cross ? null : [Math.round(view.centre[0]), Math.round(view.centre[1])];
    view.draw();
    this.readAtCross();
  }

  moveCross(du, dv) {
    const { view } = this;
    const { plane } = view;
    view.cross[0] = Math.max(0, Math.min(plane.width - 1, view.cross[0] + du * (plane.flipU ? -1 : 1)));
    view.cross[1] = Math.max(0, Math.min(plane.height - 1, view.cross[1] + dv * (plane.flipV ? -1 : 1)));
    view.draw();
    this.readAtCross();
  }

  readAtCross() {
    const { view } = this;
    if (!view.cross) return;
    this.read(view.voxelAt([view.cross[0] + 0.5, view.cross[1] + 0.5]));
  }

  pickAtCross(isSlice) {
    const { view } = this;
    if (!view.cross) return;
    this.pick(view.voxelAt([view.cross[0] + 0.5, view.cross[1] + 0.5]), { isSlice });
  }

  // The crosshair goes to the next bright spot of the slice.
  nextBright() {
    this.setPlane("axial");
    const spot = nextSpot(this.volume, this.scan, this.view.place, this.view.cross, this.view.lesions);
    if (!spot) return this.say("no bright spot in this slice that is not marked");
    this.view.cross = [spot.x, spot.y];
    this.view.centre = [spot.x + 0.5, spot.y + 0.5];
    this.view.zoom = Math.max(this.view.zoom, 2.5);
    this.view.draw();
    this.readAtCross();
    announce(`bright spot of ${readable(spot.area)} square millimetres, ${spot.peak} HU; Enter takes it`);
  }

  read(voxel) {
    if (!voxel) {
      this.readout.textContent = "";
      return;
    }
    const { scan } = this;
    const mm = voxel.map((value, axis) => scan.origin[axis] + value * scan.spacing[axis] * (scan.towards[axis] ? 1 : -1));
    const hu = this.volume.has(voxel[2]) ? `${this.volume.hu(...voxel)} HU` : "…";
    this.readout.textContent = `${hu}   ${mm.map((value) => value.toFixed(1)).join(", ")} mm`;
  }

  help() {
    showHelp(this.keys);
  }

  sign() {
    showSign(this);
  }

  files() {
    showFiles(this);
  }

  trail() {
    showTrail(this);
  }

  get coronary() {
    return [...this.lesions.values()].filter(isCoronary);
  }
}
