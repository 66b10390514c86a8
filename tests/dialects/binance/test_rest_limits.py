"""Weights, raw requests and unfilled orders: what counts, what it says, and what follows."""

from typing import Any, Final

import pytest

from dialects.binance.orders_story import OCO, OLD_OCO, OPO, OPOCO, OTO, OTOCO, STOP, Market, place
from dialects.binance.rest_bench import ORDER, START_MS, Bench
from simexchange.dialects.binance.operations import OPERATIONS
from simexchange.dialects.binance.settings import LIMITS_OFF, BinanceSettings, LimitSettings

SYMBOL: Final = {"symbol": "BTCUSDT"}
PER_MINUTE: Final = "request weight per 1 MINUTE."
USE_STREAMS: Final = "Please use WebSocket Streams for live updates to avoid"
MINUTE_START_MS: Final = START_MS - 123


def bench_with(**limits: int) -> Bench:
    return Bench(BinanceSettings(LimitSettings(**limits)), start_ms=MINUTE_START_MS)


def used(answer: Any) -> int:
    assert answer.headers["x-mbx-used-weight"] == answer.headers["x-mbx-used-weight-1m"]
    return int(answer.headers["x-mbx-used-weight"])


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("ping", "", 1),
        ("time", "", 1),
        ("exchangeInfo", "", 20),
        ("depth", "symbol=BTCUSDT", 5),
        ("depth", "symbol=BTCUSDT&limit=100", 5),
        ("depth", "symbol=BTCUSDT&limit=101", 25),
        ("depth", "symbol=BTCUSDT&limit=500", 25),
        ("depth", "symbol=BTCUSDT&limit=501", 50),
        ("depth", "symbol=BTCUSDT&limit=1001", 250),
        ("depth", "symbol=BTCUSDT&limit=nonsense", 5),
        ("depth", "symbol=BTCUSDT&limit=" + "9" * 30, 5),
        ("trades", "symbol=BTCUSDT", 25),
        ("historicalTrades", "symbol=BTCUSDT", 25),
        ("aggTrades", "symbol=BTCUSDT", 4),
        ("klines", "symbol=BTCUSDT&interval=1m", 2),
        ("uiKlines", "symbol=BTCUSDT&interval=1m", 2),
        ("avgPrice", "symbol=BTCUSDT", 2),
        ("ticker/24hr", "symbol=BTCUSDT", 2),
        ("ticker/24hr", "", 80),
        ("ticker/24hr", "symbols=[%22A%22]", 2),
        ("ticker/24hr", "symbols=" + ",".join(["A"] * 21), 40),
        ("ticker/24hr", "symbols=" + ",".join(["A"] * 101), 80),
        ("ticker", "symbol=BTCUSDT", 4),
        ("ticker", "symbols=" + ",".join(["A"] * 51), 200),
        ("ticker/tradingDay", "symbols=" + ",".join(["A"] * 3), 12),
        ("ticker/price", "symbol=BTCUSDT", 2),
        ("ticker/price", "", 4),
        ("ticker/bookTicker", "symbol=BTCUSDT", 2),
        ("ticker/bookTicker", "", 4),
        ("executionRules", "symbol=BTCUSDT", 2),
        ("executionRules", "", 40),
        ("referencePrice", "symbol=BTCUSDT", 2),
    ],
)
def test_a_public_request_weighs_what_is_documented_answered_or_refused(path: str, query: str, weight: int) -> None:
    assert used(Bench().send("GET", f"/api/v3/{path}", query)) == weight


