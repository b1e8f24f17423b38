// SPDX-License-Identifier: Apache-2.0
// Begins: takes the token from the address, logs in, and shows the worklist or a case.

import { get, post, setWriteToken } from "/page/api.js";
import { el, show } from "/page/dom.js";
import { showWorklist } from "/page/worklist.js";
import { openCase } from "/page/case.js";

export function showMessage(title, sentence, ...more) {
  show(el("main", { class: "message", role: "alert" }, el("h1", {}, title), el("p", {}, sentence), more));
}

async function session() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token) {
    // The token stays in no history and no bookmark.
    history.replaceState(null, "", location.pathname);
    const opened = await post("/api/session", { token });
    setWriteToken(opened.writeToken);
  }
  try {
    const { body } = await get("/api/session");
    setWriteToken(body.writeToken);
    return body;
  } catch (error) {
    if (token && error.status === 401) {
      throw Object.assign(error, {
        message: `The browser keeps no cookie for this page. Allow cookies for ${location.hostname}, then open the address that cac review printed again.`,
      });
    }
    throw error;
  }
}

function showLogin(then) {
  const name = el("input", { name: "name", autocomplete: "username", required: true, maxlength: 64 });
  const password = el("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const problem = el("p", { class: "problem", role: "alert" });
  const form = el("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      problem.textContent = "";
      try {
        const opened = await post("/api/login", { name: name.value, password: password.value });
        setWriteToken(opened.writeToken);
        then(opened);
      } catch (error) {
        problem.textContent = error.message;
        password.value = "";
        password.focus();
      }
    },
  }, el("label", {}, "Name", name), el("label", {}, "Password", password), problem,
  el("button", { class: "primary" }, "Log in"));
  show(el("main", { class: "message" }, el("h1", {}, "CAC review"), form));
  name.focus();
}

async function route(who, isFirst = false) {
  const match = /^#case=(\d+)(&as=adjudication)?$/.exec(location.hash);
  try {
    if (match) await openCase(who, Number(match[1]), Boolean(match[2]));
    else await showWorklist(who, isFirst);
  } catch (error) {
    if (error.code === "login") return showLogin(route);
    showMessage(error.code === "session" ? "Logged out" : "This cannot be shown", error.message,
      el("p", {}, el("a", { href: "#", onclick: () => location.reload() }, "Try again")));
  }
}

async function begin() {
  try {
    const who = await session();
    const go = (now) => {
      window.onhashchange = () => {
        if (location.hash.includes("token=")) location.reload();
        else route(now);
      };
      return route(now, true);
    };
    if (who.hasAccounts && !who.user) showLogin(go);
    else await go(who);
  } catch (error) {
    showMessage(error.code === "token" ? "Wrong token" : "Not open", error.message);
  }
}

begin();
