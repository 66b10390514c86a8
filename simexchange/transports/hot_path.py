"""HTTP/1.1 straight from the parser to the dialect: no task, no scope, no event, since a dialect never waits.

Every request is answered before the next is looked at, so pipelined requests need no queue, unless the client does
not read its replies: then its requests wait in order, and nothing more is read from it. WebSocket handshakes are
handed over to ``websocket``. Takes what ``asyncio`` gives a protocol; needs httptools (without it, uvicorn serves
``http.VenueApplication``).
"""

import asyncio
from collections import deque
from typing import Final, cast
from urllib.parse import unquote

import httptools

from simexchange.dialects.base import Reply, Request
from simexchange.dialects.errands import log_bug
from simexchange.services.faults.verdicts import Breakage, Delivery
from simexchange.transports.breakage import altered, reset, write_broken
from simexchange.transports.http import error_page, render
from simexchange.transports.port import Port
from simexchange.transports.websocket import StreamProtocol

MOST_PIPELINED: Final = 64
"""Requests of one connection that may wait for the answer of the first; with more nothing is read from it."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_PARSER: Final = cast(httptools.HttpRequestParser, None)


class HttpProtocol(asyncio.Protocol):
    """One client's connection to a venue port."""

    is_stream = False

    def __init__(self, port: Port) -> None:
        self._port = port
        self._transport = cast(asyncio.Transport, None)
        self.number = 0
        self.source = ""
        self._parser = httptools.HttpRequestParser(self)
        self._since = port.tick
        self._backlog: deque[tuple[Request, bytes]] = deque()
        self._is_choked = False
        self._is_read = True
        self._is_waiting = False
        self._is_done = False
        self._partial_head = 0
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peername = transport.get_extra_info("peername")
        self.source = peername[0] if peername else ""
        self.number = self._port.gate.next_connection()
        self._port.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._port.connections.discard(self)
        self._backlog.clear()
        self._parser = _NO_PARSER  # the parser holds this protocol, and nobody should need a collector to part them

    @property
    def owes_answer(self) -> bool:
        """Whether a request of its waits for its answer, or for the rest of it."""
        return self._is_waiting

    def data_received(self, data: bytes) -> None:
        if self._is_done:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._on_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            log_bug(f"a request to {self._port.gate.name} failed")
            self._refuse(500)
        except httptools.HttpParserError:
            self._refuse(400)
        else:
            if self._in_head and self._url:
                self._partial_head += len(data)
                if self._partial_head > self._port.limits.max_head:
                    self._refuse(431)

    # What the parser finds, in the order of a request.

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._body_size = 0
        self._in_head = True
        self._since = self._port.tick

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # a trailer is no header
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._partial_head = 0
        headers = self._headers
        if len(self._url) + sum(map(len, headers.values())) > self._port.limits.max_head:
            self._refuse(431)
        elif b"expect" in headers and headers[b"expect"].lower() == b"100-continue":
            if int(headers.get(b"content-length", b"0")) > self._port.limits.max_body:
                self._refuse(413)
            elif not self._backlog and not self._is_done:
                self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > self._port.limits.max_body:
            self._refuse(413)
        elif not self._is_done:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        parser = self._parser
        if self._is_done or parser.should_upgrade():
            return
        headers = self._headers
        target = self._url.decode("latin-1")
        path, _, query = target.partition("?")
        if not path.startswith("/") or "%" in path or "#" in target:
            try:
                path, query = _unusual_target(self._url)
            except httptools.HttpParserInvalidURLError:
                self._refuse(400)
                return
        connection = b""
        if not parser.should_keep_alive():
            connection = b"close"
        elif b"connection" in headers and parser.get_http_version() == "1.0":
            connection = b"keep-alive"
        request = Request(
            parser.get_method().decode("ascii"), path, query, headers, b"".join(self._chunks), self.source
        )
        if self._is_choked or self._is_waiting or self._backlog:
            self._backlog.append((request, connection))
            if len(self._backlog) >= MOST_PIPELINED:
                self._pause_reading()
        else:
            self._answer(request, connection)

    def _answer(self, request: Request, connection: bytes) -> None:
        gate = self._port.gate
        if gate.plan.judges_calls:
            self._is_waiting = True
            gate.perform(request, self, lambda reply, delivery: self._deliver(request, connection, reply, delivery))
            return
        reply = gate.answer(request, self.number)
        self._transport.write(render(reply, connection, request.method != "HEAD"))
        self._after_answer(connection)

    def _deliver(self, request: Request, connection: bytes, reply: Reply | None, delivery: Delivery | None) -> None:
        """Write what a fault left of an answer; a client that left in the meantime hears nothing."""
        transport = self._transport
        if transport.is_closing():
            return
        if delivery is not None and delivery.how is Breakage.SILENCE:
            self._is_done = True  # whatever else it sends is not heard either
            return
        reply = reply if reply is not None else Reply(500, b"")
        if delivery is not None:
            reply = altered(reply, delivery)
        has_body = request.method != "HEAD"
        data = render(reply, connection, has_body)
        if delivery is None:
            transport.write(data)
            self._go_on(connection)
        else:
            size = len(reply.body) if has_body else 0
            write_broken(transport, data, size, delivery, self._port.gate.later, lambda: self._go_on(connection))

    def _after_answer(self, connection: bytes) -> None:
        self._since = self._port.tick
        if connection == b"close":
            self._is_done = True
            self._transport.close()

    def _go_on(self, connection: bytes) -> None:
        """An answer that was waited for is out: the next request's turn."""
        self._is_waiting = False
        self._after_answer(connection)
        self._answer_backlog()

    def _answer_backlog(self) -> None:
        while self._backlog and not (self._is_choked or self._is_waiting or self._is_done):
            self._answer(*self._backlog.popleft())
        if not self._is_read and not self._is_choked and len(self._backlog) < MOST_PIPELINED:
            self._resume_reading()

    def _refuse(self, status: int) -> None:
        """Say why, then let the client finish sending for a moment: a socket closed at once would eat the reply."""
        if self._is_done or self._transport.is_closing():
            return
        self._is_done = True
        self._transport.write(render(error_page(status), b"close"))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._port.loop.call_later(self._port.limits.linger_s, self._transport.abort)

    def _on_upgrade(self, rest: bytes) -> None:
        method = self._parser.get_method()
        if self._is_done:
            return
        if self._headers.get(b"upgrade", b"").lower() == b"websocket":
            self._port.connections.discard(self)
            self._parser = _NO_PARSER
            stream = StreamProtocol(self._port)
            self._transport.set_protocol(stream)
            stream.connection_made(self._transport)
            stream.data_received(self._replayed_head(method))
            if rest:
                stream.data_received(rest)
        elif method == b"CONNECT":
            self._refuse(405)
        else:
            # A client that would rather speak HTTP/2 is free to be answered in HTTP/1.1 (RFC 9110, section 7.8).
            self._headers.pop(b"upgrade", None)
            head = self._replayed_head(method)
            self._parser = httptools.HttpRequestParser(self)
            self.data_received(head + rest)

    def _replayed_head(self, method: bytes) -> bytes:
        lines = [method + b" " + self._url + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in self._headers.items()]
        return b"\r\n".join((*lines, b"", b""))

    # Flow.

    def pause_writing(self) -> None:
        self._is_choked = True
        self._pause_reading()

    def resume_writing(self) -> None:
        self._is_choked = False
        self._answer_backlog()

    def _pause_reading(self) -> None:
        self._is_read = False
        self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._is_read = True
            self._transport.resume_reading()

    def expire(self, before: int) -> None:
        if self._transport.is_closing():
            self._transport.abort()
        elif self._since <= before and not self._is_waiting:
            self._transport.close()

    def shutdown(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def watch(self) -> None:
        """Each request looks for itself whether there are rules."""

    def reset(self) -> None:
        reset(self._transport)


def _unusual_target(url: bytes) -> tuple[str, str]:
    """Path and query of a target in absolute form, with escapes in its path, or with a fragment."""
    if url == b"*":
        return "*", ""
    parsed = httptools.parse_url(url)
    path, query = parsed.path or b"/", parsed.query or b""
    return unquote(path.decode("latin-1"), errors="replace"), query.decode("latin-1")
