// Prices as candles, the chosen account's orders and fills on them, and shaded where a fault was armed.

import { CandlestickSeries, createChart, createSeriesMarkers, LineStyle } from "/dashboard/vendor/lightweight-charts.mjs";
import { $, say } from "./dom.js";
import { every, get } from "./api.js";
import { emit, nowNs, on, state, symbolPath } from "./state.js";

const SPANS = { "1s": 1, "1m": 60, "5m": 300, "15m": 900, "1h": 3600 };
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws the stretches of time in which faults were armed, behind the candles. */
class Bands {
  constructor() { this.spans = []; }
  attached({ chart, requestUpdate }) { this.chart = chart; this.update = requestUpdate; }
  detached() { this.chart = null; }
  set(spans) { this.spans = spans; this.update?.(); }
  updateAllViews() {}
  paneViews() { return [this]; }
  zOrder() { return "bottom"; }
  renderer() { return this; }
  draw() {}
  drawBackground(target) {
    if (!this.chart || !this.spans.length) return;
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio }) => {
      context.save();
      context.fillStyle = color("--band");
      for (const { from, to } of this.spans) {
        const left = this.place(from) * horizontalPixelRatio;
        const right = this.place(to) * horizontalPixelRatio;
        if (right < 0 || left > bitmapSize.width) continue;
        context.fillRect(left, 0, Math.max(right - left, 2 * horizontalPixelRatio), bitmapSize.height);
      }
      context.restore();
    });
  }
  /** Where an instant is, between two candles too; left of all that is known it is the left edge. */
  place(seconds) {
    const scale = this.chart.timeScale();
    const length = SPANS[state.interval];
    const open = Math.floor(seconds / length) * length;
    const index = scale.timeToIndex(open, true);
    if (index === null || !candles.length) return 0;
    if (open < candles[0].time) return -1e4;
    const last = candles[candles.length - 1].time;
    const beyond = open > last ? (seconds - last) / length : (seconds - open) / length;
    const here = scale.logicalToCoordinate(index);
    const next = scale.logicalToCoordinate(index + 1);
    return here + (next - here) * (beyond - 0.5);
  }
}

let candles = [];
let chart, series, markers, bands;
let lines = [];
let activity = { orders: [], fills: [] };
let wanted = "";
const armed = new Map();
const ended = [];

function colors() {
  return {
    layout: { background: { color: "transparent" }, textColor: color("--dim"), attributionLogo: false, fontFamily: "inherit", fontSize: 11 },
    grid: { vertLines: { color: color("--grid") }, horzLines: { color: color("--grid") } },
    rightPriceScale: { borderColor: color("--line") },
    timeScale: { borderColor: color("--line") },
  };
}

const candleColors = () => ({
  upColor: color("--buy"), downColor: color("--sell"), borderVisible: false, wickUpColor: color("--buy"), wickDownColor: color("--sell"),
});

const shown = (candle) => ({
  time: candle.time, open: Number(candle.open), high: Number(candle.high), low: Number(candle.low), close: Number(candle.close),
});

