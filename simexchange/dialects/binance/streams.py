"""The market stream sockets: paths, live requests, and what one connection listens to.

``/ws`` and ``/ws/<name>[/<name>...]`` speak raw events, ``/stream?streams=<name>/<name>`` wrapped ones. A listenKey
may stand wherever a stream name may. Source: "WebSocket Streams for Binance", general information and live
subscribing.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from simexchange.dialects.base import Coverage, Fidelity, Reply, Request, StreamSession
from simexchange.dialects.binance import channels, errors, user_stream, ws_api
from simexchange.dialects.binance.channels import StreamNames
from simexchange.dialects.binance.connections import GOING_AWAY, POLICY_VIOLATION, Beats, Connection
from simexchange.dialects.binance.dialect import BinanceDialect, refusal_reply
from simexchange.dialects.binance.encoders import TimeUnit
from simexchange.dialects.binance.errors import BinanceRefusal, Entry
from simexchange.dialects.binance.feeds import MarketSource
from simexchange.dialects.binance.hub import Hub
from simexchange.dialects.binance.stream_requests import (
    COMPLAINTS,
    EXPECTED_BOOLEAN,
    INVALID_STREAM,
    METHODS,
    TOO_MANY_PARAMETERS,
    TOO_MANY_SUBSCRIPTIONS,
    Complaint,
    StreamRequest,
    parse,
    property_name,
    stream_names,
)
from simexchange.dialects.binance.user_encoders import listen_key_expired
from simexchange.dialects.binance.user_stream import UserHub, UserSubscription, combined_prefix
from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.bus import Stage
from simexchange.services.rate_limits import CalendarWindow

UNITS = {
    "MILLISECOND": TimeUnit.MILLISECOND,
    "millisecond": TimeUnit.MILLISECOND,
    "MICROSECOND": TimeUnit.MICROSECOND,
    "microsecond": TimeUnit.MICROSECOND,
}


CONNECTIONS_EXCEEDED = Entry(
    429,
    -1003,
    "Too many connections; current limit is {} connections per {}.",
    Fidelity.SIMPLIFIED,
    "what the venue answers to a handshake too many is not documented",
)


class Streams:
    """Everything the venue's sockets share."""

    def __init__(self, dialect: BinanceDialect) -> None:
        self.dialect = dialect
        self.settings = dialect.settings.streams
        self.clock = dialect.door.clock
        self.methods = ws_api.methods(dialect.settings)
        self.users = UserHub(dialect.door.venue, self.settings)
        self.hub = Hub()
        source = MarketSource(dialect.door, self.hub, Beats(self.clock))
        self.hub.make_feed = StreamNames(source, self.settings).find_feed
        window_ns, limit = self.settings.connection_window_ns, self.settings.connections
        self.market_connections: CalendarWindow[str] = CalendarWindow(window_ns, limit)
        self.api_connections: CalendarWindow[str] = CalendarWindow(window_ns, limit)
        self.sessions: dict[Connection, None] = {}

    def count_connection(self, window: "CalendarWindow[str]", peer: str) -> None:
        """One more connection of an address; a refusal once it has used up its window."""
        now = self.clock.now_ns()
        if window.exceeds(window.add(peer, now)):
            raise BinanceRefusal(CONNECTIONS_EXCEEDED, window.limit, "5 MINUTE", retry_after_ns=window.ends_ns)

    def on_listen_key_end(self, listen_key: str, _account_id: AccountId) -> None:
        """A listenKey ran out or was closed: whoever listens by it is told, and hears no more."""
        self.end_listen_key(listen_key)

    def end_listen_key(self, listen_key: str, tells: bool = True, closes: bool = False) -> None:
        """Whoever listens by this key hears no more; told so or not, and left connected or not."""
        for session in tuple(self.sessions):
            if isinstance(session, MarketStream) and session.end_listen_key(listen_key, tells) and closes:
                session.hang_up(GOING_AWAY)

    def accounts_of(self, session: StreamSession) -> tuple[AccountId, ...]:
        """Whose key a socket is logged on with, and whose orders it is told about."""
        return session.accounts()

    def account_of_message(self, session: StreamSession, message: Mapping[str, Any]) -> AccountId | None:
        """Whose user data event this is: the wrapping says so, or there is but one account it can be."""
        if isinstance(session, MarketStream | ws_api.ApiSession):
            return session.account_of_message(message)
        return None

    def hang_up(self, code: int, reason: str) -> None:
        """Close every connection from the venue's side."""
        for session in tuple(self.sessions):
            session.hang_up(code, reason)

    def close_order_entry(self, peer: str) -> None:
        """Close the WebSocket API connections of an address."""
        for session in tuple(self.sessions):
            if isinstance(session, ws_api.ApiSession) and session.peer == peer:
                session.hang_up(POLICY_VIOLATION, "disconnected")

    def shut_down(self) -> None:
        """Tell every connection that the server goes away, and close it."""
        for session in tuple(self.sessions):
            session.say_goodbye()
            session.hang_up(GOING_AWAY, "Server shutdown")


