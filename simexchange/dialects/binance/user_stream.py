"""User data: the listeners of every account, and whom a batch is told to.

Serves the WebSocket API (events wrapped with a subscription id) and the retired listenKey sockets (raw or combined)
alike, for orders placed through any door. Source: "User Data Streams for Binance".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import msgspec
from msgspec import Struct

from simexchange.dialects.base import Coverage, Fidelity, Sink
from simexchange.dialects.binance.execution_reports import Payload
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.dialects.binance.user_events import UserEvents, Write
from simexchange.domain.events import Batch
from simexchange.domain.ids import AccountId
from simexchange.services.anatomy import Role
from simexchange.venue.venue import Venue

_REPORT_NOTE = (
    "the documentation is silent on a second NEW when a stop is triggered and on reports of rejected orders: both are "
    "switches, off at first; no allocations, as there is no smart order routing"
)
_LIST_NOTE = (
    "before the reports of the orders it announces, after those of the orders that ended: the documentation states no "
    "order; RESPONSE for a rejected list is a switch, off at first"
)
EVENTS = (
    ("executionReport", Fidelity.SAME, _REPORT_NOTE),
    ("outboundAccountPosition", Fidelity.SAME, ""),
    ("balanceUpdate", Fidelity.SAME, ""),
    ("eventStreamTerminated", Fidelity.SAME, ""),
    ("listenKeyExpired", Fidelity.SAME, "on sockets opened with a listenKey"),
    ("listStatus", Fidelity.SAME, _LIST_NOTE),
    ("externalLockUpdate", Fidelity.MISSING, "there are no outside locks"),
)

CHANNELS = tuple((name, "") for name, *_ in EVENTS)
"""What whoever listens to an account listens to, as (channel, symbol)."""


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

    state_role: ClassVar = Role.FLEETING

    def __init__(self, venue: Venue, settings: StreamSettings) -> None:
        self._listeners: dict[AccountId, dict[UserSubscription, None]] = {}
        self._events = UserEvents(venue, settings)

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

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """What is placed inside is the second half of a cancel-replace: if it is rejected, that is reported.

        Source: Binance "ENUM Definitions", execution type REJECTED.
        """
        self._events.reports_rejects = True
        try:
            yield
        finally:
            self._events.reports_rejects = self._events.settings.report_rejects

    def on_batch(self, batch: Batch) -> None:
        """Tell every listened-to account what happened to it."""
        if not self._listeners:
            return
        for account_id, write in self._events.of(batch, self._listeners):
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
