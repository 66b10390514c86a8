"""What a handle does, whichever way it reaches its exchange."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

import simexchange
from simexchange.handle.backend import Refused, SimxError
from simexchange.handle.simx import Simx

START = datetime(2026, 1, 5, tzinfo=UTC)
LOST = {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order", "count": 1, "effect": "apply"}


def get(simx: Simx, target: str) -> bytes:
    """A client's request."""
    with urlopen(f"{simx.binance.rest_url}{target}", timeout=10) as answer:
        body: bytes = answer.read()
        return body


# What is served.


def test_it_tells_what_is_served(handle: Simx) -> None:
    assert (handle.seed, handle.scenario, list(handle.venues)) == (7, "calm", ["binance"])
    assert repr(handle) == "<simexchange calm, seed 7, binance>"
    assert handle.binance is handle.venues["binance"]
    assert handle.binance.rest_url.startswith("http://127.0.0.1:")
    assert handle.binance.ws_url == handle.binance.rest_url.replace("http", "ws", 1)
    assert handle.binance.symbols == ["BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC", "BNBUSDT"]
    assert handle.hosts() == {"127.0.0.1"}


def test_a_name_that_it_has_not_is_answered_with_the_nearest(handle: Simx) -> None:
    with pytest.raises(AttributeError, match=r"the handle has no 'binanse'; did you mean 'binance'\?"):
        _ = handle.binanse
    with pytest.raises(AttributeError, match="the handle has no 'zzz'; its venues are binance"):
        _ = handle.zzz
    with pytest.raises(AttributeError, match=r"binance has no 'ccxtpro'; did you mean 'ccxt_pro'\?"):
        _ = handle.binance.ccxtpro
    with pytest.raises(AttributeError, match="binance has no 'qqq'; its clients are ccxt, ccxt_async, ccxt_pro, "):
        _ = handle.binance.qqq


def test_accounts_carry_their_keys_and_keep_them_to_themselves(handle: Simx) -> None:
    accounts = handle.binance.accounts
    assert {name: account.permissions for name, account in accounts.items()} == {
        "alice": ["read", "trade"],
        "bob": ["read", "trade"],
        "reader": ["read"],
        "mallory": ["read", "trade", "withdraw"],
        "locked": ["read", "trade"],
    }
    alice = handle.binance.account("alice")
    assert (len(alice.api_key), len(alice.api_secret), alice.passphrase, alice.key_type) == (64, 64, None, "hmac")
    assert alice.api_key not in repr(alice)
    assert alice.api_secret not in f"{handle!r} {handle.binance!r} {accounts!r}"
    with pytest.raises(SimxError, match=r"binance has no account 'alise'; did you mean 'alice'\?"):
        handle.binance.account("alise")


def test_a_bot_in_a_process_of_its_own_gets_the_same_environment_as_from_serve(handle: Simx) -> None:
    env = handle.env()
    alice = handle.binance.account("alice")
    expected = {
        "SIMX_SEED": "7",
        "SIMX_SCENARIO": "calm",
        "SIMX_CONTROL_URL": handle.control_url,
        "SIMX_CONTROL_TOKEN": handle.control_token,
        "SIMX_BINANCE_REST_URL": handle.binance.rest_url,
        "SIMX_BINANCE_WS_URL": handle.binance.ws_url,
        "SIMX_BINANCE_SYMBOLS": "BTCUSDT,ETHUSDT,SOLUSDT,ETHBTC,BNBUSDT",
        "SIMX_BINANCE_ALICE_API_KEY": alice.api_key,
        "SIMX_BINANCE_ALICE_API_SECRET": alice.api_secret,
    }
    assert {name: env.get(name) for name in expected} == expected
    assert len(env) == 7 + 2 * len(handle.binance.accounts)


# Time.


def test_time_moves_by_hand(handle: Simx) -> None:
    assert handle.now == START
    assert handle.advance("5s") == START + timedelta(seconds=5)
    assert handle.advance(timedelta(minutes=1, microseconds=3)) == START + timedelta(seconds=65, microseconds=3)
    assert handle.now_ns == int(START.timestamp()) * 10**9 + 65_000_003_000
    assert repr(handle.clock) == "<manual time, now 2026-01-05T00:01:05.000003Z>"


def test_time_may_run_in_another_mode_until_the_reset(handle: Simx) -> None:
    handle.clock.set("scaled", speed=50)
    assert (handle.clock.mode, handle.clock.speed) == ("scaled", "50")
    handle.reset()
    assert (handle.clock.mode, handle.now) == ("manual", START)


