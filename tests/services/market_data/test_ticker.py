import pytest

from builders import price
from live_market import FIRST_TRADE_ID, MIDDAY_NS, LiveMarket, candle_of_tape
from simexchange.domain.enums import Side
from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND
from simexchange.services.market_data import live
from simexchange.services.market_data.ticker import WindowStats


@pytest.mark.parametrize("window_ns", [MINUTE, 17 * MINUTE, HOUR, 4 * HOUR, DAY, 2 * DAY])
@pytest.mark.parametrize("live_trades", [0, 700])
def test_a_window_holds_the_trades_of_its_time(window_ns: int, live_trades: int) -> None:
    market = LiveMarket()
    for number in range(live_trades):
        market.trade(at=str(60_000 + number % 17), side=Side.SELL if number % 3 else Side.BUY, after_ns=1_100_000_000)
    now_ns = market.clock.now_ns()
    stats = market.feed.ticker.rolling(window_ns, now_ns)
    open_ns = now_ns - window_ns - (now_ns - window_ns) % SECOND
    tape = market.feed.tape
    inside = tape.between(open_ns, None, 1_000_000)
    expected = candle_of_tape(open_ns, now_ns + 1, inside)
    assert stats == WindowStats(
        now_ns - window_ns,
        now_ns,
        expected.open,
        expected.high,
        expected.low,
        expected.close,
        inside[-1].quantity,
        tape.between(None, open_ns - 1, 1)[0].price,
        expected.quote // (expected.volume * 100),
        expected.volume,
        expected.quote,
        inside[0].trade_id,
        inside[-1].trade_id,
        expected.trades,
    )


def test_a_window_without_trades_shows_nothing_but_the_close_before_it() -> None:
    market = LiveMarket()
    market.clock.advance(HOUR)
    now_ns = market.clock.now_ns()
    assert market.feed.ticker.rolling(MINUTE, now_ns) == WindowStats(
        now_ns - MINUTE, now_ns, 0, 0, 0, 0, 0, price("60000"), 0, 0, 0, -1, -1, 0
    )


@pytest.mark.parametrize(("last_price", "first_trade_id"), [("0", FIRST_TRADE_ID), ("60000", 1)])
@pytest.mark.parametrize("window_ns", [MINUTE, DAY])
def test_a_window_on_an_instrument_that_never_traded_is_empty(
    window_ns: int, last_price: str, first_trade_id: int
) -> None:
    stats = LiveMarket(last_price=last_price, first_trade_id=first_trade_id).feed.ticker.rolling(window_ns, MIDDAY_NS)
    assert stats == WindowStats(MIDDAY_NS - window_ns, MIDDAY_NS, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0)


def test_a_window_holds_no_more_trades_than_there_are_ids() -> None:
    market = LiveMarket(first_trade_id=50)
    stats = market.feed.ticker.rolling(DAY, MIDDAY_NS)
    assert (stats.first_trade_id, stats.last_trade_id, stats.trades) == (1, 49, 49)
    assert stats.last_quantity == market.feed.tape.recent(1)[-1].quantity


def test_a_window_opens_on_a_whole_minute_where_seconds_were_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEPT", (60, *live.KEPT[1:]))
    market = LiveMarket()
    for _ in range(1_000):
        market.trade(after_ns=SECOND)
    now_ns = market.clock.now_ns()
    stats = market.feed.ticker.rolling(10 * MINUTE, now_ns)
    opened_ns = (now_ns - 10 * MINUTE) // MINUTE * MINUTE
    assert stats.trades == sum(1 for ts_ns, _ in market.trades if ts_ns >= opened_ns)
    assert stats.last_trade_id == FIRST_TRADE_ID + 999
    assert stats.first_trade_id == stats.last_trade_id - stats.trades + 1
