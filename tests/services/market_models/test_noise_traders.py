from collections import Counter
from itertools import pairwise

from calm_market import SYMBOL, CalmMarket
from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import Side, TradingStatus
from simexchange.domain.events import OrderRejected, Trade
from simexchange.services.clock import HOUR, MINUTE, SECOND


def test_there_is_a_trade_about_every_second() -> None:
    market = CalmMarket(record=True)
    market.clock.advance(HOUR)
    orders = [batch for batch in market.batches if any(isinstance(event, Trade) for event in batch.events)]
    assert 3_200 < len(orders) < 4_000
    pauses = [after.ts_ns - before.ts_ns for before, after in pairwise(orders)]
    assert max(pauses) < 20 * SECOND
    assert min(pauses) < SECOND // 20


def test_sizes_differ_and_some_walk_through_several_levels() -> None:
    market = CalmMarket(record=True)
    market.clock.advance(HOUR // 2)
    fills = Counter(sum(isinstance(event, Trade) for event in batch.events) for batch in market.batches)
    assert fills[1] > 5 * fills[2] > 0
    assert sum(count for number, count in fills.items() if number > 2) > 0
    sizes = sorted(event.quantity for event in market.events(Trade))
    assert sizes[-len(sizes) // 20] > 3 * sizes[len(sizes) // 2]


def test_both_sides_take() -> None:
    market = CalmMarket(record=True)
    market.clock.advance(HOUR // 2)
    sides = Counter(event.side for event in market.events(Trade))
    assert 0.4 < sides[Side.BUY] / sides.total() < 0.6


def test_nobody_trades_while_the_instrument_is_halted() -> None:
    market = CalmMarket(record=True)
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    market.clock.advance(MINUTE)
    assert market.events(Trade) == []
    assert market.events(OrderRejected) == []
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    market.clock.advance(MINUTE)
    assert len(market.events(Trade)) > 20


def test_noise_never_rests() -> None:
    market = CalmMarket()
    market.clock.advance(HOUR // 4)
    views = market.door.venue.views
    noise = views.account_named("house-noise")
    assert noise is not None
    assert views.open_orders(noise.account_id) == []
    assert not any(balance.held for balance in noise.balances.values())
