// SPDX-License-Identifier: Apache-2.0
// What is asked and shown in dialogs; Escape closes each.

import { get } from "/page/api.js";
import { el, readable } from "/page/dom.js";
import { kinds } from "/page/labels.js";

function dialog(title, ...children) {
  const before = document.activeElement;
  const box = el("dialog", { "aria-label": title }, el("h2", {}, title), children);
  box.addEventListener("close", () => {
    box.remove();
    if (before?.isConnected) before.focus();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

const buttons = (box, ...more) => el("div", { class: "buttons" }, el("button", { type: "button", onclick: () => box().close() }, "Cancel"), more);

export function askKind() {
  return new Promise((done) => {
    const choose = (word) => {
      done(word);
      box.close();
    };
    const choices = kinds.map((kind) => el("button", { type: "button", onclick: () => choose(kind.word) }, el("kbd", {}, kind.kind), kind.name));
    const box = dialog("Not coronary: what is it?", el("div", { class: "choices" }, choices,
      el("button", { type: "button", onclick: () => choose("strike") }, el("kbd", {}, "0"), "not said: strike out")));
    box.addEventListener("keydown", (event) => {
      const kind = kinds.find((entry) => entry.kind === event.key);
      if (kind) choose(kind.word);
      else if (event.key === "0") choose("strike");
      else return;
      event.preventDefault();
    });
    box.addEventListener("close", () => done(null));
  });
}

export function askReason() {
  return new Promise((done) => {
    const reason = el("input", { required: true, maxlength: 500, name: "reason" });
    const form = el("form", { onsubmit: (event) => {
      event.preventDefault();
      if (!reason.value.trim()) return;
      done(reason.value.trim());
      box.close();
    } }, el("p", {}, "This reading is signed. A change makes a new version, to be signed again; the trail keeps the reason."),
    el("label", {}, "Reason", reason), buttons(() => box, el("button", { class: "primary" }, "Change")));
    const box = dialog("Why is it changed?", form);
    reason.focus();
    box.addEventListener("close", () => done(null));
  });
}

export function showSign(page) {
  const { reading } = page;
  const notes = [["motion", "motion"], ["noise", "noise"], ["metal", "metal"], ["incomplete", "heart not whole"]].map(([value, text]) => {
    const input = el("input", { type: "checkbox", value, name: "quality", checked: reading.quality.includes(value) });
    return el("label", { class: "check" }, input, text);
  });
  const note = el("textarea", { rows: 2, maxlength: 2000, name: "note" });
  note.value = reading.note;
  const name = el("input", { required: true, maxlength: 100, name: "signature", autocomplete: "name" });
  name.value = page.who.hasAccounts ? page.who.user : localStorage.getItem("signature") ?? "";
  const meaning = el("select", { name: "meaning" }, ["read and scored by me", "checked and confirmed by me", "decided between two readings by me"].map((text) => el("option", {}, text)));
  const problem = el("p", { class: "problem", role: "alert" });
  const unseen = reading.unseen;
  const form = el("form", { onsubmit: async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const quality = notes.map((label) => label.firstChild).filter((input) => input.checked).map((input) => input.value);
    const now = page.reading;
    if (quality.join() !== now.quality.join() || note.value !== now.note) {
      if (!await page.act({ assess: { quality, text: note.value } })) {
        problem.textContent = page.toast.textContent;
        return;
      }
    }
    const answer = await page.act({ sign: { name: name.value.trim(), meaning: meaning.value } }, "signed");
    if (!answer) {
      problem.textContent = page.toast.textContent;
      return;
    }
    localStorage.setItem("signature", name.value.trim());
    box.close();
    showFiles(page);
  } },
  el("p", {}, `${readable(reading.total.agatston)} Agatston points, ${page.coronary.length} lesions.`,
    unseen ? el("strong", {}, ` ${unseen} not looked at yet: step through them with N first.`) : " All lesions were looked at."),
  el("fieldset", {}, el("legend", {}, "Quality of the scan"), notes),
  el("label", {}, "Note", note), el("label", {}, "Name", name), el("label", {}, "Meaning", meaning), problem,
  buttons(() => box, el("button", { class: "primary" }, "Sign")));
  const box = dialog("Sign this reading", form);
  (name.value ? box.querySelector(".primary") : name).focus();
}

export function showFiles(page) {
  const link = (file, text, about) => el("li", {}, el("a", { href: `${page.path}/files/${file}${page.suffix}`, target: file.endsWith(".html") ? "_blank" : null, rel: "noopener" }, text), " ", el("span", { class: "soft" }, about));
  const state = page.reading.isSigned ? "" : "This reading is not signed; the files say so.";
  const box = dialog("Files of this reading", el("p", { class: "soft" }, state), el("ul", { class: "files" },
    link("report.html", "Report", "one page with pictures; print it, also to PDF"),
    link("mask.nii.gz", "Mask", "NIfTI: 1 LM, 2 LAD, 3 LCX, 4 RCA"),
    link("all-labels.nii.gz", "All labels", "NIfTI, with what is not coronary"),
    link("RESULT.csv", "RESULT.csv", "the score, for cac evaluate"),
    link("lesions.csv", "lesions.csv", "a row for each lesion"),
    link("trail.json", "Trail", "who did what, when, before, after, why")),
  el("div", { class: "buttons" }, el("button", { type: "button", onclick: () => showTrail(page) }, "Show the trail"), el("button", { type: "button", class: "primary", onclick: () => box.close() }, "Close")));
  box.querySelector("a").focus();
}

export async function showTrail(page) {
  const { body: rows } = await get(`${page.path}/trail${page.suffix}`);
  const cells = (row) => {
    const [kind, detail] = Object.entries(row.action ?? {})[0] ?? ["account", {}];
    const change = row.changes.map((entry) => `${entry.lesion}: ${entry.before ? entry.before.label ?? "struck out" : "–"} → ${entry.after ? entry.after.label ?? "struck out" : "–"}`);
    const shown = change.slice(0, 4).join(", ") + (change.length > 4 ? ` and ${change.length - 4} more` : "");
    return [row.version, row.time.replace("T", " ").replace(/\.\d+Z/, "Z"), row.user, kind, shown || (detail.name ?? detail.text ?? ""), row.reason ?? ""].map((text) => el("td", {}, String(text)));
  };
  const box = dialog("Trail", el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, ["", "UTC", "who", "what", "before → after", "why"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, rows.reverse().map((row) => el("tr", {}, cells(row)))))),
  el("div", { class: "buttons" }, el("button", { type: "button", class: "primary", onclick: () => box.close() }, "Close")));
  box.classList.add("wide");
}

