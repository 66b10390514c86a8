"""Sockets that end of age, after a notice, or for a late pong."""

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import DAY, MILLISECOND, SECOND

TRADE = "/ws/btcusdt@trade"


def ended(socket: StreamWire) -> tuple[int | None, str]:
    """Close code and reason."""
    socket.texts()
    return socket.close_code, socket.close_reason


def keep_alive(bench: FaultBench, *sockets: StreamWire, steps: int = 1, every_ns: int = 20 * SECOND) -> None:
    """Let time pass, and answer every ping."""
    for _ in range(steps):
        bench.advance(every_ns)
        for socket in sockets:
            socket.texts()
            while socket.pings:
                socket.frame(0xA, socket.pings.pop(0))


def test_a_socket_is_closed_at_its_age_and_counted_then() -> None:
    bench = FaultBench()
    old = bench.stream(TRADE)
    keep_alive(bench, old, steps=3)
    bench.arm("ws-lifetime", max_age="2m")
    young = bench.stream(TRADE)
    keep_alive(bench, old, young, steps=2)
    bench.advance(20 * SECOND - 1)
    assert not bench.fired
    assert (ended(old)[0], ended(young)[0]) == (None, None)
    bench.advance(1)
    assert (ended(old), ended(young)[0]) == ((1001, ""), None)
    assert [fired.connection for fired in bench.fired] == [old.number]


def test_a_socket_that_is_too_old_already_is_closed_at_once() -> None:
    bench = FaultBench()
    socket = bench.stream(TRADE)
    bench.advance(10 * SECOND)
    bench.arm("ws-24h-cut", max_age="5s")
    bench.advance(0)
    assert ended(socket)[0] == 1001


def test_ages_are_jittered_by_the_seed() -> None:
    ages = []
    for _ in range(2):
        bench = FaultBench()
        sockets = [bench.stream(TRADE) for _ in range(8)]
        bench.arm("ws-lifetime", max_age="15s", early_jitter="10s")
        cut = []
        for step in range(1, 151):
            bench.advance(100 * MILLISECOND)
            cut += [(socket.number, step) for socket in sockets if ended(socket)[0] and socket.end is None]
            sockets = [socket for socket in sockets if not socket.close_code]
        ages.append(cut)
    assert ages[0] == ages[1]
    steps = [step for _, step in ages[0]]
    assert len(steps) == 8
    assert min(steps) > 50
    assert max(steps) <= 150
    assert len(set(steps)) > 4


def test_a_lifetime_that_is_taken_away_cuts_nobody() -> None:
    bench = FaultBench()
    socket = bench.stream(TRADE)
    armed = bench.arm("ws-lifetime", max_age="10s")
    bench.plan.remove(armed.id)
    bench.advance(15 * SECOND)
    assert ended(socket) == (None, "")


@pytest.mark.parametrize(
    ("path", "notice"),
    [
        (TRADE, '{"e":"serverShutdown","E":%d}'),
        ("/stream?streams=btcusdt@trade", '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":%d}}'),
        ("/ws-api/v3", '{"event":{"e":"serverShutdown","E":%d}}'),
    ],
)
def test_the_notice_comes_first_the_end_after_its_lead_and_a_replacement_stays(path: str, notice: str) -> None:
    bench = FaultBench()
    socket = bench.stream(path)
    bench.arm("ws-shutdown-notice", lead="5s")
    assert socket.texts() == [notice % bench.now_ms]
    replacement = bench.stream(path)
    bench.advance(5 * SECOND - 1)
    assert ended(socket) == (None, "")
    bench.advance(1)
    assert ended(socket)[0] == 1001
    assert replacement.texts() == []
    assert ended(replacement) == (None, "")


def test_a_notice_that_is_taken_back_ends_nobody() -> None:
    bench = FaultBench()
    socket = bench.stream(TRADE)
    armed = bench.arm("ws-shutdown-notice")
    bench.plan.remove(armed.id)
    bench.advance(15 * SECOND)
    assert ended(socket) == (None, "")


@pytest.mark.parametrize("path", [TRADE, "/ws-api/v3"])
def test_an_impatient_venue_cuts_who_is_late_with_its_pong_and_no_one_else(path: str) -> None:
    bench = FaultBench()
    late, quick = bench.stream(path), bench.stream(path)
    bench.arm("ws-pong-timeout", every="4s", grace="1500ms")
    keep_alive(bench, quick, every_ns=SECOND)
    late.texts()
    assert len(late.pings) == 1
    assert late.close_code is None
    keep_alive(bench, quick, every_ns=500 * MILLISECOND)
    assert ended(late) == (1008, "Pong timeout")
    keep_alive(bench, quick, steps=60, every_ns=SECOND)
    assert ended(quick) == (None, "")


def test_the_venue_is_patient_again_when_the_rule_goes() -> None:
    heard = []
    for is_armed in (False, True):
        bench = FaultBench()
        socket = bench.stream(TRADE)
        armed = bench.arm("ws-pong-timeout") if is_armed else None
        keep_alive(bench, socket, steps=4, every_ns=500 * MILLISECOND)
        if armed is not None:
            bench.plan.remove(armed.id)
        socket.take()
        bench.advance(18 * SECOND)
        bench.advance(2 * SECOND)
        socket.texts()
        heard.append((len(socket.pings), socket.close_code))
        bench.advance(57 * SECOND)
        assert ended(socket) == (None, ""), "60 s are allowed"
        bench.advance(3 * SECOND)
        assert ended(socket) == (1008, "Pong timeout")
    assert heard == [(1, None), (1, None)]


def test_every_socket_ends_after_a_day_as_ever() -> None:
    bench = FaultBench()
    armed = bench.arm("ws-lifetime", max_age="48h")
    socket = bench.stream("/ws")
    bench.plan.remove(armed.id)
    keep_alive(bench, socket, steps=DAY // (20 * SECOND) - 1)
    assert ended(socket)[0] is None
    keep_alive(bench, socket)
    assert ended(socket)[0] == 1001
