import pytest

from builders import listing
from simexchange.app import Options
from simexchange.services.clock import ManualClock
from simexchange.venues import PORTS, VENUES, LimitsError, check_limits, read_limits
from small_world import small_world


def test_every_venue_has_a_port_of_its_own() -> None:
    offsets = [kind.port_offset for kind in VENUES.values()]
    assert len(offsets) == len(set(offsets))
    assert all(0 < offset < PORTS for offset in offsets)


def test_limits_are_read() -> None:
    assert read_limits("venue") == read_limits("off") == {}
    assert read_limits("request_weight=100, orders_10s=0") == {"request_weight": 100, "orders_10s": 0}


@pytest.mark.parametrize("text", ["", "none", "a=", "=1", "a=-1", "a=1.5", "a=1,,b=2", "a=" + "9" * 20, "a=²"])
def test_what_names_no_limits_is_refused(text: str) -> None:
    with pytest.raises(LimitsError):
        read_limits(text)


def test_a_limit_a_venue_has_not_is_refused_with_those_it_has() -> None:
    with pytest.raises(LimitsError, match="binance has no limit 'orders'; it has request_weight, "):
        check_limits("orders=1", ["binance"])
    check_limits("off", VENUES)
    check_limits("orders_1d=5,connections=2", ["binance"])


def test_a_dialect_opens_with_every_kind_of_limits() -> None:
    for limits in ("venue", "off", "orders_1d=5,connections=2"):
        world = small_world(Options(), ManualClock(0))
        dialect = VENUES["binance"].open(world.doors["binance"], world.randomness, limits)
        assert dialect.name == "binance"


def test_symbols_are_spelled_as_the_venue_does() -> None:
    assert VENUES["binance"].spell(listing().instrument.symbol) == "BTCUSDT"
