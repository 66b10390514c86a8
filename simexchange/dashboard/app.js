// Where everything begins: panels, tabs, theme, keys; then the journal so far, and the journal as it grows.

import { $, h } from "./dom.js";
import { notice } from "./api.js";
import { emit } from "./state.js";
import * as chart from "./chart.js";
import * as faults from "./faults.js";
import * as feed from "./feed.js";
import * as header from "./header.js";
import * as journal from "./journal.js";
import * as ladder from "./ladder.js";
import * as orders from "./orders.js";
import * as rates from "./rates.js";
import * as usage from "./usage.js";

const TABS = ["faults", "limits", "sockets", "accounts", "scenario"];

function openTab(name, isFocused = false) {
  for (const one of TABS) {
    const isOpen = one === name;
    $(`pane-${one}`).hidden = !isOpen;
    $(`tab-${one}`).setAttribute("aria-selected", String(isOpen));
    $(`tab-${one}`).tabIndex = isOpen ? 0 : -1;
    if (isOpen && isFocused) $(`tab-${one}`).focus();
  }
  emit("tab", name);
}

function tabs() {
  for (const [index, name] of TABS.entries()) {
    $(`tab-${name}`).addEventListener("click", () => openTab(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) openTab(TABS[(index + step + TABS.length) % TABS.length], true);
    });
  }
  openTab("faults");
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  emit("theme");
}

const KEYS = [
  ["Space", "stop the clock, or let it go on", () => header.pause(), " "],
  [".", "step: to the next thing that happens by itself", () => header.step()],
  ["a", "advance: how far", () => { $("advance-by").focus(); $("advance-by").select(); }],
  ["f", "arm a fault: find its kind", () => { openTab("faults"); $("fault-search").focus(); }],
  ["/", "search the journal", () => $("journal-search").focus()],
  ["j", "to the journal; arrows choose, Enter opens, Escape closes", () => $("journal-view").focus()],
  ["1 – 5", "faults, limits, sockets, accounts, scenario", null],
  ["t", "light or dark", toggleTheme],
  ["?", "these keys", () => $("help").showModal()],
];

function keys() {
  $("help-keys").replaceChildren(...KEYS.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    const at = event.target;
    if (at.matches("input, select, textarea, [contenteditable]")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    // A button takes the space bar for itself.
    if (event.key === " " && at.matches("button, a, summary")) return;
    const tab = TABS[Number(event.key) - 1];
    const known = KEYS.find(([key, , , real]) => (real ?? key) === event.key);
    if (tab) openTab(tab, true);
    else if (known?.[2]) known[2]();
    else return;
    event.preventDefault();
  });
}

async function begin() {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => emit("theme"));
  $("theme").addEventListener("click", toggleTheme);
  $("help-open").addEventListener("click", () => $("help").showModal());
  keys();
  tabs();
  journal.start();
  chart.start();
  ladder.start();
  orders.start();
  usage.start();
  rates.start();
  await header.start();
  feed.follow(await journal.history());
  await faults.start();
  document.documentElement.dataset.ready = "true";
}

begin().catch((error) => notice(`The dashboard could not start: ${error.message}`));
