"""What a WebSocket API connection remembers: the key it is logged on with and the accounts it listens to.

Source: "Public WebSocket API", session authentication, authentication requests and user data stream requests.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.connections import Connection
from simexchange.dialects.binance.context import Context, Security
from simexchange.dialects.binance.encoders import TimeUnit
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.user_encoders import stream_terminated
from simexchange.dialects.binance.user_stream import UserHub, UserSubscription, subscription_prefix
from simexchange.domain.enums import KeyKind
from simexchange.domain.ids import AccountId
from simexchange.venue.keys import ApiKey


class Session:
    """The state of one connection; ended streams are told so after the answer, by ``flush``."""

    def __init__(self, users: UserHub, connection: Connection, unit: TimeUnit, return_rate_limits: bool) -> None:
        self.key: ApiKey | None = None
        self._authorized_ns: int | None = None
        self._users = users
        self._connection = connection
        self._unit = unit
        self._return_rate_limits = return_rate_limits
        self._subscriptions: dict[int, UserSubscription] = {}
        self._next_id = 0
        self._logon_ids: set[int] = set()
        self._ended: list[UserSubscription] = []

    def log_on(self, key: ApiKey, now_ns: int) -> None:
        """Remember a key; a connection has one, so another one takes its place."""
        self.key = key
        self._authorized_ns = now_ns

    def log_out(self) -> None:
        """Forget the key, and end what was subscribed in its name without a signature."""
        self.key = None
        self._authorized_ns = None
        for subscription_id in sorted(self._logon_ids):
            self.unsubscribe(subscription_id)

    def status(self, context: Context) -> dict[str, object]:
        authorized, shown = self._authorized_ns, context.door.gateway.shown
        return {
            "apiKey": None if self.key is None else self.key.api_key,
            "authorizedSince": None if authorized is None else context.time(shown(authorized)),
            "connectedSince": context.time(shown(self._connection.connected_ns)),
            "returnRateLimits": self._return_rate_limits,
            "serverTime": context.time(shown(context.now_ns)),
            "userDataStream": bool(self._subscriptions),
        }

    def subscribe(self, account_id: int, *, by_logon: bool) -> int:
        """Listen to an account; the id of the subscription. One per account, and not endlessly many."""
        if any(subscription.account_id == account_id for subscription in self._subscriptions.values()):
            raise BinanceRefusal(errors.SUBSCRIPTION_ACTIVE)
        settings = self._connection.settings
        if len(self._subscriptions) >= settings.user_subscriptions or self._next_id >= settings.user_subscriptions_ever:
            raise BinanceRefusal(errors.SUBSCRIPTIONS_EXHAUSTED)
        subscription_id = self._next_id
        self._next_id += 1
        subscription = UserSubscription(
            account_id, self._unit, self._connection.sink, subscription_prefix(subscription_id)
        )
        self._subscriptions[subscription_id] = subscription
        self._users.subscribe(subscription)
        if by_logon:
            self._logon_ids.add(subscription_id)
        return subscription_id

    def unsubscribe(self, subscription_id: int) -> None:
        subscription = self._subscriptions.pop(subscription_id, None)
        if subscription is None:
            raise BinanceRefusal(errors.SUBSCRIPTION_INACTIVE)
        self._users.unsubscribe(subscription)
        self._ended.append(subscription)
        self._logon_ids.discard(subscription_id)

    def unsubscribe_all(self) -> None:
        if not self._subscriptions:
            raise BinanceRefusal(errors.SUBSCRIPTION_INACTIVE)
        for subscription_id in tuple(self._subscriptions):
            self.unsubscribe(subscription_id)

    @property
    def subscription_ids(self) -> list[int]:
        return list(self._subscriptions)

    def accounts(self) -> tuple[AccountId, ...]:
        """Whose key it is logged on with, and whose orders it is told about."""
        found = [] if self.key is None else [self.key.account_id]
        found += [subscription.account_id for subscription in self._subscriptions.values()]
        return tuple(dict.fromkeys(found))

    def account_of(self, subscription_id: object) -> AccountId | None:
        """Whose events go by that number."""
        subscription = self._subscriptions.get(subscription_id) if isinstance(subscription_id, int) else None
        return None if subscription is None else subscription.account_id

    def flush(self) -> None:
        """Tell the streams that ended with the last request that they did."""
        ended, self._ended = self._ended, []
        for subscription in ended:
            subscription.send(stream_terminated(self._connection.clock.now_ns(), self._unit))

    @property
    def next_subscription_id(self) -> int:
        """What the next subscription will be called."""
        return self._next_id

    def terminate(self) -> None:
        """End every subscription from the venue's side, and say so."""
        if self._subscriptions:
            self.unsubscribe_all()
            self.flush()

    def end(self) -> None:
        """The connection is gone."""
        for subscription in self._subscriptions.values():
            self._users.unsubscribe(subscription)
        self._subscriptions.clear()


