"""The WebSocket API socket: frames to operations and back, each answer in the venue's envelope.

Operations are the REST ones, run by the same handlers; what belongs to the connection itself stands in
``ws_session``. Source: "Public WebSocket API".
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

import msgspec
from msgspec import Struct

from simexchange.dialects.base import Coverage, Request
from simexchange.dialects.binance import errors, limits, params
from simexchange.dialects.binance.auth import DEFAULT_RECV_WINDOW, check_timing
from simexchange.dialects.binance.connections import POLICY_VIOLATION, Connection
from simexchange.dialects.binance.context import Context, Operation, Security
from simexchange.dialects.binance.encoders import TimeUnit
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.operations import by_method
from simexchange.dialects.binance.params import API_KEY, RECV_WINDOW, SIGNATURE, TIMESTAMP, Args, Param, Plan
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.dialects.binance.user_stream import CHANNELS
from simexchange.dialects.binance.ws_requests import ApiRequest, failure, parse, signed_text, success
from simexchange.dialects.binance.ws_session import SESSION_METHODS, Session, SessionMethod
from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.anatomy import Role
from simexchange.services.clock import MILLISECOND
from simexchange.venue.keys import ApiKey

if TYPE_CHECKING:
    from simexchange.dialects.binance.streams import Streams

PATH: Final = "/ws-api/v3"
CONNECTION_WEIGHT: Final = 2
FORMLESS_FRAMES: Final = 3
"""Frames without a form that a connection may send; the last of them ends it."""
RETURN_RATE_LIMITS: Final = "returnRateLimits"
FORMERLY_KEYED: Final = "trades.historical"
"""Public now; the apiKey that older clients still send with it is ignored, as the venue announced."""
Rows: TypeAlias = list[dict[str, object]] | None


class Method(Struct, frozen=True):
    """One method of this API: what to run, and how its parameters are read with and without a logged-on session."""

    state_role: ClassVar = Role.CONSTANT

    operation: Operation | SessionMethod
    alone: Plan
    in_session: Plan | None
    """None: not even a session stands in for the signature."""


def _method(operation: Operation | SessionMethod) -> Method:
    own: tuple[Param, ...] = operation.params
    in_session: tuple[Param, ...] | None
    match operation.security:
        case Security.NONE:
            keyed = isinstance(operation, Operation) and operation.ws == FORMERLY_KEYED
            alone = in_session = (*own, Param("apiKey", params.string)) if keyed else own
        case Security.API_KEY:
            alone = (*own, API_KEY)
            in_session = (*own, Param("apiKey", params.string))
        case _:
            alone = (*own, API_KEY, RECV_WINDOW, TIMESTAMP, SIGNATURE)
            in_session = (*own, RECV_WINDOW, TIMESTAMP)
    if isinstance(operation, SessionMethod) and operation.signs_anew:
        in_session = None
    return Method(operation, Plan(alone), None if in_session is None else Plan(in_session))


def methods(settings: BinanceSettings) -> dict[str, Method]:
    """Every method that these settings leave switched on, by name."""
    operations = {name: _method(operation) for name, operation in by_method(settings).items()}
    return operations | {method.name: _method(method) for method in SESSION_METHODS}


def open_session(streams: "Streams", request: Request, unit: TimeUnit, options: Mapping[str, str]) -> "ApiSession":
    """A session for a handshake on /ws-api/v3; connecting costs weight, and may be refused for it."""
    streams.count_connection(streams.api_connections, request.peer)
    now = streams.clock.now_ns()
    streams.dialect.limits.admit(request.peer, CONNECTION_WEIGHT, now)
    streams.dialect.limits.charge(request.peer, CONNECTION_WEIGHT, now)
    return ApiSession(streams, request.peer, unit, options.get(RETURN_RATE_LIMITS, "true").lower() != "false")


class ApiSession(Connection):
    """One WebSocket API socket."""

    def __init__(self, streams: "Streams", peer: str, unit: TimeUnit, return_rate_limits: bool) -> None:
        super().__init__(streams.clock, streams.settings)
        self._streams = streams
        self._dialect = streams.dialect
        self.peer = peer
        self._unit = unit
        self._return_rate_limits = return_rate_limits
        self._formless = 0
        self._session = Session(streams.users, self, unit, return_rate_limits)

    def on_open(self) -> None:
        super().on_open()
        self._streams.sessions[self] = None

    def release(self) -> None:
        self._streams.sessions.pop(self, None)
        self._session.end()

    def accounts(self) -> tuple[AccountId, ...]:
        """Whose key it is logged on with, and whose orders it is told about."""
        return self._session.accounts()

    def channels(self) -> tuple[tuple[str, Symbol], ...]:
        return CHANNELS if self._session.subscription_ids else ()

    @property
    def has_token(self) -> bool:
        return bool(self._session.subscription_ids)

    def end_private(self) -> None:
        self._session.terminate()

    def account_of_message(self, message: Mapping[str, Any]) -> AccountId | None:
        return self._session.account_of(message.get("subscriptionId"))

    def say_goodbye(self) -> None:
        event = {"event": {"e": "serverShutdown", "E": self.clock.now_ns() // self._unit}}
        self.sink.send(msgspec.json.encode(event))

    def on_pong(self, payload: bytes) -> None:
        """This socket is strict: a pong that is neither empty nor a copy of a ping ends it."""
        if payload and payload not in self.pings:
            self.hang_up(POLICY_VIOLATION, "Invalid pong payload")
            return
        super().on_pong(payload)

    def receive(self, text: str) -> None:
        try:
            request = parse(text)
        except BinanceRefusal as refusal:
            self._refuse_frame(refusal)
            return
        if self._session.key is not None and not self._is_key_alive(self._session.key):
            self._session.log_out()
            self.sink.send(failure(None, BinanceRefusal(errors.BAD_KEY), None))
            self._session.flush()
            return
        self._answer(request)
        self._session.flush()

    def _refuse_frame(self, refusal: BinanceRefusal) -> None:
        self.sink.send(failure(None, refusal, None))
        self._formless += 1
        if self._formless >= FORMLESS_FRAMES:
            self.hang_up(POLICY_VIOLATION, "disconnected")

    def _is_key_alive(self, key: ApiKey) -> bool:
        return self._dialect.keyring.is_usable(key, Security.API_KEY, self.peer, self.clock.now_ns())

    def _answer(self, request: ApiRequest) -> None:
        now = self.clock.now_ns()
        context = Context(self._dialect, now, self.peer, unit_ns=self._unit)
        rows_wanted = self._return_rate_limits
        method = self._streams.methods.get(request.method)
        try:
            if RETURN_RATE_LIMITS in request.params:
                rows_wanted = params.boolean(RETURN_RATE_LIMITS, request.params[RETURN_RATE_LIMITS])
            result = self._perform(request, method, context)
        except BinanceRefusal as refusal:
            self.sink.send(self.refused(request, refusal, rows_wanted, context))
            if refusal.status == errors.IP_BANNED.status:
                self.hang_up(POLICY_VIOLATION, "disconnected")
            return
        rows = self._rate_limits(method, context) if rows_wanted else None
        self.sink.send(success(request.request_id, result, rows))

    def refused(
        self,
        request: ApiRequest,
        refusal: BinanceRefusal,
        rows_wanted: bool | None = None,
        context: Context | None = None,
    ) -> bytes:
        """The answer that is this refusal, with the rate limits if they are ``rows_wanted`` (None: as ever here)."""
        context = context or Context(self._dialect, self.clock.now_ns(), self.peer, unit_ns=self._unit)
        if rows_wanted is None:
            asked = request.params.get(RETURN_RATE_LIMITS)
            rows_wanted = self._return_rate_limits if asked is None else asked.lower() == "true"
        rows = self._rate_limits(self._streams.methods.get(request.method), context) if rows_wanted else None
        return failure(request.request_id, refusal, rows, self._retry(refusal, context.now_ns))

    def forgetful(self, request: ApiRequest) -> bytes:
        """The answer to a subscription that is confirmed and does not come to be."""
        method = self._streams.methods.get(request.method)
        context = Context(self._dialect, self.clock.now_ns(), self.peer, unit_ns=self._unit)
        rows = self._rate_limits(method, context) if self._return_rate_limits else None
        return success(request.request_id, {"subscriptionId": self._session.next_subscription_id}, rows)

    def _perform(self, request: ApiRequest, method: Method | None, context: Context) -> object:
        """Charge, read, authenticate and run one request; its result, or a BinanceRefusal."""
        texts = {name: text for name, text in request.params.items() if name != RETURN_RATE_LIMITS}
        shared_limits, peer, now = self._dialect.limits, self.peer, context.now_ns
        weight = method.operation.weigh(texts) if method is not None else 1
        free = method is not None and method.operation.free_when_successful
        shared_limits.admit(peer, weight, now)
        if not free:
            shared_limits.charge(peer, weight, now)
        try:
            if method is None:
                raise BinanceRefusal(errors.UNSUPPORTED_OPERATION)
            args = self._admit(request, method, texts, context)
            operation = method.operation
            if isinstance(operation, SessionMethod):
                return operation.handler(self._session, context, args)
            return operation.handler(context, args)
        except BinanceRefusal:
            if free:
                shared_limits.charge(peer, weight, now)
            raise

    def _admit(self, request: ApiRequest, method: Method, texts: dict[str, str], context: Context) -> Args:
        """Typed parameters; the context learns key and account where the method needs them."""
        security, keyring, now = method.operation.security, self._dialect.keyring, context.now_ns
        if security is Security.NONE:
            return method.alone.read(texts)
        named, plan = self._session.key, method.in_session
        if named is None or plan is None or "apiKey" in texts:
            plan = method.alone
            named = keyring.named(texts["apiKey"]) if texts.get("apiKey") else None
        args = plan.read(texts)
        if security.signed:
            recv_window = args.get("recvWindow", DEFAULT_RECV_WINDOW)
            check_timing(args["timestamp"], recv_window, context.door.gateway, now)
        key = keyring.usable(named, security, self.peer, now)
        if "signature" in args:
            keyring.check_signature(key, signed_text(request.params), args["signature"])
        context.key = key
        context.account = context.venue.accounts[key.account_id]
        return args

    def _rate_limits(self, method: Method | None, context: Context) -> Rows:
        """The limits a request touched: unfilled orders for order entry, weight for all."""
        rows: list[dict[str, object]] = []
        if method is not None and method.operation.orders and context.account is not None:
            rows += limits.order_count_rows(self._dialect.limits, context.account.account_id, context.now_ns)
        return rows + limits.weight_rows(self._dialect.limits, self.peer, context.now_ns)

    def _retry(self, refusal: BinanceRefusal, now_ns: int) -> dict[str, object] | None:
        """When to come back, for a client that asked too much."""
        if refusal.retry_after_ns is None:
            return None
        shown = self._dialect.door.gateway.shown
        return {
            "serverTime": shown(now_ns) // MILLISECOND,
            "retryAfter": shown(refusal.retry_after_ns) // MILLISECOND,
        }


def coverage() -> Iterator[Coverage]:
    """A row of the fidelity table per method."""
    for name, method in methods(BinanceSettings()).items():
        yield Coverage("method", f"ws-api {name}", method.operation.fidelity, method.operation.note)