export function showHelp(keys) {
  const on = el("input", { type: "checkbox", checked: keys.areOn, onchange: (event) => keys.turn(event.target.checked) });
  const rows = keys.list.map(({ name, key }) => {
    const input = el("button", { type: "button", class: "key", title: "Press to choose another key", onclick: () => {
      input.textContent = "press a key";
      input.onkeydown = (event) => {
        event.preventDefault();
        event.stopPropagation();
        input.onkeydown = null;
        if (event.key !== "Escape") keys.set(name, event.key.length === 1 ? event.key.toLowerCase() : event.key);
        input.textContent = keys.list.find((entry) => entry.name === name).key;
      };
    } }, key);
    return el("li", {}, el("span", {}, name), input);
  });
  const box = dialog("Keys and gestures",
    el("p", {}, "Click takes the group of bright voxels, Shift and click its part in this slice. Drag is a lasso, with Ctrl it takes away. Alt and drag cuts the chosen lesion. The wheel changes the slice, with Ctrl it zooms; the right button moves the picture."),
    el("label", { class: "check" }, on, "single keys"), el("ul", { class: "keys" }, rows),
    el("div", { class: "buttons" }, el("button", { type: "button", class: "primary", onclick: () => box.close() }, "Close")));
  box.classList.add("wide");
}
