"""What a scenario says about a market is what the market does."""

import pytest

from calm_market import START_NS, SYMBOL
from simexchange.domain.enums import Side
from simexchange.scenario import build_world
from simexchange.scenario.parse import parse_scenario
from simexchange.services.clock import HOUR, MINUTE, ManualClock
from simexchange.world import Door

TEXT = """
version: 1
name: x
venues:
  binance:
    instruments:
      - {symbol: BTC/USDT, tick: "0.01", lot: "0.00001", min_notional: "5", market: {mid: "60000", %s}}
      - {symbol: ETH/USDT, tick: "0.01", lot: "0.0001", market: {mid: "3000", volatility: 0}}
      - {symbol: ETH/BTC, tick: "0.00001", lot: "0.0001", market: {mid: "0.05", drift: 5, trade_value: "0.01"}}
"""


def market(said: str) -> tuple[Door, ManualClock]:
    clock = ManualClock(START_NS)
    return build_world(parse_scenario(TEXT % said), clock).world.doors["binance"], clock


def best(door: Door, symbol: str, side: Side = Side.BUY) -> int:
    return door.venue.markets[symbol].book.best(side)[0]


def test_a_drift_moves_the_asset_against_cash_and_its_other_pairs_along() -> None:
    door, clock = market("drift: 0.2, volatility: 0")
    before = {symbol: best(door, symbol) for symbol in door.venue.markets}
    clock.advance(HOUR)
    after = {symbol: best(door, symbol) / before[symbol] for symbol in before}
    assert after["BTC/USDT"] == pytest.approx(1.2, rel=1e-3)
    assert after["ETH/USDT"] == pytest.approx(1.0, rel=1e-3)
    assert after["ETH/BTC"] == pytest.approx(1 / 1.2, rel=1e-3)


def test_a_thin_book_is_thin_and_a_wide_spread_wide() -> None:
    door, clock = market("levels: 3, sizes: '0.1', spread_ticks: 5000, trades_per_second: 0.01")
    usual, _ = market("levels: 3")
    for advance in (0, MINUTE):
        clock.advance(advance)
        assert best(door, SYMBOL, Side.SELL) - best(door, SYMBOL) >= 5_000 * 1_000_000
        assert len(door.venue.markets[SYMBOL].book.depth(Side.BUY, 100)) <= 7

    def resting(of: Door) -> int:
        return sum(quantity for _, quantity in of.venue.markets[SYMBOL].book.depth(Side.BUY, 100))

    assert resting(door) < resting(usual) / 5


def test_without_a_model_nobody_is_there() -> None:
    door, _ = market("model: none")
    assert best(door, SYMBOL) == 0
    assert best(door, "ETH/USDT") > 0
