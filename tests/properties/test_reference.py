"""The venue and the reference exchange agree on every command of long random runs, and of short searched ones."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import CROSS, SYMBOL, amount, price, quantity
from properties.comparison import Comparison
from properties.random_commands import ACCOUNTS, LOOSE, RULES, RandomCommands, opening
from properties.random_orders import RandomOrders
from simexchange.domain import commands
from simexchange.domain.commands import Command
from simexchange.domain.enums import (
    ExpireReason,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradingStatus,
    TriggerSource,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.order import TRANSITIONS
from simexchange.matching.order_book import BookSide
from simexchange.matching.price_level import PriceLevel
from simexchange.matching.trails import Trail
from simexchange.venue import order_lists as order_lists_room
from simexchange.venue.ledger import Ledger

SEEDS = range(8)
COMMANDS_PER_SEED = 25_000


def compare(seed: int, count: int, thorough_every: int = 100) -> Comparison:
    comparison = Comparison(thorough_every)
    for command in opening():
        assert comparison.submit(command)[1] == []
    generator = RandomCommands(seed)
    for _ in range(count):
        command, pause_ns = generator.next()
        batch, violations = comparison.submit(command, pause_ns)
        assert violations == []
        generator.observe(batch)
    assert list(comparison.thorough()) == []
    return comparison


@pytest.mark.parametrize("seed", SEEDS)
def test_the_venue_equals_the_reference_over_25_000_random_commands(seed: int) -> None:
    comparison = compare(seed, COMMANDS_PER_SEED)
    every_transition = {(status, action) for status, actions in TRANSITIONS.items() for action in actions}
    assert comparison.transitions == every_transition
    unseen = {f"rejected {reason.value}" for reason in ORDER_REJECTS} - comparison.facts.keys()
    assert len(unseen) <= 6, "a run that breaks few rules proves little"
    for fact in ("trade", "prevented", "triggered", "released", "amended", "list_ended", "tested", "adjusted"):
        assert comparison.facts[fact] > 100
    for fact in ("busted", "canceled venue"):
        assert comparison.facts[fact] > 20
    for reason in set(ExpireReason) - {ExpireReason.INSUFFICIENT_BALANCE}:
        assert comparison.facts[f"expired {reason.value}"] > 50


def test_random_commands_meet_every_reason_to_say_no_to_an_order() -> None:
    seen: set[str] = set()
    for seed in (100, 101, 102, 109):
        seen |= compare(seed, 10_000, thorough_every=1000).facts.keys()
    expected = {f"rejected {reason.value}" for reason in ORDER_REJECTS}
    expected |= {f"list_rejected {reason.value}" for reason in LIST_REJECTS}
    expected |= {f"amend_rejected {reason.value}" for reason in AMEND_REJECTS}
    expected |= {f"expired {reason.value}" for reason in ExpireReason}
    assert expected - seen == set()


def test_the_state_is_sound_after_each_of_3_000_commands() -> None:
    compare(seed=8, count=3_000, thorough_every=1)


LIST_REJECTS = frozenset(
    {
        RejectReason.ORDER_LIST_UNSUPPORTED,
        RejectReason.LIST_PRICES_WRONG,
        RejectReason.CLIENT_ORDER_ID_DUPLICATE,
        RejectReason.INSUFFICIENT_BALANCE,
        RejectReason.OPEN_ORDERS_EXCEEDED,
        RejectReason.POST_ONLY_WOULD_TAKE,
        RejectReason.WOULD_TRIGGER_IMMEDIATELY,
    }
)
"""Some of what a list is rejected for, of its own or for a leg."""
AMEND_REJECTS = frozenset(reason for reason in RejectReason if reason.name.startswith("AMEND_"))
ORDER_REJECTS = (
    frozenset(RejectReason)
    - AMEND_REJECTS
    - {
        RejectReason.ORDER_UNKNOWN,
        RejectReason.CLIENT_ORDER_ID_MISMATCH,
        RejectReason.ASSET_UNKNOWN,
        RejectReason.AMOUNT_NOT_POSITIVE,
        RejectReason.ALREADY_EXISTS,
        RejectReason.KEY_UNKNOWN,
        RejectReason.TRADE_UNKNOWN,
        RejectReason.ORDER_LIST_UNSUPPORTED,
        RejectReason.ORDER_LIST_UNKNOWN,
        RejectReason.ORDER_LISTS_EXCEEDED,
        RejectReason.LIST_PRICES_WRONG,
        RejectReason.AMENDS_EXCEEDED,
    }
)
"""What a PlaceOrder can be rejected for."""

accounts = st.sampled_from(ACCOUNTS[:3])
symbols = st.sampled_from((SYMBOL, CROSS))
names = st.sampled_from(("a", "b", "c", "d", "e", "f"))
orders = st.builds(
    lambda is_market, units, ticks, **rest: commands.PlaceOrder(
        order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
        quantity=units * quantity("0.1"),
        price=0 if is_market else price("100") + ticks,
        **rest,
    ),
    is_market=st.booleans(),
    units=st.integers(1, 5),
    ticks=st.integers(-2, 2),
    account_id=accounts,
    symbol=symbols,
    side=st.sampled_from(Side),
    client_order_id=names,
    time_in_force=st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    self_trade_prevention=st.none() | st.sampled_from(SelfTradePrevention),
)
orders_by_quote = st.builds(
    commands.PlaceOrder,
    account_id=accounts,
    symbol=symbols,
    side=st.sampled_from(Side),
    order_type=st.just(OrderType.MARKET),
    client_order_id=names,
    quote_quantity=st.integers(-1, 60).map(lambda tens: tens * amount("10.01")),
    self_trade_prevention=st.none() | st.sampled_from(SelfTradePrevention),
)
seeds = st.integers(0, 10**6)
special_orders = st.builds(
    lambda seed, account_id, symbol: RandomOrders(random.Random(seed)).order(account_id, symbol),
    seeds,
    accounts,
    symbols,
)
order_lists = st.builds(
    lambda seed, account_id, symbol, name: RandomOrders(random.Random(seed)).order_list(account_id, symbol, name),
    seeds,
    accounts,
    symbols,
    names,
)
changes: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        commands.AmendOrder,
        accounts,
        symbols,
        st.integers(1, 8),
        quantity=st.integers(0, 5).map(lambda units: units * quantity("0.1")),
        price=st.integers(-2, 2).map(lambda ticks: price("100") + ticks) | st.just(0),
        keep_priority=st.booleans(),
        new_client_order_id=st.none() | names,
    ),
    st.builds(
        commands.SetReferencePrice,
        symbols,
        st.sampled_from(TriggerSource),
        st.integers(90, 110).map(lambda whole: whole * price("1")),
    ),
    st.builds(commands.CancelOrderList, accounts, symbols, st.none() | st.integers(1, 3), st.none() | names),
    st.builds(commands.ExpireOrders, symbols),
    st.builds(
        commands.CancelOrder,
        accounts,
        symbols,
        st.none() | st.integers(1, 8),
        st.none() | names,
    ),
    st.builds(commands.CancelAllOrders, accounts, st.none() | symbols),
    st.builds(commands.ChangeRules, symbols, st.sampled_from((LOOSE, *RULES))),
    st.builds(commands.SetTradingStatus, symbols, st.sampled_from(TradingStatus)),
    st.builds(commands.SetAccountStatus, accounts, st.booleans(), st.booleans(), st.booleans()),
    st.builds(commands.Withdraw, accounts, st.just("BTC"), st.integers(-1, 2).map(lambda n: n * amount("99999.5"))),
)


@settings(max_examples=300)
@given(st.lists(orders | orders_by_quote | special_orders | order_lists | changes, max_size=30))
def test_the_venue_equals_the_reference_on_every_short_story(story: list[Command]) -> None:
    comparison = Comparison(thorough_every=1)
    for command in [*opening(), *story]:
        assert comparison.submit(command, 1_000_000)[1] == []


def break_settlement(patch: pytest.MonkeyPatch) -> None:
    honest = Ledger.settle

    def settle(self: Ledger, payer: Any, receiver: Any, asset_name: str, paid: int, fee: int) -> None:
        honest(self, payer, receiver, asset_name, paid, fee - 1 if fee else 0)

    patch.setattr(Ledger, "settle", settle)


def break_time_priority(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PriceLevel, "front", lambda level: next(reversed(level.orders.values()), None))


def break_trailing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trail, "_advance", lambda trail, key, at: None)


def break_lists(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order_lists_room, "expire_siblings", lambda turn, order: None)


def break_icebergs(patch: pytest.MonkeyPatch) -> None:
    def refill(level: PriceLevel, order: Any) -> None:
        order.shown_quantity = min(order.terms.display_quantity, order.leaves_quantity)
        level.quantity += order.shown_quantity

    patch.setattr(PriceLevel, "refill", refill)


def break_totals(patch: pytest.MonkeyPatch) -> None:
    honest = BookSide.remove

    def remove(self: BookSide, order: Any) -> None:
        level = self.level(order.terms.price)
        assert level is not None
        level.quantity += 1
        honest(self, order)

    patch.setattr(BookSide, "remove", remove)


@pytest.mark.parametrize(
    "sabotage", [break_settlement, break_time_priority, break_totals, break_trailing, break_lists, break_icebergs]
)
def test_a_broken_venue_does_not_pass(
    sabotage: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        compare(seed=0, count=3_000, thorough_every=10)
