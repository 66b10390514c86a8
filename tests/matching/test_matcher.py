from builders import limit_order, market_order, order_terms, price, quantity, resting
from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import SelfTradePrevention, Side
from simexchange.domain.order import Order
from simexchange.matching.matcher import Fill, Prevention, Reach, match, quantity_for_quote, reach
from simexchange.matching.order_book import OrderBook

OWN, OTHER = 2, 3
MAKER = SelfTradePrevention.EXPIRE_MAKER
DECREMENT = SelfTradePrevention.DECREMENT


def asks() -> tuple[OrderBook, list[Order]]:
    """1 at 100 of another, 2 at 100 of its own, 3 at 101 of another."""
    orders = [
        resting(1, Side.SELL, "1", "100", account_id=OTHER),
        resting(2, Side.SELL, "2", "100", account_id=OWN),
        resting(3, Side.SELL, "3", "101", account_id=OTHER),
    ]
    book = OrderBook()
    for order in orders:
        book.asks.add(order)
    return book, orders


def incoming(command: PlaceOrder) -> Order:
    terms = order_terms(command, 10)
    return Order(terms, terms.quantity, 0, 0)


def test_match_stops_at_its_price_and_leaves_the_rest_with_the_taker() -> None:
    book, (first, own, _) = asks()
    taker = incoming(limit_order(Side.BUY, "4", "100", OWN, self_trade_prevention=MAKER))
    assert match(book, taker) == [
        Fill(first, price("100"), quantity("1"), 0, quantity("3")),
        Prevention(own, price("100"), True, False, quantity("2"), 0, 0, quantity("3")),
    ]
    assert taker.leaves_quantity == quantity("3")
    assert book.depth(Side.SELL, 9) == [(price("101"), quantity("3"))]


def test_a_market_order_knows_no_price() -> None:
    book, orders = asks()
    taker = incoming(market_order(Side.BUY, "9", 9))
    assert [step.quantity for step in match(book, taker) if isinstance(step, Fill)] == [
        quantity("1"),
        quantity("2"),
        quantity("3"),
    ]
    assert (taker.leaves_quantity, book.depth(Side.SELL, 9)) == (quantity("3"), [])
    assert [order.leaves_quantity for order in orders] == [0, 0, 0]


def test_nothing_is_matched_after_the_taker_expired() -> None:
    book, (first, own, _) = asks()
    mode = SelfTradePrevention.EXPIRE_TAKER
    taker = incoming(limit_order(Side.BUY, "9", "101", OWN, self_trade_prevention=mode))
    assert match(book, taker) == [
        Fill(first, price("100"), quantity("1"), 0, quantity("8")),
        Prevention(own, price("100"), False, True, 0, quantity("8"), quantity("2"), 0),
    ]
    book.asks.take_changes()
    assert book.depth(Side.SELL, 9) == [(price("100"), quantity("2")), (price("101"), quantity("3"))]


def test_an_order_that_reaches_nobody_takes_no_steps_and_touches_nothing() -> None:
    book, _ = asks()
    book.asks.take_changes()
    assert match(book, incoming(limit_order(Side.BUY, "1", "99.99"))) == []
    assert match(book, incoming(limit_order(Side.SELL, "1", "1"))) == []
    assert (book.asks.take_changes(), book.bids.take_changes()) == ((), ())


def test_reach_foretells_what_a_match_would_get_and_cost() -> None:
    expected = {
        SelfTradePrevention.NONE: Reach(quantity("4"), 4 * 10_000 * price("100") + 10_000 * price("1")),
        MAKER: Reach(quantity("4"), 10_000 * price("100") + 3 * 10_000 * price("101")),
        DECREMENT: Reach(quantity("2"), 10_000 * (price("100") + price("101")), quantity("2")),
        SelfTradePrevention.EXPIRE_TAKER: Reach(quantity("1"), 10_000 * price("100")),
        SelfTradePrevention.EXPIRE_BOTH: Reach(quantity("1"), 10_000 * price("100")),
    }
    for mode, foretold in expected.items():
        book, _ = asks()
        assert reach(book, Side.BUY, quantity("4"), 0, OWN, mode) == foretold
        taker = incoming(limit_order(Side.BUY, "4", "101", OWN, self_trade_prevention=mode))
        fills = [step for step in match(book, taker) if isinstance(step, Fill)]
        assert (sum(fill.quantity for fill in fills), sum(fill.quantity * fill.price for fill in fills)) == (
            foretold.quantity,
            foretold.cost,
        )


def test_reach_stops_at_its_price() -> None:
    book, _ = asks()
    assert reach(book, Side.BUY, quantity("9"), price("100"), OTHER, MAKER) == Reach(
        quantity("2"), 2 * 10_000 * price("100")
    )
    assert reach(book, Side.BUY, quantity("9"), price("99"), OTHER, MAKER) == Reach(0, 0)


def test_a_quote_amount_buys_whole_lots_and_stops_where_it_runs_out() -> None:
    book, _ = asks()
    budget = 10_000 * price("350")
    mode = SelfTradePrevention.NONE
    assert quantity_for_quote(book, Side.BUY, budget, 1, OWN, mode) == quantity("3.4950")
    assert quantity_for_quote(book, Side.BUY, budget, quantity("0.5"), OWN, mode) == quantity("3")
    assert quantity_for_quote(book, Side.BUY, budget, 0, OWN, MAKER) == quantity("3.4752")
    assert quantity_for_quote(book, Side.BUY, 10**12, 1, OWN, mode) == quantity("6")
    assert quantity_for_quote(book, Side.BUY, 0, 1, OWN, mode) == 0
    assert quantity_for_quote(book, Side.SELL, budget, 1, OWN, mode) == 0
