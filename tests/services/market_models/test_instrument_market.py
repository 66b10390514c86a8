"""Moving and reshaping a market that runs, as scenarios, faults and the control API do."""

import pytest

from calm_market import LOT, START_NS, SYMBOL, TICK, CalmMarket
from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import Side, TradingStatus
from simexchange.domain.events import BookUpdated, OrderRejected, Trade, TradePrevented
from simexchange.domain.units import RATE_ONE
from simexchange.scenario import build_world
from simexchange.services.clock import MINUTE, SECOND, ManualClock
from simexchange.services.market_models.house import NoMarket
from simexchange.services.market_models.instrument_market import InstrumentMarket, ShapeError

SIDES = (Side.BUY, Side.SELL)
PERCENT = RATE_ONE // 100


def controls(market: CalmMarket) -> InstrumentMarket:
    return market.built.house.market("binance", SYMBOL)


def size(market: CalmMarket) -> int:
    return sum(quantity for side in SIDES for _, quantity in market.depth(side))


def test_a_crash_takes_the_book_with_it_and_fills_who_stood_in_its_way() -> None:
    market = CalmMarket(record=True)
    before = market.best(Side.BUY)
    order_id, _ = market.order(Side.BUY, 20 * LOT, round(before * 0.95) // TICK * TICK)
    controls(market).move(-12 * PERCENT, 90 * SECOND)
    market.clock.advance(45 * SECOND)
    assert 0.92 < market.best(Side.BUY) / before < 0.96
    market.clock.advance(46 * SECOND)
    assert 0.87 < market.best(Side.BUY) / before < 0.89
    assert all(len(market.depth(side)) >= 100 for side in SIDES)
    assert any(order_id in (event.maker.order.order_id, event.taker.order.order_id) for event in market.events(Trade))
    assert market.events(OrderRejected) == []
    assert market.events(TradePrevented) == []


def test_a_jump_is_on_the_book_at_once_and_can_be_taken_back() -> None:
    market = CalmMarket()
    before = market.best(Side.BUY)
    back = controls(market).move(10 * PERCENT)
    assert market.best(Side.BUY) / before == pytest.approx(1.1, rel=1e-4)
    controls(market).move(back)
    assert market.best(Side.BUY) / before == pytest.approx(1.0, rel=1e-4)


def test_other_instruments_of_the_asset_move_along_and_no_others() -> None:
    built = build_world("calm", ManualClock(START_NS))
    books = {symbol: market.book for symbol, market in built.world.doors["binance"].venue.markets.items()}
    before = {symbol: book.best(Side.BUY)[0] for symbol, book in books.items()}
    built.house.market("binance", "ETH/USDT").move(20 * PERCENT)
    for symbol in books:
        built.house.market("binance", symbol).maker.look()
    moves = {symbol: round(book.best(Side.BUY)[0] / before[symbol], 2) for symbol, book in books.items()}
    assert moves == {"BTC/USDT": 1.0, "ETH/USDT": 1.2, "SOL/USDT": 1.0, "ETH/BTC": 1.2, "BNB/USDT": 1.0}


def test_a_spread_blows_out_and_comes_back() -> None:
    market = CalmMarket()
    wide = controls(market).reshape(spread_ticks=5_000)
    assert market.spread() == 5_000 * TICK
    market.clock.advance(5 * SECOND)
    assert market.spread() >= 5_000 * TICK
    controls(market).undo(wide)
    assert market.spread() == 2 * TICK


def test_a_book_thins_out_and_fills_up_again() -> None:
    market = CalmMarket()
    usual = size(market)
    thin = controls(market).reshape(levels=5, sizes=RATE_ONE // 10)
    assert [len(market.depth(side)) for side in SIDES] == [12, 12]
    assert size(market) < usual // 100
    market.clock.advance(10 * SECOND)
    assert all(len(market.depth(side)) <= 12 for side in SIDES)
    controls(market).undo(thin)
    assert [len(market.depth(side)) for side in SIDES] == [111, 111]
    assert size(market) > usual // 2


def test_a_book_may_consist_of_its_two_quotes_alone() -> None:
    market = CalmMarket()
    controls(market).reshape(levels=0)
    market.clock.advance(MINUTE)
    assert [len(market.depth(side)) for side in SIDES] == [1, 1]


def test_there_is_never_an_empty_side_while_sizes_change() -> None:
    market = CalmMarket(record=True)
    controls(market).reshape(sizes=3 * RATE_ONE)
    updates = market.events(BookUpdated)
    assert len(updates) > 400
    assert all(0 < update.best_bid < update.best_ask for update in updates)
    assert market.spread() == 2 * TICK


def test_reshapings_lie_over_each_other_and_go_in_any_order() -> None:
    market = CalmMarket()
    usual = controls(market).shape
    first = controls(market).reshape(spread_ticks=100, levels=10)
    second = controls(market).reshape(spread_ticks=300)
    assert (controls(market).shape.spread_ticks, controls(market).shape.levels) == (300, 10)
    controls(market).undo(first)
    assert (controls(market).shape.spread_ticks, controls(market).shape.levels) == (300, 50)
    controls(market).undo(second)
    controls(market).undo(second)
    assert controls(market).shape == usual


def test_a_burst_of_trades_is_a_burst() -> None:
    market = CalmMarket(record=True)
    burst = controls(market).reshape(trades=20 * RATE_ONE)
    market.clock.advance(MINUTE)
    during = len(market.events(Trade))
    controls(market).undo(burst)
    market.clock.advance(10 * SECOND)
    market.batches.clear()
    market.clock.advance(MINUTE)
    assert during > 800
    assert len(market.events(Trade)) < 150


def test_a_new_shape_waits_for_the_end_of_a_halt() -> None:
    market = CalmMarket()
    usual = size(market)
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    controls(market).reshape(levels=5, sizes=RATE_ONE // 10)
    assert size(market) == usual
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    market.clock.advance(2 * SECOND)
    assert size(market) < usual // 100


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"spread_ticks": 0}, "spread_ticks is 0; from 1 to 1000000"),
        ({"levels": 501}, "levels is 501; from 0 to 500"),
        ({"sizes": 0}, "sizes is 0; from 100000 to"),
        ({"trades": -1}, "trades is -1; from 100000 to"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(change: dict[str, int], why: str) -> None:
    with pytest.raises(ShapeError, match=why):
        controls(CalmMarket()).reshape(**change)


def test_an_instrument_without_a_market_is_named() -> None:
    with pytest.raises(NoMarket, match="nobody makes a market in DOGE/USDT on binance; made are BTC/USDT on binance"):
        CalmMarket().built.house.market("binance", "DOGE/USDT")


def test_a_spread_leans_to_one_side_and_back() -> None:
    market = CalmMarket()
    bid, ask = market.best(Side.BUY), market.best(Side.SELL)
    leaning = controls(market).reshape(spread_ticks=102, lean=50)
    assert (market.best(Side.BUY), market.best(Side.SELL)) == (bid, ask + 100 * TICK)
    controls(market).undo(leaning)
    assert (market.best(Side.BUY), market.best(Side.SELL)) == (bid, ask)


@pytest.mark.parametrize("side", SIDES)
def test_a_sweep_takes_all_that_rests_up_to_its_price_and_nothing_while_nothing_trades(side: Side) -> None:
    market = CalmMarket(record=True)
    met = market.depth(side.opposite)
    reach = met[10][0]
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    controls(market).sweep(side, reach)
    assert market.depth(side.opposite) == met
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    controls(market).sweep(side, reach)
    assert market.depth(side.opposite) == met[11:]
    assert sum(trade.quantity for trade in market.events(Trade)) == sum(quantity for _, quantity in met[:11])
