"""Orders that wait for a price. Binance REST, "New order (TRADE)", order types table; errors.md, message table."""

import pytest

from builders import FOK, IOC, balances_changed, price
from order_kinds import BUY, SELL, STOP, TAKE_PROFIT, Floor, trigger
from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import (
    CancelReason,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TradingStatus,
    TriggerKind,
    TriggerSource,
)
from simexchange.domain.events import OrderAccepted, OrderCanceled, OrderTriggered
from simexchange.domain.trigger import Trigger

LAST, MARK, INDEX = TriggerSource.LAST, TriggerSource.MARK, TriggerSource.INDEX


def test_a_stop_limit_order_sleeps_outside_the_book_and_holds_its_limit_price() -> None:
    floor = Floor(last="100")
    batch = floor.alice.buy("2", at="106", trigger=trigger("105"))
    terms = floor.alice.found(1).terms
    assert batch.events == (OrderAccepted(terms, 1), balances_changed(floor.alice, USDT=("99788", "212")))
    assert (terms.working_ns, terms.trailing_ns, terms.trigger) == (-1, -1, Trigger(STOP, price("105")))
    assert floor.alice.found(1).status is OrderStatus.NEW


def test_a_triggered_order_works_from_then_on_under_its_id_and_the_whole_list_is_told() -> None:
    """enums.md, "workingTime": when the order appeared on the book."""
    floor = Floor(last="100")
    floor.alice.buy("2", at="106", trigger=trigger("105"))
    batch = floor.move("105")
    terms = floor.alice.found(1).terms
    assert terms.working_ns == batch.ts_ns
    assert terms.created_ns < terms.working_ns
    assert floor.told(batch) == [
        "accepted 3",
        "trade: 3 takes 0.0001 @ 105 from 2",
        "triggered 1 @ 106",
        "book: bids 106=2, asks 105=0",
    ]
    assert [event for event in batch.events if isinstance(event, OrderTriggered)] == [OrderTriggered(terms, 6)]
    assert floor.alice.balance("USDT") == (99788 * 10**8, 212 * 10**8)


@pytest.mark.parametrize(
    ("side", "kind", "stop", "before", "at"),
    [
        (BUY, STOP, "105", "104.99", "105"),
        (SELL, STOP, "95", "95.01", "95"),
        (BUY, TAKE_PROFIT, "95", "95.01", "95"),
        (SELL, TAKE_PROFIT, "105", "104.99", "105"),
    ],
)
def test_each_kind_triggers_exactly_at_its_price_and_not_a_tick_before(
    side: Side, kind: TriggerKind, stop: str, before: str, at: str
) -> None:
    """Order types table: STOP_LOSS buys and TAKE_PROFIT sells at or above the stop price, the others at or below."""
    floor = Floor(last="100")
    floor.alice.order(side, "1", at="100", trigger=trigger(stop, kind))
    assert floor.triggered_by(before, at) == [1]


@pytest.mark.parametrize(
    ("side", "kind", "gap"),
    [(BUY, STOP, "120"), (SELL, STOP, "80"), (BUY, TAKE_PROFIT, "80"), (SELL, TAKE_PROFIT, "120")],
)
def test_a_gap_through_the_stop_triggers_too(side: Side, kind: TriggerKind, gap: str) -> None:
    floor = Floor(last="100")
    stop = "105" if gap == "120" else "95"
    floor.alice.order(side, "1", trigger=trigger(stop, kind))
    assert floor.triggered_by(gap) == [1]


