"""Orders that follow the price. Source: Binance "Trailing Stop FAQ", whose scenarios are played with their figures."""

import pytest

from builders import price, rate
from order_kinds import BUY, SELL, STOP, TAKE_PROFIT, Floor, trigger
from simexchange.domain.enums import Side, TriggerKind, TriggerSource
from simexchange.domain.events import OrderTriggered

MARK, INDEX = TriggerSource.MARK, TriggerSource.INDEX


def extreme(floor: Floor, order_id: int) -> int:
    """The best price that one of alice's orders has seen."""
    order = floor.alice.found(order_id)
    assert order.terms.trigger is not None
    return floor.venue.markets["BTC/USDT"].triggers[order.terms.trigger.source].extreme(order)


def follows_since(floor: Floor, order_id: int) -> int:
    return floor.alice.found(order_id).terms.trailing_ns


def test_scenario_a_a_stop_loss_limit_buy_with_a_stop_price() -> None:
    floor = Floor(last="40000")
    floor.alice.buy("1", at="45000", trigger=trigger("44000", STOP, trail="0.05"))
    assert floor.triggered_by("39000", "38000", "37000", "43999.99") == []
    assert follows_since(floor, 1) == -1
    batch = floor.move("44000")
    assert follows_since(floor, 1) == batch.ts_ns
    assert extreme(floor, 1) == price("44000")
    assert floor.triggered_by("45000", "46000", "42000") == []
    assert extreme(floor, 1) == price("42000")
    assert floor.triggered_by("43000", "44000", "44099.99", "44100") == [1]


def test_scenario_b_a_stop_loss_limit_sell_with_a_stop_price() -> None:
    floor = Floor(last="40000")
    floor.alice.sell("1", at="38000", trigger=trigger("39000", STOP, trail="0.1"))
    assert floor.triggered_by("41500", "40000", "39000.01") == []
    assert follows_since(floor, 1) == -1
    assert floor.triggered_by("39000", "37000") == []
    assert extreme(floor, 1) == price("39000")
    assert floor.triggered_by("39000", "41000") == []
    assert extreme(floor, 1) == price("41000")
    assert floor.triggered_by("38000", "36900.01", "36900") == [1]


def test_scenario_c_a_take_profit_limit_buy_with_a_stop_price() -> None:
    floor = Floor(last="40000")
    floor.alice.buy("1", at="38500", trigger=trigger("38000", TAKE_PROFIT, trail="0.085"))
    assert floor.triggered_by("42000", "38000.01") == []
    assert follows_since(floor, 1) == -1
    assert floor.triggered_by("38000", "37000", "39000", "38000") == []
    assert extreme(floor, 1) == price("37000")
    assert floor.triggered_by("40144.99", "40145") == [1]


def test_scenario_d_a_take_profit_limit_sell_with_a_stop_price() -> None:
    floor = Floor(last="40000")
    floor.alice.sell("1", at="41000", trigger=trigger("42000", TAKE_PROFIT, trail="0.075"))
    assert floor.triggered_by("41500", "39000", "41999.99") == []
    assert follows_since(floor, 1) == -1
    assert floor.triggered_by("42000", "45000", "44000", "46500") == []
    assert extreme(floor, 1) == price("46500")
    assert floor.triggered_by("44000", "43012.51", "43012.50") == [1]


def test_scenario_e_a_trailing_stop_without_a_stop_price() -> None:
    floor = Floor(last="40000")
    batch = floor.alice.sell("1", at="39000", trigger=trigger(trail="0.07"))
    assert follows_since(floor, 1) == batch.ts_ns
    assert extreme(floor, 1) == price("40000")
    assert floor.triggered_by("42000", "39500", "45500") == []
    assert extreme(floor, 1) == price("45500")
    assert floor.triggered_by("42315.01", "42315") == [1]


def test_the_whole_list_of_a_trailing_trigger_and_what_it_holds() -> None:
    floor = Floor(last="40000")
    floor.alice.buy("1", trigger=trigger(trail="0.05"))
    assert floor.alice.balance("USDT") == (60000 * 10**8, 40000 * 10**8)
    floor.move("38000")
    assert floor.alice.balance("USDT") == (60000 * 10**8, 40000 * 10**8)
    floor.bob.sell("1", at="39950")
    floor.carol.sell("1", at="39900")
    batch = floor.bob.buy("1", at="39900")
    assert floor.told(batch, money=True) == [
        "accepted 6",
        "trade: 6 takes 1 @ 39900 from 5",
        "triggered 1",
        "trade: 1 takes 1 @ 39950 from 4",
        "book: bids -, asks 39900=0 39950=0",
        "bob has 100050 + 0 USDT",
        "bob has 100 + 0 BTC",
        "carol has 139900 + 0 USDT",
        "carol has 99 + 0 BTC",
        "alice has 60050 + 0 USDT",
        "alice has 101 + 0 BTC",
    ]


