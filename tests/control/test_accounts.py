from typing import Any

from control_bench import ALICE, Control, with_control
from simexchange.control.masking import key_name
from small_world import ALICE_KEY, ALICE_SECRET

FEES = {"BTC/USDT": {"maker": "0.001", "taker": "0.001"}}
ALICES_KEY = {
    "id": key_name(ALICE_KEY),
    "label": "",
    "kind": "hmac",
    "permissions": ["read", "trade"],
    "ip_allow": [],
    "created": "2026-01-05T00:00:00Z",
    "expires": None,
    "alive": True,
    "revoked": False,
}
SHOWN: dict[str, Any] = {
    "name": "alice",
    "house": False,
    "balances": {"USDT": {"free": "100000", "held": "0"}, "BTC": {"free": "2.5", "held": "0"}},
    "open_orders": 0,
    "fees": FEES,
    "can_trade": True,
    "can_withdraw": True,
    "can_deposit": True,
    "keys": [ALICES_KEY],
}


def test_accounts_are_shown_without_their_secrets() -> None:
    async def work(control: Control) -> None:
        assert await control.get(ALICE) == SHOWN
        listed = await control.http.get("/venues/binance/accounts")
        assert [account["name"] for account in listed.json()] == ["alice", "locked"]
        assert ALICE_SECRET not in listed.text
        assert ALICE_KEY not in listed.text
        assert await control.refused("GET", "/venues/binance/accounts/alcie") == {
            "status": 404,
            "detail": "there is no account 'alcie'; did you mean 'alice'?",
        }
        refused = await control.refused("GET", "/venues/binanse/accounts")
        assert refused == {"status": 404, "detail": "there is no venue 'binanse'; did you mean 'binance'?"}

    with_control(work)


def test_an_account_is_opened_with_a_key_that_works_and_is_told_once() -> None:
    async def work(control: Control) -> None:
        body = {"name": "carol", "balances": {"USDT": "1000.5"}, "permissions": ["read"], "ip_allow": ["127.0.0.1"]}
        body |= {"fees": {"maker": "-0.0001", "taker": "0.002"}}
        reply = await control.http.post("/venues/binance/accounts", json=body)
        assert (reply.status_code, reply.headers["location"]) == (201, "/venues/binance/accounts/carol")
        made = reply.json()
        key = made.pop("key")
        assert made == {
            **SHOWN,
            "name": "carol",
            "balances": {"USDT": {"free": "1000.5", "held": "0"}},
            "fees": {"BTC/USDT": {"maker": "-0.0001", "taker": "0.002"}},
            "keys": [
                ALICES_KEY | {"id": key_name(key["api_key"]), "permissions": ["read"], "ip_allow": ["127.0.0.1/32"]}
            ],
        }
        assert len(key["api_secret"]) == len(key["api_key"]) == 64
        shown = await control.http.get("/venues/binance/accounts/carol")
        assert shown.json() == made
        started = await control.venue.post("/api/v3/userDataStream", headers={"X-MBX-APIKEY": key["api_key"]})
        assert started.status_code == 200
        assert await control.refused("POST", "/venues/binance/accounts", body) == {
            "status": 409,
            "detail": "name: binance has an account 'carol'",
            "field": "name",
            "sent": "carol",
        }

    with_control(work)


def test_the_same_calls_give_the_same_keys() -> None:
    async def work(control: Control) -> None:
        secrets = []
        for _ in range(2):
            made = await control.do("POST", f"{ALICE}/keys", {})
            secrets.append((made["api_key"], made["api_secret"]))
            await control.do("POST", "/reset")
        assert secrets[0] == secrets[1]

    with_control(work)


def test_money_comes_and_goes_and_fees_and_rights_change() -> None:
    async def work(control: Control) -> None:
        body = {"deposit": {"USDT": "1"}, "withdraw": {"BTC": "0.5"}, "can_withdraw": True, "can_trade": False}
        changed = await control.do("PATCH", ALICE, body | {"fees": {"maker": "0", "taker": "0", "symbol": "btcusdt"}})
        assert changed == {
            **SHOWN,
            "balances": {"USDT": {"free": "100001", "held": "0"}, "BTC": {"free": "2", "held": "0"}},
            "fees": {"BTC/USDT": {"maker": "0", "taker": "0"}},
            "can_trade": False,
        }
        assert await control.get(ALICE) == changed

    with_control(work)


def test_a_balance_is_set_and_what_differs_comes_or_goes() -> None:
    async def work(control: Control) -> None:
        changed = await control.do("PATCH", ALICE, {"balances": {"USDT": "100000.5", "BTC": "0"}})
        balances = {"USDT": {"free": "100000.5", "held": "0"}, "BTC": {"free": "0", "held": "0"}}
        assert changed == SHOWN | {"balances": balances}
        journal = await control.http.get("/journal?kind=batch&account=alice&limit=2")
        commands = [entry["command"] for entry in journal.json()["entries"]]
        assert commands == [
            {"type": "withdraw", "account": "alice", "asset": "BTC", "amount": "2.5"},
            {"type": "deposit", "account": "alice", "asset": "USDT", "amount": "0.5"},
        ]
        assert await control.do("PATCH", ALICE, {"balances": {"USDT": "100000.5"}}) == changed

    with_control(work)


