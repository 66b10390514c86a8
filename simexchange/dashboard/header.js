// Scenario, time and how it runs, what is chosen; pause, step, advance.

import { $, h, say, span } from "./dom.js";
import { act, ask, every, get } from "./api.js";
import { emit, on, state } from "./state.js";

let before = { mode: "real", speed: "1" };
let nextTimer = null;

function show(clock) {
  const jumped = clock.now_ns < state.nowNs;
  Object.assign(state, { nowNs: clock.now_ns, mode: clock.mode, speed: clock.speed, at: performance.now() });
  if (clock.mode !== "manual") before = { mode: clock.mode, speed: clock.speed };
  nextTimer = clock.next_timer ?? nextTimer;
  const isStopped = clock.mode === "manual";
  say($("now"), clock.now.slice(0, 23).replace("T", " ").replace("Z", "") + " UTC");
  $("now").dateTime = clock.now.slice(0, 23).replace("Z", "") + "Z";
  say($("mode"), isStopped ? "paused" : clock.mode === "scaled" ? `× ${clock.speed}` : "real time");
  $("mode").dataset.state = isStopped ? "paused" : "runs";
  say($("pause"), isStopped ? "Resume" : "Pause");
  $("pause").setAttribute("aria-pressed", String(isStopped));
  const choice = isStopped ? "manual" : clock.mode === "real" ? "real" : clock.speed;
  const speeds = $("speed");
  if (document.activeElement !== speeds) {
    const custom = speeds.querySelector("[value=custom]");
    const known = [...speeds.options].some((option) => option.value === choice);
    custom.hidden = known;
    say(custom, `× ${clock.speed}`);
    speeds.value = known ? choice : "custom";
  }
  if (jumped) emit("clock-moved");
}

const load = async () => show(await get("/clock"));

async function moved(work) {
  await act(work);
  await load();
  emit("clock-moved");
}

export const pause = () => moved(() => ask("PATCH", "/clock", state.mode !== "manual" ? { mode: "manual" }
  : before.mode === "scaled" ? { mode: "scaled", speed: before.speed } : { mode: "real" }));

/** To the next thing that happens by itself; where nothing would, a second. */
export const step = () => moved(async () => {
  if (state.mode !== "manual") await ask("PATCH", "/clock", { mode: "manual" });
  const { next_timer: next } = await get("/clock");
  return ask("POST", "/clock/advance", next ? { to: next } : { by: "1s" });
});

export const advance = () => moved(() => ask("POST", "/clock/advance", { by: $("advance-by").value.trim() }));

const setSpeed = () => moved(() => {
  const choice = $("speed").value;
  if (choice === "custom") return null;
  return ask("PATCH", "/clock", choice === "manual" || choice === "real" ? { mode: choice } : { mode: "scaled", speed: choice });
});

async function scenario() {
  const found = await get("/scenario/status");
  say($("scenario-name"), found.scenario);
  const [started, ends, now] = [found.started, found.ends, found.now].map((text) => (text ? Date.parse(text.slice(0, 23).replace(/Z?$/, "Z")) : null));
  const bar = $("scenario-progress");
  bar.hidden = !(started && ends);
  if (started && ends) bar.value = Math.min(1, (now - started) / (ends - started));
  say($("scenario-elapsed"), found.ended ? "ended" : started ? span(Math.round((now - started) / 1000)) + (ends ? ` of ${span((ends - started) / 1000)}` : "") : "");
  emit("scenario", found);
}

function options(select, names, chosen) {
  const shown = names.join("\n");
  if (select.dataset.shown !== shown) {
    select.dataset.shown = shown;
    select.replaceChildren(...names.map((name) => h("option", {}, name)));
  }
  select.value = names.includes(chosen) ? chosen : (names[0] ?? "");
  return select.value;
}

async function choose() {
  const instruments = await get(`/venues/${state.venue}/instruments`);
  const accounts = await get(`/venues/${state.venue}/accounts`);
  const symbols = instruments.map((one) => one.symbol);
  state.symbol = options($("pick-symbol"), symbols, state.symbol);
  state.account = options($("pick-account"), accounts.map((one) => one.name), state.account);
  remember();
  emit("selection");
}

function remember() {
  const hash = new URLSearchParams({ venue: state.venue, symbol: state.symbol, account: state.account, candles: state.interval });
  history.replaceState(null, "", `#${hash}`);
}

export async function start() {
  const said = new URLSearchParams(location.hash.slice(1));
  state.info = await get("/info");
  say($("seed"), state.info.seed ?? "–");
  Object.assign(state, { symbol: said.get("symbol") ?? "", account: said.get("account") ?? "", interval: said.get("candles") ?? "1m" });
  state.venue = options($("pick-venue"), Object.keys(state.info.venues), said.get("venue") ?? "");
  $("pick-interval").value = state.interval;
  if ($("pick-interval").selectedIndex < 0) state.interval = $("pick-interval").value = "1m";
  await load();
  await choose();
  $("pick-venue").addEventListener("change", () => { state.venue = $("pick-venue").value; choose(); });
  for (const name of ["symbol", "account", "interval"]) {
    $(`pick-${name}`).addEventListener("change", () => { state[name] = $(`pick-${name}`).value; remember(); emit("selection"); });
  }
  $("pause").addEventListener("click", pause);
  $("step").addEventListener("click", step);
  $("advance").addEventListener("click", advance);
  $("advance-by").addEventListener("keydown", (event) => { if (event.key === "Enter") advance(); });
  $("speed").addEventListener("change", setSpeed);
  $("reset").addEventListener("click", () => moved(() => ask("POST", "/reset")));
  const again = every(500, load);
  every(1000, scenario);
  on("world", () => { again(); choose(); });
  on("entries", (entries) => {
    if (entries.some((entry) => entry.kind === "note")) again();
    if (entries.some((entry) => entry.events?.some((event) => event.type === "account_created" || event.type === "instrument_listed"))) choose();
  });
}