@pytest.mark.parametrize(("side", "path"), [(SELL, ("110", "105.01", "105")), (BUY, ("90", "94.99", "95"))])
def test_an_absolute_retreat_counts_from_the_best_price(side: Side, path: tuple[str, ...]) -> None:
    floor = Floor(last="100")
    floor.alice.order(side, "1", at="100", trigger=trigger(trail_by="5"))
    assert floor.triggered_by(*path) == [1]


def test_a_retreat_that_is_no_whole_price_is_met_by_the_first_price_beyond_it() -> None:
    """1 BIP of 99.99 is 0.009999: a sell is met at 99.980001 or below, so at 99.98; a buy at 99.999999, so at 100."""
    floor = Floor(last="99.99")
    floor.alice.sell("1", at="80", trigger=trigger(trail="0.0001"))
    floor.alice.buy("1", at="80", trigger=trigger(trail="0.0001"))
    assert floor.triggered_by("99.98") == [1]
    floor = Floor(last="99.99")
    floor.alice.buy("1", at="80", trigger=trigger(trail="0.0001"))
    assert floor.triggered_by("100") == [1]
    floor = Floor(last="33.33")
    floor.alice.sell("1", at="80", trigger=trigger(trail="0.0004"))
    assert floor.triggered_by("33.32", "33.31") == [1]


def test_without_any_price_yet_a_trailing_order_follows_from_the_first_trade() -> None:
    """ "If the stopPrice parameter is omitted then the order starts tracking price changes from the next trade." """
    floor = Floor(last="0")
    floor.alice.sell("1", at="200", trigger=trigger(trail="0.05"))
    floor.alice.buy("1", at="1", trigger=trigger(trail="0.05"))
    floor.alice.sell("1", at="200", trigger=trigger("50", STOP, trail="0.05"))
    assert [follows_since(floor, order_id) for order_id in (1, 2, 3)] == [-1, -1, -1]
    batch = floor.move("100")
    assert [follows_since(floor, order_id) for order_id in (1, 2, 3)] == [batch.ts_ns, batch.ts_ns, -1]
    assert floor.triggered_by("95") == [1]
    assert floor.triggered_by("99.74", "99.75") == [2]


def test_a_stop_price_that_is_met_already_lets_the_order_follow_at_once() -> None:
    floor = Floor(last="100")
    batch = floor.alice.sell("1", at="200", trigger=trigger("105", STOP, trail="0.05"))
    assert floor.told(batch) == ["accepted 1"]
    assert follows_since(floor, 1) == batch.ts_ns
    assert floor.triggered_by("95") == [1]


def test_the_trade_that_activates_does_not_trigger() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="200", trigger=trigger("95", STOP, trail="0.01"))
    assert floor.triggered_by("50") == []
    assert floor.triggered_by("49.5") == [1]


def test_the_same_best_price_again_changes_nothing_and_a_latecomer_at_it_shares_it() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="200", trigger=trigger(trail="0.05"))
    floor.move("110", "106", "110")
    latecomer = floor.alice.sell("1", at="200", trigger=trigger(trail="0.05"))
    assert floor.told(latecomer) == ["accepted 8"]
    assert extreme(floor, 1) == extreme(floor, 8) == price("110")
    assert floor.triggered_by("104.51", "104.5") == [1, 8]


@pytest.mark.parametrize("side", [SELL, BUY])
def test_orders_overtaken_by_one_best_price_share_it_from_then_on(side: Side) -> None:
    floor = Floor(last="100")
    up = 1 if side is SELL else -1
    ids = []
    for step in range(3):
        floor.move(str(100 + up * step))
        batch = floor.alice.order(side, "1", at="100", trigger=trigger(trail="0.05"))
        ids.append(next(event.order.order_id for event in batch.events if hasattr(event, "order")))
    floor.move(str(100 + up * 10))
    assert {extreme(floor, order_id) for order_id in ids} == {price(str(100 + up * 10))}
    assert floor.triggered_by("104.5" if side is SELL else "94.5") == ids


