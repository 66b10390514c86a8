import json
from typing import Any

import pytest

from calm_market import START_NS, SYMBOL, TICK, CalmMarket, calm_with
from dialects.binance.rest_bench import PEER
from order_fault_bench import OrderFaultBench
from simexchange.dialects.base import Request
from simexchange.dialects.binance.dialect import BinanceDialect
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.domain.enums import Side
from simexchange.domain.events import Trade
from simexchange.scenario import build_world
from simexchange.services.clock import MINUTE, SECOND, ManualClock
from simexchange.services.faults.armed import Armed

SIDES = (Side.BUY, Side.SELL)


class FaultyMarket(CalmMarket):
    """The built-in market with its rules, and what clients of the venue see of it."""

    def __init__(self, record: bool = False) -> None:
        super().__init__(record=record)
        self.plan = self.built.world.faults
        self.dialect = BinanceDialect(self.door, self.built.world.randomness, BinanceSettings())
        self.dialect.start()

    def arm(self, kind: str, **rule: Any) -> Armed:
        return self.plan.add({"kind": kind} | rule)

    def get(self, path: str, query: str) -> Any:
        return json.loads(self.dialect.handle(Request("GET", path, query, {}, b"", PEER)).body)

    def last_price(self) -> float:
        return float(self.get("/api/v3/ticker/price", "symbol=BTCUSDT")["price"])

    def quotes(self) -> tuple[int, int]:
        """Best bid and ask in ticks as a client reads them."""
        row = self.get("/api/v3/ticker/bookTicker", "symbol=BTCUSDT")
        return tuple(round(float(row[name]) * 100) for name in ("bidPrice", "askPrice"))  # type: ignore[return-value]

    def size(self) -> int:
        return sum(quantity for side in SIDES for _, quantity in self.depth(side))


def test_the_price_crashes_and_recovers_on_every_face_of_the_venue() -> None:
    market = FaultyMarket()
    bid = market.quotes()[0]
    market.arm("flash-crash", drop="20%", over="5s", recover_after="10s", recover_over="20s")
    market.clock.advance(7 * SECOND)
    assert market.quotes()[0] / bid == pytest.approx(0.8, abs=0.01)
    market.clock.advance(5 * SECOND)
    assert market.last_price() / bid * 100 == pytest.approx(0.8, abs=0.01)
    market.clock.advance(30 * SECOND)
    assert market.quotes()[0] / bid == pytest.approx(1.0, abs=0.01)
    kline = market.get("/api/v3/klines", "symbol=BTCUSDT&interval=1h&limit=1")[0]
    assert float(kline[3]) / bid * 100 < 0.82
    (fired,) = market.plan.timeline
    assert (fired.kind, fired.venue, fired.symbol) == ("flash-crash", "binance", SYMBOL)


@pytest.mark.parametrize("seconds", [2, 10])
def test_a_crash_that_is_called_off_is_taken_back_at_once(seconds: int) -> None:
    market = FaultyMarket()
    bid = market.quotes()[0]
    rule = market.arm("flash-crash", drop="20%")
    market.clock.advance(seconds * SECOND)
    market.plan.remove(rule.id)
    market.clock.advance(6 * SECOND)
    assert market.quotes()[0] / bid == pytest.approx(1.0, abs=0.01)
    market.clock.advance(MINUTE)
    assert market.quotes()[0] / bid == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("when", "again"), [({}, False), ({"count": 1}, False), ({"count": 2}, True)])
def test_a_crash_that_is_over_comes_not_again_because_its_rule_is_changed(when: dict[str, int], again: bool) -> None:
    market = FaultyMarket()
    rule = market.arm("flash-crash", drop="20%", when=when)
    market.clock.advance(MINUTE)
    bid = market.quotes()[0]
    changed = market.plan.change(rule.id, {"drop": "30%"})
    market.clock.advance(6 * SECOND)
    assert market.quotes()[0] / bid == pytest.approx(0.7 if again else 1.0, abs=0.02)
    assert changed.counts.fired == (2 if again else 1)


def test_a_crash_that_is_under_way_goes_on_as_its_rule_says_now() -> None:
    market = FaultyMarket()
    bid = market.quotes()[0]
    rule = market.arm("flash-crash", drop="20%", when={"count": 1})
    market.clock.advance(2 * SECOND)
    changed = market.plan.change(rule.id, {"drop": "40%"})
    market.clock.advance(6 * SECOND)
    assert market.quotes()[0] / bid == pytest.approx(0.6, abs=0.02)
    assert changed.counts.fired == 1
    market.clock.advance(MINUTE)
    assert market.quotes()[0] / bid == pytest.approx(1.0, abs=0.02)


