"""The maker of the built-in market, as a bot meets it."""

import pytest
from msgspec.structs import replace

from calm_market import LOT, SYMBOL, TICK, CalmMarket
from simexchange.domain.commands import ChangeRules, SetTradingStatus
from simexchange.domain.enums import OrderStatus, Side, TimeInForce, TradingStatus
from simexchange.domain.events import BookUpdated, OrderRejected, TradePrevented
from simexchange.services.clock import HOUR, MILLISECOND, MINUTE, SECOND

SIDES = (Side.BUY, Side.SELL)


@pytest.fixture
def market() -> CalmMarket:
    return CalmMarket()


def test_there_is_a_deep_book_before_any_time_passes(market: CalmMarket) -> None:
    assert market.spread() == 2 * TICK
    for side in SIDES:
        sizes = [size for _, size in market.depth(side)]
        assert len(sizes) == 111
        assert sum(sizes[41:51]) > 1.5 * sum(sizes[1:11])
        assert min(sizes[60:]) > 2 * max(sizes[1:11])


def test_the_spread_stays_tight_and_the_book_deep_while_the_price_moves(market: CalmMarket) -> None:
    bids, wide = set(), 0
    for _ in range(600):
        market.clock.advance(SECOND)
        bids.add(market.best(Side.BUY))
        wide += market.spread() > 2 * TICK
        assert all(len(market.depth(side)) >= 100 for side in SIDES)
    assert len(bids) > 200
    assert wide < 150


@pytest.mark.parametrize("side", SIDES)
def test_spread_and_depth_recover_when_a_bot_eats_ten_levels(market: CalmMarket, side: Side) -> None:
    market.clock.advance(MINUTE)
    before = market.depth(side.opposite)
    eaten = before[:10]
    wanted = sum(size for _, size in eaten)
    _, filled = market.order(side, wanted, eaten[-1][0], TimeInForce.IOC)
    assert filled == wanted
    assert len(market.depth(side.opposite)) == len(before) - 10
    assert market.spread() > 1_000 * TICK
    market.clock.advance(1_001 * MILLISECOND)
    after = market.depth(side.opposite)
    assert len(after) >= len(before) - 3
    assert sum(size for _, size in after[:20]) > sum(size for _, size in before[:20]) // 2
    assert market.tightest_spread() == 2 * TICK


def test_a_resting_order_of_a_bot_is_filled_when_the_price_comes_by(market: CalmMarket) -> None:
    at = market.best(Side.BUY) - 2_000 * TICK
    order_id, filled = market.order(Side.BUY, 20 * LOT, at)
    assert not filled
    for _ in range(6 * 3_600):
        market.clock.advance(SECOND)
        order = market.door.venue.views.order(market.account("alice"), SYMBOL, order_id)
        assert order is not None
        if order.status is OrderStatus.FILLED:
            return
        assert market.best(Side.BUY) >= at
    pytest.fail("the price never came by: choose another seed")


def test_it_never_meets_itself_nor_is_rejected_nor_crosses_the_book() -> None:
    market = CalmMarket(record=True)
    market.clock.advance(HOUR // 3)
    assert market.events(TradePrevented) == []
    assert market.events(OrderRejected) == []
    updates = market.events(BookUpdated)
    assert len(updates) > 1_000
    assert all(0 < update.best_bid < update.best_ask for update in updates)


def test_it_waits_while_the_instrument_is_closed_and_comes_back(market: CalmMarket) -> None:
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.CLOSED))
    market.clock.advance(10 * SECOND)
    assert market.depth(Side.BUY) == market.depth(Side.SELL) == []
    market.door.submit(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    market.clock.advance(2 * SECOND)
    assert all(len(market.depth(side)) >= 100 for side in SIDES)


def test_it_follows_new_rules(market: CalmMarket) -> None:
    rules = market.door.venue.markets[SYMBOL].rules
    tick, lot = 100 * rules.tick_size, 10 * rules.lot_size
    coarse = replace(rules, tick_size=tick, min_price=tick, lot_size=lot, min_quantity=lot)
    market.door.submit(ChangeRules(SYMBOL, coarse))
    market.clock.advance(2 * SECOND)
    for side in SIDES:
        levels = market.depth(side)
        assert len(levels) >= 100
        assert all(price % tick == 0 for price, _ in levels)
    assert market.tightest_spread() == 2 * tick


def test_its_money_is_accounted_for_and_its_past_is_not_kept(market: CalmMarket) -> None:
    market.clock.advance(HOUR // 4)
    views = market.door.venue.views
    assert set(views.trial_balance().values()) == {0}
    maker = views.account_named("house-maker")
    assert maker is not None
    held = {asset: balance.held for asset, balance in maker.balances.items()}
    assert views.held_for_orders(maker.account_id) == held
    assert len(maker.by_client_order_id) == len(maker.orders[SYMBOL]) == len(maker.open_orders[SYMBOL])
    assert not maker.fills