def start_streams(dialect: BinanceDialect) -> Streams:
    """Give the dialect its streams and listen to the venue's bus; called once, when the world is complete."""
    streams = dialect.streams = Streams(dialect)
    dialect.door.bus.listen(Stage.PRIVATE_STREAMS, streams.users.on_batch)
    dialect.door.bus.listen(Stage.PUBLIC_STREAMS, streams.hub.on_batch)
    dialect.listen_keys.on_end = streams.on_listen_key_end
    return streams


def open_stream(dialect: BinanceDialect, request: Request) -> StreamSession | Reply:
    """A session for a WebSocket handshake, or the refusal in HTTP.

    Unknown path: 404. Bad ``timeUnit``: -1194. Too many connections of an address: 429.
    """
    streams = dialect.streams
    path = request.path.rstrip("/")
    options = _options(request.query)
    try:
        unit = _unit(options)
        if path == ws_api.PATH:
            return ws_api.open_session(streams, request, unit, options)
        if path == "/stream":
            names, combined = options.get("streams", ""), True
        elif path == "/ws" or path.startswith("/ws/"):
            names, combined = unquote(path[4:]), False
        else:
            return Reply(404, b"")
        streams.count_connection(streams.market_connections, request.peer)
    except BinanceRefusal as refusal:
        return refusal_reply(refusal, streams.clock.now_ns())
    return MarketStream(streams, unit, combined, [name for name in names.split("/") if name])