@pytest.mark.parametrize(
    ("method", "path", "params", "weight"),
    [
        ("GET", "account", {}, 20),
        ("GET", "order", {**SYMBOL, "orderId": 1}, 4),
        ("GET", "openOrders", SYMBOL, 6),
        ("GET", "openOrders", {}, 80),
        ("GET", "allOrders", SYMBOL, 20),
        ("GET", "myTrades", SYMBOL, 20),
        ("GET", "myTrades", {**SYMBOL, "orderId": 1}, 5),
        ("GET", "rateLimit/order", {}, 40),
        ("GET", "account/commission", SYMBOL, 20),
        ("GET", "myPreventedMatches", {**SYMBOL, "preventedMatchId": 1}, 2),
        ("GET", "myPreventedMatches", {**SYMBOL, "orderId": 1}, 20),
        ("POST", "order/test", ORDER, 1),
        ("POST", "order/test", {**ORDER, "computeCommissionRates": "true"}, 20),
        ("POST", "order", ORDER, 0),
        ("POST", "order", {**ORDER, "price": "0"}, 1),
        ("DELETE", "order", {**SYMBOL, "orderId": 7}, 1),
        ("DELETE", "openOrders", SYMBOL, 1),
        ("PUT", "order/amend/keepPriority", SYMBOL, 4),
        ("POST", "order/cancelReplace", SYMBOL, 1),
        ("POST", "order/oco", SYMBOL, 1),
        ("POST", "orderList/oco", SYMBOL, 1),
        ("POST", "orderList/oto", SYMBOL, 1),
        ("POST", "orderList/otoco", SYMBOL, 1),
        ("POST", "orderList/opo", SYMBOL, 1),
        ("POST", "orderList/opoco", SYMBOL, 1),
        ("DELETE", "orderList", SYMBOL, 1),
        ("POST", "sor/order", SYMBOL, 1),
        ("POST", "sor/order/test", {**SYMBOL, "computeCommissionRates": "true"}, 20),
        ("GET", "orderList", {}, 4),
        ("GET", "allOrderList", {}, 20),
        ("GET", "openOrderList", {}, 6),
        ("GET", "order/amendments", {**SYMBOL, "orderId": 1}, 4),
        ("GET", "myAllocations", SYMBOL, 20),
    ],
)
def test_a_signed_request_weighs_what_is_documented_and_order_entry_only_if_it_fails(
    method: str, path: str, params: dict[str, Any], weight: int
) -> None:
    assert used(Bench().alice.ask(method, f"/api/v3/{path}", **params)) == weight


def test_cancels_that_succeed_weigh_nothing() -> None:
    bench = Bench()
    bench.alice.order()
    bench.alice.order()
    assert used(bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=1)) == 0
    assert used(bench.alice.ask("DELETE", "/api/v3/openOrders", **SYMBOL)) == 0


def test_a_request_with_a_doubled_name_is_charged_all_the_same() -> None:
    assert used(Bench().send("GET", "/api/v3/exchangeInfo", "a=1&a=2")) == 20


def test_weight_is_counted_by_address_and_forgotten_at_the_minute() -> None:
    bench = bench_with()
    for peer, expected in (("10.0.0.1", 20), ("10.0.0.1", 40), ("10.0.0.2", 20)):
        assert used(bench.send("GET", "/api/v3/exchangeInfo", peer=peer)) == expected
    bench.advance(59_999)
    assert used(bench.send("GET", "/api/v3/ping", peer="10.0.0.1")) == 41
    bench.advance(1)
    assert used(bench.send("GET", "/api/v3/ping", peer="10.0.0.1")) == 1


def test_too_much_weight_is_429_until_the_minute_ends_and_does_nothing() -> None:
    bench = bench_with(request_weight=21)
    bench.advance(25_000)
    assert bench.get("/api/v3/exchangeInfo").status == 200
    assert bench.get("/api/v3/ping").status == 200
    answer = bench.get("/api/v3/ping")
    assert answer.refusal == (
        429,
        -1003,
        f"Too much request weight used; current limit is 21 {PER_MINUTE} {USE_STREAMS} polling the API.",
    )
    assert answer.headers["retry-after"] == "35"
    assert bench.alice.order().status == 429
    assert bench.alice.ask("GET", "/api/v3/openOrders").status == 429
    bench.advance(35_000)
    assert bench.alice.ask("GET", "/api/v3/openOrders", **SYMBOL).body == []


