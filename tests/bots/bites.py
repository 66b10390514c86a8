"""Which promises bots break under which fault: the naive one these, the reconciling one none.

A row is an errand under one kind of fault, and what the naive bot's verdict was when somebody looked. A kind may have
several rows, where it has several faces.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from bots.mission import (
    ALL_PLACED,
    BOOK,
    FRESH,
    INFORMED,
    NO_MORE,
    ONE_ORDER,
    POSITION,
    SANE,
    SELF,
    TIDY,
    TRUTHFUL,
    Errand,
    Mission,
    Promise,
)
from simexchange.services.clock import SECOND


def keeps_the_wait(mission: Mission) -> bool:
    return len(mission.bench.fired) == 1


def waits_longer_each_time(mission: Mission) -> bool:
    times = [fired.ts_ns for fired in mission.bench.fired]
    waits = [after - before for before, after in pairwise(times)]
    return len(waits) >= 2 and all(before < after for before, after in pairwise(waits))


def refused_at_most(times: int, code: int) -> Promise:
    def holds(mission: Mission) -> bool:
        replies = [getattr(entry.reply, "body", b"") for entry in mission.bench.world.journal.requests]
        return sum(b'"code":%d,' % code in reply for reply in replies) <= times

    return Promise(f"is refused with {code} no more than {times} times", holds)


def reconciles_before_it_trades(mission: Mission) -> bool:
    """Between the last refusal and the next order there are questions for open orders and fills."""
    last = max(fired.seq for fired in mission.bench.fired)
    asked: set[str] = set()
    for entry in mission.bench.world.journal.requests:
        method, path = getattr(entry.request, "method", ""), getattr(entry.request, "path", "")
        if entry.seq < last:
            continue
        if (method, path) == ("POST", "/api/v3/order"):
            return asked >= {"/api/v3/openOrders", "/api/v3/myTrades"}
        asked.add(path)
    return True


def tells_what_is_open(mission: Mission) -> bool:
    return any("first" in report for report in mission.bot.reports)


WAIT: Final = Promise("keeps the wait", keeps_the_wait)
BACKOFF: Final = Promise("waits longer each time", waits_longer_each_time)
RECONCILES: Final = Promise("reconciles before it trades", reconciles_before_it_trades)
TELLS: Final = Promise("tells what is open", tells_what_is_open)
CLOCK: Final = refused_at_most(2, -1021)
FILTERS: Final = refused_at_most(1, -1013)
KEY: Final = refused_at_most(3, -2015)

DOUBLED: Final = (ONE_ORDER, NO_MORE, TRUTHFUL, TIDY)
"""The same intent was placed twice, and one of the two forgotten."""
LOST: Final = (TRUTHFUL, POSITION)
"""It does not know what it has bought."""
BLIND: Final = (INFORMED, FRESH, BOOK)
"""It trades on a book that is not the market's."""
DEAF: Final = (*LOST, *BLIND)
"""Both of them: its streams are dead."""


@dataclass(frozen=True)
class Row:
    """One face of one kind of fault, and the naive bot's verdict."""

    name: str
    errand: Errand
    naive: frozenset[str]

    @property
    def kind(self) -> str:
        kind: str = self.errand.rules[0]["kind"]
        return kind


def row(
    rule: str | dict[str, Any],
    *naive: str | Promise,
    face: str = "",
    also: tuple[dict[str, Any], ...] = (),
    resting: bool = False,
    promises: tuple[Promise, ...] = (),
    excused: tuple[str, ...] = (),
    **more: Any,
) -> Row:
    first = {"kind": rule} if isinstance(rule, str) else rule
    name = f"{first['kind']} {face}".strip()
    broken = frozenset(promise.name if isinstance(promise, Promise) else promise for promise in naive)
    return Row(name, Errand((first, *also), resting, promises=promises, excused=excused, **more), broken)


def once(kind: str, **params: Any) -> dict[str, Any]:
    return {"kind": kind, "when": {"count": 1}} | params


def order(kind: str, **params: Any) -> dict[str, Any]:
    """On the first order that is placed."""
    return once(kind, match={"endpoint": "POST /api/v3/order"}) | params


def rule(kind: str, **params: Any) -> dict[str, Any]:
    return {"kind": kind} | params


PRIVATE: Final = {"channel": "private"}