def test_changes_that_cannot_be_are_refused_and_nothing_changes() -> None:
    async def work(control: Control) -> None:
        assert await control.refused("PATCH", ALICE, {"deposit": {"USDT": "1"}, "withdraw": {"BTC": "3"}}) == {
            "status": 422,
            "detail": "withdraw.BTC: is more than is free",
            "field": "withdraw.BTC",
            "sent": "3",
            "passes": "0 to 2.5",
        }
        cases: list[tuple[dict[str, Any], str | None]] = [
            ({}, None),
            ({"deposit": {"USD": "1"}}, "deposit.USD"),
            ({"deposit": {"USDT": "-1"}}, "deposit.USDT"),
            ({"deposit": {"USDT": "0"}}, "deposit.USDT"),
            ({"deposit": {"USDT": "1e3"}}, "deposit.USDT"),
            ({"deposit": {"USDT": 1}}, "deposit.USDT"),
            ({"fees": {"maker": "0"}}, "fees.taker"),
            ({"fees": {"maker": "0", "taker": "-1"}}, "fees.taker"),
            ({"can_trade": "no"}, "can_trade"),
            ({"dposit": {"USDT": "1"}}, "dposit"),
            ({"balances": {"USDT": "-1"}}, "balances.USDT"),
            ({"balances": {"USDT": "1"}, "deposit": {"USDT": "1"}}, "balances.USDT"),
        ]
        for body, field in cases:
            refused = await control.refused("PATCH", ALICE, body)
            assert (refused["status"], refused.get("field")) == (422, field), refused
        for name in ("a b", "", "x" * 65, 5, None):
            assert (await control.refused("POST", "/venues/binance/accounts", {"name": name}))["field"] == "name"
        assert (await control.refused("POST", "/venues/binance/accounts", {}))["detail"] == "name: is missing"
        assert await control.get(ALICE) == SHOWN

    with_control(work)


def test_keys_are_issued_changed_rotated_and_revoked() -> None:
    async def work(control: Control) -> None:
        async def knows(api_key: str) -> int:
            return (await control.venue.post("/api/v3/userDataStream", headers={"X-MBX-APIKEY": api_key})).status_code

        body = {"permissions": ["read"], "label": "bot", "expires": "2026-01-06T00:00:00Z", "ip_allow": ["10.0.0.9/8"]}
        reply = await control.http.post(f"{ALICE}/keys", json=body)
        made = reply.json()
        assert reply.headers["location"] == f"{ALICE}/keys/{made['id'].removeprefix('key:')}"
        view = {name: value for name, value in made.items() if name not in ("api_key", "api_secret")}
        assert view == ALICES_KEY | {
            "id": key_name(made["api_key"]),
            "label": "bot",
            "permissions": ["read"],
            "ip_allow": ["10.0.0.0/8"],
            "expires": "2026-01-06T00:00:00Z",
        }
        for name in ("bot", made["id"], made["id"].removeprefix("key:"), made["api_key"]):
            assert await control.get(f"{ALICE}/keys/{name}") == view
        assert await knows(made["api_key"]) == 401
        changed = await control.do("PATCH", f"{ALICE}/keys/bot", {"ip_allow": [], "expires": None})
        assert changed == view | {"ip_allow": [], "expires": None}
        assert await knows(made["api_key"]) == 200
        rotated = await control.do("POST", f"{ALICE}/keys/bot/rotate")
        assert rotated["api_key"] != made["api_key"]
        assert rotated["permissions"] == ["read"]
        assert [await knows(made["api_key"]), await knows(rotated["api_key"])] == [401, 200]
        assert (await control.do("DELETE", f"{ALICE}/keys/bot"))["revoked"] is True
        assert await knows(rotated["api_key"]) == 401
        listed = await control.http.get(f"{ALICE}/keys")
        assert [key["alive"] for key in listed.json()] == [True, False, False]
        assert not {made["api_secret"], rotated["api_secret"], made["api_key"]} & set(listed.text.split('"'))

    with_control(work)


def test_keys_that_cannot_be_are_refused() -> None:
    async def work(control: Control) -> None:
        for body, field in (
            ({"permissions": ["fly"]}, "permissions[0]"),
            ({"ip_allow": ["nowhere"]}, "ip_allow"),
            ({"expires": "soon"}, "expires"),
            ({"kind": "ed25519"}, "public_key"),
            ({"public_key": "x"}, "public_key"),
            ({"secret": "x"}, "secret"),
        ):
            refused = await control.refused("POST", f"{ALICE}/keys", body)
            assert (refused["status"], refused["field"]) == (422, field), refused
        assert (await control.refused("PATCH", f"{ALICE}/keys/{ALICES_KEY['id']}", {}))["status"] == 422
        refused = await control.refused("GET", f"{ALICE}/keys/{'c' * 64}")
        assert refused["detail"].startswith("alice has no key '***'; ")

    with_control(work)
