from control_bench import ALICE, Control, with_control, with_market

BTC = "/venues/binance/instruments/BTCUSDT"


def test_an_instrument_is_shown_in_any_spelling() -> None:
    async def work(control: Control) -> None:
        shown = await control.get(BTC)
        assert shown == {
            "symbol": "BTC/USDT",
            "venue_symbol": "BTCUSDT",
            "status": "continuous",
            "rules": {
                "tick": "0.01",
                "min_price": "0",
                "max_price": "0",
                "lot": "0.00001",
                "min_quantity": "0",
                "max_quantity": "0",
                "market_max_quantity": "0",
                "max_position": "0",
                "min_notional": "0",
                "max_notional": "0",
                "max_open_orders": 0,
                "max_triggered_orders": 0,
                "max_iceberg_orders": 0,
                "max_iceberg_parts": 0,
                "max_order_lists": 0,
                "max_amends": 0,
            },
            "fees": {"maker": "0.001", "taker": "0.001"},
            "last_price": "60000",
            "best_bid": None,
            "best_ask": None,
            "market": None,
        }
        for spelling in ("btc-usdt", "BTC_USDT", "btcusdt", "BTC/USDT", "BTC%2FUSDT"):
            assert await control.get(f"/venues/binance/instruments/{spelling}") == shown
        assert await control.get("/venues/binance/instruments") == [shown]
        refused = await control.refused("GET", "/venues/binance/instruments/BTCUSD")
        assert refused == {"status": 404, "detail": "there is no instrument 'BTCUSD'; did you mean 'BTC/USDT'?"}

    with_control(work)


def test_what_is_below_an_instrument_is_found_with_a_slash_in_its_symbol_too() -> None:
    async def work(control: Control) -> None:
        assert (await control.do("POST", "/venues/binance/instruments/BTC%2FUSDT/halt"))["status"] == "halted"
        assert (await control.do("POST", "/venues/binance/instruments/BTC/USDT/resume"))["status"] == "continuous"
        assert (await control.refused("GET", "/venues/binance/instruments/BTC/USDT/nothing"))["status"] == 404
        refused = await control.refused("GET", "/venues/binance/instruments/ETH/USDT")
        assert refused["detail"].startswith("there is no instrument 'ETH/USDT'; ")

    with_control(work)


def test_rules_change_while_it_trades_and_clients_see_them() -> None:
    async def work(control: Control) -> None:
        changed = await control.do("PATCH", BTC, {"tick": "0.1", "min_notional": "10", "max_open_orders": 5})
        rules = changed["rules"]
        assert (rules["tick"], rules["min_price"], rules["min_notional"], rules["max_open_orders"]) == (
            "0.1",
            "0.1",
            "10",
            5,
        )
        (symbol,) = (await control.venue.get("/api/v3/exchangeInfo?symbol=BTCUSDT")).json()["symbols"]
        filters = {found["filterType"]: found for found in symbol["filters"]}
        assert filters["PRICE_FILTER"]["tickSize"] == "0.10000000"
        await control.do("POST", "/clock/advance", {"by": "5s"})
        assert (await control.get(BTC))["best_bid"] is not None

    with_market(work)


def test_changes_that_make_no_sense_are_refused_and_change_nothing() -> None:
    async def work(control: Control) -> None:
        before = await control.get(BTC)
        for body, status, field in (
            ({}, 422, None),
            ({"tick": "0"}, 422, "tick"),
            ({"tick": "-1"}, 422, "tick"),
            ({"tick": 0.1}, 422, "tick"),
            ({"tik": "0.1"}, 422, "tik"),
            ({"status": "open"}, 422, "status"),
            ({"max_open_orders": -1}, 422, "max_open_orders"),
            ({"tick": "0.1", "market": {"levels": 900}}, 422, "market"),
            ({"tick": "0.1", "market": {"sizes": "much"}}, 422, "market.sizes"),
        ):
            refused = await control.refused("PATCH", BTC, body)
            assert (refused["status"], refused.get("field")) == (status, field), refused
        assert await control.get(BTC) == before

    with_market(work)


def test_nobody_can_move_what_nobody_makes_a_market_in() -> None:
    async def work(control: Control) -> None:
        for path, body in ((f"{BTC}/move", {"by": "5%"}),):
            refused = await control.refused("POST", path, body)
            assert refused == {"status": 409, "detail": "nobody makes a market in BTC/USDT on binance"}

    with_control(work)


