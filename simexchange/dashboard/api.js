// The control API. The cookie that the link left goes along by itself; errors are problem details.

import { $ } from "./dom.js";

export class Refused extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title ?? "refused");
    this.problem = problem;
  }
}

export async function ask(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const reply = await fetch(path, options);
  const text = await reply.text();
  const value = text ? JSON.parse(text) : null;
  if (!reply.ok) throw new Refused(value ?? { title: reply.statusText });
  return value;
}

export const get = (path, query = {}) => {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return ask("GET", said.length ? `${path}?${new URLSearchParams(said)}` : path);
};

/** What went wrong, for the person in front; it goes by itself. */
let waiting = 0;
export function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(waiting);
  waiting = setTimeout(() => ($("notice").hidden = true), 8000);
}

/** Do what somebody clicked; a refusal is told. */
export async function act(work) {
  try {
    return await work();
  } catch (error) {
    notice(error.message);
    return undefined;
  }
}

/** Again and again, one at a time, never while nobody looks; `again()` brings the next one forward. */
export function every(milliseconds, work) {
  let timer = 0;
  let busy = false;
  let wanted = false;
  async function run() {
    clearTimeout(timer);
    if (busy) { wanted = true; return; }
    busy = true;
    wanted = false;
    if (!document.hidden) await work().catch(() => {});
    busy = false;
    timer = setTimeout(run, wanted ? 100 : milliseconds);
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) run(); });
  run();
  return run;
}
