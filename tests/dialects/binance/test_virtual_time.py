"""The venue under virtual time: what takes hours takes none, and clients' timestamps are judged fairly."""

from itertools import pairwise
from typing import Any

import pytest

from a_machine import Machine
from dialects.binance.rest_bench import START_MS, Bench
from dialects.binance.stream_bench import SECRET, key_of, sign
from dialects.binance.stream_bench import Bench as StreamBench
from simexchange.dialects.binance.settings import BinanceSettings, LimitSettings
from simexchange.services.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND, ClockMode, Speed, WorldClock

ACCOUNT = "/api/v3/account"
START = START_MS * MILLISECOND
NOW_MS = START_MS + 300 * 86_400_000
"""The machine's time."""
AHEAD = (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
OUTSIDE = (400, -1021, "Timestamp for this request is outside of the recvWindow.")


@pytest.fixture
def machine() -> Machine:
    return Machine(NOW_MS * MILLISECOND)


@pytest.fixture
def bench(machine: Machine) -> Bench:
    return Bench(clock=WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine))


def real_bench(machine: Machine) -> Bench:
    return Bench(clock=WorldClock(wall=machine))


def verdict(bench: Bench, timestamp_ms: int, **params: Any) -> tuple[int, int, str] | None:
    """What becomes of a request with that timestamp; None for an answer."""
    answer = bench.alice.ask("GET", ACCOUNT, timestamp=timestamp_ms, **params)
    return None if answer.status == 200 else answer.refusal


def time_told(bench: Bench) -> int:
    told: int = bench.get("/api/v3/time").body["serverTime"]
    return told


def test_a_socket_lives_a_day_in_no_time(machine: Machine) -> None:
    bench = StreamBench(clock=WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine))
    socket = bench.connect("/ws/btcusdt@kline_1h")

    def pong() -> None:
        for payload in socket.sink.pings[-1:]:
            socket.session.on_pong(payload)
        bench.clock.after(20 * SECOND, pong)

    pong()
    bench.clock.advance(DAY - 1)
    assert not socket.is_closed
    assert len(socket.sink.pings) == DAY // (20 * SECOND) - 1
    bench.clock.advance(1)
    assert socket.sink.closed == (1001, "Connection is valid for 24 hours")


def test_a_listen_key_expires_after_an_hour_without_a_sign_of_interest(bench: Bench) -> None:
    key = {"listenKey": bench.alice.send("POST", "/api/v3/userDataStream").body["listenKey"]}
    bench.clock.advance(HOUR - 1)
    assert bench.alice.send("PUT", "/api/v3/userDataStream", f"listenKey={key['listenKey']}").body == {}
    bench.clock.advance(HOUR - 1)
    assert bench.alice.send("POST", "/api/v3/userDataStream").body == key
    bench.clock.advance(HOUR)
    assert bench.alice.send("POST", "/api/v3/userDataStream").body != key


def test_bans_double_up_to_three_days(machine: Machine) -> None:
    settings = BinanceSettings(limits=LimitSettings(request_weight=1, refusals_before_ban=1))
    bench = Bench(settings, clock=WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine))
    lengths: list[int] = []
    while not lengths or lengths[-1] < DAY * 3 // SECOND:
        assert [bench.get("/api/v3/ping").status for _ in range(3)] == [200, 429, 418]
        lengths.append(int(bench.get("/api/v3/ping").headers["retry-after"]))
        bench.clock.advance(lengths[-1] * SECOND - 1)
        assert bench.get("/api/v3/ping").status == 418
        bench.clock.advance(1)
    assert lengths[0] == 2 * 60
    assert all(after == min(2 * before, 3 * 86_400) for before, after in pairwise(lengths))
    assert bench.get("/api/v3/ping").status == 200


def test_a_key_expires_months_later(bench: Bench) -> None:
    client = bench.open_key("brief", bench.alice.account_id, expires_ns=START + 90 * DAY)
    bench.clock.advance(90 * DAY - MILLISECOND)
    assert client.ask("GET", ACCOUNT).status == 200
    bench.clock.advance(MILLISECOND)
    assert client.ask("GET", ACCOUNT).refusal == (401, -2015, "Invalid API-key, IP, or permissions for action.")


