// SPDX-License-Identifier: Apache-2.0
// The panel beside the scan: score, label keys, lesions, and what is left to do.

import { el, readable } from "/page/dom.js";
import { arteries, byWord, isUndecided, labelOf } from "/page/labels.js";

const sorts = [["score", "by score"], ["size", "by size"], ["doubt", "by the model's doubt"], ["slice", "by slice"]];

export class Panel {
  constructor(page) {
    this.page = page;
    this.sort = "score";
    this.total = el("div", { class: "total" });
    this.table = el("tbody");
    this.head = el("thead");
    this.prior = el("div", { class: "prior" });
    this.state = el("p", { class: "savestate" });
    this.list = el("ul", { class: "lesions", role: "listbox", tabindex: 0, "aria-label": "Lesions", onkeydown: (event) => this.listKey(event) });
    this.count = el("span", { class: "soft" });
    this.noteList = el("ul");
    this.noteCount = el("summary");
    this.notes = el("details", { class: "notes" }, this.noteCount, this.noteList);
    this.brushes = arteries.map((label) => el("button", {
      type: "button", class: "brush", title: `${label.name} (${label.key})`, onclick: () => page.setLabel(label.word),
    }, this.badge(label), el("kbd", {}, label.key)));
    this.undo = el("button", { type: "button", title: "Undo (U, Ctrl+Z)", onclick: () => page.undo() }, "Undo");
    this.redo = el("button", { type: "button", title: "Redo (R, Ctrl+Y)", onclick: () => page.redo() }, "Redo");
    this.lock = el("button", { type: "button", title: "Lock the lesion (L)", onclick: () => page.toggleLock() }, "Lock");
    this.sign = el("button", { type: "button", class: "primary", title: "Sign (S)", onclick: () => page.sign() }, "Sign …");
    this.signed = el("p", { class: "signed" });
    this.element = el("aside", { class: "panel", "aria-label": "Score and lesions" },
      el("section", { class: "score" }, this.total, el("table", {}, this.head, this.table), this.prior, this.state),
      el("section", { class: "brushes", "aria-label": "Label" }, this.brushes,
        el("button", { type: "button", class: "brush", title: "Not coronary: say what it is (0)", onclick: () => page.setKind() }, "Not coronary", el("kbd", {}, "0"))),
      el("section", { class: "edit" }, this.undo, this.redo, this.lock,
        el("button", { type: "button", title: "Strike out (Delete)", onclick: () => page.strike() }, "Strike")),
      el("section", { class: "list" },
        el("div", { class: "listhead" }, el("h2", {}, "Lesions"), this.count, el("span", { class: "grow" }),
          el("select", { "aria-label": "Order of lesions", onchange: (event) => {
            this.sort = event.target.value;
            this.refresh();
          } }, sorts.map(([value, text]) => el("option", { value }, text)))),
        this.list),
      this.notes,
      el("section", { class: "finish" }, this.signed, this.sign,
        el("button", { type: "button", title: "Mask, tables, report, trail (E)", onclick: () => page.files() }, "Files …")));
  }

  badge(label) {
    return el("span", { class: "badge", dataset: { label: label.word ?? "struck" } }, label.sign);
  }

  note(text) {
    if ([...this.noteList.children].some((item) => item.textContent === text)) return;
    this.noteList.append(el("li", {}, text));
    const count = this.noteList.children.length;
    this.noteCount.textContent = `${count} ${count === 1 ? "thing" : "things"} to know of this scan`;
  }

  refresh() {
    const { reading } = this.page;
    if (!reading) return;
    for (const doubt of reading.doubts) this.note(doubt);
    const hasProposal = reading.total.proposed !== undefined;
    this.total.replaceChildren(
      el("span", { class: "value", dataset: { exact: String(reading.total.agatston) }, id: "total" }, readable(reading.total.agatston)),
      el("span", { class: "unit" }, "Agatston"), el("span", { class: "category" }, reading.category));
    this.head.replaceChildren(el("tr", {}, el("th", { scope: "col" }, ""), el("th", { scope: "col" }, "points"),
      hasProposal ? el("th", { scope: "col", title: "Points of what was proposed" }, "proposed") : null,
      el("th", { scope: "col" }, "mm³"), el("th", { scope: "col" }, "lesions"), el("th", {}, el("span", { class: "hidden" }, "Accept"))));
    const row = (part, name, accept) => {
      const differs = part.proposed !== undefined && Math.abs(part.proposed - part.agatston) > 0.05;
      return el("tr", { class: accept === undefined ? "sum" : "", dataset: { part: part.name } },
        el("th", { scope: "row" }, name), el("td", { class: "number", dataset: { exact: String(part.agatston) } }, readable(part.agatston)),
        hasProposal ? el("td", { class: `number soft${differs ? " differs" : ""}`, title: differs ? `changed by ${readable(part.agatston - part.proposed)}` : null }, part.proposed === undefined ? "" : readable(part.proposed)) : null,
        el("td", { class: "number" }, readable(part.volume)), el("td", { class: "number" }, String(part.lesions)),
        el("td", {}, accept ?? null));
    };
    this.table.replaceChildren(...reading.parts.map((part) => {
      const label = byWord.get(part.name);
      const open = [...this.page.lesions.values()].some((lesion) => lesion.label === part.name && !lesion.locked);
      return row(part, this.badge(label), open ? el("button", {
        type: "button", class: "small", title: `Accept and lock all ${part.name} lesions`, onclick: () => this.page.accept(part.name),
      }, "✓", el("span", { class: "hidden" }, `accept all ${part.name}`)) : "");
    }), row(reading.total, "Total"), ...reading.beside.map((part) => {
      const line = row(part, this.badge(byWord.get(part.name)), "");
      line.classList.add("beside");
      line.title = "scored for itself, in no total";
      return line;
    }));
    this.refreshPrior(reading.prior);
    this.refreshList();
    this.refreshState();
  }

