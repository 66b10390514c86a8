"""Signed orders over HTTP: the whole way, beside a bare ASGI callable and what else a package index has to offer.

Each contestant is a process on one core, the load generator (wrk, else a raw asyncio client) has another; 32
keep-alive connections, requests signed in advance. Ours is `simexchange serve` as it is, market and all, with every
counter of the venue's limits counting, raised beyond reach. Usage: python loadtests/bench_http.py [--quick]
"""

import argparse
import contextlib
import itertools
import sys
from functools import partial
from typing import Any, Final
from unittest import mock

import http_load
from benching import (
    Absent,
    Child,
    Contest,
    Figures,
    amount,
    chosen_rounds,
    cpu_s,
    options,
    peers_python,
    pin,
    report_absent,
    table,
    verdict,
)
from http_load import Signer

ROUNDS: Final = 6
SECONDS: Final = 2
ENOUGH: Final = 100_000
"""Requests made for one round; a server that gets through them is sent them again."""
RAISED: Final = "request_weight=900000000,raw_requests=900000000,orders_10s=900000000,orders_1d=900000000"

_NUMBERS: Final = itertools.count()

BARE: Final = "bare ASGI callable (uvloop, httptools)"
HOT: Final = "order, hot path"
PLAIN: Final = "order, plain ASGI"
TESTED: Final = "order/test, hot path"
STOCK: Final = "bare ASGI callable (asyncio, h11)"
CHECKED: Final = "FastAPI, signature checked, no exchange"
ENGINE: Final = "order-matching's FastAPI engine, unsigned"
MOTO: Final = "moto server, a queue's ListQueues"


class Target:
    """A server under load."""

    def __init__(self, child: Child, requests: Any, before: Any = None) -> None:
        self._child = child
        self._requests = requests
        self._before = before
        self.authority: str = child.ready["authority"]

    def round(self) -> Figures:
        requests = self._requests(ENOUGH)
        if self._before is not None:
            self._before()
        began = cpu_s(self._child.pid)
        figures = http_load.load(self.authority, requests, SECONDS)
        figures["cpu"] = (cpu_s(self._child.pid) - began) * 1e6 / figures["requests"]
        return figures


def serve_plain() -> None:
    """`simexchange serve`, with the plain ASGI application in the hot path's place."""
    from simexchange import serving
    from simexchange.transports.server import VenueServer

    chosen = serving.options(42, 0, "127.0.0.1", 0, "calm", None, RAISED)
    with mock.patch("simexchange.app.VenueServer", partial(VenueServer, plain_asgi=True)):
        serving.run(chosen, json_line=True, env_out=None, log_level="warning")


def exchange(stack: contextlib.ExitStack, *arguments: str) -> tuple[Child, Signer]:
    child = stack.enter_context(Child(arguments))
    venue = child.ready["venues"]["binance"]
    alice = venue["accounts"][0]
    child.ready["authority"] = venue["rest_url"].removeprefix("http://")
    return child, Signer(child.ready["authority"], alice["api_key"], alice["api_secret"])


def enter_ours(stack: contextlib.ExitStack, contest: Contest) -> Signer:
    command = ("-m", "simexchange", "serve", "--port-base", "0", "--json", "--log-level", "warning")
    hot, signer = exchange(stack, *command, "--limits", RAISED)
    contest.enter(HOT, Target(hot, signer.orders, signer.cancel_all).round)
    contest.enter(TESTED, Target(hot, signer.tests).round)
    plain, plain_signer = exchange(stack, "loadtests/bench_http.py", "--serve-plain")
    contest.enter(PLAIN, Target(plain, plain_signer.orders, plain_signer.cancel_all).round)
    return signer


def enter_peers(stack: contextlib.ExitStack, contest: Contest, signer: Signer) -> None:
    python = peers_python()
    for name, peer, requests in (
        (CHECKED, "fastapi", signer.orders),
        (ENGINE, "order-matching", order_matching_requests),
        (MOTO, "moto", moto_requests),
    ):
        try:
            if python is None:
                raise Absent("the peers' environment is missing; `make bench` makes it")
            child = stack.enter_context(Child(("loadtests/http_servers.py", peer), python=python))
        except Absent as absent:
            contest.absent[name] = str(absent)
        else:
            contest.enter(name, Target(child, requests).round, at_most=2)


def order_matching_requests(_: int) -> list[bytes]:
    """Orders that rest, as its own interface takes them: without a signature."""
    requests = []
    for number in itertools.islice(_NUMBERS, 20_000):
        side, price = ("BUY", 30_000 + number % 997) if number % 2 else ("SELL", 90_000 + number % 997)
        body = (
            f'{{"orders": [{{"order_type": "limit", "side": "{side}", "price": {price}, "size": 0.01,'
            f' "order_id": "bench{number}", "trader_id": "alice", "timestamp": "2026-01-01T00:00:00"}}]}}'
        )
        requests.append(_post("/place", "application/json", body))
    return requests


def moto_requests(_: int) -> list[bytes]:
    """The lightest thing it is asked in practice: a list of nothing."""
    head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ListQueues\r\n"
    signed = "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sqs/aws4_request\r\n"
    return [f"{head}{signed}Content-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{{}}".encode()]


def _post(path: str, content_type: str, body: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def show(contest: Contest) -> None:
    rows = [
        (
            name,
            amount(contest.median(name, "rate")),
            f"{contest.ratio(name, 'rate'):.2f}",
            f"{contest.median(name, 'p50'):.2f} / {contest.median(name, 'p99'):.2f}",
            f"{contest.median(name, 'cpu'):.0f}",
        )
        for name in contest.names
    ]
    generator = "wrk" if http_load.has_wrk() else "a raw asyncio client, whose own limit this may be"
    table(
        f"Signed orders, 32 keep-alive connections, by {generator}",
        ("answers", "req/s", "of bare", "p50 / p99 ms", "server us/req"),
        rows,
    )
    report_absent(contest.absent)
    print()
    verdict("plain ASGI, share of the bare callable", contest.ratio(PLAIN, "rate"), 0.45)
    verdict("hot path, share of the bare callable", contest.ratio(HOT, "rate"), 0.75)
    verdict("hot path, p99 over the bare callable's", contest.ratio(HOT, "p99"), 2.5, at_least=False)


def main() -> int:
    parser = options(__doc__, ROUNDS)
    parser.add_argument("--no-peers", action="store_true", help="only the bare callable and ours")
    parser.add_argument("--serve-plain", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve_plain:
        serve_plain()
        return 0
    pin(1)
    contest = Contest(BARE)
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(Child(("loadtests/http_servers.py", "bare")))
        stock = stack.enter_context(Child(("loadtests/http_servers.py", "stock")))
        contest.enter(BARE, lambda: Target(bare, signer.orders).round())
        signer = enter_ours(stack, contest)
        contest.enter(STOCK, Target(stock, signer.orders).round, at_most=2)
        if not chosen.no_peers:
            enter_peers(stack, contest, signer)
        contest.run(chosen_rounds(chosen), deadline_s=120)
    show(contest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
