// SPDX-License-Identifier: Apache-2.0
// The scans to read, in the reader's order.

import { get, post } from "/page/api.js";
import { el, show } from "/page/dom.js";

const words = { new: "not read", begun: "begun", signed: "signed" };

// With `opensSole`, a single scan is opened at once, as the one who named it expects.
export async function showWorklist(who, opensSole = false) {
  const { body: entries } = await get("/api/worklist");
  if (entries.length === 1 && !who.hasAccounts && opensSole) {
    location.hash = `case=${entries[0].number}`;
    return;
  }
  const mayDecide = who.role !== "reader" && who.hasAccounts;
  const rows = entries.map((entry) => el("tr", {},
    el("th", { scope: "row" }, el("a", { href: `#case=${entry.number}` }, entry.study)),
    el("td", {}, el("span", { class: `state ${entry.state}` }, words[entry.state])),
    el("td", { class: "number" }, String(entry.actions)),
    mayDecide ? el("td", {}, entry.signedReadings >= 2
      ? el("a", { href: `#case=${entry.number}&as=adjudication` }, "decide")
      : `${entry.signedReadings} of 2 signed`) : null));
  const done = entries.filter((entry) => entry.state === "signed").length;
  show(el("header", { class: "bar" },
    el("strong", {}, "CAC review"),
    el("span", { class: "soft" }, `${done} of ${entries.length} signed`),
    who.isBlind ? el("span", { class: "tag" }, "blinded") : null,
    el("span", { class: "grow" }),
    who.hasAccounts ? el("span", { class: "soft" }, who.user) : null,
    who.hasAccounts ? el("button", {
      onclick: async () => {
        await post("/api/logout", {});
        location.reload();
      },
    }, "Log out") : null),
  el("main", { class: "worklist" },
    el("h1", {}, "Scans"),
    el("table", {},
      el("thead", {}, el("tr", {}, ["Study", "Reading", "Actions"].map((text) => el("th", { scope: "col" }, text)),
        mayDecide ? el("th", { scope: "col" }, "Two readers") : null)),
      el("tbody", {}, rows)),
    el("p", { class: "soft" }, "Research software, not a medical device.")));
  document.querySelector("tbody a")?.focus();
}