def test_one_of_a_shared_group_is_canceled_and_the_others_go_on() -> None:
    floor = Floor(last="100")
    for _ in range(3):
        floor.alice.sell("1", at="200", trigger=trigger(trail="0.05"))
    floor.alice.cancel(2)
    floor.move("110")
    floor.alice.cancel(1)
    assert floor.triggered_by("104.51", "104.5") == [3]
    assert len(floor.venue.markets["BTC/USDT"].triggers[TriggerSource.LAST]) == 0


def test_of_different_retreats_the_nearest_fires_first() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="200", trigger=trigger(trail="0.08"))
    floor.alice.sell("1", at="200", trigger=trigger(trail_by="7"))
    floor.alice.sell("1", at="200", trigger=trigger(trail="0.06"))
    floor.alice.sell("1", at="200", trigger=trigger("93"))
    assert floor.triggered_by("94.01", "90") == [3, 2, 4, 1]


def test_relative_and_absolute_retreats_change_places_as_the_price_moves() -> None:
    floor = Floor(last="100")
    floor.alice.sell("1", at="200", trigger=trigger(trail="0.05"))
    floor.alice.sell("1", at="200", trigger=trigger(trail_by="6"))
    floor.move("150")
    assert floor.triggered_by("144.01", "144") == [2]
    assert floor.triggered_by("142.51", "142.5") == [1]


@pytest.mark.parametrize("source", [MARK, INDEX])
def test_a_trailing_order_follows_the_price_it_names(source: TriggerSource) -> None:
    floor = Floor(last="100")
    floor.reference(source, "100")
    floor.alice.sell("1", at="200", trigger=trigger(source=source, trail="0.05"))
    assert floor.triggered_by("120", "50", "100") == []
    floor.reference(source, "110")
    assert floor.told(floor.reference(source, "104.51")) == [f"{source.value} price 104.51"]
    assert floor.told(floor.reference(source, "104.5")) == [
        f"{source.value} price 104.5",
        "triggered 1 @ 200",
        "book: bids -, asks 200=1",
    ]


@pytest.mark.parametrize(
    ("side", "kind", "low", "high"),
    [
        (BUY, STOP, "0.001", "0.2"),
        (SELL, TAKE_PROFIT, "0.001", "0.2"),
        (SELL, STOP, "0.002", "0.1"),
        (BUY, TAKE_PROFIT, "0.002", "0.1"),
    ],
)
def test_the_retreat_keeps_the_filter_of_its_direction(side: Side, kind: TriggerKind, low: str, high: str) -> None:
    """filters.md, TRAILING_DELTA: above for stop buys and take-profit sells, below for the others; ends included."""
    above, below = (rate("0.001"), rate("0.2")), (rate("0.002"), rate("0.1"))
    for text, fits in (
        (low, True),
        (high, True),
        (str(float(low) - 0.0001), False),
        (f"{float(high) + 0.0001:.4f}", False),
    ):
        floor = Floor(last="100", trail_above=above, trail_below=below)
        batch = floor.alice.order(side, "1", at="100", trigger=trigger(kind=kind, trail=text))
        assert floor.told(batch) == ["accepted 1" if fits else "rejected: trail_out_of_range"]


def test_an_instrument_without_trailing_orders_says_so() -> None:
    """errors.md: "Trailing stop orders are not supported for this symbol." """
    floor = Floor(last="100", trail_above=None, trail_below=None)
    for wanted in (trigger(trail="0.05"), trigger(trail_by="5")):
        assert floor.told(floor.alice.sell("1", at="90", trigger=wanted)) == ["rejected: trailing_unsupported"]
    floor = Floor(last="100", trail_below=None)
    assert floor.told(floor.alice.sell("1", trigger=trigger(trail="0.05"))) == ["rejected: trail_out_of_range"]


def test_a_triggered_order_carries_since_when_it_followed() -> None:
    floor = Floor(last="100")
    placed = floor.alice.sell("1", at="200", trigger=trigger(trail="0.05"))
    batch = floor.move("95")
    event = next(event for event in batch.events if isinstance(event, OrderTriggered))
    assert (event.order.trailing_ns, event.order.working_ns) == (placed.ts_ns, batch.ts_ns)