@pytest.mark.parametrize(
    ("side", "kind", "wrong", "right"),
    [
        (BUY, STOP, ("100", "99.99"), "100.01"),
        (SELL, STOP, ("100", "100.01"), "99.99"),
        (BUY, TAKE_PROFIT, ("100", "100.01"), "99.99"),
        (SELL, TAKE_PROFIT, ("100", "99.99"), "100.01"),
    ],
)
def test_a_trigger_that_is_met_already_is_rejected(
    side: Side, kind: TriggerKind, wrong: tuple[str, str], right: str
) -> None:
    """errors.md: "Order would trigger immediately." """
    floor = Floor(last="100")
    for stop in wrong:
        batch = floor.alice.order(side, "1", at="100", trigger=trigger(stop, kind))
        assert floor.told(batch) == ["rejected: would_trigger_immediately"]
    assert floor.told(floor.alice.order(side, "1", at="100", trigger=trigger(right, kind))) == ["accepted 1"]


def test_before_the_first_trade_no_trigger_is_met() -> None:
    floor = Floor(last="0")
    floor.alice.buy("1", at="106", trigger=trigger("105"))
    floor.alice.sell("1", at="94", trigger=trigger("95"))
    assert floor.triggered_by("100", "105") == [1]


def test_a_stop_market_order_takes_what_the_book_has_and_expires_with_the_rest() -> None:
    floor = Floor(last="100")
    floor.alice.sell("3", trigger=trigger("95"))
    floor.bob.buy("1", at="94")
    floor.bob.buy("1", at="93")
    floor.carol.sell("0.5", at="95")
    batch = floor.carol.buy("0.5", at="95", self_trade_prevention=SelfTradePrevention.NONE, time_in_force=IOC)
    assert floor.told(batch, money=True) == [
        "accepted 5",
        "trade: 5 takes 0.5 @ 95 from 4",
        "triggered 1",
        "trade: 1 takes 1 @ 94 from 2",
        "trade: 1 takes 1 @ 93 from 3",
        "expired 1: no_liquidity, 1 left",
        "book: bids 94=0 93=0, asks 95=0",
        "carol has 100000 + 0 USDT",
        "carol has 100 + 0 BTC",
        "alice has 98 + 0 BTC",
        "alice has 100187 + 0 USDT",
        "bob has 102 + 0 BTC",
        "bob has 99813 + 0 USDT",
    ]


def test_a_triggered_limit_order_that_does_not_reach_the_book_rests_at_its_limit() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="94", trigger=trigger("95"))
    floor.bob.buy("1", at="90")
    floor.carol.sell("0.5", at="93")
    batch = floor.bob.buy("0.5", at="93")
    assert floor.told(batch) == [
        "accepted 4",
        "trade: 4 takes 0.5 @ 93 from 3",
        "triggered 1 @ 94",
        "book: bids -, asks 93=0 94=1",
    ]


@pytest.mark.parametrize(("force", "reason"), [(IOC, "ioc_remainder"), (FOK, "fok_unfilled")])
def test_time_in_force_counts_from_the_trigger(force: object, reason: str) -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="96", trigger=trigger("95"), time_in_force=force)
    assert floor.told(floor.move("95"))[2:4] == ["triggered 1 @ 96", f"expired 1: {reason}, 1 left"]
    assert floor.alice.balance("BTC") == (100 * 10**8, 0)


def test_a_stop_that_triggers_a_stop_that_triggers_a_stop() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", trigger=trigger("95"))
    floor.bob.sell("1", trigger=trigger("90"))
    floor.carol.sell("1", trigger=trigger("85"))
    dave, erin = floor.trader("dave"), floor.trader("erin")
    for at in ("95", "90", "85", "80"):
        dave.buy("1", at=at)
    batch = erin.sell("1", at="95")
    assert floor.told(batch) == [
        "accepted 8",
        "trade: 8 takes 1 @ 95 from 4",
        "triggered 1",
        "trade: 1 takes 1 @ 90 from 5",
        "triggered 2",
        "trade: 2 takes 1 @ 85 from 6",
        "triggered 3",
        "trade: 3 takes 1 @ 80 from 7",
        "book: bids 95=0 90=0 85=0 80=0, asks -",
    ]


