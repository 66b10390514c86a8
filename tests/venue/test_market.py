from builders import Exchange, instrument, price, quantity, rules
from simexchange.venue.market import MINUTE_NS, Market

NOON = 1_700_000_040 * 10**9
"""The start of a minute."""


def market(last_price: str = "0") -> Market:
    made = Market(instrument(), rules(), 0, 0)
    made.last_price = price(last_price)
    return made


def test_without_trades_the_average_is_the_last_price() -> None:
    assert market().average_price(NOON) == 0
    assert market("100").average_price(NOON) == price("100")


def test_the_average_weighs_by_quantity_and_rounds_down() -> None:
    traded = market("500")
    traded.note_trade(NOON, price("100"), quantity("1"))
    traded.note_trade(NOON + 1, price("101"), quantity("2"))
    assert traded.average_price(NOON + 2) == price("100.66")
    assert traded.last_price == price("101")


def test_the_average_covers_the_current_minute_and_those_before_it() -> None:
    traded = market()
    for minute in range(8):
        traded.note_trade(NOON + minute * MINUTE_NS, price("100") + minute, quantity("1"))
    now = NOON + 7 * MINUTE_NS
    assert traded.average_price(now, 5) == price("100.05")
    assert traded.average_price(now, 1) == price("100.07")
    assert traded.average_price(now + MINUTE_NS - 1, 2) == price("100.06")
    assert traded.average_price(now + MINUTE_NS, 2) == price("100.07")
    assert traded.average_price(now + 2 * MINUTE_NS, 2) == price("100.07")


def test_old_trades_leave_the_average_to_the_last_price() -> None:
    traded = market()
    traded.note_trade(NOON, price("100"), quantity("3"))
    traded.note_trade(NOON, price("110"), quantity("1"))
    assert traded.average_price(NOON + 4 * MINUTE_NS) == price("102.5")
    assert traded.average_price(NOON + 5 * MINUTE_NS) == price("110")


def test_a_trade_counts_in_the_average_at_once() -> None:
    traded = market()
    traded.note_trade(NOON, price("100"), quantity("1"))
    assert traded.average_price(NOON) == price("100")
    traded.note_trade(NOON, price("102"), quantity("1"))
    assert traded.average_price(NOON) == price("101")


def test_zero_minutes_mean_the_last_price() -> None:
    traded = market()
    traded.note_trade(NOON, price("100"), quantity("9"))
    traded.note_trade(NOON, price("110"), quantity("1"))
    assert traded.average_price(NOON, 0) == price("110")


def test_a_trade_of_the_venue_is_noted() -> None:
    exchange = Exchange()
    exchange.trader("alice").sell("1", at="100")
    exchange.trader("bob").buy("1", at="105")
    made = exchange.venue.markets["BTC/USDT"]
    assert (made.last_price, made.average_price(exchange.now_ns)) == (price("100"), price("100"))
