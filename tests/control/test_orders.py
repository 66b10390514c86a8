from typing import Any

from control_bench import ALICE, Control, with_control, with_market

LIMIT = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.5", "price": "50000"}
PLACED: dict[str, Any] = {
    "order_id": 1,
    "client_order_id": "control-1",
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "status": "new",
    "time_in_force": "gtc",
    "price": "50000",
    "quantity": "0.5",
    "filled": "0",
    "filled_quote": "0",
    "post_only": False,
    "trigger_price": None,
    "created": "2026-01-05T00:00:00Z",
    "updated": "2026-01-05T00:00:00Z",
    "list_id": None,
}


def test_an_order_is_placed_listed_and_canceled_without_a_key() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.post(f"{ALICE}/orders", json=LIMIT)
        assert (reply.status_code, reply.headers["location"]) == (201, f"{ALICE}/orders/1")
        assert reply.json() == PLACED
        assert await control.get(f"{ALICE}/orders") == [PLACED]
        assert await control.get(f"{ALICE}/orders/1") == PLACED
        assert await control.get(f"{ALICE}/orders/control-1", symbol="btc-usdt") == PLACED
        assert (await control.get(ALICE))["balances"]["USDT"] == {"free": "75000", "held": "25000"}
        assert await control.do("DELETE", f"{ALICE}/orders/1") == PLACED | {"status": "canceled"}
        assert await control.get(f"{ALICE}/orders") == []
        assert await control.get(f"{ALICE}/orders", state="all") == [PLACED | {"status": "canceled"}]
        refused = await control.refused("DELETE", f"{ALICE}/orders/1")
        assert refused == {"status": 409, "detail": "order 1 is canceled"}

    with_control(work)


def test_the_bot_sees_what_was_done_in_its_name() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", f"{ALICE}/orders", LIMIT | {"client_order_id": "mine"})
        (order,) = (await control.signed("GET", "/api/v3/openOrders")).json()
        assert (order["clientOrderId"], order["price"]) == ("mine", "50000.00000000")

    with_control(work)


def test_two_accounts_trade_with_each_other() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/venues/binance/accounts/locked/orders", LIMIT | {"side": "sell", "quantity": "0.2"})
        bought = await control.do(
            "POST", f"{ALICE}/orders", {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.2", "type": "market"}
        )
        assert bought == PLACED | {
            "order_id": 2,
            "client_order_id": "control-2",
            "type": "market",
            "status": "filled",
            "price": None,
            "quantity": "0.2",
            "filled": "0.2",
            "filled_quote": "10000",
        }

    with_control(work)


def test_all_open_orders_are_canceled_at_once() -> None:
    async def work(control: Control) -> None:
        for number in range(3):
            await control.do("POST", f"{ALICE}/orders", LIMIT | {"price": str(40_000 + number)})
        canceled = await control.do("DELETE", f"{ALICE}/orders", symbol="BTCUSDT")
        assert [order["status"] for order in canceled["canceled"]] == ["canceled"] * 3
        assert await control.do("DELETE", f"{ALICE}/orders") == {"canceled": []}

    with_control(work)


def test_the_venues_no_is_told_with_its_reason_and_rule() -> None:
    async def work(control: Control) -> None:
        assert await control.refused("POST", f"{ALICE}/orders", LIMIT | {"price": "50000.001"}) == {
            "status": 422,
            "detail": "price 50000.001 is not a multiple of 0.01",
            "reason": "price_off_tick",
        }
        refused = await control.refused("POST", f"{ALICE}/orders", LIMIT | {"quantity": "100"})
        assert refused["reason"] == "insufficient_balance"

    with_control(work)


def test_orders_that_make_no_sense_are_refused_by_field() -> None:
    async def work(control: Control) -> None:
        for changes, field in (
            ({"side": "up"}, "side"),
            ({"type": "stop"}, "type"),
            ({"type": "market"}, "price"),
            ({"price": None}, "price"),
            ({"price": "a"}, "price"),
            ({"price": 50000}, "price"),
            ({"quantity": None}, "quantity"),
            ({"quote_quantity": "5"}, "quantity"),
            ({"time_in_force": "gtd"}, "expires"),
            ({"expires": "2026-01-06T00:00:00Z"}, "expires"),
            ({"trigger_price": "5"}, "trigger_price"),
            ({"type": "stop_limit"}, "trigger_price"),
            ({"client_order_id": ""}, "client_order_id"),
            ({"sied": "buy"}, "sied"),
        ):
            refused = await control.refused("POST", f"{ALICE}/orders", LIMIT | changes)
            assert (refused["status"], refused.get("field")) == (422, field), refused
        refused = await control.refused("POST", f"{ALICE}/orders", LIMIT | {"symbol": "BTC/USD"})
        assert refused == {"status": 404, "detail": "there is no instrument 'BTC/USD'; did you mean 'BTC/USDT'?"}
        assert (await control.refused("GET", f"{ALICE}/orders", state="closed"))["field"] == "state"
        refused = await control.refused("GET", f"{ALICE}/orders/9")
        assert refused == {"status": 404, "detail": "alice has no order '9'; there is none"}

    with_control(work)


def test_every_type_of_order_is_taken_where_the_market_takes_it() -> None:
    async def work(control: Control) -> None:
        for body in (
            {"type": "stop_market", "side": "sell", "quantity": "0.01", "trigger_price": "50000"},
            {"type": "stop_limit", "side": "sell", "quantity": "0.01", "trigger_price": "50000", "price": "49999"},
            {"type": "take_profit_limit", "side": "sell", "quantity": "0.01", "trail": "1%", "price": "70000"},
            {"side": "buy", "quantity": "0.01", "price": "50000", "post_only": True, "display_quantity": "0.005"},
            {
                "side": "buy",
                "price": "50000",
                "quantity": "0.01",
                "time_in_force": "gtd",
                "expires": "2027-01-01T00:00:00Z",
            },
            {"side": "buy", "type": "market", "quote_quantity": "100"},
        ):
            made = await control.do("POST", f"{ALICE}/orders", {"symbol": "BTCUSDT", **body})
            assert made["type"] == body.get("type", "limit")
        shown = await control.get(f"{ALICE}/orders")
        assert [order["trigger_price"] for order in shown] == ["50000", "50000", None, None, None]

    with_market(work)


def test_an_order_id_that_two_instruments_have_wants_its_symbol() -> None:
    async def work(control: Control) -> None:
        for symbol, price in (("BTC/USDT", "50000"), ("ETH/USDT", "2000")):
            body = {"symbol": symbol, "side": "buy", "quantity": "0.01", "price": price, "client_order_id": "same"}
            await control.do("POST", f"{ALICE}/orders", body)
        assert await control.refused("DELETE", f"{ALICE}/orders/same") == {
            "status": 409,
            "detail": "alice has an order same on each of BTC/USDT, ETH/USDT: say which with ?symbol=",
        }
        canceled = await control.do("DELETE", f"{ALICE}/orders/same", symbol="ETHUSDT")
        assert (canceled["symbol"], canceled["status"]) == ("ETH/USDT", "canceled")

    with_market(work)
