"""Looks at the dashboard with a real browser. Runs in the browser environment, which has Playwright, nothing of ours.

Reads a JSON object on standard input: what is served, the browser to use, a folder for pictures, the stories to play.
Writes one on standard output: per story what was seen, or the error it ended with. Tests say what should have been.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, WebSocketRoute, sync_playwright

from dashboard.browsing import Served, Window

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def price_moves(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    window.wait("Number(document.getElementById('last-price').textContent) > 0")
    before = float(window.text("#last-price"))
    window.served.ask("POST", "/venues/binance/instruments/BTC-USDT/move", {"by": "5%"})
    page.click("#advance")
    window.wait(f"Number(document.getElementById('last-price').textContent) > {before * 1.03}")
    return {
        "before": before,
        "after": float(window.text("#last-price")),
        "candles": page.locator("#chart canvas").count(),
    }


def fault_by_click(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    page.fill("#fault-search", "rate-limited")
    page.select_option("#fault-kind", "rate-limited")
    page.fill("#fault-own-retry_after", "9s")
    page.fill("#fault-match-endpoint", "POST /api/v3/order")
    page.click("#fault-arm")
    window.wait("document.getElementById('armed').textContent.includes('rate-limited')")
    armed = window.served.ask("GET", "/faults")
    status, answer = window.served.place(side="BUY", type="MARKET", quantity="0.01")
    window.wait("document.querySelector('#fired b')?.textContent === 'rate-limited'")
    window.wait("document.getElementById('armed').textContent.includes('fired 1 of 1')")
    seen = {"armed": window.text("#armed"), "fired": window.text("#fired"), "rule": armed[0]}
    page.click("#armed button")
    window.wait("document.getElementById('armed').textContent.includes('Nothing is armed')")
    return seen | {"status": status, "code": answer["code"], "left": window.served.ask("GET", "/faults")}


def fault_refused(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    page.select_option("#fault-kind", "rate-limited")
    page.fill("#fault-own-retry_after", "soon")
    page.click("#fault-arm")
    window.wait("document.getElementById('fault-said').textContent !== ''")
    focus = page.evaluate("document.activeElement.id")
    return {"said": window.text("#fault-said"), "focus": focus, "armed": window.served.ask("GET", "/faults")}


def clock(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    times = [window.served.ask("GET", "/clock")["now_ns"]]
    page.fill("#advance-by", "5s")
    page.click("#advance")
    window.wait(f"Date.parse(document.getElementById('now').dateTime) >= {times[0] // 10**6 + 5000}")
    times.append(window.served.ask("GET", "/clock")["now_ns"])
    page.click("#step")
    page.wait_for_timeout(500)
    times.append(window.served.ask("GET", "/clock")["now_ns"])
    page.click("#pause")
    window.wait("document.getElementById('mode').textContent === 'real time'")
    running = window.served.ask("GET", "/clock")["mode"]
    page.click("#pause")
    window.wait("document.getElementById('mode').textContent === 'paused'")
    stopped = window.served.ask("GET", "/clock")
    page.select_option("#speed", "20")
    window.wait("document.getElementById('mode').textContent.endsWith(' 20')")
    scaled = window.served.ask("GET", "/clock")
    page.select_option("#speed", "manual")
    window.wait("document.getElementById('mode').textContent === 'paused'")
    modes = [running, stopped["mode"], scaled["mode"], scaled["speed"]]
    return {"advanced": times[1] - times[0], "stepped": times[2] - times[1], "modes": modes}


def signature(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()

    def by_name(query: str) -> str:
        return "&".join(sorted(query.split("&")))

    status, answer = window.served.signed(
        "POST", "/api/v3/order", by_name, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
    )
    window.wait("document.querySelector('.entry.refused') !== null")
    page.check("#journal-refused")
    page.wait_for_timeout(300)
    rows = page.locator(".entry:not([hidden])").count()
    page.locator(".entry.refused").first.click()
    page.wait_for_selector("#expected")
    seen = {
        "status": status,
        "code": answer["code"],
        "rows": rows,
        "verdict": window.text(".verdict"),
        "expected": window.text("#expected"),
        "signed": window.text("#was-signed"),
    }
    content = page.content()
    return seen | {"leaks": [name for name in ("api_key", "api_secret") if window.served.alice[name] in content]}


def journal_search(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    window.served.place(side="BUY", type="MARKET", quantity="0.01", newClientOrderId="needle-in-hay")
    window.wait("document.querySelector('.entry.batch') !== null")
    page.fill("#journal-search", "needle-in-hay")
    page.wait_for_timeout(300)
    found = page.locator(".entry:not([hidden]) .kind").all_inner_texts()
    page.fill("#journal-search", "no such thing at all")
    page.wait_for_timeout(300)
    return {
        "found": found,
        "none": page.locator(".entry:not([hidden])").count(),
        "count": window.text("#journal-count"),
    }


def orders(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    window.served.rest(0, quantity="0.5", newClientOrderId="mine")
    window.wait("document.querySelector('#ladder tr.mine .own')?.textContent.startsWith('0.5 · ')")
    own = window.text("#ladder tr.mine .own")
    window.served.ask("POST", "/venues/binance/accounts/alice/orders/mine/fill", {"ratio": "0.4"})
    window.wait("document.getElementById('orders').textContent.includes('PARTIALLY_FILLED 40%')")
    partly = page.locator("#orders .state b").all_inner_texts()
    page.click("#orders button")
    window.wait("document.getElementById('orders').textContent.includes('CANCELED')")
    return {"own": own, "partly": partly, "path": page.locator("#orders .state b").all_inner_texts()}


def panels(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    window.served.place(side="BUY", type="MARKET", quantity="0.01")
    listener = window.served.listen("btcusdt@trade")
    shown = {}
    for name in ("limits", "sockets", "accounts", "scenario"):
        page.click(f"#tab-{name}")
        page.wait_for_timeout(1200)
        shown[name] = window.text(f"#pane-{name}")
    listener.close()
    return shown


FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  return [at.id || at.tagName, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0];
}"""


