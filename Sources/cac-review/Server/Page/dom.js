// SPDX-License-Identifier: Apache-2.0
// Elements from their parts; text never becomes markup.

export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
  return element;
}

export function show(...children) {
  document.getElementById("app").replaceChildren(...children);
}

let spoken = 0;

// Says a sentence to screen readers; the same sentence twice is said twice.
export function announce(text) {
  const live = document.getElementById("live");
  spoken += 1;
  live.textContent = text + (spoken % 2 ? "" : "\u00a0");
}

// A number with one decimal, as the terminal shows it.
export function readable(value, decimals = 1) {
  if (value === null || value === undefined) return "–";
  // Only bone that was taken by mistake reaches this; its decimals would not fit.
  if (Math.abs(value) >= 1e5) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
