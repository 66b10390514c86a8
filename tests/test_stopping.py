"""A served exchange that is told to end while something is far from done, in a process of its own."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from command_line import Running, running
from fake_venue import Wire, connected, refused_or_ended, run

SOON_S = 3.0
"""Within so long of the signal every client knows: a quarter of a second, with patience for a busy machine."""
YEAR = b'{"by":"365d"}'


def control_request(exchange: Running, method: str, path: str, body: bytes = b"") -> bytes:
    token = exchange.described["control_token"]
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    kind = "Content-Type: application/json\r\n" if body else ""
    return f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def ask(wire: Wire, request: bytes) -> tuple[int, dict[str, object]]:
    await wire.send(request)
    status, _, body = await wire.read_reply()
    return status, json.loads(body)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_soon_while_time_is_moved_and_answers_are_held(tmp_path: Path, number: signal.Signals) -> None:
    async def work(exchange: Running) -> tuple[int, float]:
        control = int(str(exchange.described["control_url"]).rpartition(":")[2])
        async with (
            connected(control) as one,
            connected(control) as other,
            connected(exchange.port) as held,
            connected(exchange.port) as silent,
        ):
            rule = b'{"kind":"latency","match":{"endpoint":"GET /api/v3/time"},"request":"3000d"}'
            assert (await ask(one, control_request(exchange, "POST", "/faults", rule)))[0] == 201
            await held.send(b"GET /api/v3/time HTTP/1.1\r\nHost: x\r\n\r\n")
            await silent.send(b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await silent.read_reply())[0] == 200
            began = (await ask(other, control_request(exchange, "GET", "/clock")))[1]["now_ns"]
            moving = asyncio.create_task(ask(one, control_request(exchange, "POST", "/clock/advance", YEAR)))
            while (await ask(other, control_request(exchange, "GET", "/clock")))[1]["now_ns"] == began:
                pass
            signaled = time.perf_counter()
            exchange.signal(number)
            status, problem = await moving
            assert problem["state"] == "stopping"
            assert problem["detail"] == "the exchange stops, and time stands where it was by then"
            assert await refused_or_ended(held.read_to_end()) == b""
            assert await refused_or_ended(silent.read_to_end()) == b""
            return status, time.perf_counter() - signaled

    with running(tmp_path, "--clock", "manual") as exchange:
        status, took = run(work(exchange))
        assert exchange.end() == (0, b"")
        assert (status, took < SOON_S) == (503, True), took
        log = exchange.log()
    assert "Traceback" not in log
    assert "Task was destroyed" not in log


def test_every_open_socket_is_told_in_the_venues_words_that_the_server_goes_away(tmp_path: Path) -> None:
    async def work(exchange: Running) -> list[tuple[list[dict[str, Any]], int | None, str | None]]:
        url = exchange.venue["ws_url"]
        async with (
            connect(f"{url}/ws") as raw,
            connect(f"{url}/stream") as combined,
            connect(f"{url}/ws-api/v3") as api,
        ):
            exchange.signal(signal.SIGTERM)
            return [
                ([json.loads(text) async for text in client], client.close_code, client.close_reason)
                for client in (raw, combined, api)
            ]

    with running(tmp_path, "--clock", "manual", "--start", "2026-01-05T00:00:00Z") as exchange:
        told = run(work(exchange))
        assert exchange.end() == (0, b"")
    event = {"e": "serverShutdown", "E": 1_767_571_200_000}
    assert told == [
        ([event], 1001, "Server shutdown"),
        ([{"stream": "!serverShutdown", "data": event}], 1001, "Server shutdown"),
        ([{"event": event}], 1001, "Server shutdown"),
    ]