def _options(query: str) -> dict[str, str]:
    """The query as names and values; a plus sign stays one, as in ``@kline_1d@+08:00``."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {unquote(name): unquote(value) for name, _, value in pairs if name}


def _unit(options: dict[str, str]) -> TimeUnit:
    unit = UNITS.get(options.get("timeUnit", "MILLISECOND"))
    if unit is None:
        raise BinanceRefusal(errors.BAD_TIME_UNIT)
    return unit


class MarketStream(Connection):
    """One market stream socket: what it listens to, and how it wants it told."""

    def __init__(self, streams: Streams, unit: TimeUnit, combined: bool, names: list[str]) -> None:
        super().__init__(streams.clock, streams.settings, streams.settings.messages_per_second)
        self._streams = streams
        self._unit = unit
        self._combined = combined
        self._asked = names
        self._names: dict[str, UserSubscription | None] = {}
        self._channels: tuple[tuple[str, Symbol], ...] | None = None

    def on_open(self) -> None:
        super().on_open()
        self._streams.sessions[self] = None
        names = dict.fromkeys(self._asked)
        if 0 < self.settings.streams_per_connection < len(names):
            self.hang_up(POLICY_VIOLATION, "Invalid request")
            return
        for name in names:
            self._subscribe(name)

    def release(self) -> None:
        self._streams.sessions.pop(self, None)
        for name in tuple(self._names):
            self._unsubscribe(name)

    def receive(self, text: str) -> None:
        try:
            request = parse(text)
            result = self._answer(request)
        except Complaint as complaint:
            self.sink.send(complaint.encode())
        else:
            self.sink.send(msgspec.json.encode({"result": result, "id": request.request_id}))

    def say_goodbye(self) -> None:
        event = {"e": "serverShutdown", "E": self.clock.now_ns() // self._unit}
        self.sink.send(msgspec.json.encode({"stream": "!serverShutdown", "data": event} if self._combined else event))

    def accounts(self) -> tuple[AccountId, ...]:
        found = [subscription.account_id for subscription in self._names.values() if subscription is not None]
        return tuple(dict.fromkeys(found))

    def channels(self) -> tuple[tuple[str, Symbol], ...]:
        """Remembered, as faults ask for every message; a stream of an instrument yet to be listed is looked up anew."""
        if self._channels is None:
            found = self._find_channels()
            named = [part for part in found if not part[0].startswith("!") and part not in user_stream.CHANNELS]
            if any(not symbol for _, symbol in named):
                return found
            self._channels = found
        return self._channels

    def _find_channels(self) -> tuple[tuple[str, Symbol], ...]:
        symbols = self._streams.dialect.symbols
        found: list[tuple[str, Symbol]] = []
        for name, subscription in self._names.items():
            word, at, channel = name.partition("@")
            if subscription is not None:
                found += user_stream.CHANNELS
            elif name.startswith("!"):
                found.append((name, ""))
            elif at:
                market = symbols.find(word.upper())
                found.append((channel, market.symbol if market is not None else ""))
        return tuple(found)

    def account_of_message(self, message: Mapping[str, Any]) -> AccountId | None:
        subscription = self._names.get(str(message.get("stream")))
        return next(iter(self.accounts()), None) if subscription is None else subscription.account_id

    def end_private(self) -> None:
        for name in tuple(self._names):
            self.end_listen_key(name)

    def end_listen_key(self, listen_key: str, tells: bool = True) -> bool:
        """A listenKey ran out: its listener is told, and hears no more of the account; False if it is none."""
        subscription = self._names.get(listen_key)
        if subscription is None:
            return False
        if tells:
            subscription.send(listen_key_expired(listen_key, self.clock.now_ns(), self._unit))
        self._streams.users.unsubscribe(subscription)
        self._names[listen_key] = None
        self._channels = None
        return True

    def _answer(self, request: StreamRequest) -> object:
        """The result of a request, or a Complaint."""
        match request.method:
            case "SUBSCRIBE":
                self._subscribe_all(request)
            case "UNSUBSCRIBE":
                for name in stream_names(request):
                    self._unsubscribe(name)
            case "LIST_SUBSCRIPTIONS":
                if request.params:
                    raise Complaint(*TOO_MANY_PARAMETERS, request.request_id)
                return list(self._names)
            case "GET_PROPERTY":
                property_name(request, 1)
                return self._combined
            case "SET_PROPERTY":
                self._set_property(request)
        return None

    def _subscribe_all(self, request: StreamRequest) -> None:
        """All of the names or, when they are too many, none."""
        names = dict.fromkeys(stream_names(request))
        limit = self.settings.streams_per_connection
        if limit and len(self._names.keys() | names.keys()) > limit:
            raise Complaint(*TOO_MANY_SUBSCRIPTIONS, request.request_id)
        if any(not self._is_well_formed(name) for name in names):
            raise Complaint(*INVALID_STREAM, request.request_id)
        for name in names:
            self._subscribe(name)

    def _is_well_formed(self, name: str) -> bool:
        """Only a stream name or a live listenKey may be asked for; an unknown symbol is well-formed, and silent."""
        return "@" in name or name.startswith("!") or self._account_of(name) is not None

    def _account_of(self, name: str) -> AccountId | None:
        return self._streams.dialect.listen_keys.account_of(name)

    def _subscribe(self, name: str) -> None:
        if name in self._names:
            return
        subscription = None
        account_id = self._account_of(name)
        if account_id is not None:
            prefix = combined_prefix(name) if self._combined else b""
            subscription = UserSubscription(account_id, self._unit, self.sink, prefix)
            self._streams.users.subscribe(subscription)
        else:
            self._streams.hub.subscribe(name, self._unit, self.sink, self._combined)
        self._names[name] = subscription
        self._channels = None

    def _unsubscribe(self, name: str) -> None:
        if name not in self._names:
            return
        subscription = self._names.pop(name)
        self._channels = None
        if subscription is not None:
            self._streams.users.unsubscribe(subscription)
        else:
            self._streams.hub.unsubscribe(name, self._unit, self.sink)

    def _set_property(self, request: StreamRequest) -> None:
        property_name(request, 2)
        value = request.params[1] if len(request.params) > 1 else None
        if not isinstance(value, bool):
            raise Complaint(*EXPECTED_BOOLEAN, request.request_id)
        self._combined = value
        for name, subscription in self._names.items():
            if subscription is not None:
                subscription.prefix = combined_prefix(name) if value else b""
            else:
                self._streams.hub.subscribe(name, self._unit, self.sink, value)


def coverage() -> Iterator[Coverage]:
    """Rows of the fidelity table for everything that comes and goes over the venue's sockets."""
    yield from channels.coverage()
    yield from user_stream.coverage()
    for method in METHODS:
        yield Coverage("method", f"stream {method}", Fidelity.SAME)
    for code, text, remark in COMPLAINTS:
        yield Coverage("error", f"stream {code} {text}", Fidelity.SIMPLIFIED if remark else Fidelity.SAME, remark)
    yield from LIMIT_ROWS
    yield from ws_api.coverage()


LIMIT_ROWS = (
    Coverage("limit", "300 connections per 5 MINUTE and IP", Fidelity.SAME),
    Coverage("limit", "5 messages per second on a market stream", Fidelity.SIMPLIFIED, "no ban for repeating it"),
    Coverage("limit", "1024 streams per connection", Fidelity.SAME),
    Coverage("limit", "ping every 20 s, pong within 60 s, 24 h life", Fidelity.SAME),
)
