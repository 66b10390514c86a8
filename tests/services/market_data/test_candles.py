from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import price
from live_market import (
    MIDDAY_NS,
    MONDAY_NS,
    LiveMarket,
    candle_of_candles,
    candle_of_tape,
    candle_of_trades,
)
from simexchange.domain.enums import Side
from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND
from simexchange.services.market_data import live
from simexchange.services.market_data.candles import Candle, Interval
from simexchange.services.market_data.intervals import month_of

FINER = {
    Interval.MINUTE_1: Interval.SECOND_1,
    Interval.MINUTE_3: Interval.MINUTE_1,
    Interval.MINUTE_5: Interval.MINUTE_1,
    Interval.MINUTE_15: Interval.MINUTE_5,
    Interval.MINUTE_30: Interval.MINUTE_15,
    Interval.HOUR_1: Interval.MINUTE_5,
    Interval.HOUR_2: Interval.HOUR_1,
    Interval.HOUR_4: Interval.HOUR_2,
    Interval.HOUR_6: Interval.HOUR_2,
    Interval.HOUR_8: Interval.HOUR_4,
    Interval.HOUR_12: Interval.HOUR_6,
    Interval.DAY_1: Interval.HOUR_12,
    Interval.DAY_3: Interval.DAY_1,
    Interval.WEEK_1: Interval.DAY_1,
    Interval.MONTH_1: Interval.DAY_1,
}
QUOTE_FACTOR = 100
WITHOUT_MONTHS = [interval for interval in Interval if interval is not Interval.MONTH_1]


