"""The trigger book alone: against a list that is walked for every price, and how much work a quiet price is."""

import random

import pytest

from builders import limit_order, order_terms, price, rate
from simexchange.domain.enums import BUY, SELL, Side, TriggerKind
from simexchange.domain.order import Order
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import RATE_ONE
from simexchange.matching.triggers import TriggerBook

STOP, TAKE_PROFIT = TriggerKind


def sleeper(order_id: int, side: Side, trigger: Trigger) -> Order:
    terms = order_terms(limit_order(side), order_id, trigger=trigger)
    return Order(terms, terms.quantity, 0, 0)


def ids(orders: list[Order]) -> list[int]:
    return [order.terms.order_id for order in orders]


class Walk:
    """The same answers from a list of everybody, looked at one by one."""

    def __init__(self) -> None:
        self.asleep: dict[int, Order] = {}
        self.best: dict[int, int] = {}

    def add(self, order: Order, market: int) -> None:
        trigger = order.terms.trigger
        assert trigger is not None
        self.asleep[order.terms.order_id] = order
        if trigger.is_trailing and market and (not trigger.price or trigger.is_met(order.terms.side, market)):
            self.best[order.terms.order_id] = market

    def take(self, market: int) -> tuple[list[int], list[int]]:
        up, down, following = [], [], []
        for order_id, order in self.asleep.items():
            side, trigger = order.terms.side, order.terms.trigger
            assert trigger is not None
            if trigger.is_trailing and order_id in self.best:
                better = min if side is BUY else max
                best = self.best[order_id] = better(self.best[order_id], market)
                sign = 1 if side is BUY else -1
                by = trigger.trail_amount * RATE_ONE or best * trigger.trail_rate
                if sign * (market - best) * RATE_ONE >= by:
                    exact = best * RATE_ONE + sign * by
                    up.append((-(-exact // RATE_ONE), order_id)) if side is BUY else down.append(
                        (-(exact // RATE_ONE), order_id)
                    )
            elif trigger.is_trailing:
                if not trigger.price or trigger.is_met(side, market):
                    self.best[order_id] = market
                    following.append(order_id)
            elif trigger.is_met(side, market):
                if trigger.rises(side):
                    up.append((trigger.price, order_id))
                else:
                    down.append((-trigger.price, order_id))
        fired = [order_id for _, order_id in sorted(up) + sorted(down)]
        for order_id in fired:
            self.drop(order_id)
        return fired, sorted(following)

    def drop(self, order_id: int) -> None:
        del self.asleep[order_id]
        self.best.pop(order_id, None)


def random_trigger(chance: random.Random, side: Side, market: int) -> Trigger:
    kind = chance.choice((STOP, TAKE_PROFIT))
    rising = (kind is STOP) is (side is BUY)
    at = max(1, market + (1 if rising else -1) * chance.randint(1, 60))
    draw = chance.random()
    if draw < 0.4:
        return Trigger(kind, at)
    activation = at if chance.random() < 0.3 else 0
    if draw < 0.7:
        return Trigger(kind, activation, trail_rate=rate("0.001") * chance.randint(1, 9))
    return Trigger(kind, activation, trail_amount=chance.randint(1, 50))


@pytest.mark.parametrize("seed", range(20))
def test_the_book_equals_a_walk_over_everybody(seed: int) -> None:
    chance, book, walk = random.Random(seed), TriggerBook(), Walk()
    market = 0 if seed % 4 == 0 else 10_000
    fired_at_all = 0
    for order_id in range(1, 1500):
        draw = chance.random()
        if draw < 0.45 or not walk.asleep:
            side = chance.choice((BUY, SELL))
            order = sleeper(order_id, side, random_trigger(chance, side, market or 10_000))
            assert book.add(order, market) is (
                order.terms.trigger is not None and market > 0 and _follows(order, market)
            )
            walk.add(order, market)
        elif draw < 0.6:
            order = chance.choice(list(walk.asleep.values()))
            book.discard(order)
            walk.drop(order.terms.order_id)
        else:
            market = (market or 10_000) + chance.choice((-40, -9, -3, -1, 0, 1, 3, 9, 40))
            fired, following = book.take(market)
            assert (ids(fired), sorted(ids(following))) == walk.take(market)
            fired_at_all += len(fired)
        assert len(book) == len(walk.asleep)
        for known, order in walk.asleep.items():
            assert book.extreme(order) == walk.best.get(known, 0)
    assert fired_at_all > 100


def _follows(order: Order, market: int) -> bool:
    trigger = order.terms.trigger
    assert trigger is not None
    return trigger.is_trailing and (not trigger.price or trigger.is_met(order.terms.side, market))


def test_an_order_that_does_not_sleep_here_is_discarded_without_a_trace() -> None:
    book = TriggerBook()
    order = sleeper(1, SELL, Trigger(STOP, 90))
    book.discard(order)
    book.add(order, 100)
    book.discard(order)
    book.discard(order)
    assert len(book) == 0
    assert book.take(1) == ([], [])


def test_a_set_off_order_is_gone() -> None:
    book = TriggerBook()
    plain, trailing = sleeper(1, SELL, Trigger(STOP, 90)), sleeper(2, SELL, Trigger(STOP, trail_amount=10))
    for order in (plain, trailing):
        book.add(order, 100)
    assert ids(book.take(90)[0]) == [1, 2]
    for order in (plain, trailing):
        book.discard(order)
    assert len(book) == 0
    assert book.take(80) == ([], [])


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_new_best_price_moves_a_herd_of_thousands_without_touching_its_orders(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, sign = TriggerBook(), 1 if side is SELL else -1
    for order_id in range(1, 4001):
        book.add(sleeper(order_id, side, Trigger(STOP, trail_rate=rate("0.0001") * (100 + order_id % 2000))), 100_000)
    asked: list[int] = []
    honest = Trigger.trailed_price

    def counted(trigger: Trigger, of: Side, extreme: int) -> int:
        asked.append(extreme)
        return honest(trigger, of, extreme)

    monkeypatch.setattr(Trigger, "trailed_price", counted)
    for step in range(1, 101):
        assert book.take(100_000 + sign * step) == ([], [])
    assert len(asked) <= 2 * 100


def test_merged_herds_cost_each_order_few_moves() -> None:
    """A thousand orders follow from a thousand falling prices; one rise makes them one herd."""
    book = TriggerBook()
    for order_id in range(1, 1001):
        book.add(sleeper(order_id, SELL, Trigger(STOP, trail_amount=5000)), price("100") - order_id)
        assert book.take(price("100") - order_id) == ([], [])
    assert book.take(price("100")) == ([], [])
    assert ids(book.take(price("50"))[0]) == list(range(1, 1001))
