from run_bench import RunBench
from simexchange.runs.signs.intents import Intents
from simexchange.runs.signs.looks import Keys, Looks
from simexchange.runs.signs.orders import Orders
from simexchange.runs.signs.secrets import Secrets
from simexchange.runs.signs.sockets import Sockets
from simexchange.runs.signs.waits import Downtime, Waits
from simexchange.runs.trackers import NO_REQUEST
from simexchange.scenario.expectation_specs import SIGNS

DETECTORS = (Waits, Downtime, Intents, Looks, Keys, Orders, Secrets, Sockets)


def test_every_sign_has_one_detector_and_no_detector_sees_anything_else() -> None:
    seen = [sign for detector in DETECTORS for sign in detector.signs]
    assert sorted([*seen, NO_REQUEST]) == sorted(SIGNS)


def test_a_quiet_correct_client_shows_no_sign_of_trouble() -> None:
    harmless = {"order_query", "order_query_by_client_id", "open_orders_query", "account_query", "rules_query"}
    harmless |= {"time_query", "book_snapshot", "order_placed", "order_canceled", "all_orders_canceled"}
    bad = [sign for sign in SIGNS if sign not in harmless and sign != NO_REQUEST]
    bench = RunBench.expecting(*(f"{{never: {sign}}}" for sign in bad))
    bench.get("/api/v3/time")
    bench.get("/api/v3/exchangeInfo")
    bench.get("/api/v3/depth", symbol="BTCUSDT")
    bench.ask_as("alice", "GET", "/api/v3/account")
    bench.stream("/ws/btcusdt@trade")
    bench.place("a1")
    bench.ask_as("alice", "GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="a1")
    bench.say(bench.order(bench.bob, side="SELL", quantity="0.04"))
    bench.place("a2", side="SELL", quantity="0.04", price="61000")
    bench.ask_as("alice", "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="a1")
    bench.ask_as("alice", "DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert bench.end() == ["passed"] * len(bad)
