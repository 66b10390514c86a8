"""Requests about orders that are answered late, out of turn, or with a no that the engine was told to say.

Late answers are true. A no of the venue's own making is said by the engine (``RejectRequest``), so that it has the
bytes, the limits and the events of any other; only ``duplicate-client-id`` may lie about what the engine did.
"""

from functools import partial
from typing import Final, Literal

from simexchange.domain.commands import CancelOrder, Command, PlaceOrder, RejectRequest
from simexchange.domain.enums import BUY, LIMIT
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import Batch, OrderCanceled
from simexchange.domain.order import OrderTerms
from simexchange.domain.units import Amount
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import COMMANDS, PLACEMENTS, Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import BOTH, Kind
from simexchange.services.faults.order_tools import Later, check_wait, end_by_venue, is_new_order, placed_orders
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.services.faults.verdicts import Trouble, TroubleKind, Verdict

PLACES: Final = frozenset({Purpose.PLACE})
CANCELS: Final = frozenset({Purpose.CANCEL})


class SlowAckParams(Params, frozen=True):
    delay: Duration = Duration("2s")
    """How long the answer waits after the engine took the command."""

    def __post_init__(self) -> None:
        check_wait("delay", self.delay)


class SlowAck(Fault[SlowAckParams]):
    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, its answer is late)
        return Verdict(hold_after_ns=self.params.delay)


class LateCancelParams(SlowAckParams, frozen=True):
    phase: Literal["applied", "pending"] = "applied"
    """Where it waits: applied, so that the order is gone before the answer; pending, so that it is open till then."""


class LateCancel(Fault[LateCancelParams]):
    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, its answer is late)
        if self.params.phase == "applied":
            return Verdict(hold_after_ns=self.params.delay)
        return Verdict(hold_before_ns=self.params.delay)


class ReorderedParams(Params, frozen=True):
    hold: Duration = Duration("200ms")
    """How long a request waits before the engine, while others overtake it."""

    def __post_init__(self) -> None:
        check_wait("hold", self.hold)


class Reordered(Fault[ReorderedParams]):
    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it is, others overtake it)
        return Verdict(hold_before_ns=self.params.hold)


class Duplicate(Fault[Params]):
    """Says that the order is there already: it is (apply), for this very request brought it, or it is not (discard)."""

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was)
        return Verdict(Trouble(TroubleKind.DUPLICATE_ORDER), self.armed.spec.effect)


class WouldCross(Fault[Params]):
    """Only an order that must not take is a match."""

    counts_itself = True

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (what it is shows at the engine)
        return Verdict(at_engine=self.refuse)

    def refuse(self, call: Call, command: Command) -> Command:
        if is_new_order(command) and command.post_only and self.armed.fires(call) is not None:
            return RejectRequest(command, RejectReason.POST_ONLY_WOULD_TAKE)
        return command


class BalanceRaceParams(Params, frozen=True):
    release_delay: Duration = Duration("500ms")
    """For how long after a cancel its money cannot be used."""

    def __post_init__(self) -> None:
        check_wait("release_delay", self.release_delay)