def test_a_price_is_moved_at_once_and_over_time_and_back() -> None:
    async def work(control: Control) -> None:
        def mid(shown: dict[str, str]) -> float:
            return (float(shown["best_bid"]) + float(shown["best_ask"])) / 2

        start = mid(await control.get(BTC))
        moved = await control.do("POST", f"{BTC}/move", {"by": "-12%"})
        assert moved == {
            "symbol": "BTC/USDT",
            "by": "-12%",
            "over": "0s",
            "ends": "2026-01-05T00:00:00Z",
            "back": "0.13636364",
        }
        assert abs(mid(await control.get(BTC)) / start - 0.88) < 0.001
        moved = await control.do("POST", f"{BTC}/move", {"by": moved["back"], "over": "10s"})
        assert moved["ends"] == "2026-01-05T00:00:10Z"
        await control.do("POST", "/clock/advance", {"by": "12s"})
        assert abs(mid(await control.get(BTC)) / start - 1) < 0.01
        for body, field in (
            ({"by": "-100%"}, "by"),
            ({"by": "far"}, "by"),
            ({}, "by"),
            ({"by": "1%", "over": "x"}, "over"),
        ):
            assert (await control.refused("POST", f"{BTC}/move", body))["field"] == field

    with_market(work)


def test_trading_halts_for_a_time_or_until_it_is_resumed() -> None:
    async def work(control: Control) -> None:
        order = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.01", "price": "50000"}
        assert (await control.do("POST", f"{BTC}/halt", {"for": "45s"}))["status"] == "halted"
        refused = await control.refused("POST", f"{ALICE}/orders", order)
        assert refused["reason"] == "instrument_not_trading"
        await control.do("POST", "/clock/advance", {"by": "45s"})
        assert (await control.get(BTC))["status"] == "continuous"
        await control.do("POST", f"{ALICE}/orders", order)
        assert (await control.do("POST", f"{BTC}/halt", {}))["status"] == "halted"
        await control.do("POST", "/clock/advance", {"by": "1m"})
        assert (await control.do("POST", f"{BTC}/resume"))["status"] == "continuous"
        assert (await control.do("POST", f"{BTC}/delist"))["status"] == "delisted"
        assert await control.get(f"{ALICE}/orders") == []

    with_market(work)


def test_the_makers_book_is_reshaped_and_left_as_it_was() -> None:
    async def work(control: Control) -> None:
        usual = (await control.get(BTC))["market"]
        assert usual == {"spread_ticks": 2, "levels": 50, "sizes": "1", "trades": "1"}
        wide = await control.do("PATCH", BTC, {"market": {"spread_ticks": 200, "sizes": "50%"}})
        assert wide["market"] == usual | {"spread_ticks": 200, "sizes": "0.5"}
        assert float(wide["best_ask"]) - float(wide["best_bid"]) >= 1.9
        thin = await control.do("PATCH", BTC, {"market": {"levels": 2}})
        assert thin["market"] == usual | {"levels": 2}
        assert (await control.do("PATCH", BTC, {"market": None}))["market"] == usual

    with_market(work)


def test_the_shape_of_a_snapshot_can_be_ordered_away_too() -> None:
    async def work(control: Control) -> None:
        usual = (await control.get(BTC))["market"]
        await control.do("PATCH", BTC, {"market": {"spread_ticks": 200}})
        snapshot = (await control.do("POST", "/snapshots"))["id"]
        await control.do("PATCH", BTC, {"market": {"levels": 2}})
        await control.do("POST", f"/snapshots/{snapshot}/revert")
        assert (await control.get(BTC))["market"] == usual | {"spread_ticks": 200}
        assert (await control.do("PATCH", BTC, {"market": {"levels": 3}}))["market"] == usual | {"levels": 3}
        assert (await control.do("PATCH", BTC, {"market": None}))["market"] == usual
        await control.do("PATCH", BTC, {"market": {"levels": 4}})
        await control.do("POST", "/reset")
        assert (await control.get(BTC))["market"] == usual
        assert (await control.do("PATCH", BTC, {"market": {"sizes": "50%"}}))["market"] == usual | {"sizes": "0.5"}

    with_market(work)
