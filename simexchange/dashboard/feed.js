// One WebSocket, /events: resumed where it was cut, its entries handed on once a frame however many came.

import { emit } from "./state.js";
import { $, say } from "./dom.js";

let since = 0;
let waiting = [];
let isDue = false;
let pause = 250;

function hand() {
  isDue = false;
  const entries = waiting;
  waiting = [];
  emit("entries", entries);
}

function take(text) {
  for (const line of text.split("\n")) {
    const entry = JSON.parse(line);
    if (entry.kind === "gap") continue;
    if (entry.seq > since) since = entry.seq;
    waiting.push(entry);
  }
  if (!isDue) {
    isDue = true;
    // A page that nobody sees has no frames.
    document.hidden ? setTimeout(hand, 500) : requestAnimationFrame(hand);
  }
}

function show(name, text) {
  $("link").dataset.state = name;
  say($("link-text"), text);
}

/** An exchange that was started anew has another token, or an earlier journal: the page begins anew with it. */
async function isAnother() {
  try {
    const reply = await fetch("/journal?limit=1");
    return reply.status === 401 || (reply.ok && (await reply.json()).next < since);
  } catch {
    return false;
  }
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/events?since=${since}`);
  let wasOpen = false;
  socket.onopen = () => { wasOpen = true; pause = 250; show("live", "live"); };
  socket.onmessage = (message) => take(message.data);
  socket.onclose = async () => {
    show("lost", "reconnecting");
    if (!wasOpen && await isAnother()) { location.reload(); return; }
    setTimeout(connect, pause);
    pause = Math.min(pause * 2, 4000);
  };
}

export function follow(from) {
  since = from;
  connect();
}
