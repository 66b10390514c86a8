// Building and updating elements. Text is always text: nothing here ever becomes markup.

export const $ = (id) => document.getElementById(id);

/** An element: attributes by name, `on` + event for listeners, children as nodes or texts. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Write only what changed: an untouched text node costs the browser nothing. */
export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Replace a list's children, unless they would be the same as before. */
export function list(parent, items, make, empty = "none") {
  const print = JSON.stringify(items);
  if (parent.dataset.print === print) return;
  parent.dataset.print = print;
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  const cells = parent.tagName === "TBODY"
    ? h("tr", { class: "empty" }, h("td", { colspan: "9" }, empty))
    : h(parent.tagName === "UL" || parent.tagName === "OL" ? "li" : "p", { class: "empty" }, empty);
  parent.replaceChildren(...(items.length ? items.map(make) : [cells]));
  if (focused) [...parent.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focused)?.focus();
}

/** 2026-01-05T10:11:12.345Z as 10:11:12.345. */
export const clockTime = (iso) => (iso ? iso.slice(11).replace("Z", "").replace(/(\.\d{3})\d+$/, "$1") : "");

/** 12.3 s, 4 min 5 s, 2 h 3 min. */
export function span(seconds) {
  if (seconds < 0) return "0 s";
  if (seconds < 60) return `${seconds < 10 && seconds % 1 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
