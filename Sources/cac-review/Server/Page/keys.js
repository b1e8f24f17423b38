// SPDX-License-Identifier: Apache-2.0
// Keys: what each does, how they are changed, and that single keys can be turned off (WCAG 2.1.4).

const commands = [
  ["slice up", "ArrowUp", (page) => (page.view.cross ? page.moveCross(0, -1) : page.step(page.up))],
  ["slice down", "ArrowDown", (page) => (page.view.cross ? page.moveCross(0, 1) : page.step(-page.up))],
  ["crosshair left", "ArrowLeft", (page) => page.view.cross && page.moveCross(-1, 0)],
  ["crosshair right", "ArrowRight", (page) => page.view.cross && page.moveCross(1, 0)],
  ["slice up, also with crosshair", "PageUp", (page) => page.step(page.up)],
  ["slice down, also with crosshair", "PageDown", (page) => page.step(-page.up)],
  ["first slice", "Home", (page) => page.view.go(0)],
  ["last slice", "End", (page) => page.view.go(page.view.plane.depth - 1)],
  ["next lesion", "n", (page) => page.walk(1)],
  ["previous lesion", "p", (page) => page.walk(-1)],
  ["left main", "1", (page) => page.setLabel("LM")],
  ["left anterior descending", "2", (page) => page.setLabel("LAD")],
  ["left circumflex", "3", (page) => page.setLabel("LCX")],
  ["right coronary", "4", (page) => page.setLabel("RCA")],
  ["not coronary: what it is", "0", (page) => page.setKind()],
  ["strike out, or take away", "Delete", (page) => page.strike()],
  ["lock or unlock", "l", (page) => page.toggleLock()],
  ["undo", "u", (page) => page.undo()],
  ["redo", "r", (page) => page.redo()],
  ["crosshair on or off", "c", (page) => page.toggleCross()],
  ["next bright spot", "b", (page) => page.nextBright()],
  ["take what is under the crosshair", "Enter", (page) => page.pickAtCross(false)],
  ["take it in this slice only", "Shift+Enter", (page) => page.pickAtCross(true)],
  ["lesions on or off", "o", (page) => page.toggleOverlay()],
  ["model, reference, other readings", "v", (page) => page.cycleLayer()],
  ["thin maximum projection", "m", (page) => page.cycleThickness()],
  ["window", "w", (page) => page.view.setWindow(page.view.window + 1)],
  ["plane", "a", (page) => page.cyclePlane()],
  ["larger", "+", (page) => page.view.zoomBy(1.25)],
  ["smaller", "-", (page) => page.view.zoomBy(0.8)],
  ["whole picture", "f", (page) => page.view.fit()],
  ["sign", "s", (page) => page.sign()],
  ["files", "e", (page) => page.files()],
  ["this list", "?", (page) => page.help()],
];

export class Keys {
  constructor(page) {
    this.page = page;
    page.up = page.scan.towards[2] ? 1 : -1;
    this.own = JSON.parse(localStorage.getItem("keys") ?? "{}");
    this.areOn = localStorage.getItem("single keys") !== "off";
    window.onkeydown = (event) => this.pressed(event);
  }

  get list() {
    return commands.map(([name, key]) => ({ name, key: this.own[name] ?? key }));
  }

  set(name, key) {
    this.own[name] = key;
    localStorage.setItem("keys", JSON.stringify(this.own));
  }

  turn(on) {
    this.areOn = on;
    localStorage.setItem("single keys", on ? "on" : "off");
  }

  pressed(event) {
    const { target } = event;
    if (target.closest("dialog, input, textarea, select") || document.querySelector("dialog[open]")) return;
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (control && (key === "z" || key === "y")) {
      event.preventDefault();
      if (key === "y" || event.shiftKey) this.page.redo();
      else this.page.undo();
      return;
    }
    if (control || event.altKey || !this.areOn) return;
    // Enter and blanks on buttons and rows are theirs.
    if (target !== this.page.canvas && ["Enter", " ", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key) && target.closest("button, a, [role=listbox], summary")) return;
    if (this.page.view.cross && key.startsWith("Arrow") && event.shiftKey) {
      const [du, dv] = { ArrowUp: [0, -10], ArrowDown: [0, 10], ArrowLeft: [-10, 0], ArrowRight: [10, 0] }[key];
      event.preventDefault();
      return this.page.moveCross(du, dv);
    }
    const pressed = event.shiftKey && event.key === "Enter" ? "Shift+Enter" : key === "backspace" ? "Delete" : key;
    const found = commands.find(([name, standard]) => (this.own[name] ?? standard).toLowerCase() === pressed.toLowerCase());
    if (!found) return;
    event.preventDefault();
    found[2](this.page);
  }
}
