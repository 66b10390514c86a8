from simexchange.domain.enums import OrderStatus, Side
from simexchange.domain.order import TRANSITIONS


def test_every_status_is_in_the_table_and_leads_only_to_statuses() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)
    reached = {status for actions in TRANSITIONS.values() for status in actions.values()}
    begins_as = {OrderStatus.NEW, OrderStatus.PENDING}
    assert reached | begins_as == set(OrderStatus)


def test_the_statuses_with_no_way_out_are_those_that_are_not_open() -> None:
    final = {status for status, actions in TRANSITIONS.items() if not actions}
    assert final == {status for status in OrderStatus if not status.is_open}
    assert final == {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED}


def test_sides_are_each_others_opposite() -> None:
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)


def test_words_are_found_by_their_value_and_work_as_keys() -> None:
    assert Side("buy") is Side.BUY
    assert {Side.BUY: 1, Side.SELL: 2}[Side("sell")] == 2
