"""What is wrong with a request's parameters, in the venue's words and in its order of looking."""

from typing import Any, Final
from urllib.parse import quote

import pytest

from dialects.binance.rest_bench import ORDER, Bench

LONG: Final = "^[0-9]{1,20}$"
DECIMAL: Final = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
SYMBOL: Final = r"^[\w\-._&&[^a-z]]{1,50}$"
SYMBOLS: Final = r'^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$'
CLIENT_ID: Final = "^[a-zA-Z0-9-_]{1,36}$"


BAD_COMBINATION: Final = (400, -1128, "Combination of optional parameters invalid.")


def not_together(one: str, other: str) -> tuple[int, int, str]:
    return 400, -1128, f"{BAD_COMBINATION[2]} Recommendation: '{one}' and '{other}' cannot both be sent."


@pytest.fixture
def bench() -> Bench:
    return Bench()


def illegal(name: str, legal_range: str) -> tuple[int, int, str]:
    return 400, -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal_range}'."


def missing(name: str) -> tuple[int, int, str]:
    return 400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("klines", "symbol=btcusdt&interval=1m", illegal("symbol", SYMBOL)),
        ("klines", "symbol=BTC%2FUSDT&interval=1m", illegal("symbol", SYMBOL)),
        ("klines", f"symbol={'A' * 51}&interval=1m", illegal("symbol", SYMBOL)),
        ("klines", "symbol=BTCUSDT&interval=1m&limit=-1", illegal("limit", LONG)),
        ("klines", "symbol=BTCUSDT&interval=1m&limit=1.5", illegal("limit", LONG)),
        ("klines", f"symbol=BTCUSDT&interval=1m&limit={'1' * 21}", illegal("limit", LONG)),
        ("klines", "symbol=BTCUSDT&interval=1m&startTime=%D9%A1", illegal("startTime", LONG)),
        ("klines", f"symbol=BTCUSDT&interval=1m&endTime={2**63}", (400, -1108, "Parameter 'endTime' overflowed.")),
        ("klines", "symbol=BTCUSDT&interval=2m", (400, -1120, "Invalid interval.")),
        ("klines", "symbol=BTCUSDT", missing("interval")),
        ("klines", "fromId=1", missing("symbol")),
        ("klines", "", missing("symbol")),
        ("klines", "symbol=&interval=1m", (400, -1105, "Parameter 'symbol' was empty.")),
        ("klines", "symbol&interval=1m", (400, -1105, "Parameter 'symbol' was empty.")),
        ("klines", "symbol=NOPEUSDT&interval=1m", (400, -1121, "Invalid symbol.")),
        (
            "klines",
            "symbol=%E8%BF%99%E6%98%AF456&interval=1m",
            (400, -1121, "Invalid symbol."),
        ),
        (
            "klines",
            "symbol=BTCUSDT&interval=1m&timeZone=15",
            (400, -1130, "Data sent for parameter 'timeZone' is not valid."),
        ),
        (
            "klines",
            "symbol=BTCUSDT&interval=1m&timeZone=Z",
            (400, -1130, "Data sent for parameter 'timeZone' is not valid."),
        ),
        (
            "klines",
            "symbol=BTCUSDT&interval=1m&what=1",
            (400, -1104, "Not all sent parameters were read; read '2' parameter(s) but was sent '3'."),
        ),
        (
            "klines",
            "symbol=BTCUSDT&interval=1m&a=1&b=1&c=1&d=1&e=1",
            (400, -1101, "Too many parameters; expected '6' and received '7'."),
        ),
        ("time", "a=1", (400, -1101, "Too many parameters; expected '0' and received '1'.")),
        ("klines", "symbol=A&symbol=B&interval=9", (400, -1101, "Duplicate values for a parameter detected.")),
        ("ticker/24hr", "symbols=[%22btc%22]", illegal("symbols", SYMBOLS)),
        ("ticker/24hr", "symbols=[BTCUSDT]", illegal("symbols", SYMBOLS)),
        ("ticker/24hr", "symbols=%5B%22BTCUSDT%22, %22X%22%5D", illegal("symbols", SYMBOLS)),
        (
            "ticker/24hr",
            "symbols=[%22BTCUSDT%22,%22BTCUSDT%22]",
            (400, -1151, "Symbol is present multiple times in the list."),
        ),
        ("ticker/24hr", "symbols=[%22BTCUSDT%22,%22NOPE%22]", (400, -1121, "Invalid symbol.")),
        ("ticker/24hr", "symbol=BTCUSDT&type=HALF", (400, -1139, "Invalid ticker type.")),
        ("ticker/24hr", "symbol=BTCUSDT&symbolStatus=OPEN", (400, -1122, "Invalid symbolStatus.")),
        (
            "ticker/24hr",
            "symbol=BTCUSDT&symbolStatus=HALT",
            (400, -1220, "The symbol's status does not match the requested symbolStatus."),
        ),
        (
            "ticker/24hr",
            "symbol=BTCUSDT&symbols=[%22BTCUSDT%22]",
            not_together("symbol", "symbols"),
        ),
        ("ticker", "", (400, -1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")),
        (
            "ticker",
            "symbol=BTCUSDT&windowSize=60m",
            (400, -1130, "Data sent for parameter 'windowSize' is not valid."),
        ),
        (
            "ticker",
            "symbols=[" + ",".join(f"%22A{number}%22" for number in range(101)) + "]",
            (400, -1101, "Too many values sent for parameter 'symbols', maximum allowed up to 100."),
        ),
        (
            "exchangeInfo",
            "symbol=BTCUSDT&permissions=SPOT",
            not_together("permissions", "symbol"),
        ),
        (
            "exchangeInfo",
            "symbols=[%22BTCUSDT%22]&symbolStatus=TRADING",
            not_together("symbolStatus", "symbols"),
        ),
        ("exchangeInfo", "permissions=NOPE", (400, -1130, "Data sent for parameter 'permissions' is not valid.")),
        ("exchangeInfo", "permissions=[1]", (400, -1130, "Data sent for parameter 'permissions' is not valid.")),
        ("exchangeInfo", "showPermissionSets=yes", illegal("showPermissionSets", "^(true|false)$")),
        (
            "aggTrades",
            "symbol=BTCUSDT&fromId=1&startTime=1",
            BAD_COMBINATION,
        ),
        (
            "executionRules",
            "symbol=BTCUSDT&symbolStatus=HALT",
            BAD_COMBINATION,
        ),
        ("referencePrice", "symbol=BTCUSDT", (400, -2043, "This symbol doesn't have a reference price.")),
        ("historicalBlockTrades", "symbol=BTCUSDT", missing("fromId")),
    ],
)
def test_a_public_request_is_refused_for_its_parameters(
    bench: Bench, path: str, query: str, expected: tuple[int, int, str]
) -> None:
    assert bench.send("GET", f"/api/v3/{path}", query).refusal == expected


