"""Corners of the user data of triggered orders, lists and rejected requests; whole stories lie in the golden file.

Source: "User Data Streams for Binance"; "ENUM Definitions", execution types and order list statuses.
"""

from typing import Any

import pytest

from dialects.binance.stream_bench import BTC, Socket, units
from dialects.binance.user_bench import NOW, OrdersBench, listen, report, stop, story_of
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.domain.commands import AmendOrder
from simexchange.domain.enums import Contingency, OrderType, PegReference, SelfTradePrevention, Side
from simexchange.domain.trigger import Peg

AT = {"E": NOW + 1, "T": NOW + 1, "O": NOW + 1}


def bench_that_reports(**switches: bool) -> tuple[OrdersBench, Socket]:
    bench = OrdersBench(BinanceSettings(streams=StreamSettings(**switches)))
    return bench, listen(bench, bench.alice)


def rejected(**changes: Any) -> dict[str, Any]:
    """A report of an order that never got an id."""
    event = report(**AT, x="REJECTED", X="REJECTED", i=-1, I=-1, w=False) | {"O": -1} | changes
    del event["W"]
    return event


def test_a_triggered_order_is_new_once_more_where_that_is_switched_on() -> None:
    bench, socket = bench_that_reports(report_triggers=True)
    bench.place(bench.alice, Side.SELL, "2", "94", trigger=stop("95"))
    dormant = socket.take()[0]
    bench.trade("95")
    [triggered] = socket.take()
    assert triggered == report(
        E=NOW + 2,
        T=NOW + 2,
        O=NOW + 1,
        W=NOW + 2,
        I=triggered["I"],
        c="order-3",
        i=3,
        S="SELL",
        o="STOP_LOSS_LIMIT",
        p="94.00000000",
        P="95.00000000",
    )
    assert (dormant["w"], "W" in dormant) == (False, False)


def test_a_triggered_leg_is_new_before_its_sibling_expires_and_before_it_trades() -> None:
    bench, socket = bench_that_reports(report_triggers=True)
    bench.place(bench.carol, Side.BUY, "2", "89.5")
    bench.place_list(Contingency.OCO, *bench.bracket())
    socket.take()
    bench.trade("90")
    assert story_of(socket.take()) == [
        "order-5 NEW NEW book",
        "order-4 EXPIRED EXPIRED off OCO_TRIGGER",
        "order-5 TRADE FILLED off",
        "list-1 ALL_DONE ALL_DONE",
        "money",
    ]


def test_a_stop_that_self_trade_prevention_ends_carries_its_keys_and_its_list() -> None:
    bench, socket = bench_that_reports()
    bench.place(bench.alice, Side.BUY, "2", "89.5")
    above = bench.leg(Side.SELL, "1", "110")
    below = bench.leg(Side.SELL, "1", "89", trigger=stop("90"), self_trade_prevention=SelfTradePrevention.EXPIRE_TAKER)
    bench.place_list(Contingency.OCO, above, below)
    socket.take()
    bench.place(bench.carol, Side.BUY, "0.1", "90")
    bench.place(bench.bob, Side.SELL, "0.1", "90")
    told = socket.take()
    assert story_of(told) == [
        "order-4 EXPIRED EXPIRED off OCO_TRIGGER",
        "order-5 TRADE_PREVENTION EXPIRED_IN_MATCH off",
        "list-1 ALL_DONE ALL_DONE",
        "money",
    ]
    assert told[1] == report(
        **AT,
        W=NOW + 1,
        c="order-5",
        i=5,
        g=1,
        S="SELL",
        o="STOP_LOSS_LIMIT",
        q="1.00000000",
        p="89.00000000",
        P="90.00000000",
        x="TRADE_PREVENTION",
        X="EXPIRED_IN_MATCH",
        w=False,
        v=0,
        I=told[1]["I"],
        V="EXPIRE_TAKER",
        A="1.00000000",
        B="1.00000000",
        u=-1,
        U=3,
        Cs="BTCUSDT",
        pl="1.00000000",
        pL="89.50000000",
        pY="89.50000000",
    )


def test_a_peg_beside_a_price_shows_both() -> None:
    bench, socket = bench_that_reports()
    bench.place(bench.bob, Side.SELL, "1", "101")
    bench.place(bench.alice, Side.SELL, "2", "100.5", peg=Peg(PegReference.PRIMARY))
    new = socket.take()[0]
    assert (new["p"], new["gP"], new["gp"]) == ("100.50000000", "PRIMARY_PEG", "101.00000000")
    assert list(new)[-3:] == ["V", "gP", "gp"]


