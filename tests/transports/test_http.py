import asyncio
import logging

import pytest

from fake_venue import FakeDialect, connected, run, serving
from simexchange.transports.http import error_page
from simexchange.transports.port import WireLimits

both_ways = pytest.mark.parametrize("plain_asgi", [False, True], ids=["hot path", "plain ASGI"])


def talk(
    sent: bytes, replies: int = 1, plain_asgi: bool = False, limits: WireLimits | None = None, has_body: bool = True
) -> tuple[list[tuple[int, dict[bytes, bytes], bytes]], FakeDialect]:
    """Send bytes in one piece and read so many replies."""

    async def work() -> tuple[list[tuple[int, dict[bytes, bytes], bytes]], FakeDialect]:
        dialect = FakeDialect()
        async with serving(dialect, limits, plain_asgi) as server, connected(server.port) as wire:
            await wire.send(sent)
            return [await wire.read_reply(has_body) for _ in range(replies)], dialect

    return run(work())


@both_ways
def test_a_request_reaches_the_dialect_as_it_came(plain_asgi: bool) -> None:
    (reply,), dialect = talk(
        b"POST /api/v3/order?a=%20b&a=2&signature=x%2By%3D HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: key\r\n"
        b"x-twice: 1\r\nX-Twice: 2\r\nX-Forwarded-For: 203.0.113.7\r\nContent-Length: 8\r\n\r\nc=%C3%A9",
        plain_asgi=plain_asgi,
    )
    request = dialect.requests[0]
    assert (request.method, request.path, request.query) == (
        "POST",
        "/api/v3/order",
        "a=%20b&a=2&signature=x%2By%3D",
    )
    assert (request.body, request.peer) == (b"c=%C3%A9", "127.0.0.1")
    assert request.headers[b"x-mbx-apikey"] == b"key"
    assert request.headers[b"x-twice"] == b"2"
    assert reply[0] == 200


@both_ways
def test_a_reply_carries_the_dialects_headers_and_no_others(plain_asgi: bool) -> None:
    ((status, headers, body),), _ = talk(b"GET /teapot HTTP/1.1\r\n\r\n", plain_asgi=plain_asgi)
    assert (status, body) == (418, b'{"code":-1003}')
    assert headers == {
        b"content-type": b"application/json;charset=UTF-8",
        b"content-length": b"14",
        b"retry-after": b"7",
    }


@both_ways
def test_pipelined_requests_are_answered_in_order(plain_asgi: bool) -> None:
    sent = b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % index for index in range(20))
    replies, _ = talk(sent, 20, plain_asgi)
    assert [body for _, _, body in replies] == [b"GET /%d? " % index for index in range(20)]


@both_ways
def test_a_chunked_body_is_put_together(plain_asgi: bool) -> None:
    sent = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;e=1\r\ncde\r\n0\r\nX-Late: 1\r\n\r\n"
    ((_, _, body),), dialect = talk(sent + b"GET /y HTTP/1.1\r\n\r\n", 1, plain_asgi)
    assert body == b"POST /x? abcde"
    assert plain_asgi or b"x-late" not in dialect.requests[0].headers


@both_ways
def test_a_client_that_waits_for_permission_to_send_a_body_gets_it(plain_asgi: bool) -> None:
    async def work() -> bytes:
        async with serving(FakeDialect(), plain_asgi=plain_asgi) as server, connected(server.port) as wire:
            await wire.send(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await wire.send(b"ok")
            return (await wire.read_reply())[2]

    assert run(work()) == b"POST /x? ok"


def test_permission_is_refused_for_a_body_that_is_too_large() -> None:
    ((status, headers, _),), dialect = talk(
        b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
    )
    assert (status, headers[b"connection"]) == (413, b"close")
    assert dialect.requests == []


@both_ways
def test_a_head_request_is_answered_without_a_body(plain_asgi: bool) -> None:
    replies, _ = talk(b"HEAD /x HTTP/1.1\r\n\r\nHEAD /y HTTP/1.1\r\n\r\n", 2, plain_asgi=plain_asgi, has_body=False)
    assert [headers[b"content-length"] for _, headers, _ in replies] == [b"9", b"9"]


@both_ways
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 3000\r\n\r\n" + b"x" * 3000,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n" + b"7d0\r\n" + b"x" * 2000,
    ],
    ids=["by length", "in chunks"],
)
def test_a_body_above_the_limit_is_refused_with_413(plain_asgi: bool, framing: bytes) -> None:
    ((status, headers, body),), dialect = talk(
        b"POST /x HTTP/1.1\r\n" + framing, plain_asgi=plain_asgi, limits=WireLimits(max_body=2000)
    )
    assert (status, body) == (413, error_page(413).body)
    assert headers[b"connection"] == b"close"
    assert headers[b"content-type"] == b"text/html"
    assert dialect.requests == []