def test_several_stops_fired_by_one_sweep_go_by_trade_then_by_nearest_price_then_by_age() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="70", trigger=trigger("89"))
    floor.alice.sell("1", at="70", trigger=trigger("91"))
    floor.alice.sell("1", at="70", trigger=trigger("93"))
    floor.alice.sell("1", at="70", trigger=trigger("91"))
    floor.alice.sell("1", at="70", trigger=trigger("94"))
    floor.bob.buy("1", at="94")
    floor.bob.buy("1", at="90")
    floor.bob.buy("1", at="80")
    batch = floor.carol.sell("3", at="80", time_in_force=IOC)
    assert [line for line in floor.told(batch) if line.startswith("triggered")] == [
        "triggered 5 @ 70",
        "triggered 3 @ 70",
        "triggered 2 @ 70",
        "triggered 4 @ 70",
        "triggered 1 @ 70",
    ]


def test_each_triggered_order_works_before_the_next_is_triggered() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", trigger=trigger("95"))
    floor.bob.sell("1", trigger=trigger("94"))
    floor.carol.buy("1", at="94")
    floor.carol.buy("2", at="93")
    dave = floor.trader("dave")
    assert floor.told(dave.sell("1", at="94")) == [
        "accepted 5",
        "trade: 5 takes 1 @ 94 from 3",
        "triggered 1",
        "trade: 1 takes 1 @ 93 from 4",
        "triggered 2",
        "trade: 2 takes 1 @ 93 from 4",
        "book: bids 94=0 93=0, asks -",
    ]


def test_a_stop_placed_by_a_command_does_not_see_the_trades_before_it() -> None:
    floor = Floor(last="100")
    floor.move("90", "100")
    floor.alice.sell("1", trigger=trigger("95"))
    assert floor.triggered_by("95.01", "95") == [5]


def test_own_orders_are_prevented_when_a_stop_is_triggered_into_them() -> None:
    """STP FAQ: prevention asks when two orders of an account would match, whatever their type."""
    floor = Floor(last="100")
    floor.alice.sell("1", at="94", trigger=trigger("95"), self_trade_prevention=SelfTradePrevention.EXPIRE_BOTH)
    floor.alice.buy("2", at="94")
    floor.carol.sell("0.5", at="95")
    batch = floor.bob.buy("0.5", at="95", time_in_force=IOC)
    assert floor.told(batch) == [
        "accepted 4",
        "trade: 4 takes 0.5 @ 95 from 3",
        "triggered 1 @ 94",
        "prevented: 1 loses 1, 2 loses 2",
        "expired 2: self_trade, 0 left",
        "expired 1: self_trade, 0 left",
        "book: bids 94=0, asks 95=0",
    ]


def test_a_market_triggered_buy_holds_its_trigger_price_and_pays_what_the_book_asks() -> None:
    floor = Floor(last="100")
    floor.alice.buy("2", trigger=trigger("105"))
    assert floor.alice.balance("USDT") == (99790 * 10**8, 210 * 10**8)
    floor.bob.sell("0.5", at="105")
    floor.bob.sell("2", at="110")
    batch = floor.carol.buy("0.5", at="105")
    assert floor.told(batch, money=True) == [
        "accepted 4",
        "trade: 4 takes 0.5 @ 105 from 2",
        "triggered 1",
        "trade: 1 takes 2 @ 110 from 3",
        "book: bids -, asks 105=0 110=0",
        "carol has 99947.5 + 0 USDT",
        "carol has 100.5 + 0 BTC",
        "bob has 100272.5 + 0 USDT",
        "bob has 97.5 + 0 BTC",
        "alice has 99780 + 0 USDT",
        "alice has 102 + 0 BTC",
    ]


def test_a_market_triggered_buy_that_cannot_pay_expires_and_gets_its_money_back() -> None:
    floor = Floor(last="100")
    poor = floor.trader("poor", {"USDT": "215"})
    poor.buy("2", trigger=trigger("105"))
    floor.bob.sell("0.5", at="105")
    floor.bob.sell("2", at="110")
    batch = floor.carol.buy("0.5", at="105")
    assert floor.told(batch) == [
        "accepted 4",
        "trade: 4 takes 0.5 @ 105 from 2",
        "triggered 1",
        "expired 1: insufficient_balance, 2 left",
        "book: bids -, asks 105=0",
    ]
    assert poor.balance("USDT") == (215 * 10**8, 0)