P0: Final[tuple[Row, ...]] = (
    row("rate-limited", ALL_PLACED, WAIT, promises=(WAIT,)),
    row("rate-limited", ALL_PLACED, TRUTHFUL, TIDY, WAIT, face="while resting", resting=True, promises=(WAIT,)),
    row("rate-limit-429-no-retry-after", ALL_PLACED, BACKOFF, promises=(BACKOFF,)),
    row("ip-banned", ALL_PLACED, WAIT, promises=(WAIT,)),
    row("ip-banned", ALL_PLACED, TRUTHFUL, TIDY, WAIT, face="while resting", resting=True, promises=(WAIT,)),
    row("http-waf-403-html", ALL_PLACED, WAIT, promises=(WAIT,)),
    row(rule("clock-skew", by="-5s"), ALL_PLACED, CLOCK, promises=(CLOCK,)),
    row(rule("clock-skew", by="8s"), ALL_PLACED, CLOCK, face="behind", promises=(CLOCK,)),
    row(order("clock-ahead"), promises=(CLOCK,)),
    row(rule("clock-ahead", ttl="10s"), ALL_PLACED, face="for a while"),
    row(order("recvwindow-expired"), promises=(CLOCK,)),
    row(rule("recvwindow-expired", ttl="10s"), ALL_PLACED, face="for a while"),
    row(
        rule("downtime", ttl="20s"),
        ALL_PLACED,
        TRUTHFUL,
        FRESH,
        TIDY,
        POSITION,
        BOOK,
        resting=True,
        promises=(RECONCILES,),
    ),
    row(rule("downtime", ttl="20s", mode="html"), ALL_PLACED, FRESH, BOOK, face="html", promises=(RECONCILES,)),
    row(
        rule("downtime", ttl="20s", mode="hang"),
        ONE_ORDER,
        NO_MORE,
        INFORMED,
        TRUTHFUL,
        FRESH,
        TIDY,
        POSITION,
        BOOK,
        RECONCILES,
        face="hang",
        resting=True,
        promises=(RECONCILES,),
    ),
    row(rule("maintenance", ttl="20s"), ALL_PLACED, FRESH, BOOK, promises=(RECONCILES,)),
    row(
        rule("maintenance", ttl="20s", cancel_all_on_return=True),
        ALL_PLACED,
        TRUTHFUL,
        FRESH,
        POSITION,
        BOOK,
        face="that ends orders",
        resting=True,
        promises=(RECONCILES,),
    ),
    row(order("latency", response="6s"), *DOUBLED),
    row(order("latency", request="2500ms", response="3s"), *DOUBLED, face="both ways"),
    row(order("latency", request="6s"), face="beyond the receive window"),
    row(order("connection-reset"), *DOUBLED),
    row(order("http-keepalive-reset", effect="apply"), *DOUBLED),
    row(order("html-error"), *DOUBLED),
    row(order("http-venue-overload"), *DOUBLED),
    row(rule("http-venue-overload", when={"count": 4}), *DOUBLED, BACKOFF, face="for all", promises=(BACKOFF,)),
    row(order("error-after-accept"), *DOUBLED),
    row(order("error-after-accept", fill_after="2s"), ONE_ORDER, NO_MORE, TRUTHFUL, face="and filled"),
    row(order("truncated-body"), *DOUBLED),
    row(order("response-lost"), *DOUBLED),
    row(order("response-lost", client_sees="timeout"), *DOUBLED, face="timeout"),
    row(order("request-lost")),
    row(once("cancel-ack-lost", effect="discard"), *DOUBLED),
    row(rule("order-not-visible", lag="15s"), *DOUBLED),
    row(rule("order-not-visible", lag="3s"), *DOUBLED, face="after a lost answer", also=(order("response-lost"),)),
    row(
        rule("order-not-visible", lag="30s"),
        *DOUBLED,
        POSITION,
        face="after a lost answer, on no stream either",
        also=(order("response-lost"), rule("ws-silent", match=PRIVATE)),
    ),
    row(order("duplicate-client-id"), *DOUBLED),
    row("insufficient-balance-race", ALL_PLACED, purse="20000"),
    row(once("async-reject"), TRUTHFUL),
    row(once("fill-before-ack"), TRUTHFUL),
    row(once("cancel-lost-to-fill"), NO_MORE),
    row(once("partial-fill"), *LOST),
    row(once("partial-fill-then-cancel"), *LOST),
    row(rule("ws-drop", match=PRIVATE), *LOST, resting=True),
    row(rule("ws-gap", when={"count": 2}), FRESH, BOOK, resting=True),
    row(rule("ws-duplicate", match=PRIVATE), *LOST),
    row(rule("ws-delay", by="10s", ttl="15s"), INFORMED, TRUTHFUL, FRESH, resting=True),
    row("delayed-fill-event", TRUTHFUL),
    row(rule("user-event-out-of-order", longest="10s"), TRUTHFUL),
    row(
        rule("ws-slow-consumer-cut", buffer_bytes=600, bytes_per_second=300, when={"count": 3}),
        *DEAF,
        resting=True,
    ),
    row("stale-book", *BLIND, resting=True),
    row(rule("stale-book", freeze="stopped", ttl="15s"), *BLIND, face="stopped", resting=True),
    row(rule("stale-book", freeze="event_time"), face="event time", resting=True),
    row(rule("stale-book", freeze="top_only", ttl="15s"), *BLIND, face="top only", resting=True),
    row(rule("ws-silent", ttl="15s"), *DEAF, resting=True),
    row("private-dead-public-alive", *LOST, resting=True),
    row(rule("ws-disconnect", when={"count": 2}), *DEAF, resting=True),
    row(rule("ws-abrupt-drop", when={"count": 2}), *DEAF, resting=True),
    row(rule("ws-halfopen-blackhole", ttl="15s"), *DEAF, resting=True),
    row("reconnect-snapshot-diverges", *DEAF, resting=True),
    row(rule("ws-lifetime", max_age="5s", when={"count": 4}), *DEAF, resting=True),
    row("listenkey-expiry", *LOST, resting=True, uses_listen_key=True),
    row(
        "key-revoked",
        TRUTHFUL,
        KEY,
        TELLS,
        resting=True,
        promises=(KEY, TELLS),
        excused=(ALL_PLACED, TIDY, SELF, POSITION),
    ),
    row(rule("symbol-halt-delist", ttl="15s"), ALL_PLACED),
    row(rule("symbol-halt-delist", action="break", ttl="15s"), ALL_PLACED, TRUTHFUL, face="break", resting=True),
    row(
        rule("symbol-halt-delist", action="delist", remove_after="5s", ttl="15s"),
        TRUTHFUL,
        face="delist",
        resting=True,
        excused=(ALL_PLACED,),
    ),
    row(rule("filters-change-runtime", tick="1", lot="0.03"), ALL_PLACED, FILTERS, promises=(FILTERS,)),
    row("flash-crash", NO_MORE, SANE, lead_ns=6 * SECOND),
    row("flash-crash", NO_MORE, SANE, face="while resting", resting=True),
)