def test_who_goes_on_after_429_is_banned_and_each_ban_is_longer() -> None:
    bench = bench_with(request_weight=1, refusals_before_ban=3)
    lengths = []
    for _ in range(4):
        statuses = [bench.get("/api/v3/ping").status for _ in range(5)]
        assert statuses == [200, 429, 429, 429, 418]
        answer = bench.get("/api/v3/time")
        length_s = int(answer.headers["retry-after"])
        until = bench.now_ms + length_s * 1000
        assert answer.refusal == (
            418,
            -1003,
            f"Way too much request weight used; IP banned until {until}. {USE_STREAMS} bans.",
        )
        lengths.append(length_s)
        bench.advance(length_s * 1000 - 1)
        assert bench.get("/api/v3/ping").status == 418
        assert bench.send("GET", "/api/v3/ping", peer="10.0.0.9").status == 200
        bench.advance(1)
    assert lengths == [120, 240, 480, 960]


def test_a_ban_shuts_out_of_every_endpoint() -> None:
    bench = bench_with(request_weight=1, refusals_before_ban=1)
    assert [bench.get("/api/v3/ping").status for _ in range(3)] == [200, 429, 418]
    assert bench.alice.order().status == 418
    assert bench.get("/sapi/v1/system/status").status == 418


def test_raw_requests_have_a_limit_of_their_own() -> None:
    bench = bench_with(raw_requests=2)
    assert [bench.alice.order(quantity="0.001").status for _ in range(3)] == [200, 200, 429]
    bench.advance(5 * 60_000)
    assert bench.alice.order(quantity="0.001").status == 200


def test_sapi_weight_is_counted_apart() -> None:
    bench = bench_with(sapi_weight=2)
    answers = [bench.get("/sapi/v1/system/status") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[1].headers == {"x-sapi-used-ip-weight-1m": "2"}
    assert used(bench.get("/api/v3/ping")) == 1


def counts(bench: Bench) -> tuple[int, int]:
    rows = bench.alice.ask("GET", "/api/v3/rateLimit/order").body
    return rows[0]["count"], rows[1]["count"]


def test_an_accepted_order_counts_in_both_windows_and_says_so() -> None:
    bench = bench_with()
    answer = bench.alice.order()
    assert (answer.headers["x-mbx-order-count-10s"], answer.headers["x-mbx-order-count-1d"]) == ("1", "1")
    bench.advance(10_000)
    answer = bench.alice.order()
    assert (answer.headers["x-mbx-order-count-10s"], answer.headers["x-mbx-order-count-1d"]) == ("1", "2")
    assert "x-mbx-order-count-10s" not in bench.alice.order(price="0").headers
    assert counts(bench) == (1, 2)


def test_the_first_fill_of_an_order_gives_one_back_and_later_ones_none() -> None:
    bench = bench_with()
    for price in ("60000", "59000", "58000"):
        bench.alice.order(price=price)
    assert counts(bench) == (3, 3)
    bench.bob.order(side="SELL", quantity="0.01")
    assert counts(bench) == (2, 2)
    bench.bob.order(side="SELL", quantity="0.01")
    assert counts(bench) == (2, 2)


def test_an_order_that_takes_at_once_costs_nothing_in_the_end() -> None:
    bench = bench_with()
    bench.bob.order(side="SELL")
    bench.alice.order(quantity="0.01")
    assert counts(bench) == (0, 0)


@pytest.mark.parametrize("ending", ["cancel", "fok"])
def test_canceled_and_expired_orders_stay_counted(ending: str) -> None:
    bench = bench_with()
    if ending == "cancel":
        bench.alice.order()
        bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=1)
    else:
        bench.alice.order(timeInForce="FOK")
    assert counts(bench) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "params", "orders"),
    [
        ("order/oco", OLD_OCO, 2),
        ("orderList/oco", OCO, 2),
        ("orderList/oto", OTO, 2),
        ("orderList/otoco", OTOCO, 3),
        ("orderList/opo", OPO, 2),
        ("orderList/opoco", OPOCO, 3),
    ],
)
def test_an_order_list_counts_as_its_orders_and_is_refused_if_they_are_too_many(
    kind: str, params: dict[str, str], orders: int
) -> None:
    market = Market(settings=BinanceSettings(LimitSettings(orders_10s=orders)))
    market.advance(20_000)
    answer = place(market.alice, kind, params)
    assert answer.headers["x-mbx-order-count-10s"] == str(orders)
    refusal = place(market.alice, kind, params, listClientOrderId="other").refusal
    assert refusal == (429, -1015, f"Too many new orders; current limit is {orders} orders per 10 SECOND.")
    market.advance(10_000)
    assert market.alice.order(price="59000", quantity="0.001").headers["x-mbx-order-count-10s"] == "1"
    refusal = place(market.alice, kind, params, listClientOrderId="other").refusal
    assert refusal[0] == 429