def test_the_cap_on_triggered_orders_counts_those_that_are_open_triggered_or_not() -> None:
    """filters.md, MAX_NUM_ALGO_ORDERS."""
    floor = Floor(last="100", max_triggered_orders=2)
    floor.alice.sell("1", at="110", trigger=trigger("95"))
    floor.alice.sell("1", at="110", trigger=trigger("90"))
    assert floor.told(floor.alice.sell("1", trigger=trigger("95"))) == ["rejected: triggered_orders_exceeded"]
    assert floor.triggered_by("95") == [1]
    assert floor.told(floor.alice.sell("1", trigger=trigger("90"))) == ["rejected: triggered_orders_exceeded"]
    assert floor.told(floor.alice.sell("1", at="120"))[0] == "accepted 5"
    floor.alice.cancel(1)
    assert floor.told(floor.alice.sell("1", trigger=trigger("90"))) == ["accepted 6"]


def test_an_instrument_takes_only_the_triggers_its_rules_name() -> None:
    """errors.md: "Stop loss orders are not supported for this symbol." """
    floor = Floor(last="100", triggers=((STOP, OrderType.LIMIT),))
    assert floor.told(floor.alice.sell("1", at="90", trigger=trigger("95"))) == ["accepted 1"]
    assert floor.told(floor.alice.sell("1", trigger=trigger("95"))) == ["rejected: trigger_unsupported"]
    take_profit = trigger("105", TAKE_PROFIT)
    assert floor.told(floor.alice.sell("1", at="90", trigger=take_profit)) == ["rejected: trigger_unsupported"]


def test_a_trigger_price_meets_the_price_filter() -> None:
    """filters.md, PRICE_FILTER: it holds for price and stopPrice."""
    floor = Floor(last="100", min_price=price("10"), max_price=price("1000"), tick_size=price("0.5"))
    for stop, reason in (("0", "too_low"), ("9.5", "too_low"), ("1000.5", "too_high"), ("95.25", "off_tick")):
        batch = floor.alice.sell("1", at="90", trigger=trigger(stop))
        assert floor.told(batch) == [f"rejected: price_{reason}"]


def test_a_market_order_with_a_trigger_is_not_taken_by_quote_amount() -> None:
    floor = Floor(last="100")
    batch = floor.alice.buy(worth="500", trigger=trigger("105"))
    assert floor.told(batch) == ["rejected: quote_quantity_unsupported"]


def test_a_stop_that_needs_more_than_is_free_is_rejected() -> None:
    floor = Floor(last="100")
    assert floor.told(floor.alice.buy("1000", trigger=trigger("105"))) == ["rejected: insufficient_balance"]
    assert floor.told(floor.alice.buy("1000", at="90", trigger=trigger("105"))) == ["accepted 1"]


def test_cancel_of_a_sleeping_order_frees_its_money_and_it_never_wakes() -> None:
    floor = Floor(last="100")
    floor.alice.buy("2", at="106", trigger=trigger("105"))
    batch = floor.alice.cancel(1, request_id="please")
    assert batch.events == (
        OrderCanceled(floor.alice.found(1).terms, 2, 0, 0, 0, CancelReason.REQUESTED, "please"),
        balances_changed(floor.alice, USDT=("100000", "0")),
    )
    assert floor.triggered_by("110") == []