def keyboard(window: Window, _: Path) -> dict[str, Any]:
    page, keys, seen = window.open(), window.page.keyboard, []

    def press(*names: str) -> None:
        for name in names:
            keys.press(name)
        page.wait_for_timeout(60)
        seen.append([" ".join(names), *page.evaluate(FOCUS)])

    press("f")
    keys.type("response-lost")
    press("Tab")
    press("Tab")
    press("Enter")
    window.wait("document.getElementById('armed').textContent.includes('response-lost')")
    press("Escape")
    press("Space")
    window.wait("document.getElementById('mode').textContent === 'real time'")
    press("Space")
    window.wait("document.getElementById('mode').textContent === 'paused'")
    press("2")
    press("ArrowRight")
    press("/")
    press("Escape")
    press("j")
    press("ArrowDown")
    press("Enter")
    is_open = page.is_visible("#detail")
    press("Escape")
    is_closed = not page.is_visible("#detail")
    theme = page.evaluate("document.documentElement.dataset.theme ?? ''")
    press("t")
    other = page.evaluate("document.documentElement.dataset.theme ?? ''")
    press("?")
    help_text = window.text("#help")
    press("Escape")
    order = []
    page.evaluate("document.activeElement.blur()")
    for _step in range(24):
        keys.press("Tab")
        order.append(page.evaluate(FOCUS))
    facts = {"seen": seen, "detail": [is_open, is_closed], "themes": [theme, other], "help": help_text, "order": order}
    return facts | {"help_closed": not page.is_visible("#help")}


NAMELESS = """() => [...document.querySelectorAll('button, input, select, a, [role=grid], progress')].filter((one) =>
  !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length)
).map((one) => one.outerHTML.slice(0, 120))"""


def names(window: Window, _: Path) -> dict[str, Any]:
    page = window.open()
    roles = {role: page.locator(f"[role={role}]").count() for role in ("tab", "tabpanel", "grid", "status", "alert")}
    return {"nameless": page.evaluate(NAMELESS), "roles": roles, "titles": page.locator("h1").all_inner_texts()}


def resumed(window: Window, _: Path) -> dict[str, Any]:
    """The socket is cut, something happens meanwhile, and the page takes up where it was."""
    asked: list[str] = []
    routes: list[WebSocketRoute] = []
    lines: list[int] = []

    def handle(route: WebSocketRoute) -> None:
        asked.append(route.url)
        routes.append(route)
        server = route.connect_to_server()

        def hand_on(message: str | bytes) -> None:
            lines.extend(json.loads(line)["seq"] for line in str(message).split("\n"))
            route.send(message)

        server.on_message(hand_on)

    window.page.route_web_socket("**/events*", handle)
    window.open()
    window.served.place(side="BUY", type="MARKET", quantity="0.01", newClientOrderId="before")
    window.wait("document.querySelector('.entry.batch') !== null")
    routes[0].close(code=1012)
    window.wait("document.getElementById('link').dataset.state === 'lost'")
    last = max(lines)
    window.served.place(side="BUY", type="MARKET", quantity="0.01", newClientOrderId="meanwhile")
    window.wait("document.getElementById('link').dataset.state === 'live'")
    window.page.fill("#journal-search", "meanwhile")
    window.wait("[...document.querySelectorAll('.entry:not([hidden])')].length === 2")
    return {"last": last, "since": [urlsplit(url).query for url in asked], "lines": lines}