P1: Final[tuple[Row, ...]] = (
    row(order("overload-disguised-as-429"), *DOUBLED),
    row(rule("order-count-limit", limit=1), ALL_PLACED),
    row(order("recvwindow-expired-in-queue")),
    row(order("http-hang"), *DOUBLED),
    row(order("http-malformed-json")),
    row(order("signature-rejected-sporadic")),
    row(order("slow-ack", delay="6s"), *DOUBLED),
    row(once("cancel-acknowledged-late", delay="6s", phase="pending"), *DOUBLED),
    row(once("partial-fill-dust"), *LOST),
    row(rule("ws-corrupt", when={"every_nth": 5}), *BLIND),
    row(rule("unknown-enum-or-field", when={"every_nth": 5})),
    row(rule("ws-reorder", when={"every_nth": 5})),
    row(once("book-crossed"), *BLIND),
    row("book-service-reset"),
    row("ws-shutdown-notice", FRESH, BOOK),
    row("ws-pong-timeout"),
    row("ws-token-expired", *LOST),
    row("server-restart", ALL_PLACED, TRUTHFUL, FRESH, TIDY, BOOK),
    row("clock-drift"),
    row("server-clock-step"),
)
"""Those of the next rank that are cheap to have here."""

NOT_FOR_A_SPOT_BOT: Final[dict[str, str]] = {}
"""Kinds of the first rank that no spot bot can meet, and why. There is none."""