@both_ways
def test_connection_close_is_obeyed(plain_asgi: bool) -> None:
    async def work() -> None:
        async with serving(FakeDialect(), plain_asgi=plain_asgi) as server, connected(server.port) as wire:
            await wire.send(b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")
            _, headers, body = await wire.read_reply()
            assert (headers[b"connection"], body) == (b"close", b"GET /x? ")
            assert await wire.read_to_end() == b""

    run(work())


def test_an_old_client_is_kept_only_if_it_asks() -> None:
    async def work() -> None:
        async with serving(FakeDialect()) as server, connected(server.port) as wire:
            await wire.send(b"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert (await wire.read_reply())[1][b"connection"] == b"keep-alive"
            await wire.send(b"GET /y HTTP/1.0\r\n\r\n")
            _, headers, body = await wire.read_reply()
            assert (headers[b"connection"], body) == (b"close", b"GET /y? ")
            assert await wire.read_to_end() == b""

    run(work())


@both_ways
def test_a_bug_is_a_plain_500_and_a_logged_traceback(plain_asgi: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        replies, _ = talk(
            b"GET /bug?signature=canary HTTP/1.1\r\nX-MBX-APIKEY: canary\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
            2,
            plain_asgi,
        )
    assert [(status, body) for status, _, body in replies] == [
        (500, b"Internal Server Error"),
        (200, b"GET /x? "),
    ]
    assert "RuntimeError: the dialect failed" in caplog.text
    assert "bug: GET /bug of fake failed" in caplog.text
    assert "canary" not in caplog.text


@both_ways
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"\x00\xff\xfe\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/3.7\r\n\r\n",
        b"GET  /x\x01 HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: -4\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        b"GET /x HTTP/1.1\r\nno colon\r\n\r\n",
        b"EHLO example.com\r\n\r\n",
    ],
)
def test_bytes_that_are_no_http_are_refused_with_400(plain_asgi: bool, garbage: bytes) -> None:
    async def work() -> bytes:
        async with serving(FakeDialect(), plain_asgi=plain_asgi) as server, connected(server.port) as wire:
            await wire.send(garbage)
            return await wire.read_to_end()

    assert run(work()).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("pieces", [1, 40], ids=["at once", "in pieces"])
def test_a_huge_head_is_refused_with_431(pieces: int) -> None:
    async def work() -> bytes:
        async with serving(FakeDialect(), WireLimits(max_head=8000)) as server, connected(server.port) as wire:
            await wire.send(b"GET /x HTTP/1.1\r\nX-Long: ")
            for _ in range(pieces):
                await wire.send(b"y" * (20_000 // pieces))
                await asyncio.sleep(0)
            if pieces == 1:
                await wire.send(b"\r\n\r\n")
            return await wire.read_to_end()

    assert run(work()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("started", [b"", b"GET /x HT", b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"])
def test_a_client_that_never_finishes_its_request_is_disconnected(started: bytes) -> None:
    async def work() -> bytes:
        async with serving(FakeDialect(), WireLimits(idle_s=0.05)) as server, connected(server.port) as wire:
            await wire.send(started)
            return await wire.read_to_end()

    assert run(work()) == b""


def test_trickling_bytes_do_not_prolong_a_requests_time() -> None:
    async def work() -> int:
        trickled = 0
        async with serving(FakeDialect(), WireLimits(idle_s=0.05)) as server, connected(server.port) as wire:
            ended = asyncio.ensure_future(wire.read_to_end())
            while not ended.done():
                await wire.send(b"G" if not trickled else b"E")
                trickled += 1
                await asyncio.wait([ended], timeout=0.01)
        return trickled

    assert run(work()) < 1000


@both_ways
def test_a_target_in_absolute_form_and_escapes_in_the_path_are_understood(plain_asgi: bool) -> None:
    replies, _ = talk(
        b"GET http://api.example.com/a?b=%31 HTTP/1.1\r\n\r\nGET /a%2Db?c=%31 HTTP/1.1\r\n\r\n", 2, plain_asgi
    )
    assert [body for _, _, body in replies] == [b"GET /a?b=%31 ", b"GET /a-b?c=%31 "]


def test_a_target_of_a_star_is_the_dialects_to_answer() -> None:
    ((_, _, body),), _ = talk(b"OPTIONS * HTTP/1.1\r\n\r\n")
    assert body == b"OPTIONS *? "


def test_an_offer_to_speak_http_2_is_declined_and_the_request_answered() -> None:
    replies, _ = talk(
        b"POST /x HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n"
        b"Content-Length: 3\r\n\r\nabcGET /y HTTP/1.1\r\n\r\n",
        2,
    )
    assert [body for _, _, body in replies] == [b"POST /x? abc", b"GET /y? "]


def test_a_tunnel_is_refused() -> None:
    ((status, _, _),), _ = talk(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")
    assert status == 405


def test_a_client_that_does_not_read_its_replies_is_not_read_from_and_loses_nothing() -> None:
    async def work() -> None:
        dialect = FakeDialect()
        async with serving(dialect) as server, connected(server.port) as wire:
            wire.writer.write(b"GET /large?1000000 HTTP/1.1\r\n\r\n" * 60)
            await asyncio.sleep(0.05)
            assert len(dialect.requests) < 60
            for _ in range(60):
                status, _, body = await wire.read_reply()
                assert (status, len(body)) == (200, 1_000_000)

    run(work())


@both_ways
def test_a_server_stops_at_once_with_idle_clients_and_soon_with_slow_ones(plain_asgi: bool) -> None:
    async def work() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        dialect = FakeDialect()
        async with serving(dialect, plain_asgi=plain_asgi) as server, connected(server.port) as wire:
            await wire.send(b"GET /x HTTP/1.1\r\n\r\n")
            await wire.read_reply()
            started = loop.time()
            await server.stop()
            idle = loop.time() - started
        async with serving(dialect, plain_asgi=plain_asgi) as server, connected(server.port) as wire:
            await wire.send(b"POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
            await asyncio.sleep(0.01)
            started = loop.time()
            await server.stop()
            return idle, loop.time() - started

    idle, busy = run(work())
    assert idle < 0.2
    assert busy < 0.9
