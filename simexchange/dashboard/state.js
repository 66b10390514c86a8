// What all panels share: what is chosen, what time it is, and who wants to hear of changes.

export const state = { venue: "", symbol: "", account: "", interval: "1m", nowNs: 0, mode: "", speed: "1", at: 0, info: null };

const listeners = new Map();

/** Hear of: selection, clock, entries (of the journal, once a frame), faults, theme, world (it went back). */
export function on(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener]);
}

export function emit(name, value) {
  for (const listener of listeners.get(name) ?? []) listener(value);
}

/** The world's time now, in nanoseconds, between two answers of the exchange. */
export function nowNs() {
  const since = (performance.now() - state.at) * 1e6;
  if (state.mode === "manual") return state.nowNs;
  return state.nowNs + since * (state.mode === "scaled" ? Number(state.speed) : 1);
}

export const venuePath = (rest = "") => `/venues/${encodeURIComponent(state.venue)}${rest}`;
export const symbolPath = (rest = "") => venuePath(`/instruments/${encodeURIComponent(state.symbol.replace("/", "-"))}${rest}`);
export const accountPath = (rest = "") => venuePath(`/accounts/${encodeURIComponent(state.account)}${rest}`);
