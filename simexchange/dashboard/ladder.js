// The book by levels, and where the account's own orders stand in their queues.

import { $, h, say } from "./dom.js";
import { every, get } from "./api.js";
import { on, state, symbolPath } from "./state.js";

const ROW = 20;
let levels = 0;

function rows(body, side) {
  const made = Array.from({ length: levels }, () => {
    const bar = h("span", { class: "depth-bar", "aria-hidden": "true" });
    const price = h("span", { class: "price" });
    const cells = { bar, price, quantity: h("td", { class: "number" }), own: h("td", { class: "own" }) };
    const row = h("tr", { class: side }, h("td", {}, bar, price), cells.quantity, cells.own);
    return { row, ...cells };
  });
  body.replaceChildren(...(side === "ask" ? [...made].reverse() : made).map((one) => one.row));
  return made;
}

let asks = [];
let bids = [];

/** As many levels as there is room for, as many above as below. */
function measure() {
  const room = $("ladder").parentElement.clientHeight - $("ladder").offsetTop + $("ladder").parentElement.offsetTop - 52;
  const wanted = Math.max(5, Math.min(25, Math.floor(room / ROW / 2)));
  if (wanted === levels) return;
  levels = wanted;
  asks = rows($("asks"), "ask");
  bids = rows($("bids"), "bid");
}

/** The decimals that all of them can be written with. */
const decimals = (texts) => Math.max(0, ...texts.map((text) => (text.split(".")[1] ?? "").length));

function padded(text, places) {
  const [whole, part = ""] = text.split(".");
  return places ? `${whole}.${part.padEnd(places, "0")}` : whole;
}

let places = [0, 0];

function fill(made, book, own, most) {
  const queued = new Map();
  for (const order of own) queued.set(order.price, [...(queued.get(order.price) ?? []), order]);
  made.forEach((cells, index) => {
    const [price, quantity] = book[index] ?? ["", ""];
    say(cells.price, price && padded(price, places[0]));
    say(cells.quantity, quantity && padded(quantity, places[1]));
    cells.bar.style.width = price ? `${Math.min(100, (100 * Number(quantity)) / most).toFixed(1)}%` : "0";
    const mine = queued.get(price) ?? [];
    say(cells.own, mine.map((order) => `${order.quantity} · ${order.ahead}`).join(", "));
    cells.row.classList.toggle("mine", mine.length > 0);
    cells.own.title = mine.map((order) => `${order.client_order_id}: place ${order.place}, ${order.ahead} ahead`).join("\n");
  });
}

async function load() {
  if (!state.symbol) return;
  const found = await get(symbolPath("/depth"), { levels, account: state.account });
  const most = Math.max(...[...found.bids, ...found.asks].map(([, quantity]) => Number(quantity)), 1e-12);
  const all = [...found.bids, ...found.asks];
  places = [decimals(all.map(([price]) => price)), decimals(all.map(([, quantity]) => quantity))];
  fill(asks, found.asks, found.own.filter((order) => order.side === "sell"), most);
  fill(bids, found.bids, found.own.filter((order) => order.side === "buy"), most);
  const [bid, ask] = [found.bids[0]?.[0], found.asks[0]?.[0]];
  const away = found.own.filter((order) => !all.some(([price]) => price === order.price)).length;
  const spread = bid && ask ? `spread ${(Number(ask) - Number(bid)).toFixed(places[0])}` : "one-sided or empty book";
  say($("spread"), away ? `${spread} · ${away} own further out` : spread);
  say($("trading-status"), found.status === "continuous" ? "" : found.status.replace("_", " "));
}

export function start() {
  measure();
  const again = every(500, load);
  new ResizeObserver(() => { measure(); again(); }).observe($("ladder").parentElement);
  for (const name of ["selection", "clock-moved", "activity"]) on(name, again);
}
