"""The venue's REST face: one request in, one reply out.

Route, limits, parameters, key, times, signature, handler: in this order, and the first that objects answers.
Nothing a client sends makes this raise. Source: Binance REST, "General Information on Endpoints".
"""

from binascii import b2a_base64
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from msgspec import Struct

from simexchange.dialects.base import (
    Dialect,
    FrameFacts,
    LimitInUse,
    Reply,
    Request,
    SecretNames,
    SignatureCheck,
    StreamSession,
)
from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.auth import DEFAULT_RECV_WINDOW, Keyring, check_timing, signed_payload
from simexchange.dialects.binance.chronicle import Chronicle
from simexchange.dialects.binance.context import MICROSECOND, Context, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.limits import Header, Limits
from simexchange.dialects.binance.listen_keys import ListenKeys
from simexchange.dialects.binance.names import Symbols
from simexchange.dialects.binance.operations import served
from simexchange.dialects.binance.params import Plan, split_form
from simexchange.dialects.binance.settings import VENUE_SETTINGS, BinanceSettings
from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.anatomy import Role
from simexchange.services.bus import Stage
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults.changes import Change
from simexchange.services.faults.facts import Call
from simexchange.services.faults.verdicts import Trouble
from simexchange.services.outcomes import Outcome
from simexchange.services.randomness import Randomness
from simexchange.venue.keys import ApiKey
from simexchange.world import Door

if TYPE_CHECKING:
    from simexchange.dialects.binance.fault_facts import FactFinder
    from simexchange.dialects.binance.streams import Streams
    from simexchange.dialects.binance.troubles import Troubles

_encode: Final = msgspec.json.Encoder().encode
_TIME_UNITS: Final = {
    b"MILLISECOND": MILLISECOND,
    b"millisecond": MILLISECOND,
    b"MICROSECOND": MICROSECOND,
    b"microsecond": MICROSECOND,
}
_HTML: Final = b"text/html"
_NOT_FOUND: Final = b"<html><body><h2>404 Not found</h2></body></html>"
_PROOF: Final = ("signature", "timestamp")
_KEPT_UNKNOWN: Final = 1000
_ID_CHARACTERS: Final = bytes.maketrans(b"+/", b"Zz")
"""Base64 has two characters too many for an id."""


class Route(Struct, frozen=True):
    """An operation as REST serves it."""

    state_role: ClassVar = Role.CONSTANT

    operation: Operation
    plan: Plan
    sapi: bool


