import re

from control_bench import LOST, Control, with_control
from simexchange.control.tally import MOST_ENDPOINTS
from small_world import ALICE_KEY, ALICE_SECRET

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.5", "price": "50000"}
_SAMPLE = re.compile(r'[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+')


async def samples(control: Control) -> dict[str, float]:
    """Every sample by its name and labels; the whole text is in the format."""
    reply = await control.http.get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.text.endswith("\n")
    found: dict[str, float] = {}
    told = ""
    for line in reply.text.splitlines():
        if line.startswith("# "):
            _, what, told, _ = line.split(" ", 3)
            assert what in ("HELP", "TYPE")
            continue
        assert _SAMPLE.fullmatch(line), line
        name, _, value = line.rpartition(" ")
        assert name.partition("{")[0] == told
        assert name not in found
        found[name] = float(value)
    return found


def test_requests_orders_trades_and_faults_are_counted() -> None:
    async def work(control: Control) -> None:
        await control.signed("POST", "/api/v3/order", **ORDER)
        await control.do("POST", "/venues/binance/accounts/alice/orders/1/fill", {"quantity": "0.1"})
        await control.signed("POST", "/api/v3/order", **ORDER | {"quantity": "0.000000001"})
        await control.signed("POST", "/api/v3/order", **ORDER | {"quantity": "9"})
        await control.venue.get("/api/v3/ping")
        await control.venue.get("/api/v3/nowhere")
        found = await samples(control)
        requests = {name: value for name, value in found.items() if name.startswith("simexchange_requests_total")}
        assert requests == {
            'simexchange_requests_total{venue="binance",endpoint="GET /api/v3/ping",status="2xx"}': 1,
            'simexchange_requests_total{venue="binance",endpoint="POST /api/v3/order",status="2xx"}': 1,
            'simexchange_requests_total{venue="binance",endpoint="POST /api/v3/order",status="4xx"}': 2,
            'simexchange_requests_total{venue="binance",endpoint="other",status="4xx"}': 1,
        }
        assert found['simexchange_trades_total{venue="binance"}'] == 1
        assert found['simexchange_orders_total{venue="binance",outcome="rejected"}'] == 1
        assert found["simexchange_faults_armed"] == 0
        assert found["simexchange_clock_seconds"] == 1_767_571_200
        assert found["process_resident_memory_bytes"] > 10_000_000
        await control.do("POST", "/faults", LOST)
        await control.do("POST", "/faults", {"kind": "rate-limited", "match": {"endpoint": "GET /api/v3/time"}})
        assert (await control.venue.get("/api/v3/time")).status_code == 429
        found = await samples(control)
        assert found["simexchange_faults_armed"] == 2
        assert found['simexchange_faults_fired_total{kind="rate-limited"}'] == 1
        assert found['simexchange_rate_limit_refusals_total{venue="binance",status="429"}'] == 1

    with_control(work)


def test_counting_goes_on_from_look_to_look_and_forgets_nothing() -> None:
    async def work(control: Control) -> None:
        name = 'simexchange_requests_total{venue="binance",endpoint="GET /api/v3/ping",status="2xx"}'
        for count in (1, 2, 3):
            await control.venue.get("/api/v3/ping")
            assert (await samples(control))[name] == count
        await control.do("POST", "/reset")
        assert (await samples(control))[name] == 3

    with_control(work)


def test_what_was_forgotten_before_it_was_counted_is_told() -> None:
    async def work(control: Control) -> None:
        tally, journal = control.exchange.controls.tally, control.exchange.world.journal
        await control.venue.get("/api/v3/ping")
        tally.fold()
        assert tally.overruns == 0
        for _ in range(journal.capacity + 1):
            journal.note_fault(0, "armed", {})
        tally.fold()
        assert tally.overruns == 1

    with_control(work)


def test_clients_cannot_make_up_labels_and_no_label_holds_a_secret() -> None:
    async def work(control: Control) -> None:
        status = {"kind": "html-error", "match": {"venue": "binance"}}
        await control.do("POST", "/faults", status)
        for number in range(MOST_ENDPOINTS + 20):
            await control.venue.get(f"/made-up/{number}")
        await control.venue.get(f"/{ALICE_KEY}/{ALICE_SECRET}")
        text = (await control.http.get("/metrics")).text
        assert text.count('venue="binance",endpoint="GET ') == MOST_ENDPOINTS
        assert 'endpoint="other",status="5xx"} 21' in text
        assert ALICE_KEY not in text
        assert ALICE_SECRET not in text

    with_control(work)
