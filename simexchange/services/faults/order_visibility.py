"""Orders that are there and cannot be seen, and answers from the past: what the engine knows does not change."""

from functools import partial
from typing import Final, Literal

from simexchange.domain.commands import AmendOrder, CancelOrder, Command, RejectRequest
from simexchange.domain.errors import RejectReason
from simexchange.domain.order import Order
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.changes import HideOrders
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.order_tools import check_wait, named_order
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.verdicts import Effect, Trouble, TroubleKind, Verdict

Scope = Literal["query", "open_orders", "cancel", "all"]
QUERY: Final = frozenset({Purpose.ORDER_QUERY})
LISTINGS: Final = frozenset({Purpose.OPEN_ORDERS, Purpose.ORDER_HISTORY})
CHANGES: Final = frozenset({Purpose.CANCEL, Purpose.REPLACE, Purpose.AMEND})
_SCOPES: Final[dict[str, frozenset[Purpose]]] = {
    "query": QUERY,
    "open_orders": LISTINGS,
    "cancel": CHANGES,
    "all": QUERY | LISTINGS | CHANGES,
}


class NotVisibleParams(Params, frozen=True):
    lag: Duration = Duration("500ms")
    """For how long after its acceptance an order cannot be seen."""
    scope: Scope = "all"
    """Where: looked up by its id (query), in lists of orders (open_orders), canceled or amended (cancel), or all."""

    def __post_init__(self) -> None:
        check_wait("lag", self.lag)


class Unseen:
    """What hides orders: one that a request names, or several out of a list."""

    stage: Stage

    def is_hidden(self, order: Order) -> bool:
        raise NotImplementedError

    def hidden_from(self, call: Call) -> list[Order]:
        """The orders that this request would have seen."""
        if call.account_id is None:
            return []
        door = self.stage.door(call.venue)
        if call.purpose not in LISTINGS:
            order = named_order(door, call)
            return [order] if order is not None and self.is_hidden(order) else []
        account = door.venue.accounts[call.account_id]
        kept = account.open_orders if call.purpose is Purpose.OPEN_ORDERS else account.orders
        symbols = [call.symbol] if call.symbol else list(kept)
        return [order for symbol in symbols for order in kept.get(symbol, {}).values() if self.is_hidden(order)]

    def unseen(self, call: Call) -> Verdict:
        """The answer to a query or a list as if they were not there."""
        if call.purpose not in LISTINGS:
            return Verdict(Trouble(TroubleKind.ORDER_UNKNOWN), Effect.APPLY)
        found = frozenset((order.terms.symbol, order.terms.order_id) for order in self.hidden_from(call))
        controls = self.stage.controls[call.venue]
        return Verdict(edit=lambda body: controls.reword(body, "", HideOrders(found)))


class NotVisible(Unseen, Fault[NotVisibleParams]):
    """A replica that lags behind the engine."""

    def __init__(self, params: NotVisibleParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.seen_by = _SCOPES[params.scope]

    def is_hidden(self, order: Order) -> bool:
        return self.stage.clock.now_ns() < order.terms.created_ns + self.params.lag

    def concerns(self, call: Call) -> bool:
        return call.purpose in self.seen_by and bool(self.hidden_from(call))

    def on_call(self, call: Call) -> Verdict:
        if call.purpose in CHANGES:
            return Verdict(at_engine=_unknown)
        return self.unseen(call)


def _unknown(_call: Call, command: Command) -> Command:
    if isinstance(command, CancelOrder | AmendOrder):
        return RejectRequest(command, RejectReason.ORDER_UNKNOWN)
    return command


class VanishesParams(Params, frozen=True):
    gap: Duration = Duration("2s")
    """For how long after its end an order is in no list and under no id."""

    def __post_init__(self) -> None:
        check_wait("gap", self.gap)


class Vanishes(Unseen, Fault[VanishesParams]):
    """Between the open orders, which have lost it, and the history, which has not got it yet."""

    purposes = QUERY | {Purpose.ORDER_HISTORY}

    def is_hidden(self, order: Order) -> bool:
        return not order.status.is_open and self.stage.clock.now_ns() < order.updated_ns + self.params.gap

    def concerns(self, call: Call) -> bool:
        return bool(self.hidden_from(call))

    def on_call(self, call: Call) -> Verdict:
        return self.unseen(call)


class DivergenceParams(Params, frozen=True):
    lag: Duration = Duration("5s")
    """How old an answer may be."""

    def __post_init__(self) -> None:
        check_wait("lag", self.lag)


class Divergence(Fault[DivergenceParams]):
    """A cache before the REST servers: the same question gets the same answer until that is ``lag`` old.

    Only an answer from the past is a match of the rule.
    """

    counts_itself = True
    purposes = QUERY | LISTINGS | {Purpose.FILLS, Purpose.ACCOUNT, Purpose.MARKET_DATA}

    def __init__(self, params: DivergenceParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.cache: dict[tuple[str, ...], tuple[int, bytes]] = {}

    def concerns(self, call: Call) -> bool:
        return not call.over_socket

    def on_call(self, call: Call) -> Verdict:
        return Verdict(edit=partial(self.cached, call))

    def cached(self, call: Call, body: bytes) -> bytes:
        """The answer given before, if it is young enough; else this one, from now on."""
        now_ns, question = self.stage.clock.now_ns(), (call.venue, call.names[0], call.account, call.asked)
        self.cache = {key: kept for key, kept in self.cache.items() if now_ns < kept[0] + self.params.lag}
        found = self.cache.get(question)
        if found is None:
            self.cache[question] = (now_ns, body)
            return body
        return found[1] if self.armed.fires(call) is not None else body

    def disarm(self) -> None:
        self.cache.clear()


KINDS: Final = (
    Kind(
        name="order-not-visible",
        family="order state",
        priority="P0",
        summary="Right after its acceptance an order is not found: not by id, not in a list, not by a cancel.",
        correct_bot="Asks again over a bounded time; never takes one 'not found' for 'failed' and never sends again.",
        params=NotVisibleParams,
        make=NotVisible,
        aliases=("order-not-visible-yet",),
        evidence=("ccxt/ccxt#1786", "freqtrade/freqtrade#4403", "freqtrade/freqtrade#2054", "freqtrade/freqtrade#4462"),
    ),
    Kind(
        name="order-vanishes-after-terminal",
        family="order state",
        priority="P1",
        summary="An order that ended has left the open orders and is not in the history yet.",
        correct_bot="Takes absence for no proof: goes by its fills, and does not enter again before it knows.",
        params=VanishesParams,
        make=Vanishes,
        evidence=("freqtrade/freqtrade#8175", "nautechsystems/nautilus_trader#4730"),
    ),
    Kind(
        name="rest-ws-divergence",
        family="order state",
        priority="P1",
        summary="REST answers lag behind the streams: the same question gets the same answer for a while.",
        correct_bot="Prefers whatever is newer by update id or time, wherever it came from.",
        params=DivergenceParams,
        make=Divergence,
        evidence=("coinbase/coinbase-pro-node#80", "nautechsystems/nautilus_trader#4288"),
    ),
)
