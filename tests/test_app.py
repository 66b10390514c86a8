import asyncio
import json
import logging

import pytest
from websockets.asyncio.client import connect

from fake_venue import HOST, connected, run
from simexchange.app import Exchange, Options, StartFailure
from simexchange.services.clock import Clock
from simexchange.transports.server import open_socket
from simexchange.world import World
from small_world import ALICE_KEY, ALICE_SECRET, small_world

FREE_PORTS = Options(port_base=0)


async def get(url: str) -> tuple[int, dict[bytes, bytes], bytes]:
    authority, _, path = url.removeprefix("http://").partition("/")
    async with connected(int(authority.rpartition(":")[2])) as wire:
        await wire.send(b"GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (path.encode(), authority.encode()))
        return await wire.read_reply()


async def ask(url: str) -> tuple[int, object]:
    status, _, body = await get(url)
    return status, json.loads(body)


def test_a_venue_answers_on_its_own_port_and_says_where() -> None:
    async def work() -> None:
        async with Exchange(FREE_PORTS, small_world) as exchange:
            assert exchange.description is not None
            venue = exchange.description.venues["binance"]
            assert await ask(venue.rest_url + "/api/v3/ping") == (200, {})
            async with connect(venue.ws_url + "/ws") as client:
                await client.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
                assert json.loads(await client.recv()) == {"result": [], "id": 1}

    run(work())


def test_the_control_port_tells_health_and_what_is_served_but_no_key() -> None:
    async def work() -> None:
        async with Exchange(FREE_PORTS, small_world) as exchange:
            assert exchange.description is not None
            control, venue = exchange.description.control_url, exchange.description.venues["binance"]
            assert await ask(control + "/health/live") == (200, {"status": "live"})
            assert await ask(control + "/health/ready") == (200, {"status": "ready"})
            assert await ask(control + "/info") == (
                200,
                {
                    "version": "0.1.0",
                    "seed": 42,
                    "scenario": "calm",
                    "venues": {"binance": {"rest_url": venue.rest_url, "ws_url": venue.ws_url, "symbols": ["BTCUSDT"]}},
                },
            )
            status, headers, body = await get(control + "/nowhere")
            assert (status, headers[b"content-type"]) == (401, b"application/problem+json")
            assert json.loads(body)["title"] == "Unauthorized"

    run(work())


def test_ports_follow_the_base() -> None:
    options = Options(port_base=8787)
    assert [options.port(offset) for offset in (0, 1, 5)] == [8787, 8788, 8792]
    assert Options(port_base=0).port(1) == 0


def test_a_taken_port_is_explained_and_nothing_is_left_behind() -> None:
    async def work() -> None:
        with open_socket(HOST, 0) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(StartFailure) as failure:
                await Exchange(Options(port_base=port - 1), small_world).start()
        assert str(failure.value) == (
            f"port {port} on 127.0.0.1, wanted for binance, is taken, perhaps by another simexchange;"
            f" `ss -ltnp 'sport = :{port}'` shows by whom.\n"
            "Choose other ports with --port-base (SIMX_PORT_BASE): 0 takes free ones."
        )
        open_socket(HOST, port - 1).close()

    run(work())


def test_an_address_that_is_not_ours_is_explained() -> None:
    async def work() -> str:
        with pytest.raises(StartFailure) as failure:
            await Exchange(Options(host="203.0.113.7", port_base=0), small_world).start()
        return str(failure.value)

    assert run(work()) == (
        "cannot listen on 203.0.113.7:0: Cannot assign requested address;"
        " --host (SIMX_HOST) names the address to listen on"
    )


def test_a_world_that_cannot_be_built_frees_the_ports() -> None:
    def broken_world(options: Options, clock: Clock) -> World:
        raise RuntimeError("no such world")

    async def work() -> None:
        with open_socket(HOST, 0) as probe:
            port = probe.getsockname()[1]
        with pytest.raises(RuntimeError, match="no such world"):
            await Exchange(Options(port_base=port - 1), broken_world).start()
        open_socket(HOST, port).close()

    run(work())


def test_limits_are_those_asked_for() -> None:
    async def weigh(limits: str) -> list[int]:
        async with Exchange(Options(port_base=0, limits=limits), small_world) as exchange:
            assert exchange.description is not None
            url = exchange.description.venues["binance"].rest_url
            return [(await get(url + "/api/v3/ping"))[0] for _ in range(5)]

    async def work() -> None:
        assert await weigh("venue") == [200] * 5
        assert await weigh("off") == [200] * 5
        assert 429 in await weigh("request_weight=3")

    run(work())


def test_open_streams_and_half_sent_requests_do_not_hold_up_the_end() -> None:
    async def work() -> float:
        exchange = Exchange(FREE_PORTS, small_world)
        await exchange.start()
        assert exchange.description is not None
        venue = exchange.description.venues["binance"]
        port = int(venue.rest_url.rpartition(":")[2])
        async with connect(venue.ws_url + "/ws") as client, connected(port) as idle, connected(port) as sending:
            await idle.send(b"GET /api/v3/ping HTTP/1.1\r\n\r\n")
            await idle.read_reply()
            await sending.send(b"POST /api/v3/order HTTP/1.1\r\nContent-Length: 100\r\n\r\nsymbol=")
            started = asyncio.get_running_loop().time()
            await exchange.stop()
            took = asyncio.get_running_loop().time() - started
            await client.wait_closed()
            assert client.close_code == 1001
        return took

    assert run(work()) < 0.9


def test_secrets_are_logged_at_no_level(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with Exchange(FREE_PORTS, small_world) as exchange:
            assert exchange.description is not None
            venue = exchange.description.venues["binance"]
            assert venue.accounts[0].api_secret == ALICE_SECRET
            port = int(venue.rest_url.rpartition(":")[2])
            async with connected(port) as wire:
                await wire.send(b"GET /api/v3/account?signature=%s HTTP/1.1\r\n" % ALICE_SECRET.encode())
                await wire.send(b"X-MBX-APIKEY: %s\r\n\r\n" % ALICE_KEY.encode())
                await wire.read_reply()
                await wire.send(b"%s\r\n\r\n" % ALICE_SECRET.encode())
                await wire.read_to_end()
            logging.getLogger("simexchange").error("%r %s", exchange.description, exchange.world.doors)

    with caplog.at_level(1):
        run(work())
    assert "Description" in caplog.text
    assert ALICE_SECRET not in caplog.text