class BinanceDialect(Dialect):
    """One venue in this dialect. What both faces share hangs here: limits, keys, symbols, listen keys."""

    name = "binance"
    secret_names = SecretNames(keys=("X-MBX-APIKEY", "apiKey"), secrets=("signature", "listenKey"))
    streams: "Streams"

    def __init__(self, door: Door, randomness: Randomness, settings: BinanceSettings = VENUE_SETTINGS) -> None:
        self.door = door
        self.settings = settings
        self.symbols = Symbols(door.venue.markets)
        self.keyring = Keyring(door.venue)
        self.limits = Limits(settings.limits, door.venue.accounts)
        self.chronicle = Chronicle(door.venue.accounts, self.next_withdrawal_id)
        self.listen_keys = ListenKeys(door.clock, randomness, door.name)
        self.unknown_endpoints: dict[tuple[str, str], int] = {}
        """(method, path) -> how often something was asked for that is not served; bounded."""
        self._ids = randomness.stream(f"{door.name}/binance/ids")
        self._routes = {
            tuple(operation.rest.split(" ")): _route(operation)
            for operation in served(settings)
            if operation.rest is not None
        }

    def start(self) -> None:
        from simexchange.dialects.binance.streams import start_streams

        self.door.bus.listen(Stage.PRIVATE_STREAMS, self.limits.on_batch)
        self.door.bus.listen(Stage.PRIVATE_STREAMS, self.chronicle.on_batch)
        start_streams(self)

    def close_streams(self, code: int, reason: str) -> None:
        self.streams.hang_up(code, reason)

    def shut_down(self) -> None:
        self.streams.shut_down()

    def open_stream(self, request: Request) -> StreamSession | Reply:
        from simexchange.dialects.binance.streams import open_stream

        return open_stream(self, request)

    def operation_at(self, method: str, path: str) -> Operation | None:
        """What is served there."""
        route = self._routes.get((method, path))
        return None if route is None else route.operation

    def headers_at(self, path: str, peer: str, now_ns: int) -> tuple[Header, ...]:
        """The headers of an answer there, whatever it says."""
        if path.startswith("/sapi/"):
            return self.limits.sapi_headers(peer, now_ns)
        return self.limits.headers(peer, now_ns)

    def handle(self, request: Request) -> Reply:
        now_ns = self.door.clock.now_ns()
        route = self._routes.get((request.method, request.path))
        if route is None:
            return self.not_found(request)
        try:
            body, extra = self._answer(route, request, now_ns)
            return Reply(200, body, self._headers(route, request.peer, now_ns) + extra)
        except BinanceRefusal as refusal:
            headers = self._headers(route, request.peer, now_ns)
            return refusal_reply(refusal, now_ns, headers)

    def _answer(self, route: Route, request: Request, now_ns: int) -> tuple[bytes, tuple[Header, ...]]:
        """The reply's body and extra headers. Charges the weight; what is free is charged when it fails."""
        operation, limits, peer = route.operation, self.limits, request.peer
        texts: dict[str, str] = {}
        malformed = _read_texts(request, texts)
        weight = operation.weigh(texts)
        if route.sapi:
            limits.admit_sapi(peer, weight, now_ns)
        else:
            limits.admit(peer, weight, now_ns)
            if not operation.free_when_successful:
                limits.charge(peer, weight, now_ns)
        try:
            if malformed is not None:
                raise malformed
            context, args = self._admit(route, request, texts, now_ns)
            result = operation.handler(context, args)
        except BinanceRefusal:
            if operation.free_when_successful:
                limits.charge(peer, weight, now_ns)
            raise
        if operation.orders:
            return _encode(result), limits.order_headers(context.owner.account_id, now_ns)
        return _encode(result), ()

    def _admit(self, route: Route, request: Request, texts: dict[str, str], now_ns: int) -> tuple[Context, params.Args]:
        """Who asks for what: parameters read, and for all but public operations the key and signature proven."""
        headers = request.headers
        unit = headers.get(b"x-mbx-time-unit")
        unit_ns = MILLISECOND
        if unit is not None:
            if unit not in _TIME_UNITS:
                raise BinanceRefusal(errors.BAD_TIME_UNIT)
            unit_ns = _TIME_UNITS[unit]
        security = route.operation.security
        if security is Security.NONE:
            return Context(self, now_ns, request.peer, unit_ns=unit_ns), route.plan.read(texts)
        if security.signed:
            # Before anything else, the key included: a request that is not even signed is told so.
            for name in _PROOF:
                if name not in texts:
                    raise BinanceRefusal(errors.MANDATORY, name)
        keyring = self.keyring
        named = keyring.named(headers.get(b"x-mbx-apikey"))
        args = route.plan.read(texts)
        if security is Security.API_KEY:
            key = keyring.usable(named, security, request.peer, now_ns)
        else:
            key = self._signer(named, security, request, args, now_ns)
        account = self.door.venue.accounts[key.account_id]
        return Context(self, now_ns, request.peer, key, account, unit_ns), args

    def _signer(
        self, named: ApiKey | None, security: Security, request: Request, args: params.Args, now_ns: int
    ) -> ApiKey:
        check_timing(args["timestamp"], args.get("recvWindow", DEFAULT_RECV_WINDOW), self.door.gateway, now_ns)
        key = self.keyring.usable(named, security, request.peer, now_ns)
        body = "" if request.method == "GET" or not request.body else request.body.decode("latin-1")
        self.keyring.check_signature(key, signed_payload(request.query, body), args["signature"])
        return key

    def _headers(self, route: Route, peer: str, now_ns: int) -> tuple[Header, ...]:
        if route.sapi:
            return self.limits.sapi_headers(peer, now_ns)
        return self.limits.headers(peer, now_ns)

    def not_found(self, request: Request) -> Reply:
        """No such endpoint, or not by this method. /sapi names the method; /api says nothing at all."""
        unknown, asked = self.unknown_endpoints, (request.method, request.path)
        if asked in unknown or len(unknown) < _KEPT_UNKNOWN:
            unknown[asked] = unknown.get(asked, 0) + 1
        if request.path.startswith("/sapi/") and any(path == request.path for _, path in self._routes):
            refusal = BinanceRefusal(errors.METHOD_NOT_SUPPORTED, request.method)
            return refusal_reply(refusal, self.door.clock.now_ns())
        body = _NOT_FOUND if _HTML in request.headers.get(b"accept", b"") else b""
        return Reply(404, body, content_type=_HTML)

    # What faults need; nothing of it is loaded before the first rule is armed.

    @cached_property
    def _facts(self) -> "FactFinder":
        from simexchange.dialects.binance.fault_facts import FactFinder

        return FactFinder(self)

    @cached_property
    def _troubles(self) -> "Troubles":
        from simexchange.dialects.binance.troubles import Troubles

        return Troubles(self)

    def describe(self, request: Request) -> Call:
        return self._facts.of_request(request)

    def describe_handshake(self, request: Request) -> Call:
        return self._facts.of_handshake(request)

    def describe_message(self, session: StreamSession, text: str) -> Call | None:
        return self._facts.of_message(session, text)

    def describe_frame(self, session: StreamSession, payload: bytes) -> FrameFacts:
        return self._facts.of_frame(session, payload)

    def trouble(self, trouble: Trouble, request: Request, call: Call) -> Reply:
        return self._troubles.reply(trouble, request, call)

    def socket_trouble(self, trouble: Trouble, session: StreamSession, text: str, call: Call) -> bytes | None:
        return self._troubles.message(trouble, session, text, call)

    def reword(self, payload: bytes, symbol: Symbol, change: Change) -> bytes:
        from simexchange.dialects.binance.rewording import reworded

        return reworded(payload, self.door.venue.markets.get(symbol), change)

    def stream_key_owners(self) -> tuple[AccountId, ...]:
        return self.listen_keys.owners

    def end_stream_key(self, account_id: AccountId, tells: bool, closes: bool) -> None:
        listen_key = self.listen_keys.withdraw(account_id)
        if listen_key is not None:
            self.streams.end_listen_key(listen_key, tells, closes)

    def close_order_entry(self, source: str) -> None:
        self.streams.close_order_entry(source)

    def count_unplaced(self, account_id: AccountId) -> None:
        self.limits.count_unplaced(account_id, self.door.clock.now_ns())

    def outcome(self, reply: Reply) -> Outcome:
        from simexchange.dialects.binance.outcomes import of_reply

        return of_reply(reply)

    def message_outcome(self, payload: bytes | None) -> Outcome:
        from simexchange.dialects.binance.outcomes import of_message

        return of_message(payload)

    def fault_forms(self) -> Mapping[str, str]:
        from simexchange.dialects.binance.fault_forms import FORMS

        return FORMS

    def limits_in_use(self) -> list[LimitInUse]:
        return self.limits.in_use(self.door.clock.now_ns())

    def explain_signature(self, request: Request | str) -> SignatureCheck | None:
        from simexchange.dialects.binance.signature_checks import explain

        return explain(self, request)

    def next_client_order_id(self) -> str:
        """A name for an order or a cancel whose owner gave none: 22 letters and digits."""
        raw = self._ids.getrandbits(136).to_bytes(17, "big")
        return b2a_base64(raw)[:22].translate(_ID_CHARACTERS).decode()

    def next_withdrawal_id(self) -> str:
        return f"{self._ids.getrandbits(128):032x}"


def _route(operation: Operation) -> Route:
    assert operation.rest is not None
    api = "/api/" in operation.rest
    common = params.SIGNED_REST if operation.security.signed else ()
    return Route(operation, Plan((*operation.params, *common), strict=api), sapi=not api)


def _read_texts(request: Request, texts: dict[str, str]) -> BinanceRefusal | None:
    """Query and, except for GET, form body as name -> text; the refusal of a name that came twice."""
    try:
        if request.query:
            split_form(request.query, texts)
        if request.body and request.method != "GET":
            split_form(request.body.decode("latin-1"), texts, keep=True)
    except BinanceRefusal as refusal:
        return refusal
    return None


def refusal_reply(refusal: BinanceRefusal, now_ns: int, headers: tuple[Header, ...] = ()) -> Reply:
    """A refusal as the venue words it, with Retry-After on 429 and 418."""
    if refusal.retry_after_ns is not None:
        seconds = max(-(-(refusal.retry_after_ns - now_ns) // SECOND), 0)
        headers = (*headers, (b"retry-after", b"%d" % seconds))
    body = refusal.body if refusal.data is None else refusal.body | {"data": refusal.data}
    return Reply(refusal.status, _encode(body), headers)
