// The journal: thousands of entries, of which only the rows in sight are elements. The latest stands first.

import { $, clockTime, h, say } from "./dom.js";
import { get } from "./api.js";
import { emit, on } from "./state.js";
import { detail } from "./detail.js";

const MOST = 5000;
const HEIGHT = 24;
const COLUMNS = ["seq", "time", "kind", "who", "outcome", "what"];
let entries = [];
let fits = [];
let chosen = null;
let rows = [];
let isDue = false;

const status = (entry) => entry.reply?.status ?? null;
const isRefused = (entry) => (entry.kind === "request" || entry.kind === "answer") && (status(entry) >= 400 || (entry.fate && entry.fate !== "")
  || (entry.reply?.messages ?? []).some((text) => text.includes('"error"')));

function outcome(entry) {
  if (entry.fate) return entry.fate;
  if (!entry.reply) return entry.answered || entry.message ? "" : "held";
  if (entry.reply.status) {
    const code = /"code":\s*(-?\d+)/.exec(entry.reply.body ?? "");
    return `${entry.reply.status}${entry.reply.status >= 400 && code ? ` (${code[1]})` : ""}`;
  }
  const code = /"code":\s*(-\d+)/.exec((entry.reply.messages ?? [entry.reply.message ?? ""]).join(" "));
  return code ? `(${code[1]})` : "";
}

const outcomeOf = (entry) => (entry.kind === "request" || entry.kind === "answer" ? outcome(entry) : "");

function what(entry) {
  switch (entry.kind) {
    case "request": return `${entry.endpoint}${entry.symbol ? ` ${entry.symbol}` : ""}`;
    case "answer": return `${entry.endpoint}, asked in ${entry.request}`;
    case "batch": return [entry.command.type, ...entry.events.map((event) => event.type + (event.reason ? ` (${event.reason})` : ""))].join(" · ");
    case "fault": return `${entry.action} ${entry.fired ? `${entry.fired.kind} ${entry.fired.endpoint ?? entry.fired.channel ?? ""}` : `${entry.rule.kind} as ${entry.rule.id}`}`;
    case "connection": return `#${entry.connection} ${entry.action} ${entry.source} ${entry.detail}`;
    default: return `${entry.action} ${entry.detail ?? ""}`;
  }
}

const searched = (entry) => (entry.searched ??= `${entry.seq} ${entry.kind} ${entry.account ?? ""} ${entry.venue ?? ""} ${entry.source ?? ""} ${what(entry)} ${outcomeOf(entry)} ${entry.query ?? ""} ${entry.message ?? ""} ${entry.body ?? ""} ${entry.reply?.body ?? ""} ${entry.command ? JSON.stringify(entry.command) : ""}`.toLowerCase());

function filter() {
  const words = $("journal-search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const kind = $("journal-kind").value;
  const refused = $("journal-refused").checked;
  return (entry) => (!kind || entry.kind === kind || (kind === "request" && entry.kind === "answer")) && (!refused || isRefused(entry)) && words.every((word) => searched(entry).includes(word));
}

function refilter() {
  fits = entries.filter(filter());
  $("journal-view").scrollTop = 0;
  draw();
}

/** Entries come in order; both lists have the latest last, and are shown from their ends. */
export function add(fresh) {
  if (!fresh.length) return;
  const last = entries.at(-1)?.seq ?? 0;
  const isNew = fresh.filter((entry) => entry.seq > last);
  if (isNew.length < fresh.length) {
    // A request that was held comes under its old number: its row is the same, and now has its answer.
    for (const entry of fresh) {
      if (entry.seq > last) continue;
      const index = entries.findIndex((known) => known.seq === entry.seq);
      if (index >= 0) Object.assign(entries[index], entry, { searched: undefined });
      else isNew.push(entry);
    }
    isNew.sort((one, other) => one.seq - other.seq);
  }
  entries = entries.concat(isNew);
  for (const entry of isNew) if (entry.kind === "answer") answer(entry);
  if (entries.length > MOST * 1.1) entries = entries.slice(-MOST);
  const passing = isNew.filter(filter());
  fits = fits.concat(passing);
  if (fits.length > MOST * 1.1) fits = fits.slice(-MOST);
  const view = $("journal-view");
  if (view.scrollTop > 0) view.scrollTop += passing.length * HEIGHT;
  draw();
}

/** A request that was held has its answer now: its own row tells it too. */
function answer({ request, reply, fate, ts }) {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].seq < request) low = middle + 1;
    else high = middle;
  }
  const held = entries[low];
  if (held?.seq === request) Object.assign(held, { reply, fate, answered: ts, searched: undefined });
}