def test_an_amended_pending_order_is_replaced_while_it_waits() -> None:
    bench, socket = bench_that_reports()
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "2", "99"), bench.leg(Side.SELL, "2", "105"))
    socket.take()
    bench.door.submit(AmendOrder(bench.alice, BTC, client_order_id="order-4", quantity=units("1")))
    assert story_of(socket.take()) == ["order-4 REPLACED PENDING_NEW off"]


@pytest.mark.parametrize(
    ("order", "word", "keys"),
    [
        (
            {"quantity": "2", "price": "90", "side": Side.SELL, "trigger": stop("100")},
            "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
            {"S": "SELL", "o": "STOP_LOSS_LIMIT", "p": "90.00000000", "P": "100.00000000"},
        ),
        (
            {"quantity": "2", "price": "101", "side": Side.BUY, "post_only": True},
            "WOULD_MATCH_IMMEDIATELY",
            {"o": "LIMIT_MAKER", "p": "101.00000000"},
        ),
        (
            {"quantity": "1000000", "price": "99", "side": Side.BUY},
            "INSUFFICIENT_BALANCES",
            {"q": "1000000.00000000", "p": "99.00000000"},
        ),
    ],
)
def test_a_rejected_order_is_reported_with_the_documented_reason_where_that_is_switched_on(
    order: dict[str, Any], word: str, keys: dict[str, Any]
) -> None:
    for switched_on in (True, False):
        bench, socket = bench_that_reports(report_rejects=switched_on)
        bench.place(bench.bob, Side.SELL, "1", "101")
        bench.place(bench.alice, **order)
        assert socket.take() == ([rejected(c="order-4", r=word, **keys)] if switched_on else [])


def test_what_never_reached_the_matching_engine_is_not_reported() -> None:
    bench, socket = bench_that_reports(report_rejects=True)
    bench.place(bench.alice, Side.BUY, "1", "99.001")
    assert socket.take() == []


def test_a_dry_run_is_never_reported() -> None:
    bench, socket = bench_that_reports(report_rejects=True)
    bench.place(bench.alice, Side.BUY, "1000000", "99", test_only=True)
    assert socket.take() == []


def test_the_second_half_of_a_cancel_replace_is_reported_when_it_is_rejected_and_nothing_after_it() -> None:
    bench, socket = bench_that_reports()
    with bench.dialect.streams.users.replacing():
        bench.place(bench.alice, Side.BUY, "1000000", "99")
    assert story_of(socket.take()) == ["order-3 REJECTED REJECTED off"]
    bench.place(bench.alice, Side.BUY, "1000000", "99")
    assert socket.take() == []


def test_a_rejected_list_is_answered_with_a_list_status_where_that_is_switched_on() -> None:
    for switched_on in (True, False):
        bench, socket = bench_that_reports(report_rejects=switched_on)
        above = bench.leg(Side.SELL, "1", "99", post_only=True)
        below = bench.leg(Side.SELL, "1", order_type=OrderType.MARKET, trigger=stop("90"))
        bench.place_list(Contingency.OCO, above, below)
        told = {
            "e": "listStatus",
            "E": NOW + 1,
            "s": "BTCUSDT",
            "g": -1,
            "c": "OCO",
            "l": "RESPONSE",
            "L": "REJECT",
            "r": "OCO_BAD_PRICES",
            "C": "list-1",
            "T": NOW + 1,
            "O": [],
        }
        assert socket.take() == ([told] if switched_on else [])


def test_lists_of_others_are_not_told() -> None:
    bench, _ = bench_that_reports()
    socket = listen(bench, bench.bob)
    bench.place_list(Contingency.OCO, *bench.bracket())
    assert socket.take() == []


def test_stops_that_take_at_one_price_in_one_instant_are_aggregates_of_their_own() -> None:
    """Source: "WebSocket Streams for Binance", aggregate trades are those of a single taker order."""
    bench, _ = bench_that_reports()
    socket = bench.connect("/stream?streams=btcusdt@aggTrade/btcusdt@trade")
    bench.place(bench.carol, Side.BUY, "5", "94")
    for _ in range(3):
        bench.place(bench.alice, Side.SELL, "1", trigger=stop("95"))
    bench.trade("95")
    told = [message["data"] for message in socket.take()]
    aggregates = [(event["p"], event["q"], event["f"], event["l"]) for event in told if event["e"] == "aggTrade"]
    trades = [(event["p"], event["q"], event["t"]) for event in told if event["e"] == "trade"]
    assert trades == [("95.00000000", "0.10000000", 2)] + [("94.00000000", "1.00000000", n) for n in (3, 4, 5)]
    assert aggregates == [(price, quantity, n, n) for price, quantity, n in trades]
