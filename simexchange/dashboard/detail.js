// One entry of the journal in full; of a refused request also why its signature did not fit.

import { $, clockTime, h } from "./dom.js";
import { get } from "./api.js";
import { emit } from "./state.js";

const LEFT_OUT = new Set(["searched", "kind", "ts", "ts_ns", "answered_ns"]);

const isSignature = (entry) => JSON.stringify(entry.reply ?? "").includes("-1022");
const isSigned = (entry) => entry.kind === "request" && JSON.stringify([entry.query, entry.body, entry.message]).includes("signature");

/** Parameter by parameter: what stands elsewhere, or otherwise, in the other text is marked. */
function marked(text, other) {
  if (other === null) return [text];
  const parts = text.split("&");
  const others = other.split("&");
  return parts.flatMap((part, index) => [index ? "&" : "", part === others[index] ? part : h("mark", {}, part || "∅")]);
}

async function explain(entry, place) {
  const found = await get(`/journal/${entry.seq}/signature`);
  place.replaceChildren(
    h("p", { class: `verdict ${found.verdict === "fits" ? "good" : "bad"}` }, h("b", {}, `The signature: ${found.verdict}`), found.mistake ? `: ${found.mistake}` : "", found.advice ? h("span", { class: "dim" }, ` ${found.advice}.`) : ""),
    found.canonical ? h("dl", { class: "signed" }, h("dt", {}, "expected to be signed"), h("dd", { id: "expected" }, marked(found.canonical, found.signed === found.canonical ? null : found.signed)),
      h("dt", {}, "was signed"), h("dd", { id: "was-signed" }, found.signed === null ? h("span", { class: "dim" }, "some other string") : marked(found.signed, found.signed === found.canonical ? null : found.canonical))) : "",
    found.rule ? h("p", { class: "dim" }, `Rule: ${found.rule}.`) : "");
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 1); } catch { return text; }
}

function part(name, value) {
  if (value === "" || value === null || value === undefined) return [];
  if (typeof value === "object" && !Object.keys(value).length) return [];
  const shown = typeof value === "string" ? pretty(value) : JSON.stringify(value, (key, inner) => (key === "body" && typeof inner === "string" ? (() => { try { return JSON.parse(inner); } catch { return inner; } })() : inner), 1);
  return [h("dt", {}, name), h("dd", {}, h("pre", {}, shown))];
}

/** Show an entry at the journal's side. */
export function detail(entry) {
  const place = h("div", { class: "explained" });
  const close = () => { $("detail").hidden = true; emit("closed"); };
  const wanted = () => explain(entry, place).catch((error) => place.replaceChildren(h("p", { class: "verdict bad" }, error.message)));
  $("detail").hidden = false;
  $("detail").replaceChildren(
    h("div", { class: "bar" }, h("h3", {}, `${entry.seq} ${entry.kind}`), h("time", { class: "dim" }, clockTime(entry.ts)), h("span", { class: "grow" }),
      isSigned(entry) && !isSignature(entry) ? h("button", { type: "button", class: "small", onclick: wanted }, "Check signature") : null,
      h("button", { type: "button", class: "small", "aria-label": "Close", onclick: close }, "✕")),
    place,
    h("dl", { class: "parts" }, Object.entries(entry).filter(([name]) => !LEFT_OUT.has(name)).flatMap(([name, value]) => part(name, value))));
  $("detail").onkeydown = (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } };
  if (isSigned(entry) && isSignature(entry)) wanted();
}
