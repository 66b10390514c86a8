from builders import price, quantity, resting
from simexchange.domain.enums import Side
from simexchange.domain.order import Order
from simexchange.matching.order_book import OrderBook
from simexchange.matching.price_level import COMPACT_AFTER, PriceLevel


def book_with(*orders: Order) -> OrderBook:
    book = OrderBook()
    for order in orders:
        book.side(order.terms.side).add(order)
    return book


def test_an_empty_book_has_no_best_price_and_no_depth() -> None:
    book = OrderBook()
    assert (book.best(Side.BUY), book.best(Side.SELL)) == ((0, 0), (0, 0))
    assert (book.depth(Side.BUY, 5), book.depth(Side.SELL, 5)) == ([], [])
    assert (book.bids.take_changes(), book.asks.take_changes()) == ((), ())
    assert not book.crosses(Side.BUY, price("1000000"))
    assert not book.crosses(Side.SELL, 0)


def test_depth_runs_from_the_best_price_outward_and_adds_up_each_level() -> None:
    book = book_with(
        resting(1, Side.BUY, "1", "99"),
        resting(2, Side.BUY, "2", "100"),
        resting(3, Side.BUY, "0.5", "100"),
        resting(4, Side.SELL, "1", "102"),
        resting(5, Side.SELL, "3", "101"),
    )
    assert book.depth(Side.BUY, 5) == [
        (price("100"), quantity("2.5")),
        (price("99"), quantity("1")),
    ]
    assert book.depth(Side.SELL, 1) == [(price("101"), quantity("3"))]
    assert book.best(Side.BUY) == (price("100"), quantity("2.5"))
    assert book.best(Side.SELL) == (price("101"), quantity("3"))


def test_an_order_crosses_from_the_opposite_best_price_on() -> None:
    book = book_with(resting(1, Side.BUY, "1", "99"), resting(2, Side.SELL, "1", "101"))
    assert [book.crosses(Side.BUY, price(at)) for at in ("100.99", "101", "102")] == [False, True, True]
    assert [book.crosses(Side.SELL, price(at)) for at in ("99.01", "99", "98")] == [False, True, True]


def test_changes_are_told_once_with_the_totals_as_they_are() -> None:
    first, second = resting(1, Side.BUY, "1", "99"), resting(2, Side.BUY, "2", "100")
    book = book_with(first, second)
    assert book.bids.take_changes() == ((price("99"), quantity("1")), (price("100"), quantity("2")))
    assert book.bids.take_changes() == ()
    book.bids.remove(second)
    book.bids.add(resting(3, Side.BUY, "4", "99"))
    assert book.bids.take_changes() == ((price("100"), 0), (price("99"), quantity("5")))


def test_the_best_level_moves_when_it_empties_and_when_a_better_one_comes() -> None:
    orders = [resting(n, Side.SELL, "1", at) for n, at in enumerate(("101", "100", "102"), 1)]
    book = book_with(*orders)
    seen = [book.best(Side.SELL)[0]]
    for order in (orders[1], orders[0], orders[2]):
        book.asks.remove(order)
        seen.append(book.best(Side.SELL)[0])
    assert seen == [price("100"), price("101"), price("102"), 0]
    assert book.depth(Side.SELL, 9) == []


def test_removing_an_order_takes_only_what_it_still_wants_off_the_total() -> None:
    first, second = resting(1, Side.SELL, "1", "100"), resting(2, Side.SELL, "2", "100")
    book = book_with(first, second)
    level = book.asks.level(price("100"))
    assert level is not None
    book.asks.reduce(level, first, quantity("0.4"))
    assert (first.leaves_quantity, level.quantity) == (quantity("0.6"), quantity("2.6"))
    book.asks.remove(first)
    assert (first.leaves_quantity, level.quantity) == (quantity("0.6"), quantity("2"))
    assert book.best(Side.SELL) == (price("100"), quantity("2"))


def test_a_level_keeps_its_queue_through_many_removals_from_anywhere() -> None:
    level = PriceLevel(price("100"))
    orders = [resting(number) for number in range(1, 10 * COMPACT_AFTER)]
    for order in orders:
        level.add(order)
    gone = [order for order in orders if order.terms.order_id % 7]
    for order in gone:
        level.quantity -= order.leaves_quantity
        level.remove(order)
    left = [order for order in orders if not order.terms.order_id % 7]
    assert list(level.orders.values()) == left
    assert level.front() is left[0]
    assert level.quantity == len(left) * quantity("1")
    late = resting(10_000)
    level.add(late)
    while (front := level.front()) is not late:
        assert front is not None
        level.remove(front)
    assert list(level.orders) == [10_000]
