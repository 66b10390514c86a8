from calm_market import START_NS, SYMBOL, CalmMarket, calm_with
from simexchange.domain.enums import Side
from simexchange.scenario import build_world
from simexchange.services.clock import HOUR, MINUTE, SECOND, ManualClock


class LateClock(ManualClock):
    """A clock nobody drives for a while, as when a machine sleeps."""

    def sleep(self, by_ns: int) -> None:
        self._now_ns += by_ns


def test_when_the_house_stops_nothing_happens_any_more_and_the_book_stays() -> None:
    market = CalmMarket(record=True)
    market.clock.advance(10 * SECOND)
    market.built.house.stop()
    seen = len(market.batches)
    depth = market.depth(Side.BUY)
    assert market.clock.advance(HOUR) == 0
    assert len(market.batches) == seen
    assert market.depth(Side.BUY) == depth


def test_it_starts_again_and_only_once() -> None:
    market = CalmMarket()
    market.built.house.stop()
    market.built.house.start()
    market.built.house.start()
    assert 60 < market.clock.advance(MINUTE) < 180


def test_a_clock_that_comes_late_causes_no_burst() -> None:
    clock = LateClock(START_NS)
    world = build_world(calm_with(SYMBOL), clock).world
    clock.sleep(HOUR)
    assert clock.run_due() == 2
    assert clock.run_due() == 0
    assert len(world.doors["binance"].venue.markets[SYMBOL].book.bids) >= 100