SessionHandler: TypeAlias = Callable[[Session, Context, Args], object]


class SessionMethod(Struct, frozen=True):
    """A method about the connection itself. ``signs_anew``: a logged-on session does not stand in for a signature."""

    name: str
    security: Security
    handler: SessionHandler
    params: tuple[Param, ...] = ()
    signs_anew: bool = False
    fidelity: Fidelity = Fidelity.SAME
    note: str = ""

    orders = 0
    free_when_successful = False

    def weigh(self, _texts: object) -> int:
        return 2


def log_on(session: Session, context: Context, _args: Args) -> object:
    """session.logon: Ed25519 keys alone; any other one's signature is as good as wrong."""
    assert context.key is not None, "the method is signed"
    if context.key.kind is not KeyKind.ED25519:
        raise BinanceRefusal(errors.BAD_SIGNATURE)
    session.log_on(context.key, context.now_ns)
    return session.status(context)


def status(session: Session, context: Context, _args: Args) -> object:
    """session.status."""
    return session.status(context)


def log_out(session: Session, context: Context, _args: Args) -> object:
    """session.logout: nothing to do on a connection that is not logged on."""
    session.log_out()
    return session.status(context)


def subscriptions(session: Session, _context: Context, _args: Args) -> object:
    """session.subscriptions."""
    return [{"subscriptionId": subscription_id} for subscription_id in session.subscription_ids]


def subscribe(session: Session, context: Context, _args: Args) -> object:
    """userDataStream.subscribe: for the account that is logged on."""
    if session.key is None:
        raise BinanceRefusal(errors.BAD_KEY)
    context.account = context.venue.accounts[session.key.account_id]
    return {"subscriptionId": session.subscribe(session.key.account_id, by_logon=True)}


def subscribe_signature(session: Session, context: Context, _args: Args) -> object:
    """userDataStream.subscribe.signature: for the account that signed."""
    return {"subscriptionId": session.subscribe(context.owner.account_id, by_logon=False)}


def unsubscribe(session: Session, _context: Context, args: Args) -> object:
    """userDataStream.unsubscribe: one subscription, or all of them."""
    subscription_id = args.get("subscriptionId")
    if subscription_id is None:
        session.unsubscribe_all()
    else:
        session.unsubscribe(subscription_id)
    return {}


SESSION_METHODS: Final = (
    SessionMethod(
        "session.logon",
        Security.USER_STREAM,
        log_on,
        signs_anew=True,
        note="a key that is not Ed25519 gets -1022",
    ),
    SessionMethod("session.status", Security.NONE, status),
    SessionMethod("session.logout", Security.NONE, log_out),
    SessionMethod("session.subscriptions", Security.NONE, subscriptions),
    SessionMethod("userDataStream.subscribe", Security.NONE, subscribe),
    SessionMethod("userDataStream.subscribe.signature", Security.USER_STREAM, subscribe_signature, signs_anew=True),
    SessionMethod(
        "userDataStream.unsubscribe",
        Security.NONE,
        unsubscribe,
        (Param("subscriptionId", params.long),),
    ),
)
