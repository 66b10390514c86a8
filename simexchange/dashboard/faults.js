// The catalogue of faults to arm by click, the rules that are armed, and what fired.

import { $, clockTime, h, list, say } from "./dom.js";
import { act, ask, every, get } from "./api.js";
import { emit, on, state } from "./state.js";

let kinds = [];
let match = {};
let when = {};
const PLACES = { venue: () => state.venue, account: () => state.account };
const EXAMPLES = { endpoint: "POST /api/v3/order", symbol: "BTC/USDT", channel: "depth", side: "buy", connection: "7", source_ip: "127.0.0.1", count: "1", every_nth: "2", skip: "0", probability: "0.1", key: "key:3f2a9c", on_event: "order_accepted", ttl: "30s" };

/** An entry for one parameter; `read` gives its value, or undefined where nothing was said. */
function field(group, name, { type = "text", help = "", value = "", example = "", required = false }) {
  const id = `fault-${group}-${name}`;
  const choices = type.startsWith("one of ") ? type.slice(7).split(/ or |, /) : type === "true or false" ? ["true", "false"] : null;
  const input = choices
    ? h("select", { id }, h("option", { value: "" }, value === "" ? "" : `${value} (usual)`), choices.map((choice) => h("option", {}, choice)))
    : h("input", { id, placeholder: String(example), spellcheck: "false", required });
  input.dataset.group = group;
  input.dataset.name = name;
  input.dataset.type = type;
  if (group === "match" && PLACES[name]) input.value = PLACES[name]();
  return h("label", { class: "field", title: help }, h("span", {}, name.replaceAll("_", " "), required ? h("b", { title: "must be said" }, " *") : null), input,
    help ? h("small", {}, help) : null);
}

