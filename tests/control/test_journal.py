import asyncio
from typing import Any

import pytest

from control_bench import ALICE, LOST, OPTIONS, Control, with_control, with_market
from fake_venue import eventually
from simexchange.control.masking import key_name
from simexchange.dialects.errands import KEPT_BODY
from small_world import ALICE_KEY

START = {"ts": "2026-01-05T00:00:00Z", "ts_ns": OPTIONS.start_ns}
LIMIT = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.5", "price": "50000", "client_order_id": "mine"}
PLACE = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "50000",
    "newClientOrderId": "mine",
}


async def entries(control: Control, **query: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await control.get("/journal", **query))["entries"]
    return found


def test_a_request_and_what_it_did_are_told_without_a_secret() -> None:
    async def work(control: Control) -> None:
        since = control.exchange.world.journal.seq
        reply = await control.signed("POST", "/api/v3/order", **PLACE)
        assert reply.status_code == 200
        request, batch = await entries(control, since=since)
        headers = request.pop("headers")
        assert headers["x-mbx-apikey"] == key_name(ALICE_KEY)
        assert request.pop("reply") == {
            "status": 200,
            "headers": {name: reply.headers[name] for name in reply.headers if name.startswith("x-mbx")},
            "body": reply.text,
        }
        assert request == {
            "seq": since + 1,
            "kind": "request",
            **START,
            "venue": "binance",
            "account": "alice",
            "key": key_name(ALICE_KEY),
            "endpoint": "POST /api/v3/order",
            "purpose": "place",
            "symbol": "BTC/USDT",
            "connection": request["connection"],
            "source": "127.0.0.1",
            "method": "POST",
            "path": "/api/v3/order",
            "query": "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=50000"
            "&newClientOrderId=mine&timestamp=1767571200000&signature=***",
            "body": "",
            "upgrade": False,
            "answered": START["ts"],
            "answered_ns": START["ts_ns"],
            "fate": "",
        }
        order = {
            "account": "alice",
            "order_id": 1,
            "client_order_id": "mine",
            "symbol": "BTC/USDT",
            "side": "buy",
            "order_type": "limit",
            "time_in_force": "gtc",
            "price": "50000",
            "quantity": "0.5",
            "quote_quantity": "0",
            "post_only": False,
            "self_trade_prevention": "expire_maker",
            "created_ns": START["ts_ns"],
            "working_ns": START["ts_ns"],
        }
        assert batch == {
            "seq": since + 2,
            "kind": "batch",
            **START,
            "venue": "binance",
            "account": "alice",
            "house": False,
            "batch": batch["batch"],
            "command": {
                "type": "place_order",
                "account": "alice",
                "symbol": "BTC/USDT",
                "side": "buy",
                "order_type": "limit",
                "client_order_id": "mine",
                "quantity": "0.5",
                "price": "50000",
            },
            "events": [
                {"type": "order_accepted", "order": order, "execution_id": 1},
                {
                    "type": "book_updated",
                    "symbol": "BTC/USDT",
                    "update_id": 1,
                    "bids": [["50000", "0.5"]],
                    "asks": [],
                    "best_bid": "50000",
                    "best_bid_quantity": "0.5",
                    "best_ask": "0",
                    "best_ask_quantity": "0",
                },
                {
                    "type": "balances_changed",
                    "account": "alice",
                    "balances": {"USDT": {"free": "75000", "held": "25000"}},
                },
            ],
        }

    with_control(work)


def test_trades_fees_and_rates_are_told_as_decimals() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/venues/binance/accounts/locked/orders", LIMIT | {"side": "sell"})
        since = control.exchange.world.journal.seq
        await control.do("POST", f"{ALICE}/orders", LIMIT | {"quantity": "0.2"})
        await control.do("PATCH", ALICE, {"fees": {"maker": "-0.0001", "taker": "0.002"}, "deposit": {"USDT": "7.5"}})
        placed, deposited, fees = await entries(control, since=since)
        trade = placed["events"][1]
        assert (trade["type"], trade["price"], trade["quantity"], trade["quote"]) == ("trade", "50000", "0.2", "10000")
        taker = trade["taker"]
        assert (taker["fee"], taker["fee_asset"], taker["cum_quote"]) == ("0.0002", "BTC", "10000")
        assert (trade["maker"]["fee"], trade["maker"]["fee_asset"]) == ("10", "USDT")
        assert deposited["command"] == {"type": "deposit", "account": "alice", "asset": "USDT", "amount": "7.5"}
        assert deposited["events"][0] == {
            "type": "balance_adjusted",
            "account": "alice",
            "asset": "USDT",
            "delta": "7.5",
        }
        assert fees["command"] == {
            "type": "set_fees",
            "account": "alice",
            "maker_fee": "-0.0001",
            "taker_fee": "0.002",
        }

    with_control(work)


def test_every_event_and_command_of_a_live_market_can_be_told() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/clock/advance", {"by": "30s"})
        page = await control.get("/journal", house="true", limit=10_000, since=0)
        assert {entry["kind"] for entry in page["entries"]} == {"batch"}
        seqs = [entry["seq"] for entry in page["entries"]]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert page["complete"] is True
        own = await entries(control, since=0, limit=10_000)
        assert {entry["house"] for entry in own} == {False}
        assert {entry["command"]["type"] for entry in own} >= {"list_instrument", "create_account", "create_key"}

    with_market(work)