def test_what_a_fault_delays_comes_as_time_is_moved_by_another_thread_or_runs_by_itself(handle: Simx) -> None:
    handle.faults.add("latency", request="2s")
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(get, handle, "/api/v3/ping")
        moved = 0
        while not answer.done() and moved < 1_000:
            handle.advance("1s")
            moved += 1
        assert answer.result() == b"{}"
    assert 2 <= moved < 1_000
    handle.clock.set("scaled", speed=1_000)
    assert get(handle, "/api/v3/ping") == b"{}"


@pytest.mark.parametrize("by", ["five", "-5s", "5"])
def test_a_move_that_is_no_duration_is_refused(handle: Simx, by: str) -> None:
    with pytest.raises(Refused, match="400ms, 7s, 1m30s, 24h and 3d pass"):
        handle.advance(by)
    assert handle.now == START


def test_time_moves_while_the_callers_loop_goes_on(handle: Simx) -> None:
    async def work() -> tuple[datetime, int]:
        turns = 0
        moving = asyncio.ensure_future(handle.aadvance("2m"))
        while not moving.done():
            turns += 1
            await asyncio.sleep(0)
        return await moving, turns

    now, turns = asyncio.run(work())
    assert now == START + timedelta(minutes=2)
    assert turns > 1


# States.


def test_snapshots_are_gone_back_to(handle: Simx) -> None:
    handle.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
    snapshot = handle.snapshot()
    handle.binance.cancel_all("alice")
    handle.advance("1m")
    handle.revert(snapshot)
    assert (handle.now, len(handle.binance.orders("alice"))) == (START, 1)
    handle.reset()
    assert handle.binance.orders("alice", state="all") == []
    with pytest.raises(Refused, match=f"there is no snapshot '{snapshot}'"):
        handle.revert(snapshot)


# Orders and accounts.


def test_an_order_lives_its_life_in_an_accounts_name(handle: Simx) -> None:
    venue = handle.binance
    placed = venue.place("alice", "BTC/USDT", "buy", Decimal("0.01"), 30_000, client_order_id="mine")
    assert placed == {
        "order_id": placed["order_id"],
        "client_order_id": "mine",
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "status": "new",
        "time_in_force": "gtc",
        "price": "30000",
        "quantity": "0.01",
        "filled": "0",
        "filled_quote": "0",
        "post_only": False,
        "trigger_price": None,
        "created": "2026-01-05T00:00:00Z",
        "updated": "2026-01-05T00:00:00Z",
        "list_id": None,
    }
    assert venue.orders("alice") == [placed] == venue.orders("alice", state="all", symbol="BTCUSDT")
    assert venue.order("alice", "mine") == venue.order("alice", placed["order_id"]) == venue.order("alice", placed)
    assert venue.orders("bob") == []
    assert venue.balances("alice")["USDT"] == {"free": "99700", "held": "300"}
    part = venue.fill("alice", placed, ratio="0.3")
    assert (part["status"], part["filled"], part["filled_quote"]) == ("partially_filled", "0.003", "90")
    ended = venue.cancel("alice", placed)
    assert (ended["status"], ended["filled"]) == ("canceled", "0.003")
    assert venue.orders("alice") == []
    assert venue.orders("alice", state="all") == [ended]


def test_a_market_order_is_an_order_without_a_price(handle: Simx) -> None:
    order = handle.binance.place("alice", "BTCUSDT", "sell", "0.1")
    assert (order["type"], order["status"], order["filled"]) == ("market", "filled", "0.1")


def test_a_resting_order_is_filled_whole_in_part_and_not_beyond(handle: Simx) -> None:
    venue = handle.binance
    order = venue.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
    assert venue.fill("alice", order, quantity="0.004", price="29000")["filled_quote"] == "116"
    with pytest.raises(Refused, match=r"the order still wants 0\.006 only"):
        venue.fill("alice", order, quantity="0.007")
    with pytest.raises(Refused, match="one of quantity and ratio passes, and not both"):
        venue.fill("alice", order, quantity="0.001", ratio="0.5")
    with pytest.raises(Refused, match="more than 0, up to 1 or 100%"):
        venue.fill("alice", order, ratio="2")
    assert venue.fill("alice", order)["status"] == "filled"
    with pytest.raises(Refused, match="is filled"):
        venue.fill("alice", order)


def test_what_the_venue_refuses_comes_with_its_reason(handle: Simx) -> None:
    with pytest.raises(Refused) as refused:
        handle.binance.place("alice", "BTC/USDT", "buy", "5", 30_000)
    assert (refused.value.status, refused.value.problem["reason"]) == (422, "insufficient_balance")
    assert handle.binance.orders("alice", state="all") == []


