"""Whole payloads, byte for byte: key order, number formats and nesting as the venue documents them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from dialects.binance.rest_bench import EVERYTHING, Answer, Bench

GOLDEN: Final = Path(__file__).parent / "golden" / "rest"
KEYS: Final[dict[str, Any]] = json.loads((GOLDEN.parent / "rest_keys.json").read_text())


def story() -> Bench:
    """A day at the venue: trades on both sides, a cancel, an expiry, a self-trade prevented, orders that rest."""
    bench = Bench(rules=EVERYTHING)
    bench.alice.order(newClientOrderId="a-1")
    bench.advance(1_000)
    bench.bob.order(newClientOrderId="b-1", side="SELL", quantity="0.04")
    bench.advance(1_000)
    bench.alice.order(
        newClientOrderId="a-2", side="SELL", quantity="0.2", price="61000", strategyId=37463720, strategyType=1000000
    )
    bench.bob.ask(
        "POST",
        "/api/v3/order",
        symbol="BTCUSDT",
        side="BUY",
        type="MARKET",
        quoteOrderQty="3050",
        newClientOrderId="b-2",
    )
    bench.advance(1_000)
    bench.alice.order(newClientOrderId="a-3", price="61000", selfTradePreventionMode="EXPIRE_TAKER")
    bench.alice.order(newClientOrderId="a-4", timeInForce="IOC", price="60500")
    bench.alice.order(newClientOrderId="a-5", price="59000")
    bench.alice.ask("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="a-5", newClientOrderId="c-5")
    bench.advance(1_000)
    return bench


def place(**changes: Any) -> Callable[[Bench], Answer]:
    return lambda bench: bench.bob.order(**({"newClientOrderId": "new"} | changes))


def public(path: str, **params: Any) -> Callable[[Bench], Answer]:
    return lambda bench: bench.get(path, **params)


def alice(method: str, path: str, **params: Any) -> Callable[[Bench], Answer]:
    return lambda bench: bench.alice.ask(method, path, **params)


SYMBOL: Final = {"symbol": "BTCUSDT"}
CASES: Final[dict[str, Callable[[Bench], Answer]]] = {
    "ping": public("/api/v3/ping"),
    "time": public("/api/v3/time"),
    "exchange_info": public("/api/v3/exchangeInfo"),
    "execution_rules": public("/api/v3/executionRules"),
    "depth": public("/api/v3/depth", **SYMBOL),
    "trades": public("/api/v3/trades", **SYMBOL),
    "historical_trades": public("/api/v3/historicalTrades", **SYMBOL, fromId=2),
    "aggregate_trades": public("/api/v3/aggTrades", **SYMBOL),
    "klines": public("/api/v3/klines", **SYMBOL, interval="1s", limit=5),
    "ui_klines": public("/api/v3/uiKlines", **SYMBOL, interval="1m"),
    "average_price": public("/api/v3/avgPrice", **SYMBOL),
    "ticker_24hr": public("/api/v3/ticker/24hr", **SYMBOL),
    "ticker_24hr_all_mini": public("/api/v3/ticker/24hr", type="MINI"),
    "ticker": public("/api/v3/ticker", **SYMBOL, windowSize="1h"),
    "ticker_mini": public("/api/v3/ticker", symbols='["BTCUSDT"]', type="MINI"),
    "ticker_trading_day": public("/api/v3/ticker/tradingDay", **SYMBOL),
    "ticker_price": public("/api/v3/ticker/price", **SYMBOL),
    "ticker_price_all": public("/api/v3/ticker/price"),
    "ticker_book": public("/api/v3/ticker/bookTicker", **SYMBOL),
    "order_ack": place(newOrderRespType="ACK"),
    "order_result": place(newOrderRespType="RESULT"),
    "order_full_resting": place(price="59000"),
    "order_full_filled": place(side="SELL", quantity="0.05", strategyId=1, strategyType=1000001),
    "order_full_partly": place(side="SELL"),
    "order_ioc_expired": place(side="SELL", timeInForce="IOC"),
    "order_fok_expired": place(side="SELL", timeInForce="FOK"),
    "order_market_beyond_the_book": place(type="MARKET", quantity="0.2", price=None, timeInForce=None),
    "order_market_by_quote": place(
        type="MARKET", side="SELL", quantity=None, price=None, timeInForce=None, quoteOrderQty="1200"
    ),
    "order_limit_maker": place(type="LIMIT_MAKER", price="59000", timeInForce=None),
    "order_maker_expired": lambda bench: bench.alice.order(
        newClientOrderId="new", price="61000", selfTradePreventionMode="EXPIRE_MAKER"
    ),
    "order_taker_expired": lambda bench: bench.alice.order(
        newClientOrderId="new", price="61000", selfTradePreventionMode="EXPIRE_TAKER"
    ),
    "order_decremented": lambda bench: bench.alice.order(
        newClientOrderId="new", price="61000", quantity="0.2", selfTradePreventionMode="DECREMENT"
    ),
    "order_test": lambda bench: bench.alice.ask(
        "POST", "/api/v3/order/test", **SYMBOL, side="BUY", type="MARKET", quantity="0.1"
    ),
    "order_test_commission": lambda bench: bench.alice.ask(
        "POST", "/api/v3/order/test", **SYMBOL, side="BUY", type="MARKET", quantity="0.1", computeCommissionRates="true"
    ),
    "cancel": alice("DELETE", "/api/v3/order", **SYMBOL, orderId=1, newClientOrderId="c-1"),
    "cancel_open_orders": alice("DELETE", "/api/v3/openOrders", **SYMBOL),
    "query_order": alice("GET", "/api/v3/order", **SYMBOL, orderId=3),
    "query_order_expired_in_match": alice("GET", "/api/v3/order", **SYMBOL, origClientOrderId="a-3"),
    "query_order_expired": alice("GET", "/api/v3/order", **SYMBOL, origClientOrderId="a-4"),
    "open_orders": alice("GET", "/api/v3/openOrders"),
    "all_orders": alice("GET", "/api/v3/allOrders", **SYMBOL),
    "my_trades": alice("GET", "/api/v3/myTrades", **SYMBOL),
    "account": alice("GET", "/api/v3/account"),
    "order_counts": alice("GET", "/api/v3/rateLimit/order"),
    "commission": alice("GET", "/api/v3/account/commission", **SYMBOL),
    "prevented_matches": alice("GET", "/api/v3/myPreventedMatches", **SYMBOL, preventedMatchId=0),
    "allocations": alice("GET", "/api/v3/myAllocations", **SYMBOL),
    "filters": alice("GET", "/api/v3/myFilters", **SYMBOL),
    "api_restrictions": alice("GET", "/sapi/v1/account/apiRestrictions"),
    "system_status": public("/sapi/v1/system/status"),
    "coins": alice("GET", "/sapi/v1/capital/config/getall"),
    "trade_fee": alice("GET", "/sapi/v1/asset/tradeFee"),
    "user_assets": alice("POST", "/sapi/v3/asset/getUserAsset"),
    "margin_pairs": alice("GET", "/sapi/v1/margin/allPairs"),
    "isolated_margin_pairs": alice("GET", "/sapi/v1/margin/isolated/allPairs"),
    "account_status": alice("GET", "/sapi/v1/account/status"),
    "futures_exchange_info": public("/fapi/v1/exchangeInfo"),
    "coin_futures_exchange_info": public("/dapi/v1/exchangeInfo"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_reply_is_the_documented_one_to_the_byte(name: str) -> None:
    answer = CASES[name](story())
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    assert answer.bytes.decode() == json.dumps(golden["body"], separators=(",", ":"))
    assert answer.status == golden["status"]
    assert answer.content_type == b"application/json;charset=UTF-8"


def test_every_golden_payload_is_asked_for() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == sorted(CASES)


@pytest.mark.parametrize("name", KEYS)
def test_the_golden_payload_has_the_documented_keys_in_their_order(name: str) -> None:
    body = json.loads((GOLDEN / f"{name}.json").read_text())["body"]
    for key, expected in KEYS[name].items():
        found = body
        for step in key.split(".") if key else ():
            found = found[int(step) if step.isdigit() else step]
        assert list(found) == expected
