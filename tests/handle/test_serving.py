import asyncio
import gc
import os
import socket
import threading
import weakref
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import simexchange
from simexchange.handle.backend import SimxError, Stopped
from simexchange.handle.in_process import InProcess
from simexchange.handle.opening import NotServed
from simexchange.handle.simx import Simx

MANY = 200


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def is_served(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((parts.hostname, parts.port)) == 0


def test_a_block_serves_an_exchange_and_its_end_leaves_nothing() -> None:
    threads = threading.active_count()
    with simexchange.serve(scenario="calm", seed=7) as simx:
        assert (simx.seed, simx.scenario, simx.clock.mode, list(simx.venues)) == (7, "calm", "real", ["binance"])
        assert simx.binance.symbols[:2] == ["BTCUSDT", "ETHUSDT"]
        urls = (simx.binance.rest_url, simx.control_url)
        assert all(map(is_served, urls))
    assert not any(map(is_served, urls))
    assert threading.active_count() == threads


def test_the_block_may_be_asynchronous() -> None:
    async def work() -> tuple[int, list[str]]:
        async with simexchange.serve(seed=7, clock="manual") as simx:
            before = simx.now
            assert await simx.aadvance("5s") - before == timedelta(seconds=5)
            return simx.seed, [task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}]

    threads = threading.active_count()
    assert asyncio.run(work()) == (7, [])
    assert threading.active_count() == threads


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux lists them")
def test_two_hundred_servers_leave_no_thread_no_file_no_port_and_no_world() -> None:
    worlds: list[weakref.ref[object]] = []
    urls: list[str] = []

    def serve() -> None:
        with simexchange.serve(seed=7, clock="manual") as simx:
            simx.advance("1s")
            urls.extend((simx.binance.rest_url, simx.control_url))
            backend = simx._backend
            assert isinstance(backend, InProcess)
            worlds.append(weakref.ref(backend.exchange.world))

    serve()
    gc.collect()
    threads, files = threading.active_count(), open_files()
    for _ in range(MANY - 1):
        serve()
    gc.collect()
    assert (threading.active_count(), open_files()) == (threads, files)
    assert not any(map(is_served, urls))
    assert [world() for world in worlds if world() is not None] == []


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"scenario": "clam"}, "there is no scenario 'clam'; did you mean 'calm'?"),
        ({"clock": "slow"}, "there is no clock mode 'slow'; there is real, scaled, manual"),
        ({"venues": ["binanse"]}, "there is no venue 'binanse'; there is binance"),
        ({"limits": {"weight": 3}}, "binance has no limit 'weight'; it has request_weight, raw_requests"),
        ({"speed": 5, "clock": "manual"}, "--speed 5 is for --clock scaled; this is --clock manual"),
    ],
)
def test_what_cannot_be_served_is_said_and_leaves_nothing(wanted: dict[str, Any], told: str) -> None:
    threads = threading.active_count()
    with pytest.raises(NotServed) as refused, simexchange.serve(**wanted):
        pass
    assert str(refused.value).startswith(told)
    assert threading.active_count() == threads


def test_a_taken_port_is_said() -> None:
    threads = threading.active_count()
    with simexchange.serve() as simx:
        taken = urlsplit(simx.control_url).port
        assert taken is not None
        with pytest.raises(NotServed) as refused, simexchange.serve(port_base=taken):
            pass
    assert str(refused.value).startswith(f"port {taken} on 127.0.0.1, wanted for control, is taken")
    assert threading.active_count() == threads


def test_the_handle_of_an_exchange_that_has_ended_says_so() -> None:
    with simexchange.serve(clock="manual") as simx:
        pass
    with pytest.raises(Stopped, match="the exchange is served no more"):
        simx.advance("1s")
    simx.stop()


def test_serve_makes_one_exchange_for_each_block() -> None:
    serving = simexchange.serve(seed=7)
    assert repr(serving).startswith("simexchange.serve(scenario='calm', seed=7,")
    with serving, pytest.raises(SimxError, match="one for each block"):
        serving.__enter__()
    with serving as again:
        assert again.seed == 7


def test_an_exchange_stops_during_a_move_of_time() -> None:
    with simexchange.serve(clock="manual") as simx:
        began = threading.Event()
        told: list[BaseException] = []

        def move() -> None:
            began.set()
            try:
                simx.advance("3000d")
            except Stopped as stopped:
                told.append(stopped)

        mover = threading.Thread(target=move)
        mover.start()
        began.wait()
    mover.join()
    assert [type(error) for error in told] == [Stopped]


def test_the_handle_refuses_to_wait_for_itself() -> None:
    from simexchange.app import DEFAULT_OPTIONS, Options

    backend = InProcess(Options(port_base=0, clock=DEFAULT_OPTIONS.clock))
    simx = Simx(backend)
    told: list[str] = []

    async def from_within() -> None:
        try:
            simx.reset()
        except SimxError as error:
            told.append(str(error))

    try:
        backend._thread.submit(from_within()).result()
    finally:
        simx.stop()
    assert told == ["the handle may not be used from the exchange's own thread: it would wait for itself"]