def test_a_stop_that_trades_gives_one_back_whatever_set_it_off() -> None:
    market = Market()
    market.alice.order(**STOP)
    assert counts(market) == (1, 1)
    market.trade_at("58950", bid="58900")
    assert counts(market) == (0, 0)


def test_a_fill_of_yesterdays_order_lowers_todays_count_but_not_below_zero() -> None:
    bench = bench_with()
    bench.alice.order(price="60000")
    bench.alice.order(price="59999")
    bench.advance(24 * 3_600_000)
    bench.alice.order(price="50000")
    bench.bob.order(side="SELL", quantity="0.01")
    assert counts(bench) == (0, 0)
    bench.bob.order(side="SELL", price="59999", quantity="0.1")
    assert counts(bench) == (0, 0)


@pytest.mark.parametrize(
    ("limits", "text", "retry_after"),
    [
        ({"orders_10s": 2}, "Too many new orders; current limit is 2 orders per 10 SECOND.", "7"),
        ({"orders_1d": 2}, "Too many new orders; current limit is 2 orders per 1 DAY.", str(16 * 3600 - 3)),
    ],
)
def test_too_many_unfilled_orders_are_refused_by_account(limits: dict[str, int], text: str, retry_after: str) -> None:
    bench = bench_with(**limits)
    bench.advance(3_000)
    for _ in range(2):
        assert bench.alice.order(quantity="0.001").status == 200
    answer = bench.alice.order(quantity="0.001")
    assert answer.refusal == (429, -1015, text)
    assert answer.headers["retry-after"] == retry_after
    assert bench.bob.order(quantity="0.001").status == 200
    bench.advance(int(retry_after) * 1000)
    assert bench.alice.order(quantity="0.001").status == 200


def test_both_keys_of_an_account_share_its_order_count() -> None:
    bench = bench_with(orders_10s=1)
    other = bench.open_key("other", bench.alice.account_id)
    assert bench.alice.order().status == 200
    assert other.order().refusal[1] == -1015


def test_limits_that_are_off_refuse_nothing_and_are_not_listed() -> None:
    bench = Bench(BinanceSettings(LIMITS_OFF))
    assert {bench.get("/api/v3/exchangeInfo").status for _ in range(400)} == {200}
    assert {bench.alice.order(quantity="0.001").status for _ in range(150)} == {200}
    assert bench.get("/api/v3/exchangeInfo").body["rateLimits"] == []
    assert bench.alice.ask("GET", "/api/v3/rateLimit/order").body == []


def test_limits_of_ones_own_are_listed_as_they_are() -> None:
    rows = bench_with(request_weight=1200, orders_10s=50).get("/api/v3/exchangeInfo").body["rateLimits"]
    assert [row["limit"] for row in rows] == [1200, 50, 200_000, 300_000]


def test_every_operation_of_the_venues_api_weighs_something() -> None:
    assert all(operation.weigh({}) > 0 for operation in OPERATIONS)