def test_money_comes_and_goes(handle: Simx) -> None:
    handle.binance.deposit("alice", USDT="1.5")
    handle.binance.withdraw("alice", BTC=1)
    balances = handle.binance.balances("alice")
    assert (balances["USDT"]["free"], balances["BTC"]["free"]) == ("100001.5", "1")


def test_accounts_are_opened_and_keys_rotated_and_revoked(handle: Simx) -> None:
    carol = handle.binance.open_account("carol", {"USDT": 10_000}, permissions=["read"])
    assert (carol.name, carol.permissions, len(carol.api_secret)) == ("carol", ["read"], 64)
    assert handle.binance.balances("carol") == {"USDT": {"free": "10000", "held": "0"}}
    renewed = handle.binance.rotate_key("carol")
    assert (renewed.permissions, renewed.api_key != carol.api_key) == (["read"], True)
    handle.binance.revoke_key("carol")
    with pytest.raises(SimxError, match="binance has no account 'carol'"):
        handle.binance.account("carol")
    with pytest.raises(SimxError, match="carol has no key on binance that is good"):
        handle.binance.revoke_key("carol")
    handle.reset()
    assert "carol" not in handle.binance.accounts


# The market.


def test_a_price_is_moved(handle: Simx) -> None:
    before = handle.binance.price("BTC/USDT")
    handle.binance.move("BTC/USDT", "-12%", over="30s")
    handle.advance("40s")
    assert Decimal("0.85") < handle.binance.price("BTC/USDT") / before < Decimal("0.91")


def test_trading_is_halted_and_resumed(handle: Simx) -> None:
    venue = handle.binance
    assert venue.halt("BTC/USDT")["status"] == "halted"
    with pytest.raises(Refused):
        venue.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
    assert venue.resume("BTCUSDT")["status"] == "continuous"
    venue.halt("BTC/USDT", for_="45s")
    handle.advance("46s")
    assert venue.instrument("BTC/USDT")["status"] == "continuous"
    assert venue.change("BTC/USDT", tick="0.1")["rules"]["tick"] == "0.1"


def test_a_reshaped_book_is_changed_and_taken_back_by_whoever_holds_the_exchange(served: Simx) -> None:
    remote = simexchange.attach(served.control_url, served.control_token)
    before = served.binance.instrument("BTC/USDT")["market"]
    served.binance.change("BTC/USDT", market={"levels": 3})
    assert remote.binance.change("BTC/USDT", market={"spread_ticks": 40})["market"] == before | {"spread_ticks": 40}
    assert served.binance.change("BTC/USDT", market=None)["market"] == before


# Faults.