function draw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; paint(); });
}

function paint() {
  const view = $("journal-view");
  $("journal-space").style.height = `${fits.length * HEIGHT}px`;
  view.setAttribute("aria-rowcount", String(fits.length));
  say($("journal-count"), `${fits.length}${fits.length < entries.length ? ` of ${entries.length}` : ""} entries`);
  const first = Math.max(0, Math.floor(view.scrollTop / HEIGHT) - 2);
  const count = Math.min(fits.length - first, Math.ceil(view.clientHeight / HEIGHT) + 4);
  while (rows.length < count) rows.push(make());
  rows.forEach((cells, index) => {
    const place = first + index;
    const entry = index < count ? fits[fits.length - 1 - place] : null;
    cells.row.hidden = !entry;
    cells.entry = entry;
    if (!entry) return;
    cells.row.style.transform = `translateY(${place * HEIGHT}px)`;
    cells.row.setAttribute("aria-rowindex", String(place + 1));
    cells.row.id = `entry-${entry.seq}`;
    const isChosen = entry.seq === chosen;
    cells.row.setAttribute("aria-selected", String(isChosen));
    cells.row.className = `entry ${entry.kind}${isRefused(entry) ? " refused" : ""}${isChosen ? " chosen" : ""}`;
    say(cells.seq, entry.seq);
    say(cells.time, clockTime(entry.ts));
    say(cells.kind, entry.kind);
    say(cells.who, entry.account || entry.venue || "");
    say(cells.outcome, outcomeOf(entry));
    say(cells.what, what(entry));
  });
  if (chosen !== null && document.getElementById(`entry-${chosen}`)) view.setAttribute("aria-activedescendant", `entry-${chosen}`);
  else view.removeAttribute("aria-activedescendant");
}

function make() {
  const cells = Object.fromEntries(COLUMNS.map((name) => [name, h("span", { role: "gridcell", class: name })]));
  cells.row = h("div", { role: "row", class: "entry" }, COLUMNS.map((name) => cells[name]));
  cells.row.addEventListener("click", () => { if (cells.entry) choose(cells.entry); });
  $("journal-space").append(cells.row);
  return cells;
}

function choose(entry) {
  chosen = entry.seq;
  detail(entry);
  draw();
}

async function chooseNumber(seq) {
  let entry = entries.find((one) => one.seq === seq);
  if (!entry) entry = (await get("/journal", { since: seq - 1, limit: 1 })).entries.find((one) => one.seq === seq);
  if (!entry) return;
  const index = fits.findIndex((one) => one.seq === seq);
  if (index >= 0) $("journal-view").scrollTop = (fits.length - 1 - index) * HEIGHT;
  choose(entry);
  $("detail").focus();
}

function onKey(event) {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  if (event.key === "Enter" && chosen !== null) { $("detail").focus(); event.preventDefault(); return; }
  if (!(event.key in steps) || !fits.length) return;
  event.preventDefault();
  const index = fits.findIndex((entry) => entry.seq === chosen);
  const at = index < 0 ? (steps[event.key] > 0 ? -1 : 0) : fits.length - 1 - index;
  const next = Math.max(0, Math.min(fits.length - 1, at + steps[event.key]));
  const view = $("journal-view");
  if (next * HEIGHT < view.scrollTop) view.scrollTop = next * HEIGHT;
  else if ((next + 1) * HEIGHT > view.scrollTop + view.clientHeight) view.scrollTop = (next + 1) * HEIGHT - view.clientHeight;
  choose(fits[fits.length - 1 - next]);
}

/** What was there before the page was; gives the number to follow from. */
export async function history() {
  const page = await get("/journal", { limit: 500 });
  add(page.entries);
  emit("history", page.entries);
  return page.next;
}

export function start() {
  const view = $("journal-view");
  view.addEventListener("scroll", draw, { passive: true });
  view.addEventListener("keydown", onKey);
  new ResizeObserver(draw).observe(view);
  for (const id of ["journal-search", "journal-kind", "journal-refused"]) $(id).addEventListener("input", refilter);
  on("entries", add);
  on("choose", chooseNumber);
  on("closed", () => { chosen = null; draw(); view.focus(); });
}