function read(input) {
  const text = input.value.trim();
  if (text === "") return undefined;
  const type = input.dataset.type;
  if (type === "true or false") return text === "true";
  if (type.startsWith("list")) return text.split(",").map((part) => part.trim());
  if (/^[[{]/.test(text)) return JSON.parse(text);
  if ((type === "whole number" || type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}

const typeOf = (schema) => {
  const kind = (schema.anyOf ?? [schema]).find((one) => one.type !== "null") ?? {};
  return kind.enum ? `one of ${kind.enum.join(", ")}` : kind.type === "boolean" ? "true or false" : kind.type === "integer" ? "whole number" : kind.type === "array" ? "list" : "text";
};

function chosen() {
  return kinds.find((kind) => kind.name === $("fault-kind").value);
}

function form() {
  const kind = chosen();
  say($("fault-summary"), kind ? kind.summary : "Nothing is called like that.");
  $("fault-arm").disabled = !kind;
  say($("fault-said"), "");
  if (!kind) { $("fault-fields").replaceChildren(); return; }
  const own = kind.parameters.map((one) => field("own", one.name, { ...one, value: one.default ?? "", example: one.default ?? (one.type === "duration" ? "7s" : one.type) }));
  if (kind.effects.length) own.unshift(field("own", "effect", { type: `one of ${kind.effects.join(", ")}`, value: kind.effects[0], help: "apply: the engine takes the command; discard: it does not." }));
  const group = (name, fields, schemas, open) => h("details", { open }, h("summary", {}, name), h("div", { class: "fields" }, fields.map((one) => field(schemas === match ? "match" : "when", one, { type: typeOf(schemas[one]), help: schemas[one].description ?? "", example: EXAMPLES[one] ?? "" }))));
  $("fault-fields").replaceChildren(...[
    own.length ? h("fieldset", {}, h("legend", {}, kind.name), h("div", { class: "fields" }, own)) : null,
    group("match: on what", Object.keys(match), match, true),
    group("when: how often", Object.keys(when), when, false),
    h("details", {}, h("summary", {}, "ttl and name"), h("div", { class: "fields" }, field("own", "ttl", { example: "30s", help: "How long after it was armed the rule removes itself." }), field("own", "id", { example: "a name of your own" }))),
    h("details", {}, h("summary", {}, "what a correct bot does"), h("p", { class: "summary" }, kind.correct_bot), Object.entries(kind.venue_forms).map(([venue, text]) => h("p", { class: "summary" }, h("b", {}, `${venue}: `), text))),
  ].filter(Boolean));
}

function find() {
  const words = $("fault-search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = kinds.filter((kind) => words.every((word) => `${kind.name} ${kind.aliases.join(" ")} ${kind.family} ${kind.summary}`.toLowerCase().includes(word)));
  const before = $("fault-kind").value;
  const families = [...new Set(fits.map((kind) => kind.family))];
  $("fault-kind").replaceChildren(...families.map((family) => h("optgroup", { label: family.replaceAll("_", " ") }, fits.filter((kind) => kind.family === family).map((kind) => h("option", { value: kind.name, title: kind.summary }, kind.name)))));
  $("fault-kind").value = fits.some((kind) => kind.name === before) ? before : (fits[0]?.name ?? "");
  if ($("fault-kind").value !== before) form();
}

async function arm(event) {
  event.preventDefault();
  const rule = { kind: $("fault-kind").value };
  try {
    for (const input of $("fault-fields").querySelectorAll("[data-group]")) {
      const value = read(input);
      if (value === undefined) continue;
      if (input.dataset.group === "own") rule[input.dataset.name] = value;
      else (rule[input.dataset.group] ??= {})[input.dataset.name] = value;
    }
    const armed = await ask("POST", "/faults", rule);
    say($("fault-said"), `armed as ${armed.id}`);
    $("fault-said").dataset.state = "good";
    again();
  } catch (error) {
    say($("fault-said"), error.message);
    $("fault-said").dataset.state = "bad";
    const field = error.problem?.field?.split(".").at(-1);
    if (field) [...$("fault-fields").querySelectorAll("[data-name]")].find((input) => input.dataset.name === field)?.focus();
  }
}

const words = (value) => Object.entries(value ?? {}).map(([name, part]) => `${name.replaceAll("_", " ")} ${typeof part === "object" ? JSON.stringify(part) : part}`).join(", ");

function armedRow(rule) {
  const { id, kind, match: on_, when: often, state: so, ...own } = rule;
  const remove = () => act(() => ask("DELETE", `/faults/${encodeURIComponent(id)}`)).then(() => again());
  return h("li", { class: so.live ? "live" : "spent" },
    h("div", { class: "line" }, h("b", {}, kind), h("span", { class: "chip" }, id), h("span", { class: "grow" }),
      h("span", { class: "number", title: "fired / matched" }, `fired ${so.fired} of ${so.matched}`),
      h("button", { type: "button", class: "small", "data-focus": `remove ${id}`, "aria-label": `Remove ${kind} ${id}`, onclick: remove }, "Remove")),
    h("div", { class: "dim" }, [words(on_) || "anything", words(often), words(own), so.live ? "" : "has done its work"].filter(Boolean).join(" · ")));
}

function firedRow(one) {
  const on_ = one.endpoint || one.channel || one.symbol || "";
  return h("li", {}, h("div", { class: "line" }, h("time", { class: "dim" }, clockTime(one.ts)), h("b", {}, one.kind), h("span", { class: "grow" }),
    one.request ? h("button", { type: "button", class: "small link-like", "data-focus": `fired ${one.seq}`, onclick: () => emit("choose", one.request) }, `journal ${one.request}`) : null),
    h("div", { class: "dim" }, [on_, one.account, one.effect, one.detail].filter(Boolean).join(" · ")));
}

let again = () => {};

async function load() {
  const [rules, fired] = await Promise.all([get("/faults"), get("/faults/fired", { limit: 50 })]);
  fired.reverse();
  const live = rules.filter((rule) => rule.state.live).length;
  say($("count-faults"), live || "");
  list($("armed"), rules, armedRow, "Nothing is armed: the exchange behaves.");
  list($("fired"), fired, firedRow, "Nothing has fired yet.");
  emit("rules", { rules, fired });
}

export async function start() {
  const [catalogue, document_] = await Promise.all([get("/faults/catalogue"), get("/openapi.json")]);
  kinds = catalogue;
  const schema = document_.paths["/faults"].post.requestBody.content["application/json"].schema.properties;
  match = schema.match.properties;
  when = schema.when.properties;
  $("fault-search").addEventListener("input", find);
  $("fault-kind").addEventListener("change", form);
  $("fault-form").addEventListener("submit", arm);
  // An input submits its form on Enter, a list of choices does not.
  $("fault-form").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("select")) return;
    event.preventDefault();
    $("fault-form").requestSubmit();
  });
  find();
  form();
  again = every(3000, load);
  on("selection", () => {
    for (const [name, value] of Object.entries(PLACES)) {
      const input = document.getElementById(`fault-match-${name}`);
      if (input && input.value) input.value = value();
    }
  });
  on("entries", (entries) => { if (entries.some((entry) => entry.kind === "fault" || entry.kind === "note")) again(); });
}