def test_mark_and_index_triggers_follow_their_own_price_only() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="80", trigger=trigger("95", source=MARK))
    floor.alice.sell("1", at="80", trigger=trigger("95", source=INDEX))
    assert floor.triggered_by("90", "100") == []
    assert floor.told(floor.reference(MARK, "95.01")) == ["mark price 95.01"]
    assert floor.told(floor.reference(INDEX, "94")) == ["index price 94", "triggered 2 @ 80", "book: bids -, asks 80=1"]
    assert floor.told(floor.reference(MARK, "95")) == ["mark price 95", "triggered 1 @ 80", "book: bids -, asks 80=2"]


def test_a_mark_trigger_met_already_is_measured_against_the_mark_price() -> None:
    floor = Floor(last="100")
    floor.reference(MARK, "94")
    above = floor.alice.sell("1", trigger=trigger("95", source=MARK))
    assert floor.told(above) == ["rejected: would_trigger_immediately"]
    assert floor.told(floor.alice.sell("1", trigger=trigger("95"))) == ["accepted 1"]


def test_what_one_mark_price_sets_off_trades_in_turn_and_each_trade_is_seen_once() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", trigger=trigger("99", source=MARK))
    floor.alice.sell("1", trigger=trigger("98", source=MARK))
    floor.bob.buy("1", at="97")
    floor.bob.buy("1", at="90")
    floor.carol.sell("1", trigger=trigger(trail_by="8"))
    floor.carol.buy("1", at="85")
    assert floor.told(floor.reference(MARK, "98")) == [
        "mark price 98",
        "triggered 1",
        "trade: 1 takes 1 @ 97 from 3",
        "triggered 2",
        "trade: 2 takes 1 @ 90 from 4",
        "triggered 5",
        "prevented: 5 loses 0, 6 loses 1",
        "expired 6: self_trade, 0 left",
        "expired 5: no_liquidity, 1 left",
        "book: bids 97=0 90=0 85=0, asks -",
    ]


def test_a_mark_price_is_above_zero_and_the_last_price_is_not_set_by_hand() -> None:
    floor = Floor(last="100")
    assert floor.told(floor.reference(MARK, "0")) == ["refused: price_too_low"]
    assert floor.told(floor.reference(LAST, "100")) == ["refused: instrument_unknown"]


def test_nothing_wakes_while_trading_is_halted_and_what_was_met_wakes_when_it_continues() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="80", trigger=trigger("95", source=MARK))
    floor.execute(SetTradingStatus("BTC/USDT", TradingStatus.HALTED))
    assert floor.told(floor.reference(MARK, "94")) == ["mark price 94"]
    assert floor.told(floor.execute(SetTradingStatus("BTC/USDT", TradingStatus.CONTINUOUS))) == [
        "status continuous",
        "triggered 1 @ 80",
        "book: bids -, asks 80=1",
    ]


def test_closing_an_instrument_cancels_sleeping_orders() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="80", trigger=trigger("95"))
    assert floor.told(floor.execute(SetTradingStatus("BTC/USDT", TradingStatus.CLOSED))) == [
        "status closed",
        "canceled 1: instrument_closed, 0 done",
    ]


def test_a_post_only_order_that_would_take_when_it_is_triggered_expires() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="94", trigger=trigger("95"), post_only=True)
    floor.bob.buy("1", at="94.5")
    floor.carol.sell("0.1", at="95")
    batch = floor.bob.buy("0.1", at="95")
    assert floor.told(batch)[2:] == [
        "triggered 1 @ 94",
        "expired 1: release_refused, 1 left",
        "book: bids -, asks 95=0",
    ]


def test_a_book_update_leaves_out_a_level_whose_total_is_the_same_again() -> None:
    """Web socket streams, "Diff. Depth Stream": only what changed."""
    floor = Floor(last="100")
    floor.alice.sell("1", at="95", trigger=trigger("95"))
    floor.bob.sell("1", at="95")
    batch = floor.carol.buy("1", at="95", time_in_force=IOC)
    assert floor.told(batch) == ["accepted 3", "trade: 3 takes 1 @ 95 from 2", "triggered 1 @ 95"]
    assert floor.venue.markets["BTC/USDT"].book.update_id == 1
