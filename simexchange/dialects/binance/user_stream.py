"""User data: what a batch means for the accounts that someone listens to, sent in the order in which it happened.

Serves the WebSocket API (events wrapped with a subscription id) and the retired listenKey sockets (raw or combined)
alike, for orders placed through any door. Source: "User Data Streams for Binance".
"""

from collections.abc import Callable, Container, Iterator
from typing import TypeAlias

import msgspec
from msgspec import Struct

from simexchange.dialects.base import Coverage, Fidelity, Sink
from simexchange.dialects.binance import user_encoders
from simexchange.dialects.binance.user_encoders import Payload, Progress
from simexchange.domain.events import (
    BalanceAdjusted,
    BalancesChanged,
    Batch,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    Trade,
    TradePrevented,
)
from simexchange.domain.ids import AccountId
from simexchange.domain.order import OrderTerms

Write: TypeAlias = Callable[[int], Payload]
"""A time unit in ns -> the event."""
PrivateEvent: TypeAlias = tuple[AccountId, Write]

EVENTS = (
    ("executionReport", Fidelity.SAME, "rejected requests make no report"),
    ("outboundAccountPosition", Fidelity.SAME, ""),
    ("balanceUpdate", Fidelity.SAME, ""),
    ("eventStreamTerminated", Fidelity.SAME, ""),
    ("listenKeyExpired", Fidelity.SAME, "on sockets opened with a listenKey"),
    ("listStatus", Fidelity.MISSING, "there are no order lists"),
    ("externalLockUpdate", Fidelity.MISSING, "there are no outside locks"),
)


def coverage() -> Iterator[Coverage]:
    """A row of the fidelity table per event."""
    for name, fidelity, note in EVENTS:
        yield Coverage("user data event", name, fidelity, note)


class UserSubscription(Struct, eq=False):
    """One listener of one account: where to, in which time unit, and what to write before and after each event."""

    account_id: AccountId
    unit: int
    sink: Sink
    prefix: bytes = b""

    def wrap(self, event: bytes) -> bytes:
        return self.prefix + event + b"}" if self.prefix else event

    def send(self, event: Payload) -> None:
        """An event for this listener alone."""
        self.sink.send(self.wrap(msgspec.json.encode(event)))


def combined_prefix(stream: str) -> bytes:
    return b'{"stream":' + msgspec.json.encode(stream) + b',"data":'


def subscription_prefix(subscription_id: int) -> bytes:
    return b'{"subscriptionId":%d,"event":' % subscription_id


class UserHub:
    """Every user data subscription of the venue, by account. Accounts without one cost nothing."""

    def __init__(self) -> None:
        self._listeners: dict[AccountId, dict[UserSubscription, None]] = {}

    @property
    def accounts(self) -> int:
        """How many accounts have a listener."""
        return len(self._listeners)

    def subscribe(self, subscription: UserSubscription) -> None:
        self._listeners.setdefault(subscription.account_id, {})[subscription] = None

    def unsubscribe(self, subscription: UserSubscription) -> None:
        listeners = self._listeners.get(subscription.account_id)
        if listeners is not None:
            listeners.pop(subscription, None)
            if not listeners:
                del self._listeners[subscription.account_id]

    def on_batch(self, batch: Batch) -> None:
        """Tell every listened-to account what happened to it."""
        if not self._listeners:
            return
        for account_id, write in private_events(batch, self._listeners):
            _publish(tuple(self._listeners.get(account_id, ())), write)


def _publish(listeners: tuple[UserSubscription, ...], write: Write) -> None:
    """Encode once per time unit and wrapping, and send those bytes to all who want them so."""
    encoded: dict[int, bytes] = {}
    wrapped: dict[tuple[int, bytes], bytes] = {}
    for listener in listeners:
        key = (listener.unit, listener.prefix)
        message = wrapped.get(key)
        if message is None:
            event = encoded.get(listener.unit)
            if event is None:
                event = encoded[listener.unit] = msgspec.json.encode(write(listener.unit))
            message = wrapped[key] = listener.wrap(event)
        listener.sink.send(message)


def private_events(batch: Batch, listened: Container[AccountId]) -> Iterator[PrivateEvent]:
    """What the batch means for the accounts listened to, in the batch's own order; of a match first the taker's."""
    ts_ns = batch.ts_ns
    prevented: dict[int, TradePrevented] = {}
    for event in batch.events:
        match event:
            case BalancesChanged(account_id=account_id) if account_id in listened:
                yield account_id, _position(event, ts_ns)
            case OrderAccepted(order=terms) if terms.account_id in listened:
                yield _report(terms, user_encoders.accepted(event), ts_ns)
            case Trade():
                for execution in (event.taker, event.maker):
                    if execution.order.account_id in listened:
                        yield _report(execution.order, user_encoders.traded(event, execution), ts_ns)
            case OrderCanceled(order=terms) if terms.account_id in listened:
                yield _report(terms, user_encoders.canceled(event), ts_ns)
            case TradePrevented() if event.taker.account_id in listened:
                prevented[event.prevented_id] = event
                yield from _decrements(event, ts_ns)
            case OrderExpired(order=terms) if terms.account_id in listened:
                meeting = None if event.prevented_id is None else prevented[event.prevented_id]
                yield _report(terms, user_encoders.expired(event, meeting), ts_ns)
            case BalanceAdjusted(account_id=account_id) if account_id in listened:
                yield account_id, _adjustment(event, ts_ns)
            case _:
                pass


def _decrements(event: TradePrevented, ts_ns: int) -> Iterator[PrivateEvent]:
    """The sides that lost quantity and live on; a side that ends is reported with its expiry."""
    if event.taker_prevented_quantity and event.taker_leaves_quantity:
        yield _report(event.taker, user_encoders.decremented(event, taker=True), ts_ns)
    if event.maker_prevented_quantity and event.maker_leaves_quantity:
        yield _report(event.maker, user_encoders.decremented(event, taker=False), ts_ns)


def _report(terms: OrderTerms, progress: Progress, ts_ns: int) -> PrivateEvent:
    return terms.account_id, lambda unit: user_encoders.execution_report(terms, progress, ts_ns, unit)


def _adjustment(event: BalanceAdjusted, ts_ns: int) -> Write:
    return lambda unit: user_encoders.balance_update(event, ts_ns, unit)


def _position(event: BalancesChanged, ts_ns: int) -> Write:
    return lambda unit: user_encoders.account_position(event, ts_ns, unit)