function price(candle) {
  say($("last-price"), candle.close);
  const rising = Number(candle.close) >= Number(candle.open);
  $("last-price").dataset.way = rising ? "up" : "down";
  const decimals = Math.max((candle.close.split(".")[1] ?? "").length, (candle.open.split(".")[1] ?? "").length, 2);
  if (series.options().priceFormat.precision < decimals) {
    series.applyOptions({ priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
  }
}

async function load() {
  const choice = `${state.venue} ${state.symbol} ${state.interval}`;
  if (!state.symbol) return;
  const isNew = choice !== wanted;
  const found = await get(symbolPath("/candles"), { interval: state.interval, limit: isNew ? 400 : 3 });
  if (choice !== `${state.venue} ${state.symbol} ${state.interval}` || !found.length) return;
  const last = candles.at(-1);
  const follows = !isNew && last && found[0].time <= last.time && found.at(-1).time >= last.time;
  if (isNew || !follows) {
    const all = isNew ? found : await get(symbolPath("/candles"), { interval: state.interval, limit: 400 });
    if (isNew) series.applyOptions({ priceFormat: { type: "price", precision: 2, minMove: 0.01 } });
    candles = all.map(shown);
    series.setData(candles);
    if (isNew) chart.timeScale().applyOptions({ barSpacing: 6, rightOffset: 4, secondsVisible: state.interval === "1s" });
    if (isNew) chart.timeScale().scrollToRealTime();
    wanted = choice;
  } else {
    for (const candle of found.map(shown)) {
      if (candle.time === candles.at(-1).time) candles[candles.length - 1] = candle;
      else if (candle.time > candles.at(-1).time) candles.push(candle);
      else continue;
      series.update(candle);
    }
  }
  price(found.at(-1));
  shade();
}

function mark() {
  if (!series || !candles.length) return;
  const length = SPANS[state.interval];
  const place = (ns) => Math.floor(ns / 1e9 / length) * length;
  const first = candles[0].time;
  // One marker for all orders, and one for all fills, of a side within one candle.
  const sums = new Map();
  const count = (kind, side, at, quantity) => {
    if (at < first) return;
    const name = `${at} ${kind} ${side}`;
    const sum = sums.get(name) ?? { kind, side, time: at, number: 0, quantity: 0 };
    sums.set(name, { ...sum, number: sum.number + 1, quantity: sum.quantity + Number(quantity) });
  };
  for (const { order, created_ns } of activity.orders) if (order.symbol === state.symbol) count("order", order.side, place(created_ns), 0);
  for (const fill of activity.fills) if (fill.symbol === state.symbol) count("fill", fill.side, place(fill.at_ns), fill.quantity);
  const found = [...sums.values()].sort((one, other) => one.time - other.time).map(({ kind, side, time, number, quantity }) => {
    const isBuy = side === "buy";
    const marker = { time, id: `${time} ${kind} ${side}`, position: isBuy ? "belowBar" : "aboveBar" };
    if (kind === "order") return { ...marker, shape: "circle", color: color("--order"), size: 0.6, text: number > 1 ? `× ${number}` : "" };
    return { ...marker, shape: isBuy ? "arrowUp" : "arrowDown", color: color(isBuy ? "--buy" : "--sell"), text: String(Number(quantity.toFixed(8))), size: 1 };
  });
  markers.setMarkers(found);
  for (const line of lines) series.removePriceLine(line);
  lines = activity.orders
    .filter(({ order, open }) => open && order.symbol === state.symbol && order.price)
    .slice(0, 30)
    .map(({ order }) => series.createPriceLine({
      price: Number(order.price), color: color(order.side === "buy" ? "--buy" : "--sell"), lineWidth: 1, lineStyle: LineStyle.Dashed, axisLabelVisible: false,
      title: `${order.side} ${order.quantity}`,
    }));
}

function shade() {
  const now = nowNs() / 1e9;
  const open = [...armed.values()].map(({ from, to }) => ({ from, to: to ?? now }));
  bands.set([...ended, ...open]);
}

/** The rules as they stand; one that has done its work lasted until it last fired. */
function rules({ rules: known, fired }) {
  armed.clear();
  for (const rule of known) {
    const latest = fired.find((one) => one.rule === rule.id);
    const over = rule.state.live ? null : Math.min(nowNs(), rule.state.ends_ns ?? latest?.ts_ns ?? nowNs());
    armed.set(rule.id, { from: rule.state.armed_ns / 1e9, to: over === null ? null : over / 1e9 });
  }
  shade();
}

/** What the journal tells of rules that were. */
function note(entries) {
  for (const entry of entries) {
    if (entry.kind === "note" && (entry.action === "reset" || entry.action === "reverted")) {
      armed.clear();
      ended.length = 0;
      wanted = "";
      emit("world", entry.action);
    }
    if (entry.kind !== "fault" || !entry.rule) continue;
    const at = entry.ts_ns / 1e9;
    if (entry.action === "armed") armed.set(entry.rule.id, { from: at, to: null });
    else if (entry.action === "removed" && armed.has(entry.rule.id)) {
      const { from, to } = armed.get(entry.rule.id);
      ended.push({ from, to: to ?? at });
      if (ended.length > 500) ended.shift();
      armed.delete(entry.rule.id);
    }
  }
  if (entries.some((entry) => entry.kind === "fault")) shade();
}

export function start() {
  const host = $("chart");
  chart = createChart(host, { autoSize: true, ...colors(), localization: { locale: "en" }, crosshair: { mode: 0 } });
  chart.timeScale().applyOptions({ timeVisible: true });
  series = chart.addSeries(CandlestickSeries, candleColors());
  markers = createSeriesMarkers(series, []);
  bands = new Bands();
  series.attachPrimitive(bands);
  on("theme", () => { chart.applyOptions(colors()); series.applyOptions(candleColors()); mark(); });
  on("activity", (found) => { activity = found; mark(); });
  on("rules", rules);
  on("entries", note);
  on("history", note);
  const again = every(1000, load);
  on("selection", () => { wanted = ""; again(); });
  on("clock-moved", again);
}