  // The earlier scan, as cac compare holds it against this reading.
  refreshPrior(prior) {
    if (!prior) return this.prior.replaceChildren();
    const isOpen = this.prior.querySelector("details")?.open ?? false;
    const states = new Map();
    for (const { state } of prior.lesions ?? []) states.set(state, (states.get(state) ?? 0) + 1);
    const counts = [...states].map(([state, count]) => `${count} ${state}`).join(", ");
    const line = (part, cls) => el("tr", { class: cls }, el("th", { scope: "row" }, part.name),
      [part.before, part.now, part.now - part.before].map((value, i) => el("td", { class: "number" }, (i === 2 && value > 0 ? "+" : "") + readable(value))));
    this.prior.replaceChildren(el("details", { open: isOpen },
      el("summary", { dataset: { before: String(prior.total.before) } }, el("span", {}, `Before ${readable(prior.total.before)}${prior.years === undefined ? "" : `, ${readable(prior.years)} years ago`}: `), el("strong", {}, prior.words)),
      el("table", {}, el("thead", {}, el("tr", {}, ["", "before", "now", "change"].map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, prior.parts.map((part) => line(part, "")), line(prior.total, "sum"))),
      counts ? el("p", {}, `Lesions: ${counts}.`) : null,
      prior.notes.length ? el("ul", {}, prior.notes.map((note) => el("li", {}, note))) : null,
      el("a", { href: `${this.page.path}/files/comparison.html${this.page.suffix}`, target: "_blank", rel: "noopener" }, "Pictures side by side")));
  }

  refreshList() {
    const { page } = this;
    const order = page.ordered(this.sort);
    this.count.textContent = order.length ? `${order.length} · ${page.reading.unseen ? `${page.reading.unseen} unseen` : "all seen"}` : "none yet";
    this.list.replaceChildren(...order.slice(0, 400).map((lesion) => {
      const label = labelOf(lesion);
      const [first, last] = lesion.slices;
      const states = [lesion.locked ? "locked" : "", lesion.seen || lesion.origin === "reader" ? "" : "not seen", lesion.origin === "reader" ? "" : lesion.origin,
        lesion.chance === undefined ? "" : `${Math.round(lesion.chance * 100)} %`].filter(Boolean);
      return el("li", {
        role: "option", id: `lesion-${lesion.id}`, class: [lesion.label || isUndecided(lesion) ? "" : "struck", lesion.seen || lesion.origin === "reader" ? "" : "unseen"].join(" "),
        "aria-selected": String(lesion.id === page.view.selected), title: lesion.remark ?? null,
        onclick: () => {
          page.select(lesion, { centre: true });
          page.canvas.focus();
        },
      }, this.badge(label), el("span", { class: "points" }, readable(lesion.agatston)),
      el("span", { class: "where" }, first === last ? `slice ${first + 1}` : `slices ${first + 1}–${last + 1}`, `, ${lesion.peak} HU`),
      el("span", { class: "flags" }, states.join(" · ")));
    }));
    this.refreshSelection();
  }

  refreshSelection() {
    const { selected } = this.page.view;
    for (const item of this.list.children) {
      const isChosen = item.id === `lesion-${selected}`;
      item.setAttribute("aria-selected", String(isChosen));
      // Within the list alone: the picture stays where it is.
      if (isChosen) {
        const { list } = this;
        const top = item.offsetTop - list.offsetTop;
        if (top < list.scrollTop) list.scrollTop = top;
        else if (top + item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + item.offsetHeight - list.clientHeight;
      }
    }
    if (selected) this.list.setAttribute("aria-activedescendant", `lesion-${selected}`);
    const lesion = this.page.selected;
    this.lock.textContent = lesion?.locked ? "Unlock" : "Lock";
    this.lock.disabled = !lesion;
  }

  refreshState() {
    const { page } = this;
    const { reading } = page;
    if (!reading) return;
    this.state.textContent = page.waiting ? "saving …" : `saved · ${reading.version} action${reading.version === 1 ? "" : "s"}`;
    this.state.dataset.version = String(reading.version);
    this.undo.disabled = !reading.canUndo;
    this.redo.disabled = !reading.canRedo;
    this.brushes.forEach((brush, i) => brush.setAttribute("aria-pressed", String(arteries[i].word === page.label)));
    const last = reading.signatures.at(-1);
    this.signed.textContent = last ? `${reading.isSigned ? "Signed" : "Changed since it was signed"} by ${last.name}, version ${last.version}` : "";
    this.signed.classList.toggle("void", Boolean(last) && !reading.isSigned);
  }

  listKey(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    this.page.walk(event.key === "ArrowDown" ? 1 : -1);
  }
}