def test_somebody_sells_into_every_bid_down_to_there() -> None:
    market = FaultyMarket(record=True)
    bids = market.depth(Side.BUY)
    floor = bids[0][0] * 95 // 100
    market.arm("flash-crash", drop="5%", sweep=True)
    sold = [event for event in market.events(Trade) if event.side is Side.SELL]
    assert sum(event.quantity for event in sold) == sum(size for price, size in bids if price >= floor)
    assert market.depth(Side.BUY)[0][0] < floor
    assert market.door.venue.views.trial_balance() == {"BTC": 0, "USDT": 0}


def test_an_asset_falls_once_however_many_instruments_it_has() -> None:
    built = build_world(calm_with("ETH/USDT", "ETH/BTC"), ManualClock(START_NS))
    book = built.world.doors["binance"].venue.markets["ETH/USDT"].book
    before = book.best(Side.BUY)[0]
    built.world.faults.add({"kind": "flash-crash", "drop": "20%", "over": "0s"})
    built.house.market("binance", "ETH/USDT").maker.look()
    assert book.best(Side.BUY)[0] / before == pytest.approx(0.8, abs=0.001)
    assert len(built.world.faults.timeline) == 2


def test_the_spread_blows_out_by_points_or_ticks_and_comes_back() -> None:
    market = FaultyMarket()
    usual = market.quotes()
    rule = market.arm("spread-blowout", bps=100)
    bid, ask = market.quotes()
    assert (ask - bid) / bid == pytest.approx(0.01, abs=0.0002)
    market.plan.change(rule.id, {"spread_ticks": 50})
    bid, ask = market.quotes()
    assert ask - bid == 50
    market.plan.remove(rule.id)
    assert market.quotes() == usual


@pytest.mark.parametrize(("side", "stays"), [("bid", 1), ("ask", 0)])
def test_one_side_leaves_and_the_other_stays_where_it_is(side: str, stays: int) -> None:
    market = FaultyMarket()
    usual = market.quotes()
    rule = market.arm("spread-blowout", spread_ticks=501, side=side)
    now = market.quotes()
    assert (now[stays], now[1] - now[0]) == (usual[stays], 502)
    market.plan.remove(rule.id)
    assert market.quotes() == usual


def test_the_book_thins_out_and_fills_up_again() -> None:
    market = FaultyMarket()
    usual = market.size()
    rule = market.arm("thin-book", levels=3, sizes="10%")
    depth = market.get("/api/v3/depth", "symbol=BTCUSDT&limit=100")
    assert (len(depth["bids"]), len(depth["asks"])) == (7, 7)
    assert market.size() < usual / 100
    market.plan.remove(rule.id)
    assert usual / 2 < market.size() < usual * 2
    assert len(market.get("/api/v3/depth", "symbol=BTCUSDT&limit=100")["bids"]) == 100


def test_trades_come_in_a_burst_and_then_as_usual() -> None:
    market = FaultyMarket(record=True)

    def trades(seconds: int) -> int:
        market.batches.clear()
        market.clock.advance(seconds * SECOND)
        return len(market.events(Trade))

    usual = trades(60)
    rule = market.arm("volume-burst", factor=20)
    assert trades(60) > 10 * usual
    market.plan.remove(rule.id)
    trades(5)
    assert trades(60) < 3 * usual


@pytest.mark.parametrize("kind", ["flash-crash", "spread-blowout", "thin-book", "volume-burst"])
def test_a_world_without_a_house_refuses_the_rule(kind: str) -> None:
    bench = OrderFaultBench()
    with pytest.raises(ValueError, match=f"kind: {kind} needs a house that makes markets, and this world has none"):
        bench.arm(kind)
    assert not bench.plan.rules


def test_an_instrument_that_nobody_lists_is_refused_with_the_nearest() -> None:
    market = FaultyMarket()
    with pytest.raises(ValueError, match=r"match\.symbol: there is no instrument 'BTC/USD'; did you mean 'BTC/USDT'"):
        market.arm("thin-book", match={"symbol": "BTC/USD"})


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("flash-crash", {"drop": "100%"}, "drop is 100%: 99% at most passes"),
        ("flash-crash", {"drop": "-1%"}, "drop is -1%: above 0 and up to 1 passes"),
        ("flash-crash", {"over": "-1s"}, "over is -1s: 0s and more passes"),
        ("thin-book", {"sizes": "0"}, "sizes is 0: 0.001 to 1000 passes"),
        ("thin-book", {"levels": 501}, "from 0 to 500"),
        ("volume-burst", {"factor": 0}, "from 1 to 1000"),
        ("spread-blowout", {"side": "left"}, "side"),
    ],
)
def test_what_no_market_can_do_is_refused(kind: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FaultyMarket().arm(kind, **params)


def test_a_rule_that_came_and_went_leaves_the_market_as_it_would_have_been() -> None:
    seen = []
    for armed in (False, True):
        market = FaultyMarket()
        if armed:
            for kind in ("spread-blowout", "volume-burst"):
                market.plan.remove(market.arm(kind).id)
        seen.append((market.quotes(), market.best(Side.SELL) % TICK))
    assert seen[0] == seen[1]
