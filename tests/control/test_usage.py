from typing import Any

from msgspec.structs import replace
from websockets.asyncio.client import connect

from control_bench import OPTIONS, Control, with_control
from fake_venue import eventually
from simexchange.control.masking import key_name
from small_world import ALICE_KEY

MARKET = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "50000",
}


def row(what: str, who: str, used: int, limit: int, until: str) -> dict[str, Any]:
    return {"what": what, "who": who, "used": used, "limit": limit, "until": f"2026-01-0{until}", "banned": False}


async def limits(control: Control) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await control.get("/venues/binance/limits")
    for one in rows:
        del one["until_ns"]
    return rows


def test_limits_tell_what_addresses_and_accounts_have_used() -> None:
    async def work(control: Control) -> None:
        assert await limits(control) == []
        await control.venue.get("/api/v3/depth", params={"symbol": "BTCUSDT"})
        await control.signed("POST", "/api/v3/order", **MARKET)
        assert await limits(control) == [
            row("request weight, 1 minute", "127.0.0.1", 5, 6_000, "5T00:01:00Z"),
            row("raw requests, 5 minutes", "127.0.0.1", 2, 300_000, "5T00:05:00Z"),
            row("unfilled orders, 10 seconds", "alice", 1, 100, "5T00:00:10Z"),
            row("orders, 1 day", "alice", 1, 200_000, "6T00:00:00Z"),
        ]
        await control.do("POST", "/clock/advance", {"by": "10s"})
        assert "unfilled orders, 10 seconds" not in [one["what"] for one in await limits(control)]

    with_control(work)


def test_a_ban_is_told_until_it_ends() -> None:
    async def work(control: Control) -> None:
        for _ in range(20):
            reply = await control.venue.get("/api/v3/ping")
        assert reply.status_code == 418
        (ban,) = [one for one in await control.get("/venues/binance/limits") if one["banned"]]
        assert (ban["what"], ban["who"]) == ("banned", "127.0.0.1")
        assert ban["until_ns"] // 10**9 == OPTIONS.start_ns // 10**9 + int(reply.headers["retry-after"])  # type: ignore[operator]
        await control.do("POST", "/clock/advance", {"to": ban["until"]})
        assert not any(one["banned"] for one in await control.get("/venues/binance/limits"))

    with_control(work, replace(OPTIONS, limits="request_weight=5"))


def test_connections_tell_subscriptions_and_what_waits_for_them() -> None:
    async def work(control: Control) -> None:
        path = "/venues/binance/connections"
        assert await control.get(path) == []
        url = str(control.venue.base_url).replace("http://", "ws://").rstrip("/")
        async with connect(f"{url}/stream?streams=btcusdt@trade/btcusdt@depth"):
            (socket,) = await control.get(path)
            assert sorted(socket["channels"]) == ["depth BTC/USDT", "trade BTC/USDT"]
            facts = {name: socket[name] for name in ("source", "opened", "accounts", "waiting_bytes")}
            assert facts == {
                "source": "127.0.0.1",
                "opened": "2026-01-05T00:00:00Z",
                "accounts": [],
                "waiting_bytes": 0,
            }
            assert (socket["held_messages"], socket["frozen"]) == (0, False)
            await control.do("POST", "/faults", {"kind": "ws-delay", "match": {"channel": "trade"}, "by": "30s"})
            await control.signed("POST", "/api/v3/order", **MARKET)
            await control.do("POST", "/venues/binance/accounts/alice/orders/1/fill", {"quantity": "0.1"})
            (socket,) = await control.get(path)
            assert socket["held_messages"] == 1
            await control.do("POST", "/clock/advance", {"by": "30s"})
            (socket,) = await control.get(path)
            assert socket["held_messages"] == 0
        await eventually(lambda: not control.exchange.world.stage.controls["binance"].sockets())

    with_control(work)


def test_addresses_and_keys_are_told_with_how_often_they_asked_and_were_refused() -> None:
    async def work(control: Control) -> None:
        await control.venue.get("/api/v3/ping")
        await control.signed("POST", "/api/v3/order", **MARKET)
        await control.signed("POST", "/api/v3/order", symbol="BTCUSDT")
        found = await control.get("/venues/binance/seen")
        facts = [(one["source"], one["account"], one["key"], one["requests"], one["refused"]) for one in found]
        assert sorted(facts) == [("127.0.0.1", "", "", 1, 0), ("127.0.0.1", "alice", key_name(ALICE_KEY), 2, 1)]

    with_control(work)