class BalanceRace(Fault[BalanceRaceParams]):
    """Remembers what cancels set free; an order that needs some of it too early is turned down, and is a match."""

    counts_itself = True

    def __init__(self, params: BalanceRaceParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.freed: list[tuple[int, str, int, str, Amount]] = []
        """(until, venue, account, asset, amount)"""

    def on_batch(self, door: FaultyDoor, batch: Batch) -> None:
        until_ns = batch.ts_ns + self.params.release_delay
        accounts = door.venue.accounts
        for event in batch.events:
            if isinstance(event, OrderCanceled) and not accounts[event.order.account_id].house:
                self._forget(batch.ts_ns)
                asset, amount = _money(door, event.order, event.order.quantity - event.cum_quantity)
                self.freed.append((until_ns, door.name, event.order.account_id, asset, amount))

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (what it needs shows at the engine)
        return Verdict(at_engine=self.refuse)

    def refuse(self, call: Call, command: Command) -> Command:
        if not is_new_order(command):
            return command
        now_ns, door = self.stage.clock.now_ns(), self.stage.door(call.venue)
        self._forget(now_ns)
        asset, needed = _money(door, command, command.quantity)
        unusable = sum(entry[4] for entry in self.freed if entry[1:4] == (call.venue, command.account_id, asset))
        free = door.venue.accounts[command.account_id].balance(asset).free
        if unusable and free - unusable < needed <= free and self.armed.fires(call) is not None:
            return RejectRequest(command, RejectReason.INSUFFICIENT_BALANCE)
        return command

    def _forget(self, now_ns: int) -> None:
        """What is free for good by then."""
        self.freed = [entry for entry in self.freed if now_ns < entry[0]]

    def disarm(self) -> None:
        self.freed.clear()


def _money(door: FaultyDoor, order: OrderTerms | PlaceOrder, quantity: int) -> tuple[str, Amount]:
    """What so much of an order costs, and in which asset; a market buy by what the market asks now."""
    market = door.venue.markets[order.symbol]
    if order.side is not BUY:
        return market.base_name, quantity * market.base_factor
    if order.quote_quantity:
        return market.quote_name, order.quote_quantity
    price = order.price if order.order_type is LIMIT else market.book.best(order.side.opposite)[0]
    return market.quote_name, price * quantity * market.quote_factor


class ReplaceHalfParams(Params, frozen=True):
    leg: Literal["cancel", "new"] = "new"
    """Which half fails: the cancel, so that the old order stays, or the new order, so that none is left."""


class ReplaceHalf(Fault[ReplaceHalfParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (which half it is shows at the engine)
        return Verdict(at_engine=self.fail)

    def fail(self, _call: Call, command: Command) -> Command:
        if self.params.leg == "cancel" and isinstance(command, CancelOrder):
            return RejectRequest(command, RejectReason.ORDER_UNKNOWN)
        if self.params.leg == "new" and is_new_order(command):
            return RejectRequest(command, RejectReason.INSUFFICIENT_BALANCE)
        return command


class AsyncRejectParams(Params, frozen=True):
    after: Duration = Duration("100ms")
    """How long the order lives."""

    def __post_init__(self) -> None:
        check_wait("after", self.after)


class AsyncReject(Later[AsyncRejectParams]):
    """Accepted, and a moment later ended by the venue; an order that is filled or ended by then stays as it is."""

    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (the order is known once it is there)
        return Verdict(after=self.end_soon)

    def end_soon(self, call: Call, batches: tuple[Batch, ...]) -> None:
        door = self.stage.door(call.venue)
        for terms in placed_orders(call, batches):
            self.later(self.params.after, partial(end_by_venue, door, terms))


KINDS: Final = (
    Kind(
        name="slow-ack",
        family="order state",
        priority="P1",
        summary="The engine takes the command at once, its answer comes much later; streams tell of it meanwhile.",
        correct_bot="Keys its orders by client order id; bears that events come before the answer.",
        params=SlowAckParams,
        make=SlowAck,
        purposes=COMMANDS,
        evidence=("ccxt/ccxt#23922", "AdaptiveConsulting/ReactiveTraderCloud#533"),
    ),
    Kind(
        name="cancel-acknowledged-late",
        family="order state",
        priority="P1",
        summary="A cancel is answered late: the order is gone long before, or stays open until then.",
        correct_bot="Keeps the order as pending-cancel, bears fills until the end is confirmed, replaces it only then.",
        params=LateCancelParams,
        make=LateCancel,
        purposes=CANCELS,
        evidence=("nautechsystems/nautilus_trader#4152", "freqtrade/freqtrade#3647"),
    ),
    Kind(
        name="request-reordered",
        family="order state",
        priority="P2",
        summary="A request waits before the engine, so that later ones overtake it (choose which by every_nth).",
        correct_bot="Does not rely on the order of requests in flight: waits for the answer that the next one needs.",
        params=ReorderedParams,
        make=Reordered,
        purposes=COMMANDS,
    ),
    Kind(
        name="duplicate-client-id",
        family="order state",
        priority="P0",
        summary="The answer says that the client order id is taken: the request itself landed (apply), or nothing did.",
        correct_bot="Reads it as a sign that the first attempt landed: fetches that order and adopts it.",
        params=Params,
        make=Duplicate,
        effects=BOTH,
        purposes=PLACES,
        evidence=("JKorf/Binance.Net#935", "nautechsystems/nautilus_trader#4215", "nkaz001/hftbacktest#146"),
    ),
    Kind(
        name="post-only-would-cross",
        family="order state",
        priority="P1",
        summary="An order that must not take is turned down as if the market had moved onto it.",
        correct_bot="Prices anew from a fresh book, a bounded number of times.",
        params=Params,
        make=WouldCross,
        purposes=PLACEMENTS,
        evidence=("binance/binance-futures-connector-java#51", "ctubio/Krypto-trading-bot#934"),
    ),
    Kind(
        name="insufficient-balance-race",
        family="order state",
        priority="P0",
        summary="A cancel is confirmed, and its money cannot be used for a while.",
        correct_bot="Tries again a bounded number of times, best after the balance event; keeps a margin.",
        params=BalanceRaceParams,
        make=BalanceRace,
        purposes=PLACEMENTS,
        evidence=("coinbase/coinbase-pro-node#128", "hummingbot/hummingbot#2416", "scrtlabs/catalyst#317"),
    ),
    Kind(
        name="cancel-replace-half",
        family="order state",
        priority="P1",
        summary="Of a cancel-replace one half fails: the old order stays, or none is left.",
        correct_bot="Reads both halves of the answer; takes itself for unprotected until it knows better.",
        params=ReplaceHalfParams,
        make=ReplaceHalf,
        purposes=frozenset({Purpose.REPLACE}),
        evidence=("nautechsystems/nautilus_trader#4288",),
    ),
    Kind(
        name="async-reject",
        family="order state",
        priority="P0",
        summary="The answer says accepted; a moment later the venue ends the order, which only the stream tells.",
        correct_bot="Counts an order as working only once the stream confirms it, and hears of its end there.",
        params=AsyncRejectParams,
        make=AsyncReject,
        purposes=PLACEMENTS,
        evidence=("askmike/gekko#2695", "binance/binance-futures-connector-java#51"),
    ),
)
