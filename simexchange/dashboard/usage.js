// Rate limits and bans, open sockets, addresses and keys, accounts, and what the scenario expects.

import { $, clockTime, h, list, say, span } from "./dom.js";
import { every, get } from "./api.js";
import { nowNs, on, state, venuePath } from "./state.js";

const isShown = (pane) => !$(pane).hidden;

function limitRow(row) {
  const left = h("span", { class: "dim countdown", "data-until": String(row.until_ns) });
  if (row.banned) {
    return h("div", { class: "limit banned", role: "alert" }, h("span", {}, h("b", {}, "banned"), ` ${row.who}`), left);
  }
  const share = row.limit ? Math.min(1, row.used / row.limit) : 0;
  const bar = h("span", { class: "fill" });
  bar.style.width = `${(100 * share).toFixed(1)}%`;
  return h("div", { class: `limit ${share >= 0.9 ? "full" : share >= 0.6 ? "high" : ""}` },
    h("span", {}, h("b", {}, row.who), ` ${row.what}`), h("span", { class: "number" }, row.limit ? `${row.used} / ${row.limit}` : `${row.used}, no limit`),
    h("div", { class: "bar", role: "progressbar", "aria-label": `${row.what} of ${row.who}`, "aria-valuemin": "0", "aria-valuemax": String(row.limit || row.used), "aria-valuenow": String(row.used) }, bar), left);
}

function countDown() {
  for (const cell of document.querySelectorAll("#limits .countdown")) {
    const left = (Number(cell.dataset.until) - nowNs()) / 1e9;
    say(cell, `${cell.closest(".banned") ? "for" : "anew in"} ${span(left)}`);
  }
}

async function limits() {
  if (!state.venue) return;
  const rows = await get(venuePath("/limits"));
  const bans = rows.filter((row) => row.banned).length;
  say($("count-limits"), bans ? `${bans} ban${bans > 1 ? "s" : ""}` : "");
  if (!isShown("pane-limits")) return;
  rows.sort((one, other) => other.banned - one.banned || one.who.localeCompare(other.who) || one.what.localeCompare(other.what));
  list($("limits"), rows, limitRow, "Nobody has used anything yet in the present windows.");
  countDown();
}

function socketRow(socket) {
  const lag = socket.frozen ? "frozen by a fault" : socket.waiting_bytes ? `${socket.waiting_bytes} bytes behind` : "keeps up";
  return h("li", { class: socket.frozen || socket.held_messages ? "warned" : "" },
    h("div", { class: "line" }, h("b", {}, `#${socket.connection}`), ` ${socket.source} `, socket.accounts.map((name) => h("span", { class: "chip" }, name)),
      h("span", { class: "grow" }), h("span", { class: "dim" }, `${lag}${socket.held_messages ? `, ${socket.held_messages} held` : ""}`)),
    h("div", { class: "chips" }, socket.channels.length ? socket.channels.map((name) => h("span", { class: "chip" }, name)) : h("span", { class: "dim" }, "no subscription")),
    h("div", { class: "dim" }, `since ${clockTime(socket.opened)}`));
}

async function sockets() {
  if (!state.venue) return;
  const rows = await get(venuePath("/connections"));
  say($("count-sockets"), rows.length || "");
  if (!isShown("pane-sockets")) return;
  list($("sockets"), rows, socketRow, "No WebSocket is open on this venue.");
}

async function seen() {
  const found = await get(venuePath("/seen"));
  list($("seen"), found.slice(0, 50).map(({ latest, latest_ns, ...row }) => row), (row) => h("tr", {}, h("td", {}, row.source), h("td", {}, row.account), h("td", {}, row.key),
    h("td", { class: "number" }, row.requests), h("td", { class: "number" }, row.refused)), "no request yet");
}

function accountCard(account) {
  const may = ["trade", "withdraw", "deposit"].filter((what) => !account[`can_${what}`]).map((what) => `may not ${what}`);
  return h("section", { class: "card" }, h("h3", {}, account.name, may.length ? h("span", { class: "badge warn" }, may.join(", ")) : null),
    h("p", { class: "balances" }, Object.entries(account.balances).map(([asset, funds]) => h("span", {}, h("b", {}, asset), ` ${funds.free}`, Number(funds.held) ? h("span", { class: "dim" }, ` + ${funds.held} held`) : null))),
    h("ul", { class: "keys" }, account.keys.map((key) => h("li", { class: key.alive ? "" : "dead" }, h("code", {}, key.id), ` ${key.kind} · ${key.permissions.join(", ") || "nothing"} · `,
      key.ip_allow.length ? `only from ${key.ip_allow.join(", ")}` : "any address", key.alive ? "" : key.revoked ? " · revoked" : " · expired"))));
}

async function accounts() {
  if (!state.venue || !isShown("pane-accounts")) return;
  const rows = await get(venuePath("/accounts"));
  list($("accounts"), rows.map(({ fees, ...account }) => account), accountCard);
  await seen();
}

const SIGNS = { passed: "✓", failed: "✗", pending: "…", skipped: "–", done: "✓", active: "▶" };

function scenario(found) {
  const failed = found.expectations.filter((one) => one.state === "failed").length;
  say($("count-scenario"), failed ? `${failed} ✗` : "");
  const evidence = (seqs) => (seqs.length ? h("span", { class: "dim" }, ` · journal ${seqs.slice(0, 5).join(", ")}`) : null);
  list($("expectations"), found.expectations, (one) => h("li", { class: one.state },
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[one.state] ?? "?"), h("span", {}, h("span", { class: "sr" }, `${one.state}: `), one.text, one.why ? h("span", { class: "dim" }, ` ${one.why}`) : null, evidence(one.evidence))), "This scenario expects nothing.");
  list($("timeline"), found.entries, (one) => h("li", { class: one.state }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[one.state] ?? "?"),
    h("span", {}, h("b", {}, one.at ?? one.when), ` ${one.what}`, h("span", { class: "dim" }, ` ${one.state}${one.error ? `: ${one.error}` : ""}`))), "This scenario has no timeline: the market runs on.");
}

export function start() {
  const all = [every(1000, limits), every(1500, sockets), every(2000, accounts)];
  setInterval(countDown, 500);
  on("scenario", scenario);
  for (const name of ["selection", "tab", "clock-moved"]) on(name, () => { if (state.venue) for (const again of all) again(); });
}