def test_a_fault_is_armed_by_flat_names_and_removed(handle: Simx) -> None:
    rule = handle.faults.add("response-lost", **LOST)
    match = {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order"}
    shown = {"kind": "response-lost", "match": match, "when": {"count": 1}, "effect": "apply"}
    assert {name: rule[name] for name in shown} == shown
    assert handle.faults.list() == [rule]
    assert handle.faults.change(rule["id"], count=3)["when"] == {"count": 3}
    assert handle.faults.remove(rule)["id"] == rule["id"]
    assert handle.faults.list() == []
    handle.faults.add("response-lost", match={"account": "bob"}, id="mine", symbol="BTC/USDT")
    assert handle.faults.list()[0]["match"] == {"account": "bob", "symbol": "BTC/USDT"}
    handle.faults.remove("mine")
    handle.faults.add("response-lost")
    handle.faults.clear()
    assert (handle.faults.list(), handle.faults.fired()) == ([], [])


def test_a_name_that_a_kind_has_of_its_own_is_the_kinds(handle: Simx) -> None:
    rule = handle.faults.add("ws-reorder", window=4, when={"window": ["1s", "5s"]}, channel="depth")
    assert (rule["window"], rule["when"], rule["match"]) == (4, {"window": ["1s", "5s"]}, {"channel": "depth"})
    changed = handle.faults.change(rule["id"], window=5, count=2)
    assert (changed["window"], changed["when"]) == (5, {"count": 2})


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("respons-lost", {}, "there is no fault 'respons-lost'; did you mean 'response-lost'?"),
        ("response-lost", {"acount": "alice"}, "did you mean 'account'?"),
        ("response-lost", {"venue": "binanse"}, "there is no venue 'binanse'; did you mean 'binance'?"),
        ("response-lost", {"count": 0}, "when.count: 0 is too few: 1 or more passes"),
        ("response-lost", {"effect": "maybe"}, "'maybe' is not what response-lost can do; apply or discard passes"),
    ],
)
def test_a_fault_of_no_sense_is_refused_with_what_would_pass(
    handle: Simx, kind: str, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(Refused) as refused:
        handle.faults.add(kind, **more)
    assert told in str(refused.value)
    assert handle.faults.list() == []


def test_what_fired_is_told(handle: Simx) -> None:
    rule = handle.faults.add("html-error", venue="binance", endpoint="GET /api/v3/time")
    with pytest.raises(HTTPError):
        get(handle, "/api/v3/time")
    (fired,) = handle.faults.fired(kind="html-error")
    assert (fired["rule"], fired["endpoint"], fired["ts"]) == (rule["id"], "GET /api/v3/time", "2026-01-05T00:00:00Z")
    assert handle.faults.fired(rule=rule["id"]) == [fired]
    assert handle.faults.fired(kind="response-lost") == handle.faults.fired(account="alice") == []


def test_the_catalogue_says_what_there_is(handle: Simx) -> None:
    kinds = {kind["name"]: kind for kind in handle.faults.catalogue()}
    assert kinds["response-lost"]["effects"] == ["apply", "discard"]


# What happened.


def test_the_journal_holds_what_happened_since_the_reset(handle: Simx) -> None:
    get(handle, "/api/v3/time")
    handle.reset()
    get(handle, "/api/v3/ping")
    assert [entry["endpoint"] for entry in handle.journal(kind="request")] == ["GET /api/v3/ping"]
    seq = handle.journal()[-1]["seq"]
    get(handle, "/api/v3/time")
    assert [entry["endpoint"] for entry in handle.journal(since=seq, kind="request")] == ["GET /api/v3/time"]
    with pytest.raises(Refused, match="there is no kind 'requests' of entry"):
        handle.journal(kind="requests")


def test_requests_are_counted_and_misses_told(handle: Simx) -> None:
    get(handle, "/api/v3/depth?symbol=BTCUSDT&limit=5")
    get(handle, "/api/v3/time")
    get(handle, "/api/v3/time")
    assert handle.verify("GET", "/api/v3/time") == 2
    assert handle.verify("GET /api/v3/time", exactly=2) == 2
    assert handle.verify("GET", "/api/v3/depth", params={"limit": 5}, at_most=1) == 1
    assert handle.verify("GET", "/api/v3/account", none=True) == 0
    with pytest.raises(AssertionError) as missed:
        handle.verify("GET", "/api/v3/depth", venue="binance", symbol="ETH/USDT", at_least=1)
    told = str(missed.value).splitlines()
    assert told[0] == "GET /api/v3/depth (venue='binance', symbol='ETH/USDT'): at least 1 wanted, 0 seen"
    assert told[1].startswith("  near: #")
    assert told[1].endswith(" 2026-01-05T00:00:00Z nobody GET /api/v3/depth: symbol was BTC/USDT, wanted ETH/USDT")
    handle.reset()
    with pytest.raises(AssertionError, match=r"exactly 2 wanted, 0 seen\n  no request came near"):
        handle.verify("GET", "/api/v3/time", exactly=2)
    with pytest.raises(Refused, match="there is no such field; did you mean 'account'"):
        handle.verify("GET", "/api/v3/time", acount="alice")


# Elsewhere.


def test_a_report_card_is_refused_with_what_there_is_instead(handle: Simx) -> None:
    with pytest.raises(SimxError, match="no report card of alice at binance: this version makes none; verify"):
        handle.report("binance", "alice")


def test_an_exchange_that_is_not_there_is_said() -> None:
    with simexchange.serve() as simx:
        url, token = simx.control_url, simx.control_token
    with pytest.raises(SimxError, match=f"nobody answers at {url}"):
        simexchange.attach(url, token)
    with pytest.raises(SimxError, match="is no control address"):
        simexchange.attach("http://")


def test_the_token_may_stand_in_the_address_and_must_be_right(served: Simx) -> None:
    inside = simexchange.attach(served.control_url.replace("http://", f"http://{served.control_token}@"))
    assert (inside.control_url, inside.now) == (served.control_url, served.now)
    wrong = simexchange.attach(served.control_url, "wrong")
    with pytest.raises(Refused, match="the control token is missing or wrong") as refused:
        wrong.reset()
    assert refused.value.status == 401
    assert "wrong" not in repr(wrong)


def test_a_venue_without_its_socket_is_only_had_in_its_own_process(served: Simx) -> None:
    remote = simexchange.attach(served.control_url, served.control_token)
    with pytest.raises(SimxError, match="the exchange is not in this process"):
        _ = remote.binance.asgi
