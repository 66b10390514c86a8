"""A scenario on an exchange as it is really served: sockets, ports and all."""

import asyncio
import urllib.request

import pytest

from fake_venue import run
from run_bench import scenario_of
from simexchange.app import Exchange, Options
from simexchange.domain.enums import TradingStatus
from simexchange.runs.runner import ScenarioConflict
from simexchange.services.clock import MINUTE, SECOND, ClockMode

START_NS = 1_767_600_000_000_000_000
TEXT = """
ends_after: 5m
timeline:
  - {at: 60s, for: 60s, halt: {symbol: BTC/USDT}}
expect:
  - {never: order_during_downtime}
  - {within: 30s, after: halt, see: time_query}
"""


def options(text: str = TEXT) -> Options:
    return Options(port_base=0, clock=ClockMode.MANUAL, start_ns=START_NS, spec=scenario_of(text, "served"))


def ask(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as reply:
        return bytes(reply.read())


def test_a_served_scenario_plays_from_ready_on_and_is_judged() -> None:
    async def work() -> None:
        async with Exchange(options()) as exchange:
            assert exchange.description is not None
            assert exchange.description.scenario == "served"
            market = exchange.world.doors["binance"].venue.markets["BTC/USDT"]
            exchange.clock.advance(60 * SECOND)
            assert market.status is TradingStatus.HALTED
            url = exchange.description.venues["binance"].rest_url
            await asyncio.to_thread(ask, f"{url}/api/v3/time")
            exchange.clock.advance(4 * MINUTE)
            status = exchange.runner.status()
            assert (status["scenario"], status["elapsed"], status["ended"]) == ("served", "5m", True)
            assert [(one["state"], one["at"], one["ended_at"]) for one in status["entries"]] == [("done", "1m", "2m")]
            assert [one["state"] for one in status["expectations"]] == ["passed", "passed"]

    run(work())


def test_a_reset_plays_it_again() -> None:
    async def work() -> None:
        async with Exchange(options()) as exchange:
            exchange.clock.advance(5 * MINUTE)
            exchange.world.reset()
            status = exchange.runner.status()
            assert (status["elapsed"], status["ended"], [one["state"] for one in status["entries"]]) == (
                "0s",
                False,
                ["pending"],
            )
            exchange.clock.advance(70 * SECOND)
            assert [one["state"] for one in exchange.runner.status()["entries"]] == ["active"]

    run(work())


def test_another_scenario_of_the_same_world_is_played_in_its_place_and_survives_a_reset() -> None:
    async def work() -> None:
        async with Exchange(options()) as exchange:
            exchange.clock.advance(70 * SECOND)
            exchange.runner.load(scenario_of("timeline: [{at: 1s, note: other}]", "other"))
            assert exchange.world.doors["binance"].venue.markets["BTC/USDT"].status is TradingStatus.CONTINUOUS
            for _ in range(2):
                assert exchange.clock.now_ns() == START_NS
                assert [one["what"] for one in exchange.runner.status()["entries"]] == ["note: other"]
                exchange.clock.advance(SECOND)
                assert [one["state"] for one in exchange.runner.status()["entries"]] == ["done"]
                exchange.world.reset()
            assert exchange.describe().scenario == "other"

    run(work())


def test_a_scenario_of_another_world_is_refused_with_what_differs() -> None:
    accounts = "venues: {binance: {accounts: [{name: bot}]}}"

    async def work() -> None:
        async with Exchange(options()) as exchange:
            exchange.clock.advance(10 * SECOND)
            with pytest.raises(ScenarioConflict) as raised:
                exchange.runner.load(scenario_of(accounts, "other"))
            assert str(raised.value) == (
                "accounts of binance are not those this world was built with;"
                " start it with `simexchange serve --scenario other`"
            )
            assert exchange.runner.scenario.name == "served"
            assert exchange.clock.now_ns() == START_NS + 10 * SECOND

    run(work())
