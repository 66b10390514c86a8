"""A small served world and a client of its control port, for tests of the control API."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect

from fake_venue import PATIENCE_S, run
from live_market import MONDAY_NS
from simexchange.app import Build, Exchange, Options, build_scenario
from simexchange.services.clock import MILLISECOND, ClockMode
from small_world import ALICE_KEY, ALICE_SECRET, small_world

TOKEN: Final = "chosen-for-tests"
OPTIONS: Final = Options(port_base=0, clock=ClockMode.MANUAL, start_ns=MONDAY_NS, control_token=TOKEN)
"""Time stands at 2026-01-05T00:00:00Z."""
ALICE: Final = "/venues/binance/accounts/alice"
LOST: Final = {
    "kind": "response-lost",
    "match": {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order"},
    "when": {"count": 1},
    "effect": "apply",
}


def plain_client(**settings: Any) -> httpx.AsyncClient:
    """One that knows no proxy, and spends no time on certificates."""
    return httpx.AsyncClient(trust_env=False, verify=False, **settings)


class Control:
    """One exchange, its control port (with the token) and its venue's port."""

    def __init__(self, exchange: Exchange, control: httpx.AsyncClient, venue: httpx.AsyncClient) -> None:
        self.exchange = exchange
        self.http = control
        self.venue = venue

    @property
    def url(self) -> str:
        assert self.exchange.description is not None
        return self.exchange.description.control_url

    async def ask(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, Any]:
        """Status and JSON of an answer; ``since_`` is the parameter ``since``."""
        params = {name.rstrip("_"): str(value) for name, value in query.items()}
        reply = await self.http.request(method, path, json=body, params=params)
        return reply.status_code, json.loads(reply.content) if reply.content else None

    async def get(self, path: str, **query: object) -> Any:
        status, answer = await self.ask("GET", path, **query)
        assert status == 200, answer
        return answer

    async def do(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """The answer of what must succeed."""
        status, answer = await self.ask(method, path, body, **query)
        assert status in (200, 201, 204), answer
        return answer

    async def refused(self, method: str, path: str, body: object = None, **query: object) -> dict[str, Any]:
        """The problem of what must not, without what is the same in all."""
        status, problem = await self.ask(method, path, body, **query)
        assert status >= 400, problem
        assert problem["status"] == status
        assert problem["type"] == "about:blank"
        return {name: value for name, value in problem.items() if name not in ("type", "title")}

    async def signed(self, method: str, path: str, **params: object) -> httpx.Response:
        """A request of alice's to the venue."""
        stamp = self.exchange.clock.now_ns() // MILLISECOND
        query = urlencode({**params, "timestamp": stamp})
        signature = hmac.new(ALICE_SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
        headers = {"X-MBX-APIKEY": ALICE_KEY}
        return await self.venue.request(method, f"{path}?{query}&signature={signature}", headers=headers)

    def events(self, query: str = "") -> connect:
        """The journal as it grows."""
        url = self.url.replace("http://", "ws://") + f"/events{query}"
        held = {"Authorization": f"Bearer {TOKEN}"}
        return connect(url, additional_headers=held, max_size=None, compression=None)


@asynccontextmanager
async def controlling(options: Options = OPTIONS, build: Build = small_world) -> AsyncIterator[Control]:
    async with Exchange(options, build) as exchange:
        assert exchange.description is not None
        headers = {"Authorization": f"Bearer {options.control_token}"}
        venue_url = exchange.description.venues["binance"].rest_url
        async with (
            plain_client(base_url=exchange.description.control_url, headers=headers, timeout=PATIENCE_S) as http,
            plain_client(base_url=venue_url) as venue,
        ):
            yield Control(exchange, http, venue)


def with_control(
    work: Callable[[Control], Coroutine[Any, Any, None]], options: Options = OPTIONS, build: Build = small_world
) -> None:
    """Run a test's work to its end, within a bound."""

    async def whole() -> None:
        async with controlling(options, build) as control:
            await work(control)

    run(whole())


def with_market(work: Callable[[Control], Coroutine[Any, Any, None]]) -> None:
    """The same in the calm scenario, where the house makes markets."""
    with_control(work, build=build_scenario)


async def lines_of(client: ClientConnection, count: int) -> list[dict[str, Any]]:
    """So many entries, however they were put into messages."""
    entries: list[dict[str, Any]] = []
    while len(entries) < count:
        message = await client.recv()
        assert isinstance(message, str)
        entries += [json.loads(line) for line in message.split("\n")]
    return entries
