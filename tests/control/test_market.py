from control_bench import ALICE, Control, with_control, with_market

ONE = "/venues/binance/instruments/BTC-USDT"
BID = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.5", "price": "50000"}


async def place(control: Control, account: str, **order: str) -> None:
    await control.do("POST", f"/venues/binance/accounts/{account}/orders", BID | order)


def test_depth_shows_where_an_accounts_orders_stand_in_their_queues() -> None:
    async def work(control: Control) -> None:
        await place(control, "alice", price="49000", client_order_id="alone")
        await place(control, "locked", quantity="0.2")
        await place(control, "alice", client_order_id="second")
        await place(control, "locked", quantity="0.3")
        await place(control, "alice", quantity="0.1", client_order_id="fourth")
        await place(control, "alice", side="sell", price="70000", quantity="1", client_order_id="offered")
        depth = await control.get(f"{ONE}/depth", account="alice", levels=1)
        assert depth == {
            "symbol": "BTC/USDT",
            "ts": "2026-01-05T00:00:00Z",
            "status": "continuous",
            "last_price": "60000",
            "bids": [["50000", "1.1"]],
            "asks": [["70000", "1"]],
            "own": [
                resting(1, "alone", "buy", "49000", "0.5", "0", 1),
                resting(3, "second", "buy", "50000", "0.5", "0.2", 2),
                resting(5, "fourth", "buy", "50000", "0.1", "1", 4),
                resting(6, "offered", "sell", "70000", "1", "0", 1),
            ],
        }

    with_control(work)


def resting(
    order_id: int, name: str, side: str, price: str, quantity: str, ahead: str, place: int
) -> dict[str, str | int]:
    shown: dict[str, str | int] = {"order_id": order_id, "client_order_id": name, "side": side, "price": price}
    return shown | {"quantity": quantity, "ahead": ahead, "place": place}


def test_without_an_account_depth_shows_nobodys_orders() -> None:
    async def work(control: Control) -> None:
        await place(control, "alice")
        depth = await control.get(f"{ONE}/depth")
        assert (depth["bids"], depth["own"]) == ([["50000", "0.5"]], [])

    with_control(work)


def test_candles_have_the_trades_in_them_and_the_last_is_in_progress() -> None:
    async def work(control: Control) -> None:
        await place(control, "alice", side="sell", price="61000", quantity="0.5")
        await control.do("POST", "/clock/advance", {"by": "90s"})
        await place(control, "locked", price="61000", quantity="0.2")
        *_, last = await control.get(f"{ONE}/candles", interval="1m", limit=5)
        opened = control.exchange.clock.now_ns() // 10**9 - 30
        traded = {"open": "61000", "high": "61000", "low": "61000", "close": "61000"}
        assert last == {"time": opened, **traded, "volume": "0.2", "trades": 1}
        by_second = await control.get(f"{ONE}/candles", interval="1s", limit=1)
        assert [(candle["time"], candle["trades"]) for candle in by_second] == [(opened + 30, 1)]

    with_control(work)


def test_candles_go_back_before_the_start_one_after_the_other() -> None:
    async def work(control: Control) -> None:
        candles = await control.get(f"{ONE}/candles", interval="5m", limit=20)
        times = [candle["time"] for candle in candles]
        assert times == list(range(times[0], times[0] + 20 * 300, 300))
        assert all(float(one["low"]) <= float(one["open"]) <= float(one["high"]) for one in candles)

    with_market(work)


def test_a_stop_that_waits_for_its_price_stands_in_no_queue() -> None:
    async def work(control: Control) -> None:
        stop = {"side": "sell", "type": "stop_limit", "quantity": "0.5", "trigger_price": "50000", "price": "50000"}
        await place(control, "alice", **stop)
        assert (await control.get(f"{ONE}/depth", account="alice"))["own"] == []
        assert len(await control.get(f"{ALICE}/orders")) == 1

    with_market(work)


def test_what_there_is_not_is_refused() -> None:
    async def work(control: Control) -> None:
        assert await control.refused("GET", "/venues/binance/instruments/DOGE-USDT/depth") == {
            "status": 404,
            "detail": "there is no instrument 'DOGE-USDT'; there is BTC/USDT",
        }
        problem = await control.refused("GET", f"{ONE}/candles", interval="2m")
        assert (problem["status"], problem["field"]) == (422, "interval")
        problem = await control.refused("GET", f"{ONE}/depth", levels=0)
        assert (problem["status"], problem["field"]) == (422, "levels")
        problem = await control.refused("GET", f"{ONE}/depth", account="alise")
        assert problem["detail"] == "there is no account 'alise'; did you mean 'alice'?"

    with_control(work)


def test_an_accounts_activity_tells_the_states_its_orders_went_through() -> None:
    async def work(control: Control) -> None:
        await place(control, "alice", client_order_id="filled")
        await control.do("POST", "/clock/advance", {"by": "1s"})
        await control.do("POST", f"{ALICE}/orders/filled/fill", {"quantity": "0.1"})
        await control.do("POST", "/clock/advance", {"by": "1s"})
        await control.do("POST", f"{ALICE}/orders/filled/fill", {})
        await place(control, "alice", client_order_id="canceled")
        await control.do("DELETE", f"{ALICE}/orders/canceled")
        await place(control, "alice", client_order_id="rests")
        found = await control.get(f"{ALICE}/activity")
        paths = {
            story["order"]["client_order_id"]: [
                (step["status"], step["at"][17:], step["filled"]) for step in story["path"]
            ]
            for story in found["orders"]
        }
        assert paths == {
            "rests": [("new", "02Z", "0")],
            "canceled": [("new", "02Z", "0"), ("canceled", "02Z", "0")],
            "filled": [("new", "00Z", "0"), ("partially_filled", "01Z", "0.1"), ("filled", "02Z", "0.5")],
        }
        assert list(paths) == ["rests", "canceled", "filled"], "the latest first"
        assert [story["open"] for story in found["orders"]] == [True, False, False]
        fills = [(fill["client_order_id"], fill["quantity"], fill["price"], fill["side"]) for fill in found["fills"]]
        assert fills == [("filled", "0.1", "50000", "buy"), ("filled", "0.4", "50000", "buy")]
        assert len((await control.get(f"{ALICE}/activity", limit=1))["orders"]) == 1
        assert (await control.get(f"{ALICE}/activity", symbol="btcusdt"))["orders"] == found["orders"]

    with_control(work)