def test_scaled_time_passes_for_orders_as_for_everything(machine: Machine) -> None:
    bench = Bench(clock=WorldClock(ClockMode.SCALED, Speed.parse("20"), START, machine))
    assert bench.alice.order().body["transactTime"] == START_MS
    machine.passes(3 * SECOND)
    assert bench.alice.order().body["transactTime"] == START_MS + 60_000
    assert time_told(bench) == START_MS + 60_000


def test_time_goes_on_when_the_mode_changes(machine: Machine) -> None:
    bench = real_bench(machine)
    told = [time_told(bench)]
    for mode in (ClockMode.MANUAL, ClockMode.SCALED, ClockMode.REAL):
        bench.clock.set_mode(mode, Speed.parse("2"))
        machine.passes(SECOND)
        told.append(time_told(bench))
    assert [after - before for before, after in pairwise(told)] == [0, 2_000, 1_000]


def test_a_client_may_go_by_virtual_time_by_its_machines_or_by_an_earlier_sync(bench: Bench, machine: Machine) -> None:
    synced_ms = time_told(bench)
    bench.clock.advance(HOUR)
    machine.passes(7 * SECOND)
    for clock_ms in (START_MS + 3_600_000, NOW_MS + 7_000, synced_ms + 7_000):
        assert verdict(bench, clock_ms) is None
        assert verdict(bench, clock_ms + 999) is None
        assert verdict(bench, clock_ms - 5_000) is None
    assert verdict(bench, START_MS + 3_600_000 + 1_000) == AHEAD
    assert verdict(bench, START_MS + 3_600_000 - 5_001) == OUTSIDE
    assert verdict(bench, synced_ms + 8_000) == verdict(bench, synced_ms + 1_999) == OUTSIDE
    assert verdict(bench, NOW_MS + 8_000) == verdict(bench, NOW_MS + 1_999) == AHEAD


def test_in_plain_real_time_no_other_clock_is_accepted(machine: Machine) -> None:
    bench = real_bench(machine)
    synced_ms = time_told(bench)
    machine.passes(7 * SECOND)
    assert verdict(bench, synced_ms + 7_000) is None
    assert verdict(bench, synced_ms) == OUTSIDE


@pytest.mark.parametrize(
    ("skew_ms", "of_an_honest_client"),
    [(-90_000, AHEAD), (-1_000, AHEAD), (-999, None), (5_000, None), (5_001, OUTSIDE), (90_000, OUTSIDE)],
)
def test_a_skewed_gateway_refuses_honest_clients_until_they_sync(
    machine: Machine, skew_ms: int, of_an_honest_client: tuple[int, int, str] | None
) -> None:
    bench = real_bench(machine)
    bench.door.gateway.add("skew", skew_ns=skew_ms * MILLISECOND)
    assert verdict(bench, NOW_MS) == of_an_honest_client
    assert time_told(bench) == NOW_MS + skew_ms
    assert verdict(bench, time_told(bench)) is None
    bench.door.gateway.remove("skew")
    assert verdict(bench, NOW_MS) is None
    assert time_told(bench) == NOW_MS


@pytest.mark.parametrize(("drift_ppm", "refusal"), [(-100, AHEAD), (100, OUTSIDE)])
def test_a_drifting_gateway_refuses_them_in_the_end(
    machine: Machine, drift_ppm: int, refusal: tuple[int, int, str]
) -> None:
    bench = real_bench(machine)
    bench.door.gateway.add("drift", drift_ppm=drift_ppm)
    tolerated = 9_990 * SECOND if drift_ppm < 0 else 50_000 * SECOND
    machine.passes(tolerated)
    now_ms = machine() // MILLISECOND
    assert verdict(bench, now_ms) is None
    machine.passes(30 * SECOND)
    assert verdict(bench, now_ms + 30_000) == refusal
    assert verdict(bench, time_told(bench)) is None