def flat(open_ns: int, close_ns: int, at: int) -> Candle:
    return Candle(open_ns, close_ns, at, at, at, at, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def market() -> LiveMarket:
    """A market that lived through three hours of trades at uneven distances."""
    market = LiveMarket()
    for number in range(4_000):
        market.trade(
            at=str(60_000 + number * 7 % 101 - number // 40),
            size=str(1 + number % 5),
            side=Side.BUY if number % 3 else Side.SELL,
            after_ns=(number * 911 % 5_400) * 1_000_000,
        )
    return market


@pytest.mark.parametrize("interval", WITHOUT_MONTHS)
@pytest.mark.parametrize("offset_ns", [0, 8 * HOUR])
def test_there_are_a_thousand_candles_of_every_interval(interval: Interval, offset_ns: int) -> None:
    candles = LiveMarket().feed.candles.query(interval, limit=1_000, offset_ns=offset_ns)
    assert len(candles) == 1_000
    assert candles[-1].open_ns == interval.start_of(MIDDAY_NS, offset_ns)
    for before, after in pairwise(candles):
        assert before.close_ns == after.open_ns
    for candle in candles:
        assert 0 < candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.open_ns == interval.start_of(candle.open_ns, offset_ns)
        assert candle.close_ns == interval.next(candle.open_ns, offset_ns)
        assert candle.taker_volume <= candle.volume
        assert candle.low * candle.volume <= candle.quote // QUOTE_FACTOR <= candle.high * candle.volume


def test_months_reach_back_to_1970() -> None:
    candles = LiveMarket().feed.candles.query(Interval.MONTH_1, limit=1_000)
    assert len(candles) == month_of(MIDDAY_NS) + 1
    assert candles[0].open_ns == 0


@pytest.mark.parametrize(("coarse", "fine"), FINER.items())
@pytest.mark.parametrize("offset_ns", [0, -5 * HOUR - 30 * MINUTE])
def test_fine_candles_add_up_to_coarse_ones(
    market: LiveMarket, coarse: Interval, fine: Interval, offset_ns: int
) -> None:
    """Right across the start, history and live trading alike."""
    candles = market.feed.candles
    now_ns = market.clock.now_ns()
    for candle in candles.query(coarse, limit=12, offset_ns=offset_ns):
        inside = candles.query(fine, candle.open_ns, min(candle.close_ns - 1, now_ns), 5_000, offset_ns)
        traded = [part for part in inside if part.trades]
        assert candle_of_candles(candle.open_ns, candle.close_ns, traded) == candle


def test_candles_of_the_live_market_hold_its_trades(market: LiveMarket) -> None:
    for interval in (Interval.MINUTE_1, Interval.MINUTE_5, Interval.MINUTE_30, Interval.HOUR_1):
        first_ns = interval.next(interval.start_of(MIDDAY_NS))
        candles = market.feed.candles.query(interval, first_ns, limit=1_000)
        assert len(candles) > 1
        for candle in candles:
            assert candle == candle_of_trades(candle.open_ns, candle.close_ns, market.trades)


@pytest.mark.parametrize("interval", [Interval.SECOND_1, Interval.MINUTE_1, Interval.MINUTE_15])
def test_candles_from_before_the_start_hold_the_trades_of_the_tape(interval: Interval) -> None:
    feed = LiveMarket().feed
    trades = feed.tape.between(MIDDAY_NS - 40 * MINUTE, None, 10_000)
    for candle in feed.candles.query(interval, MIDDAY_NS - 35 * MINUTE, MIDDAY_NS, 3_000):
        if candle.trades:
            assert candle == candle_of_tape(candle.open_ns, candle.close_ns, trades)
        else:
            assert not [trade for trade in trades if candle.open_ns <= trade.ts_ns < candle.close_ns]


def test_the_candle_in_progress_at_the_start_goes_on_live() -> None:
    market = LiveMarket()
    for interval in Interval:
        before = market.feed.candles.current(interval, MIDDAY_NS)
        assert before.close == price("60000")
    hour = market.feed.candles.current(Interval.HOUR_1, MIDDAY_NS)
    market.trade(at="70000", size="2", after_ns=10)
    after = market.feed.candles.current(Interval.HOUR_1, market.clock.now_ns())
    assert after == Candle(
        hour.open_ns,
        hour.close_ns,
        hour.open,
        price("70000"),
        hour.low,
        price("70000"),
        hour.volume + 20_000,
        hour.quote + 20_000 * price("70000") * QUOTE_FACTOR,
        hour.trades + 1,
        hour.taker_volume + 20_000,
        hour.taker_quote + 20_000 * price("70000") * QUOTE_FACTOR,
    )


def test_an_interval_without_trades_repeats_the_close_before_it() -> None:
    market = LiveMarket()
    market.trade(at="61000", after_ns=SECOND)
    market.clock.advance(3 * MINUTE)
    market.trade(at="62000")
    traded, *quiet, last = market.feed.candles.query(Interval.MINUTE_1, limit=4)
    assert traded.close == price("61000")
    assert last.open == last.close == price("62000")
    for candle in quiet:
        assert candle == flat(candle.open_ns, candle.open_ns + MINUTE, price("61000"))


def test_time_that_nobody_spoke_of_has_no_candles() -> None:
    market = LiveMarket()
    market.clock.advance(HOUR)
    candles = market.feed.candles
    assert candles.query(Interval.MINUTE_1, MIDDAY_NS, MIDDAY_NS + DAY) == []
    assert len(candles.query(Interval.MINUTE_1, MIDDAY_NS, None, 500, now_ns=MIDDAY_NS + HOUR)) == 60
    assert len(candles.query(Interval.MINUTE_1, MIDDAY_NS, MIDDAY_NS + DAY)) == 60


def test_a_start_and_an_end_are_both_included() -> None:
    candles = LiveMarket().feed.candles
    opens = [MONDAY_NS + number * HOUR for number in range(5)]
    assert [candle.open_ns for candle in candles.query(Interval.HOUR_1, opens[0], opens[-1])] == opens
    assert [candle.open_ns for candle in candles.query(Interval.HOUR_1, opens[0] - 1, opens[-1] + 1)] == opens
    assert [candle.open_ns for candle in candles.query(Interval.HOUR_1, opens[0], None, 5)] == opens
    assert [candle.open_ns for candle in candles.query(Interval.HOUR_1, None, opens[-1], 5)] == opens
    assert candles.query(Interval.HOUR_1, opens[1], opens[0]) == []


def test_an_instrument_without_a_price_has_no_candles_until_it_trades() -> None:
    market = LiveMarket(last_price="0")
    candles = market.feed.candles
    assert candles.query(Interval.MINUTE_1, limit=10) == []
    assert candles.current(Interval.MINUTE_1, MIDDAY_NS).open == 0
    market.trade(at="5", after_ns=2 * MINUTE)
    (candle,) = candles.query(Interval.MINUTE_1, limit=10)
    assert (candle.open, candle.trades) == (price("5"), 1)


def test_finished_candles_are_the_same_asked_for_twice(market: LiveMarket) -> None:
    for interval in Interval:
        first = market.feed.candles.query(interval, limit=400)
        assert market.feed.candles.query(interval, limit=400) == first
        assert market.feed.candles.query(interval, limit=300) == first[-300:]


def test_what_was_remembered_does_not_hide_what_happened_since() -> None:
    market = LiveMarket()
    market.trade(at="60000", after_ns=SECOND)
    opened = market.feed.candles.query(Interval.MINUTE_1, limit=1)[0]
    market.trade(at="61000", after_ns=SECOND)
    assert market.feed.candles.query(Interval.MINUTE_1, limit=1)[0].trades == opened.trades + 1


def test_dropped_seconds_leave_a_gap_and_minutes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEPT", (60, *live.KEPT[1:]))
    market = LiveMarket()
    for _ in range(600):
        market.trade(after_ns=SECOND)
    seconds = market.feed.candles.query(Interval.SECOND_1, limit=700)
    kept = [candle for candle in seconds if candle.open_ns >= MIDDAY_NS]
    assert 60 <= len(kept) <= 120
    assert seconds[-1].open_ns == Interval.SECOND_1.start_of(market.clock.now_ns())
    assert all(candle.trades == 1 for candle in kept)
    minutes = market.feed.candles.query(Interval.MINUTE_1, MIDDAY_NS, limit=20)
    assert sum(candle.trades for candle in minutes[:-1]) == 60 * (len(minutes) - 1)


@given(
    st.lists(
        st.tuples(st.integers(0, 200 * SECOND), st.integers(1, 99), st.integers(1, 9), st.sampled_from(Side)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from([Interval.SECOND_1, Interval.MINUTE_1, Interval.MINUTE_3, Interval.MINUTE_15, Interval.DAY_1]),
)
@settings(max_examples=40)
def test_any_trades_make_the_candles_they_should(trades: list[tuple[int, int, int, Side]], interval: Interval) -> None:
    market = LiveMarket(last_price="0")
    for after_ns, at, size, side in trades:
        market.trade(str(at), str(size), side, after_ns)
    expected = []
    open_ns = interval.start_of(market.trades[0][0])
    while open_ns <= market.clock.now_ns():
        close_ns = interval.next(open_ns)
        if any(open_ns <= ts_ns < close_ns for ts_ns, _ in market.trades):
            expected.append(candle_of_trades(open_ns, close_ns, market.trades))
        else:
            expected.append(flat(open_ns, close_ns, expected[-1].close))
        open_ns = close_ns
    assert market.feed.candles.query(interval, limit=20_000) == expected