COUNT_FRAMES = """() => {
  window.frames_ = [];
  const tick = (now) => { window.frames_.push(now); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""


def busy(window: Window, _: Path) -> dict[str, Any]:
    """A thousand entries a second for three seconds."""
    routes: list[WebSocketRoute] = []
    window.page.route_web_socket("**/events*", lambda route: routes.append(route))
    page = window.open()
    seq = window.served.ask("GET", "/journal?limit=1")["next"]
    (line,) = window.served.ask("GET", "/journal?kind=request&limit=1")["entries"] or [None]
    page.evaluate(COUNT_FRAMES)
    page.wait_for_timeout(1000)
    idle = page.evaluate("window.frames_.splice(0).length")
    began = time.monotonic()
    sent = 0
    while sent < 3000:
        batch = []
        for _entry in range(50):
            seq += 1
            sent += 1
            batch.append(json.dumps(line | {"seq": seq}))
        routes[0].send("\n".join(batch))
        page.wait_for_timeout(max(0, (sent / 1000 - (time.monotonic() - began)) * 1000))
    took = time.monotonic() - began
    frames = page.evaluate("window.frames_.splice(0)")
    window.wait(f"[...document.querySelectorAll('.entry .seq')].some((one) => one.textContent === '{seq}')")
    gaps = sorted(after - before for before, after in pairwise(frames))
    elements = page.evaluate("document.querySelectorAll('*').length")
    facts = {"idle_frames": idle, "frames_per_second": len(frames) / took, "sent_per_second": sent / took}
    longest = {"median_gap_ms": gaps[len(gaps) // 2], "longest_gap_ms": gaps[-1]}
    return facts | longest | {"rows": page.locator(".entry").count(), "elements": elements}


def locked(window: Window, _: Path) -> dict[str, Any]:
    window.page.goto(window.served.control + "/")
    return {"text": window.text("main"), "scripts": [url for url in window.asked if url.endswith((".js", ".mjs"))]}


def _furnished(window: Window) -> Page:
    page = window.open()
    window.served.rest(3, quantity="0.35", newClientOrderId="resting")
    window.served.place(side="BUY", type="MARKET", quantity="0.02", newClientOrderId="bought")
    rule = {"kind": "rate-limited", "match": {"account": "alice"}, "when": {"count": 2}, "retry_after": "7s"}
    window.served.ask("POST", "/faults", rule)
    for by in ("70s", "80s"):
        window.served.ask("POST", "/clock/advance", {"by": by})
        window.served.place(side="SELL", type="MARKET", quantity="0.01")
    window.served.signed("POST", "/api/v3/order", lambda query: query[::-1], symbol="BTCUSDT", side="BUY")
    window.served.ask("POST", "/faults", {"kind": "ws-delay", "match": {"venue": "binance"}, "by": "90s"})
    window.served.ask("POST", "/clock/advance", {"by": "150s"})
    window.served.rest(0, quantity="0.2", newClientOrderId="waiting")
    for _ in range(12):
        window.served.place(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price="1000")
    page.wait_for_timeout(2500)
    return page


def pictures(window: Window, folder: Path) -> dict[str, Any]:
    page = _furnished(window)
    page.locator(".entry.refused").first.click()
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(700)
        for tab in ("faults", "limits", "sockets", "accounts", "scenario"):
            page.click(f"#tab-{tab}")
            page.wait_for_timeout(1300 if tab != "faults" else 300)
            path = folder / f"{scheme}-{tab}.png"
            page.screenshot(path=str(path))
            found.append(path.name)
    colors = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        colors.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return {"pictures": found, "colors": colors}


def narrow(window: Window, folder: Path) -> dict[str, Any]:
    page = _furnished(window)
    widths = {}
    for width in (1000, 700, 400):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(500)
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
        page.screenshot(path=str(folder / f"narrow-{width}.png"), full_page=True)
    return {"widths": widths}


STORIES: dict[str, Callable[[Window, Path], dict[str, Any]]] = {
    story.__name__: story
    for story in (
        *(price_moves, fault_by_click, fault_refused, clock, signature, journal_search, orders, panels),
        *(keyboard, names, resumed, busy, locked, pictures, narrow),
    )
}


def main() -> None:
    asked = json.load(sys.stdin)
    served, folder, told = Served(asked["served"]), Path(asked["folder"]), {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked["browser"], args=ARGUMENTS)
        for name in asked["stories"]:
            served.ask("POST", "/reset")
            served.ask("PATCH", "/clock", {"mode": "manual"})
            window = Window(browser, served)
            facts: dict[str, Any] = {}
            try:
                facts = STORIES[name](window, folder)
            except (Error, OSError, AssertionError, LookupError, ValueError):
                window.page.screenshot(path=str(folder / f"failed-{name}.png"))
                facts = {"error": traceback.format_exc()}
            told[name] = facts | window.close()
        browser.close()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
