"""One port for all venues: who is meant, who is refused, and what becomes of a connection once it is a venue's."""

import asyncio
import errno
import logging
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any, cast

import pytest
from websockets.asyncio.client import connect

from fake_venue import HOST, FakeDialect, Wire, connected, eventually, run, serving
from simexchange.transports import tls_front
from simexchange.transports.certificates import make_authority
from simexchange.transports.client_hello import HANDSHAKE
from simexchange.transports.port import WireLimits
from simexchange.transports.server import new_event_loop
from simexchange.transports.tls_front import FrontLimits, TlsPort
from tls.fronted import API, LISTED, OTHER, PING, STREAM, Loop, calling, front_of, run_on, trusting, two_venues, wall_ns

BOTH_LOOPS = pytest.mark.parametrize("loop", [new_event_loop, asyncio.new_event_loop], ids=["fastest", "standard"])
BOTH_VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
WITHOUT_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 66\r\n"
    b"Connection: close\r\n\r\nThis port speaks TLS: https:// and wss://, not http:// and ws://.\n"
)


async def ask(wire: Wire, host: str) -> tuple[int, bytes]:
    await wire.send(PING % host.encode())
    status, _, body = await wire.read_reply()
    return status, body


def greeting(name: str) -> bytes:
    """The first bytes a client sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@BOTH_LOOPS
@BOTH_VERSIONS
def test_each_name_leads_to_its_venue(loop: Loop, version: ssl.TLSVersion) -> None:
    async def work() -> None:
        async with two_venues() as (front, dialects):
            for name, venue in ((API, "venue"), (STREAM, "venue"), (OTHER, "other")):
                context = trusting()
                context.minimum_version = context.maximum_version = version
                async with calling(front.port, name, context) as wire:
                    assert await ask(wire, name) == (200, b"GET /ping? ")
                    assert await ask(wire, name) == (200, b"GET /ping? ")
                    assert wire.writer.get_extra_info("ssl_object").version() == version.name.replace("v1_", "v1.")
                assert [request.path for request in dialects[venue].requests[-2:]] == ["/ping", "/ping"]
                assert dialects[venue].requests[-1].peer == HOST

    run_on(loop, work())


def test_one_connection_may_ask_the_venue_by_another_of_its_names_and_with_a_port() -> None:
    async def work() -> None:
        async with two_venues() as (front, _), calling(front.port, API) as wire:
            assert (await ask(wire, f"{STREAM.upper()}:9443"))[0] == 200

    run(work())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_older_versions_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with two_venues() as (front, _):
            context = trusting()
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            with pytest.raises(OSError):
                async with calling(front.port, API, context):
                    pass

    run(work())


@pytest.mark.parametrize(("offered", "agreed"), [(["h2", "http/1.1"], "http/1.1"), (["h2"], None), ([], None)])
def test_http_1_is_what_is_spoken(offered: list[str], agreed: str | None) -> None:
    async def work() -> None:
        context = trusting()
        if offered:
            context.set_alpn_protocols(offered)
        async with two_venues() as (front, _), calling(front.port, API, context) as wire:
            assert wire.writer.get_extra_info("ssl_object").selected_alpn_protocol() == agreed
            assert (await ask(wire, API))[0] == 200

    run(work())


@BOTH_LOOPS
def test_a_stranger_s_name_gets_an_alert_and_the_log_lists_the_names(
    loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with two_venues() as (front, _):
            with pytest.raises(ssl.SSLError, match="TLSV1_UNRECOGNIZED_NAME"):
                async with calling(front.port, "api.stranger.example"):
                    pass

    run_on(loop, work())
    assert caplog.messages == [f"a client asks for 'api.stranger.example', which is no venue here; there are {LISTED}"]


@pytest.mark.parametrize(
    ("asked", "host", "text"),
    [
        (API, OTHER, f"There is no venue called '{OTHER}' on a connection to venue. Host names here: {LISTED}.\n"),
        (
            API,
            "x.example",
            f"There is no venue called 'x.example' on a connection to venue. Host names here: {LISTED}.\n",
        ),
        (None, "x.example", f"There is no venue called 'x.example'. Host names here: {LISTED}.\n"),
        ("localhost", "localhost", f"There is no venue called 'localhost'. Host names here: {LISTED}.\n"),
    ],
)
def test_a_request_for_another_host_is_misdirected(asked: str | None, host: str, text: str) -> None:
    async def work() -> bytes:
        async with two_venues() as (front, dialects), calling(front.port, asked) as wire:
            await wire.send(PING % host.encode())
            said = await wire.read_to_end()
            assert dialects["venue"].requests == dialects["other"].requests == []
            return said

    head = f"HTTP/1.1 421 Misdirected Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}"
    assert run(work()) == f"{head}\r\nConnection: close\r\n\r\n{text}".encode()


def test_a_client_that_names_nobody_is_led_by_the_host_of_its_request() -> None:
    async def work() -> None:
        async with two_venues() as (front, dialects), calling(front.port, None) as wire:
            assert (await ask(wire, OTHER))[0] == 200
            assert len(dialects["other"].requests) == 1

    run(work())


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", None])
def test_a_lone_venue_is_this_machine_s_too(name: str | None) -> None:
    async def work() -> None:
        async with serving(FakeDialect()) as venue, front_of({"venue": venue}) as front, calling(front.port, name) as w:
            assert (await ask(w, f"{HOST}:{front.port}"))[0] == 200

    run(work())


def test_a_venue_served_as_plain_asgi_is_served_here_too() -> None:
    async def work() -> None:
        dialect = FakeDialect()
        async with serving(dialect, plain_asgi=True) as venue, front_of({"venue": venue}) as front:
            async with calling(front.port, API) as wire:
                assert await ask(wire, API) == (200, b"GET /ping? ")
            uri = f"wss://{STREAM}/ws"
            async with connect(uri, host=HOST, port=front.port, ssl=trusting(), server_hostname=STREAM) as client:
                await client.send("hello")
                assert await client.recv() == "hello"

    run(work())


def test_a_request_without_a_host_goes_where_the_handshake_went() -> None:
    async def work() -> None:
        async with two_venues() as (front, dialects), calling(front.port, OTHER) as wire:
            await wire.send(b"GET /old HTTP/1.0\r\n\r\n")
            assert (await wire.read_reply())[0] == 200
            assert [request.path for request in dialects["other"].requests] == ["/old"]

    run(work())


@BOTH_LOOPS
@pytest.mark.parametrize("sent", [PING % API.encode(), b"\r\n", b"SSH-2.0-client\r\n"])
def test_who_speaks_no_tls_is_told_so(loop: Loop, sent: bytes) -> None:
    async def work() -> None:
        async with two_venues() as (front, _), connected(front.port) as wire:
            await wire.send(sent)
            assert await wire.read_to_end() == WITHOUT_TLS

    run_on(loop, work())


@BOTH_LOOPS
def test_a_greeting_in_pieces_is_waited_for(loop: Loop) -> None:
    def shake(port: int, cuts: list[int]) -> bytes:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting().wrap_bio(incoming, outgoing, server_hostname=API)
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        with socket.create_connection((HOST, port), 10) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            hello, at = outgoing.read(), 0
            for cut in [*cuts, len(hello)]:
                raw.sendall(hello[at:cut])
                at = cut
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    raw.sendall(outgoing.read())
                    incoming.write(raw.recv(65_536))
            client.write(PING % API.encode())
            raw.sendall(outgoing.read())
            while True:
                try:
                    return client.read(65_536)
                except ssl.SSLWantReadError:
                    incoming.write(raw.recv(65_536))

    async def work() -> None:
        async with two_venues() as (front, _):
            for cuts in ([1], [3, 5], [4, 6, 60], [200]):
                assert (await asyncio.to_thread(shake, front.port, cuts)).startswith(b"HTTP/1.1 200 OK")

    run_on(loop, work())


def test_a_request_head_in_pieces_is_waited_for() -> None:
    async def work() -> None:
        async with two_venues() as (front, _), calling(front.port, API) as wire:
            for piece in (
                b"GET /a HTT",
                b"P/1.1\r\nHo",
                b"st: ",
                API.encode(),
                b"\r\n\r",
                b"\nGET /b HTTP/1.1\r\n\r\n",
            ):
                await wire.send(piece)
            assert [(await wire.read_reply())[2] for _ in range(2)] == [b"GET /a? ", b"GET /b? "]

    run(work())


def test_a_head_without_end_is_refused() -> None:
    async def work() -> None:
        wire_limits = WireLimits(max_head=1_000)
        async with two_venues(wire=wire_limits) as (front, _), calling(front.port, API) as wire:
            await wire.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 2_000)
            assert (await wire.read_to_end()).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")

    run(work())


@BOTH_LOOPS
@pytest.mark.parametrize("sent", [b"", bytes((HANDSHAKE,)), greeting(API)[:100]])
def test_who_does_not_finish_its_greeting_is_dropped(loop: Loop, sent: bytes) -> None:
    async def work() -> None:
        async with two_venues(FrontLimits(handshake_s=0.05)) as (front, _), connected(front.port) as wire:
            await wire.send(sent)
            assert await ended(wire) == b""

    run_on(loop, work())


async def ended(wire: Wire) -> bytes:
    """What came before the end, however it came; a handshake that stopped may have had its first answer."""
    try:
        return await wire.read_to_end()
    except ConnectionError:
        return b""


@BOTH_LOOPS
def test_who_does_not_finish_the_handshake_is_dropped(loop: Loop) -> None:
    async def work() -> None:
        async with two_venues(FrontLimits(handshake_s=0.05)) as (front, _), connected(front.port) as wire:
            await wire.send(greeting(API))
            assert (await ended(wire))[:1] in (b"", bytes((HANDSHAKE,)))

    run_on(loop, work())


def test_who_says_nothing_after_the_handshake_is_dropped() -> None:
    async def work() -> None:
        async with two_venues(wire=WireLimits(idle_s=0.05)) as (front, _), calling(front.port, API) as wire:
            assert await wire.read_to_end() == b""
            await eventually(lambda: not front.waiting)

    run(work())


def shake_hands(port: int, context: ssl.SSLContext) -> None:
    with socket.create_connection((HOST, port), 10) as raw, context.wrap_socket(raw, server_hostname=API):
        pass


async def call(port: int, context: ssl.SSLContext) -> None:
    async with calling(port, API, context):
        pass


@BOTH_LOOPS
@pytest.mark.parametrize(
    ("says_why", "reason"), [(True, "TLSV1_ALERT_UNKNOWN_CA"), (False, "the client ended it")], ids=["alert", "silence"]
)
def test_a_client_that_does_not_trust_the_authority_is_told_of_in_the_log(
    loop: Loop, says_why: bool, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        context = trusting(make_authority([API], wall_ns()))
        async with two_venues() as (front, _):
            # asyncio's clients keep the alert to themselves
            shaking = asyncio.to_thread(shake_hands, front.port, context) if says_why else call(front.port, context)
            with pytest.raises(ssl.SSLCertVerificationError):
                await shaking
            await eventually(lambda: bool(caplog.messages))

    run_on(loop, work())
    (message,) = caplog.messages
    assert message == (
        f"the TLS handshake of a client with {API} failed: {reason}; `simexchange ca doctor` tells whether clients here"
        " trust the authority"
    )


@BOTH_LOOPS
def test_streams_pass_and_are_taken_leave_of(loop: Loop) -> None:
    async def work() -> None:
        async with two_venues() as (front, dialects):
            uri = f"wss://{STREAM}/ws"
            async with connect(uri, host=HOST, port=front.port, ssl=trusting(), server_hostname=STREAM) as client:
                await client.send("hello")
                assert await client.recv() == "hello"
                (session,) = dialects["venue"].sessions
                session.sink.close(1001, "enough")
                await client.wait_closed()
                assert (client.close_code, client.close_reason) == (1001, "enough")

    run_on(loop, work())


@pytest.fixture
def sockets_left() -> Iterator[None]:
    """Asserts that as many files are open afterwards as were before."""
    before = len(os.listdir("/dev/fd"))
    yield
    assert len(os.listdir("/dev/fd")) == before


@BOTH_LOOPS
def test_no_socket_is_left_whatever_clients_do(loop: Loop, sockets_left: None) -> None:
    async def leave_early(port: int, sent: bytes) -> None:
        async with connected(port) as wire:
            await wire.send(sent)

    async def story(front: TlsPort) -> None:
        for sent in (b"", b"\x16", b"GET / HTTP/1.1\r\n\r\n", greeting(API)[:50], greeting(API)):
            await leave_early(front.port, sent)
        for _ in range(5):
            async with calling(front.port, API) as wire:
                assert (await ask(wire, API))[0] == 200
        async with (
            calling(front.port, API) as silent,
            connected(front.port) as undecided,
            connected(front.port) as half_way,
        ):
            await half_way.send(greeting(API))
            assert await half_way.reader.read(1) == bytes((HANDSHAKE,))
            await eventually(lambda: len(front.waiting) == 1)
            await front.stop()
            assert await ended(silent) == await ended(undecided) == b""
            await ended(half_way)

    async def work() -> None:
        async with two_venues() as (front, _):
            await story(front)

    run_on(loop, work())


def test_a_front_without_sockets_pauses_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tls_front, "PAUSE_S", 0.01)
    failures = [OSError(errno.EMFILE, "Too many open files")]

    class Poor:
        """A listening socket whose process has no file left, for once."""

        def __init__(self, listening: socket.socket) -> None:
            self._listening = listening

        def accept(self) -> Any:
            if failures:
                raise failures.pop()
            return self._listening.accept()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._listening, name)

    async def work() -> None:
        async with two_venues() as (front, _):
            front._listening = cast(socket.socket, Poor(front._listening))
            async with calling(front.port, API) as wire:
                assert (await ask(wire, API))[0] == 200

    run(work())
    assert caplog.messages == ["the TLS front cannot take another client for now: Too many open files"]


def test_a_front_that_is_over_is_refused_by_the_system() -> None:
    async def work() -> None:
        async with two_venues() as (front, _):
            await front.stop()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(HOST, front.port)

    run(work())


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "simexchange")
