// Requests a second that this venue was asked, and how many of them it refused: the last two minutes as they were heard.

import { createChart, HistogramSeries } from "/dashboard/vendor/lightweight-charts.mjs";
import { $ } from "./dom.js";
import { on, state } from "./state.js";

const SECONDS = 120;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const second = () => Math.floor(Date.now() / 1000);

let counts = new Map();
let chart, asked, refused;

/** Answers that were held count when they come. */
function count(entries) {
  const now = second();
  for (const entry of entries) {
    if (entry.venue !== state.venue || !(entry.kind === "answer" || (entry.kind === "request" && entry.answered))) continue;
    const sum = counts.get(now) ?? [0, 0];
    counts.set(now, [sum[0] + 1, sum[1] + ((entry.reply?.status ?? 200) >= 400 ? 1 : 0)]);
  }
}

function draw() {
  const now = second();
  counts = new Map([...counts].filter(([time]) => time > now - SECONDS));
  if ($("pane-limits").hidden || document.hidden) return;
  const times = Array.from({ length: SECONDS }, (_, index) => now - SECONDS + index);
  asked.setData(times.map((time) => ({ time, value: counts.get(time)?.[0] ?? 0 })));
  refused.setData(times.map((time) => ({ time, value: counts.get(time)?.[1] ?? 0 })));
  chart.timeScale().fitContent();
}

function paint() {
  chart.applyOptions({
    layout: { background: { color: "transparent" }, textColor: color("--dim"), attributionLogo: false, fontFamily: "inherit", fontSize: 10 },
    grid: { vertLines: { visible: false }, horzLines: { color: color("--grid") } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.1, bottom: 0 } },
    timeScale: { borderColor: color("--line"), timeVisible: true, secondsVisible: false },
  });
  asked.applyOptions({ color: color("--accent") });
  refused.applyOptions({ color: color("--bad") });
}

export function start() {
  const plain = { priceFormat: { type: "custom", minMove: 1, formatter: (value) => value.toFixed(0) }, priceLineVisible: false, lastValueVisible: false, base: 0 };
  chart = createChart($("rates"), { autoSize: true, layout: { attributionLogo: false }, handleScroll: false, handleScale: false, localization: { locale: "en" } });
  asked = chart.addSeries(HistogramSeries, plain);
  refused = chart.addSeries(HistogramSeries, plain);
  paint();
  on("theme", paint);
  on("entries", count);
  on("tab", draw);
  on("selection", () => { counts.clear(); draw(); });
  setInterval(draw, 1000);
}