def test_pages_follow_one_another_without_gap_and_without_repetition() -> None:
    async def work(control: Control) -> None:
        for _ in range(5):
            await control.signed("GET", "/api/v3/account")
        whole = await entries(control, since=0, limit=1000)
        seen: list[dict[str, Any]] = []
        since = 0
        while page := (await control.get("/journal", since=since, limit=3)):
            if not page["entries"]:
                break
            seen += page["entries"]
            since = page["next"]
        assert seen == whole
        assert await entries(control, limit=4) == whole[-4:]

    with_control(work)


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"kind": "request"}, {"request"}),
        ({"kind": "fault,note"}, {"fault", "note"}),
        ({"account": "alice"}, {"request", "batch", "fault"}),
        ({"account": "locked"}, {"batch"}),
        ({"venue": "binance"}, {"request", "batch", "fault"}),
        ({"endpoint": "GET /api/v3/account"}, {"request"}),
        ({"endpoint": "/api/v3/*"}, {"request", "fault"}),
        ({"endpoint": "POST *"}, {"request", "fault"}),
        ({"endpoint": "/sapi/*"}, set()),
    ],
)
def test_entries_are_chosen_by_what_they_are_about(query: dict[str, str], kinds: set[str]) -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/faults", LOST | {"kind": "latency", "request": "0s", "effect": None})
        await control.do("PATCH", "/clock", {"mode": "manual"})
        await control.signed("GET", "/api/v3/account")
        await control.signed("POST", "/api/v3/order", **PLACE)
        found = await entries(control, since=0, limit=1000, **query)
        assert {entry["kind"] for entry in found} == kinds

    with_control(work)


def test_a_held_request_is_told_when_it_comes_and_when_it_is_answered() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/faults", {"kind": "response-lost", "after": "5s", "match": {"account": "alice"}})
        since = control.exchange.world.journal.seq
        orders = control.exchange.world.doors["binance"].venue.markets["BTC/USDT"].book.bids
        task = asyncio.ensure_future(control.signed("POST", "/api/v3/order", **PLACE))
        await eventually(lambda: bool(len(orders)))
        (request,) = await entries(control, since=since, kind="request", account="alice")
        assert (request["answered"], request["reply"]) == (None, None)
        await control.do("POST", "/clock/advance", {"by": "5s"})
        (answer,) = await entries(control, since=since, kind="answer")
        assert (answer["request"], answer["fate"], answer["ts"]) == (request["seq"], "close", "2026-01-05T00:00:05Z")
        (request,) = await entries(control, since=since, kind="request", account="alice")
        assert request["answered"] == "2026-01-05T00:00:05Z"
        await asyncio.gather(task, return_exceptions=True)

    with_control(work)


def test_long_bodies_are_cut_and_no_half_of_a_secret_stays() -> None:
    async def work(control: Control) -> None:
        body = "x=" + "1" * 20 + "&" + "a" * 4_060 + "=" + ALICE_KEY + "&rest=" + "y" * 5_000
        await control.venue.post("/api/v3/order", content=body)
        (request,) = await entries(control, kind="request")
        assert len(request["body"]) < 4_200
        assert request["body"].endswith("characters more)")
        assert "aaaaaaaaaa" not in request["body"]

    with_control(work)


def test_of_a_long_request_the_beginning_is_kept_and_told_with_how_much_is_missing() -> None:
    async def work(control: Control) -> None:
        journal = control.exchange.world.journal
        body = "&".join(f"p{number}=1" for number in range(20_000))
        await control.venue.post("/api/v3/order", content=body)
        assert len(journal.requests[-1].request.body) == KEPT_BODY
        (request,) = await entries(control, kind="request")
        kept, _, told = request["body"].partition("… ")
        assert body.startswith(kept)
        assert told == f"({len(body) - len(kept)} characters more)"

    with_control(work)


def test_questions_that_make_no_sense_are_refused() -> None:
    async def work(control: Control) -> None:
        refused = await control.refused("GET", "/journal", kind="requests")
        assert refused["detail"] == "kind: there is no kind 'requests' of entry; did you mean 'request'?"
        assert (await control.refused("GET", "/journal", venue="x"))["field"] == "venue"
        assert (await control.refused("GET", "/journal", limit=0))["field"] == "limit"
        assert (await control.refused("GET", "/journal", since="now"))["field"] == "since"
        assert (await control.refused("GET", "/journal", sicne=1))["detail"] == (
            "sicne: there is no such parameter; did you mean 'since'?"
        )
        refused = await control.refused("GET", "/journal", since=10**6)
        assert (refused["field"], refused["sent"]) == ("since", 10**6)

    with_control(work)


def test_what_rules_come_and_go_is_on_record() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/faults", {**LOST, "ttl": "1s"})
        await control.do("PATCH", "/faults/fault-1", {"when": {"count": 2}})
        await control.do("POST", "/clock/advance", {"by": "1s"})
        told = await entries(control, kind="fault")
        assert [(entry["action"], entry["rule"]["id"], entry["rule"]["when"]) for entry in told] == [
            ("armed", "fault-1", {"count": 1}),
            ("changed", "fault-1", {"count": 2}),
            ("removed", "fault-1", {"count": 2}),
        ]

    with_control(work)


def test_of_a_long_answer_the_beginning_is_kept_and_told_with_how_much_is_missing() -> None:
    async def work(control: Control) -> None:
        journal = control.exchange.world.journal
        for rules in ([], [{"kind": "html-error", "match": {"source_ip": "203.0.113.7"}}]):
            for rule in rules:
                await control.do("POST", "/faults", rule)
            answer = await control.venue.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000")
            assert len(answer.content) > 100_000
            entry = journal.requests[-1]
            assert entry.reply.body == answer.content[:KEPT_BODY]
            page = await control.get("/journal", kind="request")
            body = page["entries"][-1]["reply"]["body"]
            kept, _, told = body.partition("… ")
            assert answer.text.startswith(kept)
            assert told == f"({len(answer.text) - len(kept)} characters more)"
        assert (await control.venue.get("/api/v3/ping")).content == journal.requests[-1].reply.body

    with_market(work)
