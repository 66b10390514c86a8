"""A served exchange and a page of its dashboard, for stories told with Playwright; nothing of ours is imported here."""

import hashlib
import hmac
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, Page

PATIENCE_MS = 15_000


class Served:
    """The exchange, as its JSON line describes it; control and venue asked without a browser."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.control = described["control_url"]
        self.token = described["control_token"]
        self.venue = described["venues"]["binance"]["rest_url"]
        self.alice = next(one for one in described["venues"]["binance"]["accounts"] if one["name"] == "alice")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=20) as reply:
            text = reply.read()
            return json.loads(text) if text else None

    def signed(self, method: str, path: str, sign: Callable[[str], str] = str, **params: object) -> tuple[int, Any]:
        """A request of alice's; ``sign`` makes the text that is signed of the query that is sent."""
        with urllib.request.urlopen(f"{self.venue}/api/v3/time", timeout=20) as reply:
            stamp = json.loads(reply.read())["serverTime"]
        query = urlencode({**params, "timestamp": stamp})
        secret = self.alice["api_secret"].encode()
        signature = hmac.new(secret, sign(query).encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(f"{self.venue}{path}?{query}&signature={signature}", method=method)
        request.add_header("X-MBX-APIKEY", self.alice["api_key"])
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def listen(self, stream: str) -> socket.socket:
        """A client of the venue's stream, which says nothing more; to be closed."""
        place = urlsplit(self.venue)
        opened = socket.create_connection((place.hostname, place.port), timeout=20)
        opened.sendall(
            f"GET /ws/{stream} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b" 101 " in opened.recv(1024)
        return opened

    def place(self, **params: Any) -> tuple[int, Any]:
        return self.signed("POST", "/api/v3/order", symbol="BTCUSDT", **params)

    def rest(self, away: float, **params: Any) -> tuple[int, Any]:
        """A bid of alice's, so much under the best one."""
        best = float(self.ask("GET", "/venues/binance/instruments/BTC-USDT/depth")["bids"][0][0])
        return self.place(side="BUY", type="LIMIT", timeInForce="GTC", price=f"{best - away:.2f}", **params)


class Window:
    """A page, and what it did that a person does not see."""

    def __init__(self, browser: Browser, served: Served, **options: Any) -> None:
        self.served = served
        options.setdefault("viewport", {"width": 1440, "height": 900})
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type != "log" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))

    def open(self) -> Page:
        self.page.goto(f"{self.served.control}/?token={self.served.token}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def wait(self, condition: str) -> None:
        """Until a JavaScript expression is true."""
        self.page.wait_for_function(f"() => {condition}")

    def text(self, selector: str) -> str:
        return " ".join(self.page.inner_text(selector).split())

    def close(self) -> dict[str, Any]:
        places = {urlsplit(url).netloc for url in self.asked if not url.startswith(("data:", "blob:"))}
        self.context.close()
        return {"complaints": self.complaints, "places": sorted(places)}
