"""How a person chooses the time of an exchange, sees it, and finds it in what is served."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect

from command_line import PATIENCE_S, running, simexchange
from fake_venue import run
from simexchange.app import Exchange, Options
from simexchange.description import describe_clock
from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import OrderType, Side
from simexchange.domain.ids import FIRST_ACCOUNT
from simexchange.domain.units import parse_units
from simexchange.services.clock import DAY, HOUR, SECOND, ClockMode, Speed, WorldClock
from simexchange.serving import UsageError, options
from simexchange.world import World
from small_world import small_world

START = 1_767_571_200 * SECOND
"""2026-01-05T00:00:00Z."""


def chosen(**time: str) -> Options:
    return options(42, 0, "127.0.0.1", 0, "calm", None, "venue", **time)


def test_time_is_real_by_default() -> None:
    default = chosen()
    assert (default.clock, default.start_ns) == (ClockMode.REAL, None)


def test_the_time_asked_for_is_the_time_there_is() -> None:
    manual = chosen(clock="manual", start="2026-01-05T01:00:00+01:00")
    assert (manual.clock, manual.start_ns) == (ClockMode.MANUAL, START)
    scaled = chosen(clock="scaled", speed="0.5")
    assert (scaled.clock, scaled.speed, scaled.start_ns) == (ClockMode.SCALED, Speed.parse("0.5"), None)
    assert chosen(clock="scaled").speed == Speed.parse("20")


@pytest.mark.parametrize(
    ("time", "complaint"),
    [
        ({"clock": "fast"}, "there is no clock mode 'fast'; there is real, scaled, manual"),
        ({"clock": "manual", "speed": "3"}, "--speed 3 is for --clock scaled; this is --clock manual"),
        ({"clock": "scaled", "speed": "0"}, "speed '0' is not between 0.001 and 100000"),
        ({"clock": "scaled", "speed": "x20"}, "speed: 'x20' is not a plain decimal number such as '12.5'"),
        ({"start": "yesterday"}, "'yesterday' is no instant: 2026-01-05T00:00:00Z passes"),
        (
            {"start": "2026-01-05T00:00:00"},
            "'2026-01-05T00:00:00' does not say its offset from UTC: 2026-01-05T00:00:00Z passes",
        ),
        (
            {"start": "1970-01-01T00:00:00Z"},
            "--start 1970-01-01T00:00:00Z is not from 2000-01-01T00:00:00Z to before 2100-01-01T00:00:00Z",
        ),
    ],
)
def test_a_time_that_makes_no_sense_is_explained(time: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError) as error:
        chosen(**time)
    assert str(error.value) == complaint


def test_the_command_explains_it_too() -> None:
    ended = simexchange("serve", SIMX_CLOCK="fast")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "there is no clock mode 'fast'; there is real, scaled, manual" in ended.stderr


def test_a_served_exchange_keeps_the_time_it_was_given(tmp_path: Path) -> None:
    arguments = ("--clock", "manual", "--start", "2026-01-05T00:00:00Z")
    with running(tmp_path, *arguments) as exchange:
        for _ in range(2):
            with urlopen(exchange.venue["rest_url"] + "/api/v3/time", timeout=PATIENCE_S) as response:
                assert json.load(response) == {"serverTime": START // 1_000_000}
        exchange.signal(signal.SIGTERM)
        assert exchange.end() == (0, b"")


def test_people_are_told_how_time_runs() -> None:
    def told(mode: ClockMode, start_ns: int | None = START) -> str:
        return describe_clock(WorldClock(mode, Speed.parse("0.5"), start_ns))

    assert told(ClockMode.REAL, None) == "real time"
    assert told(ClockMode.REAL) == "real time, now 2026-01-05T00:00:00Z"
    assert told(ClockMode.SCALED) == "0.5 times as fast, now 2026-01-05T00:00:00Z"
    assert told(ClockMode.MANUAL) == "manual, now 2026-01-05T00:00:00Z"


def trade_once(world: World) -> None:
    """A first trade: what was never traded has no candles to tell of."""
    for account_id, side in ((FIRST_ACCOUNT, Side.SELL), (FIRST_ACCOUNT + 1, Side.BUY)):
        lot, price = parse_units("0.001", 8), parse_units("60000", 8)
        world.doors["binance"].submit(
            PlaceOrder(account_id, "BTC/USDT", side, OrderType.LIMIT, f"first-{account_id}", lot, price)
        )


def test_a_client_that_answers_its_pings_sees_a_day_pass_in_seconds() -> None:
    async def work() -> tuple[list[Any], tuple[int | None, str | None]]:
        asked = Options(port_base=0, clock=ClockMode.MANUAL, start_ns=START)
        async with Exchange(asked, small_world) as exchange:
            assert exchange.description is not None
            url = exchange.description.venues["binance"].ws_url + "/ws/btcusdt@kline_1h"
            async with connect(url, ping_interval=None) as client:

                async def listen() -> list[Any]:
                    return [json.loads(message) async for message in client]

                listening = asyncio.create_task(listen())
                trade_once(exchange.world)
                await exchange.pacemaker.advance(DAY)
                return await listening, (client.close_code, client.close_reason)

    messages, closed = run(work())
    assert closed == (1001, "Connection is valid for 24 hours")
    closed_hours = {message["k"]["t"] for message in messages if message["k"]["x"]}
    # The last one ends with the connection.
    assert closed_hours == {(START + hour * HOUR) // 1_000_000 for hour in range(23)}
