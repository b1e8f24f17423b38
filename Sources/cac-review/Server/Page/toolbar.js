// SPDX-License-Identifier: Apache-2.0
// The bar above the scan.

import { el } from "/page/dom.js";
import { windows } from "/page/windows.js";

export function toolbar(page) {
  const { view, scan } = page;
  const button = (text, title, onclick, more = {}) => el("button", { type: "button", title, onclick, ...more }, text);
  const planes = ["axial", "coronal", "sagittal"].map((name) => button(name[0].toUpperCase() + name.slice(1), `${name} plane (A)`, () => page.setPlane(name)));
  const window = el("select", { title: "Window (W)", "aria-label": "Window", onchange: (event) => {
    view.setWindow(Number(event.target.value));
    page.canvas.focus();
  } }, windows.map((entry, i) => el("option", { value: i }, entry.name)));
  const mip = button("MIP", "Thin maximum projection (M)", () => page.cycleThickness());
  const tools = [["pick", "Pick", "Click takes a group; drag is a lasso"], ["lasso", "Lasso", "Drag round what to mark; with Ctrl, what to take away"], ["cut", "Cut", "Drag a line across the chosen lesion (Alt and drag)"], ["pan", "Move", "Drag moves the picture (right button)"]]
    .map(([name, text, title]) => button(text, title, () => page.setTool(name), { dataset: { tool: name } }));
  const overlay = button("Lesions", "Outlines on or off (O)", () => page.toggleOverlay());
  const layer = button("Compare", "Model, reference and other readings as dotted lines (V)", () => page.cycleLayer());
  const back = el("a", { href: "#", class: "back", title: "All scans" }, "‹ Scans");
  const element = el("header", { class: "bar" }, back,
    el("strong", { class: "study" }, scan.study), scan.isAdjudication ? el("span", { class: "tag" }, "adjudication") : null,
    el("div", { class: "group", role: "group", "aria-label": "Plane" }, planes),
    el("div", { class: "group", role: "group", "aria-label": "Tool" }, tools),
    window, mip, overlay, layer,
    el("span", { class: "grow" }),
    button("−", "Smaller (−)", () => view.zoomBy(0.8), { "aria-label": "Smaller" }),
    button("+", "Larger (+)", () => view.zoomBy(1.25), { "aria-label": "Larger" }),
    button("Fit", "Whole picture (F)", () => view.fit()),
    button("Keys", "All keys (?)", () => page.help()));
  const press = (target, on) => target.setAttribute("aria-pressed", String(on));
  return {
    element,
    refresh() {
      ["axial", "coronal", "sagittal"].forEach((name, i) => press(planes[i], view.plane.name === name));
      for (const tool of tools) press(tool, tool.dataset.tool === page.tool);
      press(mip, view.thickness > 1);
      press(overlay, view.overlay);
      press(layer, Boolean(page.shown));
      window.value = String(view.window);
    },
  };
}
