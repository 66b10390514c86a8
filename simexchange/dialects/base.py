"""What every dialect is made of, and what a transport may expect of one. Sans-I/O: no socket, no await, no clock.

A transport turns bytes into a ``Request`` and calls ``Dialect.handle``; it asks ``Dialect.open_stream`` before it
accepts a WebSocket, then feeds the ``StreamSession`` text and gives it a ``Sink`` to write to.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar, Final, Protocol, TypeAlias

from msgspec import Struct

from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.faults.changes import Change
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.verdicts import Trouble
from simexchange.services.outcomes import Answer, Outcome

FrameFacts: TypeAlias = dict[str, Any]
"""Fields of ``facts.Frame`` by name, those that a message tells: channel, event, symbol, account ..."""
JSON_TYPE: Final = b"application/json;charset=UTF-8"


class Request:
    """One HTTP request as it came: raw query text, raw body bytes, header names lower case (last one wins)."""

    __slots__ = ("body", "headers", "method", "path", "peer", "query")

    def __init__(
        self, method: str, path: str, query: str, headers: Mapping[bytes, bytes], body: bytes, peer: str
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        """The peer's address, without a port. Forwarded headers never change it."""


class Reply:
    """One HTTP answer. ``headers`` are extra headers; content-type and content-length are the transport's to add."""

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        content_type: bytes = JSON_TYPE,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.content_type = content_type


