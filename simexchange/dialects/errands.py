"""One request on its way through the gate: how the dialect answers it, how a trouble is said, how the answer leaves.

One class per way in: HTTP, a WebSocket handshake, a message on a WebSocket. What becomes of an errand is the gate's.
"""

import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from simexchange.dialects.base import Reply, Request, StreamSession
from simexchange.domain.secret import mask_runs
from simexchange.services.faults.facts import Call
from simexchange.services.faults.verdicts import Delivery, Edit, Trouble
from simexchange.services.journal import RequestEntry

if TYPE_CHECKING:
    from simexchange.dialects.gate import Gate

AnswerT = TypeVar("AnswerT")
_SWITCHING: Final = Reply(101, b"")
_REFUSALS: Final = 400
KEPT_BODY: Final = 1 << 13
"""Bytes of a reply that the journal keeps."""
PLAIN_TEXT: Final = b"text/plain; charset=utf-8"

log = logging.getLogger(__name__)


def log_bug(what: str) -> None:
    """Log the exception at hand as a bug, with its traceback.

    Queries, bodies and headers have no place in ``what``. A path may hold a listen key, and an exception may quote
    anything: what looks like a key is masked.
    """
    log.error("bug: %s\n%s", mask_runs(what), mask_runs(traceback.format_exc()).rstrip())


def own_up(what: str) -> Reply:
    """Log the exception at hand as a bug; the plain 500 that the client gets."""
    log_bug(what)
    return Reply(500, b"Internal Server Error", content_type=PLAIN_TEXT)


def abridge(entry: RequestEntry) -> None:
    """Keep no more than the beginnings of a long request and a long reply: both would fill the memory in time."""
    _abridge_request(entry)
    reply = entry.reply
    size = len(reply.body) if isinstance(reply, Reply) else len(reply) if isinstance(reply, bytes) else 0
    if size <= KEPT_BODY:
        return
    entry.left_out = size - KEPT_BODY
    if isinstance(reply, Reply):
        entry.reply = Reply(reply.status, reply.body[:KEPT_BODY], reply.headers, reply.content_type)
    else:
        entry.reply = reply[:KEPT_BODY]


def _abridge_request(entry: RequestEntry) -> None:
    asked = entry.request
    if isinstance(asked, Request):
        size = len(asked.body)
        if size > KEPT_BODY:
            body = asked.body[:KEPT_BODY]
            entry.request = Request(asked.method, asked.path, asked.query, asked.headers, body, asked.peer)
    else:
        size = len(asked)
        if size > KEPT_BODY:
            entry.request = asked[:KEPT_BODY]
    entry.request_left_out = max(size - KEPT_BODY, 0)


class Peer(Protocol):
    """One connection, as the gate needs it."""

    number: int
    source: str


class SocketPeer(Peer, Protocol):
    """A WebSocket, whose outgoing messages can be caught while it answers."""

    def catch(self) -> None:
        """From now on keep what the session sends."""

    def caught(self) -> list[bytes]:
        """Stop keeping; what was kept, in order."""

    def deliver_text(self, payload: bytes | None, delivery: Delivery | None) -> None:
        """Send, break or swallow one answer."""


class Errand(ABC, Generic[AnswerT]):
    """One request on its way through the gate."""

    def __init__(self, call: Call, entry: RequestEntry) -> None:
        self.call = call
        self.entry = entry
        self.held = False  # whether it waits, so that other things happen between request and answer

    @abstractmethod
    def run(self) -> AnswerT:
        """Have the dialect answer it."""

    @abstractmethod
    def say(self, trouble: Trouble) -> AnswerT:
        """The answer that is this trouble, in the venue's bytes."""

    @abstractmethod
    def edit(self, answer: AnswerT, edit: Edit) -> AnswerT:
        """The answer with its body rewritten."""

    def record(self, answer: AnswerT | None) -> object:
        """What the journal keeps of the answer."""
        return answer

    @abstractmethod
    def deliver(self, answer: AnswerT | None, delivery: Delivery | None) -> None:
        """Hand it to the transport; None where the client hears nothing of an answer."""


class HttpErrand(Errand[Reply]):
    def __init__(
        self,
        gate: "Gate",
        request: Request,
        call: Call,
        entry: RequestEntry,
        deliver: Callable[[Reply | None, Delivery | None], None],
    ) -> None:
        super().__init__(call, entry)
        self._gate = gate
        self._request = request
        self._deliver = deliver

    def run(self) -> Reply:
        return self._gate.answered(self._request)

    def say(self, trouble: Trouble) -> Reply:
        return self._gate.dialect.trouble(trouble, self._request, self.call)

    def edit(self, answer: Reply, edit: Edit) -> Reply:
        if answer.status >= _REFUSALS:
            return answer
        return Reply(answer.status, edit(answer.body), answer.headers, answer.content_type)

    def deliver(self, answer: Reply | None, delivery: Delivery | None) -> None:
        self._deliver(answer, delivery)


class HandshakeErrand(Errand["StreamSession | Reply"]):
    def __init__(
        self,
        gate: "Gate",
        request: Request,
        call: Call,
        entry: RequestEntry,
        decide: Callable[[StreamSession | Reply | None, Delivery | None], None],
    ) -> None:
        super().__init__(call, entry)
        self._gate = gate
        self._request = request
        self._decide = decide

    def run(self) -> StreamSession | Reply:
        try:
            return self._gate.dialect.open_stream(self._request)
        except Exception:  # noqa: BLE001  (it is logged, masked)
            return own_up(f"{self._gate.name} could not open a stream at {self._request.path}")

    def say(self, trouble: Trouble) -> StreamSession | Reply:
        return self._gate.dialect.trouble(trouble, self._request, self.call)

    def edit(self, answer: StreamSession | Reply, edit: Edit) -> StreamSession | Reply:  # noqa: ARG002  (it has no body)
        return answer

    def record(self, answer: StreamSession | Reply | None) -> object:
        return _SWITCHING if isinstance(answer, StreamSession) else answer

    def deliver(self, answer: StreamSession | Reply | None, delivery: Delivery | None) -> None:
        self._decide(answer, delivery)


class SocketErrand(Errand["bytes | None"]):
    """A request over a WebSocket: its answer is what the session sends back; events on the way go out at once."""

    def __init__(
        self,
        gate: "Gate",
        session: StreamSession,
        text: str,
        call: Call,
        entry: RequestEntry,
        peer: SocketPeer,
        done: Callable[[], None],
    ) -> None:
        super().__init__(call, entry)
        self._gate = gate
        self._session = session
        self._text = text
        self._peer = peer
        self._done = done

    def run(self) -> bytes | None:
        peer, dialect = self._peer, self._gate.dialect
        answer = None
        peer.catch()
        try:
            self._session.on_text(self._text)
        finally:
            sent = peer.caught()
            for payload in sent:
                if dialect.is_answer(self._session, payload):
                    answer = payload
                else:
                    peer.deliver_text(payload, None)
        return answer

    def say(self, trouble: Trouble) -> bytes | None:
        return self._gate.dialect.socket_trouble(trouble, self._session, self._text, self.call)

    def edit(self, answer: bytes | None, edit: Edit) -> bytes | None:
        return None if answer is None else edit(answer)

    def deliver(self, answer: bytes | None, delivery: Delivery | None) -> None:
        self._peer.deliver_text(answer, delivery)
        self._done()
