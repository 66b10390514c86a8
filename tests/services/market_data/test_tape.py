from itertools import pairwise

import pytest

from builders import price, quantity
from live_market import FIRST_TRADE_ID, MAKER, MIDDAY_NS, TAKER, LiveMarket
from simexchange.domain.enums import Side
from simexchange.services.clock import DAY, MINUTE, SECOND
from simexchange.services.market_data import tape
from simexchange.services.market_data.tape import AggregateTrade, TapeTrade


@pytest.fixture
def market() -> LiveMarket:
    market = LiveMarket()
    for number in range(5):
        market.trade(at=str(60_000 + number), after_ns=SECOND)
    return market


def test_a_live_trade_is_on_the_tape_with_its_orders(market: LiveMarket) -> None:
    ts_ns, event = market.trades[-1]
    assert market.feed.tape.recent(1) == [
        TapeTrade(
            FIRST_TRADE_ID + 4,
            ts_ns,
            price("60004"),
            quantity("1"),
            event.quote,
            Side.BUY,
            event.maker.order.order_id,
            event.taker.order.order_id,
        )
    ]


def test_the_last_thousand_trades_join_history_and_live_trading(market: LiveMarket) -> None:
    trades = market.feed.tape.recent(1_000)
    assert len(trades) == 1_000
    last_id = FIRST_TRADE_ID + 4
    assert [trade.trade_id for trade in trades] == list(range(last_id - 999, last_id + 1))
    assert all(before.ts_ns <= after.ts_ns for before, after in pairwise(trades))
    generated = [trade for trade in trades if trade.trade_id < FIRST_TRADE_ID]
    assert all(trade.ts_ns < MIDDAY_NS for trade in generated)
    assert generated[-1].price == price("60000")
    assert all(trade.quote == trade.price * trade.quantity * 100 for trade in generated)


def test_trades_are_found_by_id_anywhere(market: LiveMarket) -> None:
    found = market.feed.tape
    assert [trade.trade_id for trade in found.since_id(FIRST_TRADE_ID + 3, 9)] == [
        FIRST_TRADE_ID + 3,
        FIRST_TRADE_ID + 4,
    ]
    across = found.since_id(FIRST_TRADE_ID - 2, 4)
    assert [trade.trade_id - FIRST_TRADE_ID for trade in across] == [-2, -1, 0, 1]
    long_ago = found.since_id(FIRST_TRADE_ID - 50_000_000, 500)
    assert [trade.trade_id for trade in long_ago] == list(
        range(FIRST_TRADE_ID - 50_000_000, FIRST_TRADE_ID - 49_999_500)
    )
    assert found.since_id(FIRST_TRADE_ID + 5, 10) == []
    assert found.since_id(1, 1)[0].ts_ns < DAY


def test_trades_are_found_by_time_anywhere(market: LiveMarket) -> None:
    found = market.feed.tape
    from_ns = MIDDAY_NS - 400 * DAY
    year_ago = found.between(from_ns, from_ns + MINUTE, 1_000)
    assert year_ago
    assert all(from_ns <= trade.ts_ns <= from_ns + MINUTE for trade in year_ago)
    assert found.since_id(year_ago[0].trade_id, len(year_ago)) == year_ago
    assert found.between(None, year_ago[-1].ts_ns, len(year_ago)) == year_ago
    assert found.between(from_ns, None, 3) == year_ago[:3]
    across = found.between(MIDDAY_NS - 20 * SECOND, MIDDAY_NS + 2 * SECOND, 1_000)
    assert [trade.trade_id for trade in across][-2:] == [FIRST_TRADE_ID, FIRST_TRADE_ID + 1]
    assert across[0].trade_id < FIRST_TRADE_ID
    assert found.between(MIDDAY_NS + DAY, None, 10) == []


def test_fills_of_one_order_at_one_price_are_one_aggregate() -> None:
    market = LiveMarket()
    for size, at in (("1", "60000"), ("2", "60000"), ("3", "60001")):
        market.order(MAKER, Side.SELL, size, at)
    market.order(TAKER, Side.BUY, "5", "60001")
    market.trade(at="60001")
    first = FIRST_TRADE_ID
    assert market.feed.tape.aggregates(3) == [
        AggregateTrade(first, price("60000"), quantity("3"), first, first + 1, MIDDAY_NS, Side.BUY),
        AggregateTrade(first + 1, price("60001"), quantity("2"), first + 2, first + 2, MIDDAY_NS, Side.BUY),
        # the third fill's remainder is older than the maker's new order, so it goes first, to another taker order
        AggregateTrade(first + 2, price("60001"), quantity("1"), first + 3, first + 3, MIDDAY_NS, Side.BUY),
    ]


def test_aggregates_join_history_and_are_found_by_id_and_time(market: LiveMarket) -> None:
    found = market.feed.tape
    aggregates = found.aggregates(100)
    last_id = FIRST_TRADE_ID + 4
    assert [aggregate.aggregate_id for aggregate in aggregates] == list(range(last_id - 99, last_id + 1))
    assert found.recent_aggregates(100) == aggregates
    assert found.aggregates(50, from_id=aggregates[20].aggregate_id) == aggregates[20:70]
    assert found.aggregates(50, start_ns=aggregates[20].ts_ns) == aggregates[20:70]
    assert found.aggregates(50, start_ns=aggregates[20].ts_ns, end_ns=aggregates[30].ts_ns) == aggregates[20:31]
    assert found.aggregates(50, end_ns=aggregates[60].ts_ns) == aggregates[11:61]
    assert found.aggregates(50, from_id=last_id) == aggregates[-1:]
    assert found.aggregates(50, start_ns=aggregates[-1].ts_ns) == aggregates[-1:]


def test_the_ring_drops_the_oldest_and_keeps_its_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "KEPT_TRADES", 10)
    market = LiveMarket()
    for _ in range(95):
        market.trade(after_ns=SECOND)
    found = market.feed.tape
    last_id = FIRST_TRADE_ID + 94
    assert [trade.trade_id for trade in found.recent(12)] == list(range(last_id - 11, last_id + 1))
    assert 10 <= len(found.recent(1_000)) < 20
    assert found.since_id(last_id - 3, 2)[0].trade_id == last_id - 3
    assert len(found.aggregates(1_000)) == len(found.recent(1_000))
    assert found.between(MIDDAY_NS + 90 * SECOND, MIDDAY_NS + 92 * SECOND, 10) == found.recent(6)[:3]


def test_without_a_price_to_start_from_the_tape_is_empty() -> None:
    market = LiveMarket(last_price="0")
    assert market.feed.tape.recent(10) == []
    assert market.feed.tape.last_trade_id == FIRST_TRADE_ID - 1
    market.trade()
    assert [trade.trade_id for trade in market.feed.tape.recent(10)] == [FIRST_TRADE_ID]
