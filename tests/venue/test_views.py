import pytest

from builders import CROSS, SYMBOL, Exchange, Trader, amount, listing, quantity, terms_of
from simexchange.domain.enums import Liquidity, OrderStatus, SelfTradePrevention
from simexchange.domain.events import Trade


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(listing(), listing(CROSS))


@pytest.fixture
def alice(exchange: Exchange) -> Trader:
    return exchange.trader("alice")


def test_an_order_is_found_by_either_id_and_by_both_when_they_agree(exchange: Exchange, alice: Trader) -> None:
    alice.buy("1", at="100", client_order_id="mine")
    alice.buy("1", at="99", client_order_id="other")
    order, views, account_id = alice.found(1), exchange.venue.views, alice.account_id
    assert views.order(account_id, SYMBOL, client_order_id="mine") is order
    assert views.order(account_id, SYMBOL, 1, "mine") is order
    assert views.order(account_id, SYMBOL, 1, "other") is None
    assert views.order(account_id, SYMBOL, 3) is None
    assert views.order(account_id, SYMBOL, client_order_id="nobody") is None
    assert views.order(account_id, SYMBOL) is None
    assert views.order(account_id, CROSS, 1) is None


def test_an_order_is_not_found_by_another_account(exchange: Exchange, alice: Trader) -> None:
    alice.buy("1", at="100", client_order_id="mine")
    bob = exchange.trader("bob")
    assert exchange.venue.views.order(bob.account_id, SYMBOL, 1) is None
    assert exchange.venue.views.order(bob.account_id, SYMBOL, client_order_id="mine") is None


def test_closed_orders_are_kept_and_open_ones_listed_by_instrument_of_first_use(
    exchange: Exchange, alice: Trader
) -> None:
    alice.buy("1", at="0.05", symbol=CROSS)
    alice.buy("1", at="100")
    alice.buy("1", at="101")
    alice.buy("1", at="0.04", symbol=CROSS)
    alice.cancel(1)
    views = exchange.venue.views
    opened = [(order.terms.symbol, order.terms.order_id) for order in views.open_orders(alice.account_id)]
    assert opened == [(CROSS, 1), (CROSS, 2), (SYMBOL, 2)]
    assert [order.terms.order_id for order in views.open_orders(alice.account_id, SYMBOL)] == [2]
    assert [order.status for order in views.orders(alice.account_id, SYMBOL)] == [
        OrderStatus.CANCELED,
        OrderStatus.NEW,
    ]


def test_both_sides_of_a_trade_keep_their_own_half(exchange: Exchange, alice: Trader) -> None:
    bob = exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = bob.buy("1", at="100")
    (match,) = [event for event in batch.events if isinstance(event, Trade)]
    views = exchange.venue.views
    (of_alice,), (of_bob,) = views.fills(alice.account_id, SYMBOL), views.fills(bob.account_id, SYMBOL)
    assert (of_alice.trade_id, of_alice.ts_ns, of_alice.counter_order_id) == (1, batch.ts_ns, 2)
    assert (of_alice.execution, of_alice.execution.liquidity) == (match.maker, Liquidity.MAKER)
    assert of_alice.execution.order == maker
    assert (of_bob.trade_id, of_bob.ts_ns, of_bob.counter_order_id) == (1, batch.ts_ns, 1)
    assert (of_bob.execution, of_bob.execution.liquidity) == (match.taker, Liquidity.TAKER)
    assert views.fills(alice.account_id, CROSS) == []


def test_an_account_that_trades_with_itself_keeps_both_halves(exchange: Exchange, alice: Trader) -> None:
    alice.sell("1", at="100")
    alice.buy("1", at="100", self_trade_prevention=SelfTradePrevention.NONE)
    fills = exchange.venue.views.fills(alice.account_id, SYMBOL)
    assert [fill.execution.liquidity for fill in fills] == [Liquidity.TAKER, Liquidity.MAKER]


def test_the_house_keeps_no_history(exchange: Exchange, alice: Trader) -> None:
    house = exchange.trader("maker", house=True)
    house.sell("1", at="100", client_order_id="quote")
    house.sell("1", at="101")
    house.sell("1", at="102")
    alice.buy("1", at="100")
    house.cancel(2)
    views = exchange.venue.views
    assert views.fills(house.account_id, SYMBOL) == []
    assert [order.terms.order_id for order in views.orders(house.account_id, SYMBOL)] == [3]
    assert views.order(house.account_id, SYMBOL, 1) is None
    assert views.order(house.account_id, SYMBOL, client_order_id="quote") is None
    assert len(views.fills(alice.account_id, SYMBOL)) == 1


def test_the_house_keeps_the_name_of_a_later_order(exchange: Exchange) -> None:
    house = exchange.trader("maker", house=True)
    house.sell("1", at="100", client_order_id="quote")
    house.cancel(client_order_id="quote")
    house.sell("1", at="101", client_order_id="quote")
    found = exchange.venue.views.order(house.account_id, SYMBOL, client_order_id="quote")
    assert found is house.found(2)


def test_what_orders_need_held_is_computed_from_the_orders(exchange: Exchange, alice: Trader) -> None:
    alice.buy("1", at="100")
    alice.buy("2", at="50.5")
    alice.sell("3", at="200")
    alice.buy("4", at="0.05", symbol=CROSS)
    assert exchange.venue.views.held_for_orders(alice.account_id) == {
        "USDT": amount("201"),
        "BTC": amount("3.2"),
    }
    exchange.trader("bob").buy("1", at="200")
    assert exchange.venue.views.held_for_orders(alice.account_id)["BTC"] == amount("2.2")


def test_an_order_shows_how_far_it_has_come(exchange: Exchange, alice: Trader) -> None:
    alice.sell("1", at="100")
    batch = exchange.trader("bob").buy("0.25", at="100")
    order = alice.found(1)
    assert (order.status, order.leaves_quantity, order.cum_quantity, order.cum_quote, order.updated_ns) == (
        OrderStatus.PARTIALLY_FILLED,
        quantity("0.75"),
        quantity("0.25"),
        amount("25"),
        batch.ts_ns,
    )
    assert order.held == amount("0.75")