class Sink(Protocol):
    """Where a stream session writes. Calls never block and never raise; a closed sink swallows them.

    The same ``payload`` object sent to many sinks is framed once: broadcast the object, not a copy.
    """

    def send(self, payload: bytes) -> None: ...

    def ping(self, payload: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class StreamSession(ABC):
    """One open WebSocket of a venue."""

    sink: Sink
    """Set by the transport before ``on_open``."""

    @abstractmethod
    def on_open(self) -> None: ...

    @abstractmethod
    def on_text(self, text: str) -> None:
        """A complete text message of the client (the transport closes on invalid UTF-8 and over-long messages)."""

    def on_binary(self, data: bytes) -> None:
        """A complete binary message; by default read as text when it is UTF-8, else answered as garbage."""
        self.on_text(data.decode("utf-8", "replace"))

    @abstractmethod
    def on_ping(self, payload: bytes) -> None:
        """A ping frame came (the transport has ponged it); venues count it against message limits."""

    @abstractmethod
    def on_pong(self, payload: bytes) -> None: ...

    def accounts(self) -> tuple[AccountId, ...]:
        """Whose orders it is told about, and whose key it is logged on with."""
        return ()

    def channels(self) -> tuple[tuple[str, Symbol], ...]:
        """What it listens to: channel without its symbol, and the symbol ("" where there is none)."""
        return ()

    @abstractmethod
    def on_close(self) -> None:
        """The connection is gone, whoever closed it; called exactly once, release everything."""

    # What faults may ask for; a venue that has nothing of the kind does nothing.

    def pace_pings(self, pace: tuple[int, int] | None) -> None:  # noqa: B027
        """Ping every so many ns and cut a client that has not answered within so many; None: as usual."""

    def say_goodbye(self) -> None:  # noqa: B027
        """Tell the client that the server goes away."""

    @property
    def has_token(self) -> bool:
        """Whether it listens to an account by a credential that can run out on the socket itself."""
        return False

    def end_private(self) -> None:  # noqa: B027
        """End what it listens to of accounts as when that credential has run out."""


class SecretNames(Struct, frozen=True):
    """Under which names this venue's clients send what is not to be shown: headers, parameters, JSON fields, any case.

    ``keys`` hold API keys, of which a short hash is shown; of what ``secrets`` hold nothing is.
    """

    keys: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


class LimitInUse(Struct, frozen=True):
    """How far somebody is with one limit, or a ban (``is_ban``), as people are shown it. Never asked by a client."""

    what: str
    """What is counted, and in which stretch of time: "request weight, 1 minute"."""
    who: str
    """An address, or an account's name."""
    used: int
    limit: int
    """0 where nothing is ever too much."""
    until_ns: int
    """When the count begins anew, or the ban ends."""
    is_ban: bool = False


class SignatureCheck(Struct, frozen=True):
    """Why a signature was accepted or not, for whoever holds the control token. Holds no secret and no signature.

    ``canonical`` is what the venue took for signed; ``signed`` the text that the given signature does fit, if it is one
    of those that clients sign by mistake.
    """

    verdict: str
    """fits, differs, missing, unknown key, or unsigned for what needs none."""
    canonical: str = ""
    rule: str = ""
    """How this venue builds it."""
    signed: str | None = None
    mistake: str = ""
    advice: str = ""


class Dialect(ABC):
    """One venue's wire. Mounted at the root of its own port."""

    name: str
    secret_names: ClassVar[SecretNames] = SecretNames()

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Answer one request. Whatever the client sends, this returns; only a bug raises."""

    @abstractmethod
    def open_stream(self, request: Request) -> StreamSession | Reply:
        """Accept a WebSocket handshake (method GET, path, query, headers) with a session, or refuse with a Reply."""

    @abstractmethod
    def start(self) -> None:
        """Listen to the venue's bus and set timers; called once, when the world is complete."""

    def close_streams(self, code: int, reason: str) -> None:  # noqa: B027  (a dialect may have no streams)
        """Close every stream session there is."""

    def shut_down(self) -> None:  # noqa: B027
        """The server stops: tell every stream session so, and close it, as this venue does."""

    # What faults need to know and to have said; asked only while a rule is armed. A dialect that says nothing here can
    # be matched by its venue and addresses alone.

    def describe(self, request: Request) -> Call:
        """The facts of a request, as far as it tells them; nothing in it is checked, nothing charged."""
        return Call(self.name, (f"{request.method} {request.path}",), Purpose.OTHER, request.peer)

    def describe_handshake(self, request: Request) -> Call:
        """The same of a WebSocket handshake: purpose CONNECT."""
        return Call(self.name, (f"GET {request.path}", "CONNECT"), Purpose.CONNECT, request.peer)

    def describe_message(self, session: StreamSession, text: str) -> Call | None:  # noqa: ARG002
        """The same of a client's message; None if it is no request."""
        return None

    def describe_frame(self, session: StreamSession, payload: bytes) -> FrameFacts:  # noqa: ARG002
        """What a message to a client is about."""
        return {}

    def is_answer(self, session: StreamSession, payload: bytes) -> bool:
        """Whether a message answers a request of this very socket."""
        return bool(self.describe_frame(session, payload).get("is_reply"))

    def trouble(self, trouble: Trouble, request: Request, call: Call) -> Reply:  # noqa: ARG002
        """A trouble in this venue's bytes, with the headers that its answers carry."""
        return Reply(trouble.status or 503, trouble.body or trouble.message.encode())

    def socket_trouble(self, trouble: Trouble, session: StreamSession, text: str, call: Call) -> bytes | None:  # noqa: ARG002
        """The same as the answer to a message; None where this venue would not answer at all."""
        return None

    def reword(self, payload: bytes, symbol: Symbol, change: Change) -> bytes:  # noqa: ARG002
        """A message or an answer with a change made in this venue's words; as it was where it makes no sense."""
        return payload

    def stream_key_owners(self) -> tuple[AccountId, ...]:
        """The accounts that have a living stream key (a listenKey), oldest key first."""
        return ()

    def end_stream_key(self, account_id: AccountId, tells: bool, closes: bool) -> None:  # noqa: B027
        """End such a key before its time; its listeners are told or not, and cut or not."""

    def close_order_entry(self, source: str) -> None:  # noqa: B027  (a venue may have no such sockets)
        """Close the order-entry sockets of an address, as a venue does with one that it bans."""

    def count_unplaced(self, account_id: AccountId) -> None:  # noqa: B027  (a venue may count none)
        """Count an order that did not come to be against its account's limits."""

    # What people are shown; asked only while somebody looks.

    def limits_in_use(self) -> list[LimitInUse]:
        """How far everybody is with this venue's limits, and who is banned."""
        return []

    def explain_signature(self, request: "Request | str") -> SignatureCheck | None:  # noqa: ARG002
        """Why a request's or a message's signature was accepted or not; None where this venue knows none."""
        return None

    # What whoever judges a client needs to know; asked only while somebody does.

    def outcome(self, reply: Reply) -> Outcome:
        """What an answer tells the client, in neutral words."""
        return Outcome(Answer.DONE if reply.status < 400 else Answer.REFUSED)

    def message_outcome(self, payload: bytes | None) -> Outcome:  # noqa: ARG002
        """The same of an answer on a WebSocket; None is no answer at all."""
        return Outcome(Answer.DONE)

    def fault_forms(self) -> Mapping[str, str]:
        """Kind of fault -> what this venue's clients see of it, in a line, for the catalogue."""
        return {}


class Fidelity(Enum):
    """How true a part of a dialect is; shown by ``simexchange coverage``."""

    SAME = "same"
    SIMPLIFIED = "simplified"
    MISSING = "missing"


class Coverage(Struct, frozen=True):
    """One row of the fidelity table: ``kind`` is endpoint, parameter, order type, filter, stream, method, error ..."""

    kind: str
    name: str
    fidelity: Fidelity
    note: str = ""
