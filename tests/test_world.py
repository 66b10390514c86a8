"""The door: one writer, and a bug in one listener does not close it."""

import pytest

from simexchange.domain.commands import CreateAccount
from simexchange.domain.events import AccountCreated, Batch
from simexchange.services.bus import Stage
from simexchange.services.clock import ManualClock
from simexchange.world import Door, World

START_NS = 1_700_000_000_000_000_000


def door() -> Door:
    return World(ManualClock(START_NS), seed=1).open_venue("test")


def test_a_listener_hears_the_batch_before_submit_returns() -> None:
    exchange, heard = door(), list[Batch]()
    exchange.bus.listen(Stage.DASHBOARD, heard.append)
    batch = exchange.submit(CreateAccount(2, "alice"))
    assert heard == [batch]
    assert batch.events == (AccountCreated(2, "alice"),)
    assert batch.ts_ns == START_NS


def test_a_listener_may_not_submit() -> None:
    exchange = door()

    def submit(_: Batch) -> None:
        exchange.submit(CreateAccount(3, "bob"))

    exchange.bus.listen(Stage.DASHBOARD, submit)
    with pytest.raises(AssertionError, match="may not submit"):
        exchange.submit(CreateAccount(2, "alice"))


def test_the_door_stays_open_after_a_listener_failed() -> None:
    exchange = door()

    def fail(_: Batch) -> None:
        raise RuntimeError("a bug")

    exchange.bus.listen(Stage.DASHBOARD, fail)
    with pytest.raises(RuntimeError):
        exchange.submit(CreateAccount(2, "alice"))
    exchange.bus.leave(fail)
    assert exchange.submit(CreateAccount(3, "bob")).events == (AccountCreated(3, "bob"),)


def test_time_never_runs_backwards_for_the_venue() -> None:
    clock = ManualClock(START_NS)
    exchange = World(clock, seed=1).open_venue("test")
    clock.advance(1_000)
    first = exchange.submit(CreateAccount(2, "alice"))
    clock._now_ns = START_NS
    assert exchange.submit(CreateAccount(3, "bob")).ts_ns == first.ts_ns