def test_a_skew_is_felt_by_whatever_clock_a_client_goes_by(bench: Bench, machine: Machine) -> None:
    synced_ms = time_told(bench)
    bench.clock.advance(HOUR)
    machine.passes(SECOND)
    bench.door.gateway.add("skew", skew_ns=-MINUTE)
    for clock_ms in (START_MS + 3_600_000, NOW_MS + 1_000, synced_ms + 1_000):
        assert verdict(bench, clock_ms) is not None
        assert verdict(bench, clock_ms - 60_000) is None


def test_a_lying_time_endpoint_misleads_only_who_asks_it(machine: Machine) -> None:
    bench = real_bench(machine)
    bench.door.gateway.add("step", skew_ns=10 * SECOND, endpoint_only=True)
    assert time_told(bench) == NOW_MS + 10_000
    assert verdict(bench, NOW_MS) is None
    assert verdict(bench, NOW_MS + 10_000) == AHEAD


def test_events_and_orders_keep_true_time(machine: Machine) -> None:
    bench = real_bench(machine)
    bench.door.gateway.add("skew", skew_ns=2 * SECOND)
    assert bench.alice.order().body["transactTime"] == NOW_MS


def test_the_time_is_told_in_microseconds_too(bench: Bench) -> None:
    bench.door.gateway.add("skew", skew_ns=1_500)
    told = bench.send("GET", "/api/v3/time", x_mbx_time_unit="MICROSECOND").body
    assert told == {"serverTime": START_MS * 1_000 + 1}


def test_the_wallet_judges_by_the_same_time(machine: Machine) -> None:
    bench = real_bench(machine)
    bench.door.gateway.add("skew", skew_ns=-2 * SECOND)
    answer = bench.alice.ask("GET", "/sapi/v1/account/apiRestrictions", timestamp=NOW_MS)
    assert answer.refusal == AHEAD
    answer = bench.alice.ask("GET", "/sapi/v1/account/apiRestrictions", timestamp=NOW_MS - 2_000)
    assert answer.status == 200


@pytest.mark.parametrize("endpoint_only", [False, True])
def test_wherever_the_venue_tells_the_time_it_is_as_wrong_as_its_gateway(machine: Machine, endpoint_only: bool) -> None:
    """Unless only the endpoint of the time lies."""
    clock = WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine)
    bench = StreamBench(BinanceSettings(limits=LimitSettings(request_weight=30)), clock=clock)
    socket = bench.connect("/ws-api/v3?returnRateLimits=false")
    bench.door.gateway.add("skew", skew_ns=-90 * SECOND, endpoint_only=endpoint_only)
    wrong, told = START_MS - 90_000, START_MS if endpoint_only else START_MS - 90_000

    def ask(method: str) -> Any:
        return socket.ask({"id": 1, "method": method})

    assert ask("time")["result"] == {"serverTime": wrong}
    status = ask("session.status")["result"]
    assert (status["serverTime"], status["connectedSince"]) == (told, told)
    assert ask("exchangeInfo")["result"]["serverTime"] == told
    refused = ask("exchangeInfo")["error"]["data"]
    assert (refused["serverTime"], refused["retryAfter"] - told) == (told, 60_000 - START_MS % 60_000)


@pytest.mark.parametrize("method", ["account.status", "userDataStream.subscribe.signature"])
def test_the_websocket_api_tells_and_judges_by_the_same_time(machine: Machine, method: str) -> None:
    bench = StreamBench(clock=WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine))
    socket = bench.connect("/ws-api/v3?returnRateLimits=false")

    def ask(timestamp_ms: int) -> tuple[int, str | None]:
        params = sign({"apiKey": key_of("alice"), "timestamp": timestamp_ms}, SECRET)
        answer = socket.ask({"id": 1, "method": method, "params": params})
        return answer["status"], answer.get("error", {}).get("msg")

    bench.door.gateway.add("skew", skew_ns=-90 * SECOND)
    assert ask(START_MS) == (400, AHEAD[2])
    assert ask(START_MS - 96_000) == (400, OUTSIDE[2])
    told = socket.ask({"id": 1, "method": "time"})["result"]
    assert told == {"serverTime": START_MS - 90_000}
    bench.clock.advance(30 * SECOND)
    machine.passes(SECOND)
    assert ask(told["serverTime"] + 1_000)[0] == 200
