"""WebSockets (RFC 6455): the websockets library parses, frames go out through the port's outbox.

No task per connection: what a client says is handed to its session as it comes, what the session says is written at
the end of the turn. No compression. A client that does not read is disconnected before its backlog grows without
bound. The session hears of the end exactly once, whoever closed.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, ParamSpec, cast

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from simexchange.dialects.base import Reply, Request, StreamSession
from simexchange.dialects.errands import log_bug
from simexchange.services.faults.verdicts import Delivery
from simexchange.transports.breakage import write_broken
from simexchange.transports.http import render
from simexchange.transports.port import Port
from simexchange.transports.tampering import TamperedStream

GOING_AWAY: Final = 1001
INVALID_DATA: Final = 1007
POLICY_VIOLATION: Final = 1008
INTERNAL_ERROR: Final = 1011
MOST_UNHEARD: Final = 64
"""Messages of one client that may wait behind a held one; with more nothing is read from it."""
_PONG_FRAME: Final = 0x8A
_LONGEST_REASON: Final = 123  # a control frame holds 125 bytes, two of them the code

P = ParamSpec("P")

log = logging.getLogger(__name__)

# At its lower levels the library writes down headers and messages, which hold keys and signatures.
_library_log = logging.getLogger(f"{__name__}.library")
_library_log.setLevel(logging.ERROR)


class StreamProtocol(TamperedStream, asyncio.Protocol):
    """One client's WebSocket, and the ``Sink`` of its session. Starts with the bytes of the handshake."""

    is_stream = True

    def __init__(self, port: Port) -> None:
        self._port = port
        self._outbox = port.outbox
        self._library = ServerProtocol(max_size=port.limits.max_message, logger=_library_log)
        self._transport = cast(asyncio.Transport, None)
        self._session: StreamSession | None = None
        self.number = 0
        self.source = ""
        self.opened_ns = 0
        self._is_open = False
        self._is_plain = False
        """Open, and nobody looks at what is sent."""
        self._is_frozen = False
        self._is_pongless = False
        self._is_waiting = False
        self._is_hearing = False
        self._unheard: deque[str] = deque()
        self._caught: list[bytes] | None = None
        self._is_choked = False
        self._owes_pong = False
        self._message = bytearray()
        self._is_text = True
        self._farewell: asyncio.TimerHandle | None = None
        self.pending: list[bytes] = []

    # What the event loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peername = transport.get_extra_info("peername")
        self.source = peername[0] if peername else ""
        self.number = self._port.gate.next_connection()
        self._port.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._port.connections.discard(self)
        self._port.stragglers.discard(self)
        if self._farewell is not None:
            self._farewell.cancel()
        self._shut()
        self.pending = []
        self._unheard.clear()
        self._end_session()
        self._library.parser.close()  # it holds the library, and nobody should need a collector to part them

    def data_received(self, data: bytes) -> None:
        library = self._library
        library.receive_data(data)
        for event in library.events_received():
            if isinstance(event, Handshake):
                self._on_handshake(event)
            elif self._is_open and isinstance(event, Frame):
                self._on_frame(event)
        self._send_control_frames()

    def pause_writing(self) -> None:
        """Whoever does not read is not read from either."""
        self._is_choked = True
        self._port.stragglers.add(self)
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_choked = False
        self._catch_up()
        self._read_on()

    # What the client says.

    @property
    def owes_answer(self) -> bool:
        """Whether its handshake waits for an answer."""
        return self._session is None

    def _on_handshake(self, handshake: Handshake) -> None:
        """Accept with 101, or refuse with the dialect's reply (the library's, where it is no proper handshake)."""
        response = self._library.accept(handshake)
        del response.headers["Date"]
        if response.status_code != 101:
            self._library.send_response(response)
            return
        path, _, query = handshake.path.partition("?")
        headers = {
            name.lower().encode("latin-1"): value.encode("latin-1", "surrogateescape")
            for name, value in handshake.headers.raw_items()
        }
        request = Request("GET", path, query, headers, b"", self.source)
        self._port.gate.open_stream(request, self, lambda answer, delivery: self._decide(response, answer, delivery))

    def _decide(self, response: Response, answer: StreamSession | Reply | None, delivery: Delivery | None) -> None:
        """Accept or refuse; a client that left while the handshake was held hears nothing."""
        transport = self._transport
        if transport.is_closing():
            return
        if delivery is not None and not (delivery.needs_truth and answer is not None):
            write_broken(transport, b"", 0, delivery, self._port.gate.later, lambda: None)
            return
        if answer is None or isinstance(answer, Reply):
            transport.write(render(answer if answer is not None else Reply(500, b""), b"close"))
            transport.close()
            return
        self._library.send_response(response)
        transport.write(b"".join(self._library.data_to_send()))
        self._session = answer
        answer.sink = self
        self._is_open = True
        self.opened_ns = self._port.gate.clock.now_ns()
        self.watch()
        self._port.gate.opened(self)
        self._tell(answer.on_open)
        self._port.gate.changed(self)

    def _on_frame(self, frame: Frame) -> None:
        session = self._session
        assert session is not None, "a frame came before the handshake"
        opcode = frame.opcode
        if opcode is Opcode.TEXT and frame.fin:
            self._on_message(frame.data, is_text=True)
        elif opcode is Opcode.PING:
            self._tell(session.on_ping, bytes(frame.data))
        elif opcode is Opcode.PONG:
            self._owes_pong = False
            self._catch_up()
            self._tell(session.on_pong, bytes(frame.data))
        elif opcode is Opcode.CLOSE:
            self._shut()
        else:
            if opcode is not Opcode.CONT:
                self._is_text = opcode is Opcode.TEXT
            self._message += frame.data
            if frame.fin:
                message, self._message = self._message, bytearray()
                self._on_message(message, is_text=self._is_text)

    def _on_message(self, data: bytes | bytearray | memoryview, is_text: bool) -> None:
        assert self._session is not None
        if not is_text:
            self._tell(self._session.on_binary, bytes(data))
            return
        try:
            text = bytes(data).decode()
        except UnicodeDecodeError:
            self._shut()
            self._library.fail(INVALID_DATA, "invalid UTF-8")
        else:
            self._unheard.append(text)
            if not self._is_hearing:
                self._hear()
            if len(self._unheard) >= MOST_UNHEARD:
                self._transport.pause_reading()

    def _hear(self) -> None:
        """One message after the other; a held one holds up those behind it."""
        self._is_hearing = True
        gate = self._port.gate
        while self._unheard and not self._is_waiting and self._session is not None:
            self._is_waiting = True
            self._tell(gate.hear, self._session, self._unheard.popleft(), self, self._heard)
        self._is_hearing = False

    def _heard(self) -> None:
        self._is_waiting = False
        self._port.gate.changed(self)
        if not self._is_hearing:
            self._hear()
            self._read_on()

    def _read_on(self) -> None:
        """Read from the client, unless something keeps it waiting."""
        is_behind = self._is_choked or len(self._unheard) >= MOST_UNHEARD
        if not (is_behind or self._is_frozen or self._transport.is_closing()):
            self._transport.resume_reading()

    def _tell(self, hear: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            hear(*args, **kwargs)
        except Exception:  # noqa: BLE001  (it is logged, masked)
            log_bug(f"a stream session of {self._port.gate.name} failed")
            self.close(INTERNAL_ERROR)

    def _send_control_frames(self) -> None:
        """Pongs, the echo of a close, a refused handshake: what the library answers by itself."""
        for output in self._library.data_to_send():
            if not output:
                self._finish()
            elif not (self._is_pongless and output[0] == _PONG_FRAME):
                self._queue(output)

    def _finish(self) -> None:
        """The library has nothing more to say or to hear: write the rest and close."""
        self._shut()
        self._end_session()
        self._outbox.flush()
        if self._library.close_rcvd is not None:
            self._transport.close()
        elif not self._transport.is_closing() and self._transport.can_write_eof():
            # The client may be sending still; a socket closed now would eat the close frame.
            self._transport.write_eof()
        self._abort_after(self._port.limits.linger_s)

    # What the session says.

    def send(self, payload: bytes) -> None:
        """Send a text message."""
        if self._is_plain:
            frame = self._outbox.frame(payload)
            if not self.pending:
                self._outbox.register(self)
            self.pending.append(frame)
        elif self._is_open:
            self._send_watched(payload)

    def ping(self, payload: bytes) -> None:
        if self._is_open and self._library.state is State.OPEN:
            self._library.send_ping(payload)
            self._send_control_frames()
            if not self._is_frozen:
                self._owes_pong = True
                self._port.stragglers.add(self)

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye behind what was sent so far, and wait a while for the client to agree."""
        if not self._is_open:
            return
        self._shut()
        self._port.loop.call_soon(self._end_session)
        if self._library.state is not State.OPEN:
            return  # the library has just answered the client's own close; ``data_received`` sends that
        try:
            self._library.send_close(code, reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore"))
        except ProtocolError:
            log.exception("bug: %s closes a stream with code %d", self._port.gate.name, code)
            self._library.send_close(INTERNAL_ERROR)
        self._send_control_frames()
        self._abort_after(self._port.limits.close_s)

    def _catch_up(self) -> None:
        if not (self._is_choked or self._owes_pong):
            self._port.stragglers.discard(self)

    def _queue(self, frame: bytes) -> None:
        if not self.pending:
            self._outbox.register(self)
        self.pending.append(frame)

    # What the outbox and the port say.

    def write(self, data: bytes) -> None:
        transport = self._transport
        if self._is_frozen or transport.is_closing():
            return
        if self._is_choked and transport.get_write_buffer_size() > self._port.limits.max_backlog:
            if self._is_open:
                log.info("a client of %s reads too slowly and is disconnected", self._port.gate.name)
                self.close(POLICY_VIOLATION, "slow consumer")
                transport.write(b"".join(self.pending))
                self.pending = []
            return
        transport.write(data)

    def shutdown(self) -> None:
        if self._is_open:
            self.close(GOING_AWAY)
        elif self._farewell is None:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def expire(self, before: int) -> None:
        """A stream's life is its session's business."""

    def _shut(self) -> None:
        self._is_open = self._is_plain = False

    def _abort_after(self, seconds: float) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
        self._farewell = self._port.loop.call_later(seconds, self._abort)

    def _abort(self) -> None:
        """A frozen connection ends when it thaws: until then its client is to see nothing."""
        if not self._is_frozen:
            self._transport.abort()

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._port.gate.closed(self)
            self._tell(session.on_close)