STOP: Final = {"type": "STOP_LOSS", "price": None, "timeInForce": None, "stopPrice": "1"}
MARKET: Final = {"type": "MARKET", "price": None, "timeInForce": None}
MAKER: Final = {"type": "LIMIT_MAKER", "timeInForce": None}
NOT_REQUIRED: Final = "Parameter '{}' sent when not required."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"symbol": None}, missing("symbol")),
        ({"side": None}, missing("side")),
        ({"type": None}, missing("type")),
        ({"symbol": "NOPE"}, (400, -1121, "Invalid symbol.")),
        ({"side": "LONG"}, (400, -1117, "Invalid side.")),
        ({"side": "buy"}, (400, -1117, "Invalid side.")),
        ({"type": "STOP"}, (400, -1116, "Invalid orderType.")),
        ({"timeInForce": "GTX"}, (400, -1115, "Invalid timeInForce.")),
        ({"timeInForce": None}, missing("timeInForce")),
        ({"quantity": None}, missing("quantity")),
        ({"price": None}, missing("price")),
        ({"price": ""}, (400, -1105, "Parameter 'price' was empty.")),
        ({"price": "-1"}, illegal("price", DECIMAL)),
        ({"price": "1e3"}, illegal("price", DECIMAL)),
        ({"price": ".5"}, illegal("price", DECIMAL)),
        ({"price": "1,5"}, illegal("price", DECIMAL)),
        ({"price": "5."}, illegal("price", DECIMAL)),
        ({"price": "None"}, illegal("price", DECIMAL)),
        ({"price": "1" * 21}, illegal("price", DECIMAL)),
        ({"quantity": "\u0661"}, illegal("quantity", DECIMAL)),
        ({"quantity": "0.1\n"}, illegal("quantity", DECIMAL)),
        ({"price": "9" * 12}, (400, -1108, "Parameter 'price' overflowed.")),
        ({"price": "60000.123456789"}, (400, -1111, "Parameter 'price' has too much precision.")),
        ({"quantity": "0.000000001"}, (400, -1111, "Parameter 'quantity' has too much precision.")),
        (
            MARKET | {"quantity": None, "quoteOrderQty": "1.000000001"},
            (400, -1111, "Parameter 'quoteOrderQty' has too much precision."),
        ),
        (STOP | {"stopPrice": "1.000000001"}, (400, -1111, "Parameter 'stopPrice' has too much precision.")),
        ({"quantity": "0"}, (400, -1013, "Invalid quantity.")),
        ({"price": "0.0"}, (400, -1013, "Invalid price.")),
        ({"newClientOrderId": "a b"}, illegal("newClientOrderId", CLIENT_ID)),
        ({"newClientOrderId": "a.b"}, illegal("newClientOrderId", CLIENT_ID)),
        ({"newClientOrderId": "a" * 37}, illegal("newClientOrderId", CLIENT_ID)),
        ({"newClientOrderId": "\u00e9"}, illegal("newClientOrderId", CLIENT_ID)),
        ({"strategyType": "999999"}, (400, -1134, "`strategyType` was less than 1000000.")),
        ({"strategyId": "x"}, illegal("strategyId", LONG)),
        ({"newOrderRespType": "SHORT"}, (400, -1130, "Data sent for parameter 'newOrderRespType' is not valid.")),
        (
            {"selfTradePreventionMode": "SOME"},
            (400, -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid."),
        ),
        (MARKET | {"timeInForce": "GTC"}, (400, -1106, NOT_REQUIRED.format("timeInForce"))),
        (MARKET | {"price": "1"}, (400, -1106, NOT_REQUIRED.format("price"))),
        (MARKET | {"quoteOrderQty": "10"}, (400, -1106, NOT_REQUIRED.format("quoteOrderQty"))),
        (
            MARKET | {"quantity": None},
            (400, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"),
        ),
        (MARKET | {"quantity": None, "quoteOrderQty": "0"}, (400, -1013, "Invalid quantity.")),
        (MAKER | {"timeInForce": "GTC"}, (400, -1106, NOT_REQUIRED.format("timeInForce"))),
        (MAKER | {"price": None}, missing("price")),
        ({"quoteOrderQty": "10"}, (400, -1106, NOT_REQUIRED.format("quoteOrderQty"))),
        ({"stopPrice": "10"}, (400, -1106, NOT_REQUIRED.format("stopPrice"))),
        (STOP | {"price": "10"}, (400, -1106, NOT_REQUIRED.format("price"))),
        (STOP | {"quantity": None}, missing("quantity")),
        (
            STOP | {"stopPrice": None},
            (400, -1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"),
        ),
        (STOP, (400, -1013, "Stop loss orders are not supported for this symbol.")),
        (STOP | {"type": "TAKE_PROFIT"}, (400, -1013, "Take profit orders are not supported for this symbol.")),
        (
            {"type": "STOP_LOSS_LIMIT", "stopPrice": "1"},
            (400, -1013, "Stop loss limit orders are not supported for this symbol."),
        ),
        (
            {"type": "TAKE_PROFIT_LIMIT", "stopPrice": "1"},
            (400, -1013, "Take profit limit orders are not supported for this symbol."),
        ),
        (
            {"type": "STOP_LOSS_LIMIT", "trailingDelta": "100"},
            (400, -1013, "Stop loss limit orders are not supported for this symbol."),
        ),
        ({"icebergQty": "0.01"}, (400, -1013, "Iceberg orders are not supported for this symbol.")),
        (
            {"price": None, "pegPriceType": "PRIMARY_PEG"},
            (400, -1013, "Pegged orders are not supported for this symbol."),
        ),
        (
            {"timeInforce": "GTC", "timeInForce": None},
            (400, -1104, "Not all sent parameters were read; read '7' parameter(s) but was sent '8'."),
        ),
    ],
)
def test_an_order_is_refused_for_its_parameters(
    bench: Bench, changes: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    assert bench.alice.order(**changes).refusal == expected
    tested = bench.alice.ask("POST", "/api/v3/order/test", **(ORDER | changes))
    assert tested.refusal == expected


def test_the_limit_of_parameters_counts_those_that_sign(bench: Bench) -> None:
    answer = bench.alice.ask("GET", "/api/v3/account", a=1, b=2, c=3)
    assert answer.refusal == (400, -1101, "Too many parameters; expected '4' and received '5'.")


@pytest.mark.parametrize(
    ("query", "body"),
    [("symbol=BTCUSDT&symbol=BTCUSDT", ""), ("", "symbol=BTCUSDT&symbol=BTCUSDT"), ("a=%31&%61=2", "")],
)
def test_a_name_twice_in_one_text_is_refused(bench: Bench, query: str, body: str) -> None:
    answer = bench.alice.send("POST", "/api/v3/order", query, body)
    assert answer.refusal == (400, -1101, "Duplicate values for a parameter detected.")


def test_what_the_query_says_goes_before_the_body(bench: Bench) -> None:
    query = "&".join(f"{name}={value}" for name, value in ORDER.items())
    body = f"price=1&quantity=7&timestamp={bench.now_ms}"
    signature = bench.alice.signer.sign(query + body)
    answer = bench.alice.send("POST", "/api/v3/order", query, f"{body}&signature={signature}")
    assert (answer.body["price"], answer.body["origQty"]) == ("60000.00000000", "0.10000000")


def test_empty_pairs_and_plus_signs_are_read_as_forms_are(bench: Bench) -> None:
    assert bench.send("GET", "/api/v3/ticker/price", "&&symbol=BTCUSDT&").status == 200
    assert bench.send("GET", "/api/v3/ticker/price", "symbol=BTC+USDT").refusal == illegal("symbol", SYMBOL)


@pytest.mark.parametrize("value", ["0.10000000", "0.1", "00.1", "0.100000000000"])
def test_one_number_has_many_spellings(bench: Bench, value: str) -> None:
    assert bench.alice.order(quantity=value).body["origQty"] == "0.10000000"


def test_a_row_limit_above_the_maximum_is_the_maximum(bench: Bench) -> None:
    assert bench.get("/api/v3/depth", symbol="BTCUSDT", limit=100_000).status == 200


@pytest.mark.parametrize(
    ("unit", "digits"), [("MICROSECOND", 16), ("microsecond", 16), ("MILLISECOND", 13), ("millisecond", 13)]
)
def test_times_come_in_the_unit_asked_for(bench: Bench, unit: str, digits: int) -> None:
    headers = {"x-mbx-time-unit": unit}
    assert len(str(bench.send("GET", "/api/v3/time", **headers).body["serverTime"])) == digits
    placed = bench.alice.send("POST", "/api/v3/order", bench.alice.signed_text(**ORDER), **headers)
    assert len(str(placed.body["transactTime"])) == digits


def test_an_unknown_time_unit_is_refused(bench: Bench) -> None:
    answer = bench.send("GET", "/api/v3/time", **{"x-mbx-time-unit": "NANOSECOND"})
    text = "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
    assert answer.refusal == (400, -1194, text)


def test_a_list_of_symbols_may_be_percent_encoded_or_not(bench: Bench) -> None:
    text = '["BTCUSDT"]'
    assert bench.send("GET", "/api/v3/ticker/price", f"symbols={text}").bytes == (
        bench.send("GET", "/api/v3/ticker/price", f"symbols={quote(text)}").bytes
    )


def test_sapi_ignores_what_it_does_not_know(bench: Bench) -> None:
    assert bench.send("GET", "/sapi/v1/system/status", "anything=1&else=2").status == 200
