"""The fidelity rows of streams and WebSocket API come from the tables that serve them."""

from dialects.binance.stream_bench import Bench
from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import streams
from simexchange.dialects.binance.channels import CHANNELS
from simexchange.dialects.binance.hub import Topic
from simexchange.services.clock import MILLISECOND

DOCUMENTED_METHODS = {
    "ping",
    "time",
    "exchangeInfo",
    "executionRules",
    "depth",
    "trades.recent",
    "trades.historical",
    "blockTrades.historical",
    "trades.aggregate",
    "klines",
    "uiKlines",
    "avgPrice",
    "ticker.24hr",
    "ticker.tradingDay",
    "ticker",
    "ticker.price",
    "ticker.book",
    "referencePrice",
    "referencePrice.calculation",
    "session.logon",
    "session.status",
    "session.logout",
    "order.place",
    "order.test",
    "order.cancel",
    "order.cancelReplace",
    "order.amend.keepPriority",
    "openOrders.cancelAll",
    "orderList.place",
    "orderList.place.oco",
    "orderList.place.oto",
    "orderList.place.otoco",
    "orderList.place.opo",
    "orderList.place.opoco",
    "orderList.cancel",
    "sor.order.place",
    "sor.order.test",
    "account.status",
    "order.status",
    "openOrders.status",
    "allOrders",
    "orderList.status",
    "openOrderLists.status",
    "allOrderLists",
    "myTrades",
    "account.rateLimits.orders",
    "myPreventedMatches",
    "myAllocations",
    "account.commission",
    "order.amendments",
    "myFilters",
    "userDataStream.subscribe",
    "userDataStream.unsubscribe",
    "session.subscriptions",
    "userDataStream.subscribe.signature",
}
"""Source: "Public WebSocket API", table of contents."""
RETIRED_METHODS = {"userDataStream.start", "userDataStream.ping", "userDataStream.stop"}

EXAMPLES = {
    "<symbol>": "btcusdt",
    "<interval>": "1m",
    "<window>": "1h",
    "<levels>": "10",
    "<period>": "3000",
    "[@100ms]": "@100ms",
}


def test_every_documented_method_has_its_row() -> None:
    rows = {row.name.removeprefix("ws-api ") for row in streams.coverage() if row.name.startswith("ws-api ")}
    assert rows == DOCUMENTED_METHODS | RETIRED_METHODS


def test_rows_are_unique() -> None:
    names = [(row.kind, row.name) for row in streams.coverage()]
    assert len(names) == len(set(names))


def test_a_method_that_is_said_to_be_there_is_there() -> None:
    methods = Bench().dialect.streams.methods
    for row in streams.coverage():
        name = row.name.removeprefix("ws-api ")
        if row.kind == "method" and name != row.name and row.fidelity is not Fidelity.MISSING:
            assert name in methods


def test_a_channel_has_a_feed_exactly_when_its_row_says_so() -> None:
    find_feed = Bench().dialect.streams.hub.make_feed
    for channel in CHANNELS:
        name = channel.pattern
        for part, example in EXAMPLES.items():
            name = name.replace(part, example)
        feed = find_feed(Topic(name, MILLISECOND))
        assert (feed is None) is (channel.fidelity is Fidelity.MISSING), name
