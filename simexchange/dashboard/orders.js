// The account's orders, open and recent, each with the states it went through.

import { $, clockTime, h, list, say } from "./dom.js";
import { accountPath, emit, on, state } from "./state.js";
import { act, ask, every, get } from "./api.js";

const words = (status) => status.toUpperCase();

/** Partial fills in a row are one state: how many there were, how far they came, and when the latest was. */
function path(steps, quantity) {
  const states = [];
  for (const step of steps) {
    if (states.at(-1)?.status === step.status) states.push({ ...step, times: states.pop().times + 1 });
    else states.push({ ...step, times: 1 });
  }
  return h("ol", { class: "path" }, states.map((step) => {
    const part = step.status === "partially_filled" ? ` ${Math.floor((100 * Number(step.filled)) / Number(quantity))}%` : "";
    const all = steps.filter((one) => one.status === step.status).map((one) => `${clockTime(one.at)} ${one.filled}`).join("\n");
    return h("li", { class: `state ${step.status}`, title: all }, h("b", {}, words(step.status) + part), step.times > 1 ? ` × ${step.times}` : "", " ", h("time", {}, clockTime(step.at)));
  }));
}

function row({ order, open, path: steps }) {
  const cancel = () => act(() => ask("DELETE", accountPath(`/orders/${order.order_id}?symbol=${encodeURIComponent(order.symbol)}`))).then(() => again());
  const name = `${order.client_order_id} (${order.order_id})`;
  return h("tr", { class: open ? "open" : "closed" },
    h("td", { title: name }, h("span", { class: "id" }, order.client_order_id), " ", h("span", { class: "dim" }, order.symbol)),
    h("td", { class: order.side }, order.side),
    h("td", {}, order.type.replace("_", " ") + (order.time_in_force === "gtc" ? "" : ` ${order.time_in_force}`)),
    h("td", { class: "number" }, order.price ?? (order.trigger_price ? `at ${order.trigger_price}` : "market")),
    h("td", { class: "number" }, `${order.filled} / ${order.quantity}`),
    h("td", {}, path(steps, order.quantity)),
    h("td", {}, open ? h("button", { type: "button", class: "small", "data-focus": `cancel${order.order_id}`, "aria-label": `Cancel ${name}`, onclick: cancel }, "Cancel") : null));
}

let again = () => {};

async function load() {
  if (!state.account) return;
  const found = await get(accountPath("/activity"), { limit: 60 });
  const open = found.orders.filter((story) => story.open);
  say($("orders-of"), `of ${state.account}: ${open.length} open`);
  list($("orders"), [...open, ...found.orders.filter((story) => !story.open)], row, `${state.account} has placed no order yet`);
  emit("activity", found);
}

/** Whether an entry may have touched the account's orders; fills by the market makers' orders come by the second. */
const touches = (entry) => entry.kind === "batch" && entry.venue === state.venue;

export function start() {
  again = every(1000, load);
  on("selection", again);
  on("clock-moved", again);
  let due = 0;
  on("entries", (entries) => {
    if (!due && entries.some(touches)) due = setTimeout(() => { due = 0; again(); }, 150);
  });
}
