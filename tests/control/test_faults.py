import asyncio
from typing import Any

import httpx
import pytest

from control_bench import LOST, Control, with_control
from fake_venue import eventually
from simexchange.control.fault_catalogue import parameters_of
from simexchange.services.faults.kinds import load_catalogue

STATE: dict[str, Any] = {
    "matched": 0,
    "fired": 0,
    "live": True,
    "awake": True,
    "armed": "2026-01-05T00:00:00Z",
    "armed_ns": 1_767_571_200_000_000_000,
    "ends": None,
    "ends_ns": None,
}
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}


def test_a_rule_is_armed_shown_changed_and_removed() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.post("/faults", json=LOST)
        assert (reply.status_code, reply.headers["location"]) == (201, "/faults/fault-1")
        rule = {"id": "fault-1", **LOST, "state": STATE}
        assert reply.json() == rule
        assert await control.get("/faults") == [rule]
        assert await control.get("/faults/fault-1") == rule
        changed = await control.do("PATCH", "/faults/fault-1", {"when": {"count": 3}, "ttl": "90s"})
        ends = {"ends": "2026-01-05T00:01:30Z", "ends_ns": STATE["armed_ns"] + 90 * 10**9}
        assert changed == {**rule, "when": {"count": 3}, "ttl": "90s", "state": STATE | ends}
        assert (await control.do("DELETE", "/faults/fault-1"))["id"] == "fault-1"
        assert await control.get("/faults") == []

    with_control(work)


def test_a_rule_ends_by_itself_and_all_at_once() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/faults", {**LOST, "ttl": "10s"})
        await control.do("POST", "/clock/advance", {"by": "9s"})
        assert len(await control.get("/faults")) == 1
        await control.do("POST", "/clock/advance", {"by": "1s"})
        assert await control.get("/faults") == []
        await control.do("POST", "/faults", {**LOST, "id": "mine"})
        await control.do("POST", "/faults", LOST)
        assert await control.do("DELETE", "/faults") == {"removed": ["mine", "fault-2"]}
        assert await control.get("/faults") == []

    with_control(work)


def test_what_fired_tells_when_and_on_which_request() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/faults", {**LOST, "kind": "request-lost", "effect": "discard"})
        await control.do("POST", "/faults", {**LOST, "id": "mine", "client_sees": "fin"})
        with pytest.raises(httpx.RemoteProtocolError):
            await control.signed("POST", "/api/v3/order", **ORDER)
        (fired,) = await control.get("/faults/fired")
        (request,) = (await control.get("/journal", kind="request"))["entries"]
        assert fired == {
            "seq": request["seq"] + 1,
            "ts": "2026-01-05T00:00:00Z",
            "ts_ns": STATE["armed_ns"],
            "rule": "fault-1",
            "kind": "request-lost",
            "ordinal": 1,
            "venue": "binance",
            "account": "alice",
            "symbol": "BTC/USDT",
            "connection": request["connection"],
            "request": request["seq"],
            "endpoint": "POST /api/v3/order",
            "effect": "discard",
        }
        for query, count in (
            ({"rule": "fault-1"}, 1),
            ({"rule": "mine"}, 0),
            ({"kind": "request-lost,latency"}, 1),
            ({"kind": "latency"}, 0),
            ({"venue": "binance", "account": "alice"}, 1),
            ({"account": "bob"}, 0),
            ({"since": fired["seq"]}, 0),
            ({"since": fired["seq"] - 1}, 1),
        ):
            assert len(await control.get("/faults/fired", **query)) == count, query
        assert await control.refused("GET", "/faults/fired", kind="latency,request-lots") == {
            "status": 422,
            "detail": "kind: there is no fault 'request-lots'; did you mean 'request-lost'?",
            "field": "kind",
            "sent": "request-lots",
        }
        assert (await control.get("/faults/fault-1"))["state"] == {**STATE, "matched": 1, "fired": 1, "live": False}

    with_control(work)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "latency", "request": "5s"},
        {"kind": "latency", "response": "5s"},
        {"kind": "http-hang"},
        {"kind": "tcp-slow-drip"},
    ],
)
def test_what_is_under_way_when_the_world_goes_back_ends_with_its_connection(rule: dict[str, Any]) -> None:
    async def work(control: Control) -> None:
        await control.venue.get("/api/v3/ping")
        await control.do("POST", "/faults", rule)
        asked = asyncio.ensure_future(control.venue.get("/api/v3/time"))
        await eventually(lambda: control.exchange.world.faults.rules[0].counts.fired == 1)
        await control.do("POST", "/reset")
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await asked
        assert (await control.venue.get("/api/v3/time")).status_code == 200

    with_control(work)


def test_connections_that_wait_for_nothing_stay_when_the_world_goes_back() -> None:
    async def work(control: Control) -> None:
        port = control.exchange.world.stage.ports["binance"]
        await control.venue.get("/api/v3/ping")
        before = [connection.number for connection in port.connections()]
        await control.do("POST", "/reset")
        assert [connection.number for connection in port.connections()] == before != []

    with_control(work)


def test_rules_that_make_no_sense_are_told_where_and_what_would_pass() -> None:
    async def work(control: Control) -> None:
        assert await control.refused("POST", "/faults", {"kind": "response-lots"}) == {
            "status": 422,
            "detail": "kind: there is no fault 'response-lots'; did you mean 'response-lost'?",
            "field": "kind",
            "sent": "response-lots",
        }
        refused = await control.refused("POST", "/faults", {**LOST, "match": {"venue": "binanse"}})
        assert refused == {
            "status": 422,
            "detail": "match.venue: there is no venue 'binanse'; did you mean 'binance'?",
            "field": "match.venue",
            "sent": "binanse",
        }
        refused = await control.refused("POST", "/faults", {**LOST, "match": {"account": "alcie"}})
        assert refused["detail"] == "match.account: there is no account 'alcie'; did you mean 'alice'?"
        refused = await control.refused("POST", "/faults", {"kind": "latency", "match": {"symbol": "BTCUSD"}})
        assert refused["detail"] == "match.symbol: there is no instrument 'BTCUSD'; did you mean 'BTC/USDT'?"
        refused = await control.refused("POST", "/faults", {"kind": "response-lost", "acount": "alice"})
        assert refused["detail"] == "acount: response-lost has no such parameter; did you mean 'account'?"
        refused = await control.refused("POST", "/faults", {"kind": "response-lost", "account": "alice"})
        assert refused["detail"] == 'account: belongs into "match": {"match": {"account": ...}}'
        assert (await control.refused("POST", "/faults", {**LOST, "id": "fired"}))["passes"] == "another name"
        assert (await control.refused("POST", "/faults"))["field"] == "kind"
        assert (await control.refused("PATCH", "/faults/fault-9", {}))["status"] == 404
        assert (await control.refused("DELETE", "/faults/fault-9"))["status"] == 404
        await control.do("POST", "/faults", {**LOST, "id": "mine"})
        assert await control.refused("GET", "/faults/mien") == {
            "status": 404,
            "detail": "there is no rule 'mien' armed; did you mean 'mine'?",
        }
        assert (await control.refused("PATCH", "/faults/mine", {"kind": "latency"}))["field"] == "kind"

    with_control(work)


def test_the_catalogue_tells_every_kind_with_its_parameters() -> None:
    async def work(control: Control) -> None:
        catalogue = await control.get("/faults/catalogue")
        assert [kind["name"] for kind in catalogue] == list(load_catalogue().kinds)
        assert catalogue[0] == await control.get(f"/faults/catalogue/{catalogue[0]['name']}")
        lost = await control.get("/faults/catalogue/response-lost-after-accept")
        assert lost["name"] == "response-lost"
        assert lost["effects"] == ["apply", "discard"]
        assert lost["venues"] == ["binance"]
        assert set(lost["venue_forms"]) == {"binance"}
        assert lost["parameters"] == [
            {
                "name": "client_sees",
                "type": "one of fin, rst, timeout",
                "required": False,
                "default": "fin",
                "help": "fin: the connection is closed without an answer; rst: it is reset; timeout: it stays open and"
                " silent.",
            },
            {
                "name": "after",
                "type": "duration",
                "required": False,
                "default": "0s",
                "help": "How long the client waits before it sees that.",
            },
        ]
        assert (await control.refused("GET", "/faults/catalogue/response-lots"))["detail"] == (
            "there is no fault 'response-lots'; did you mean 'response-lost'?"
        )
        assert (await control.refused("GET", "/faults/catalogue/reduce-only-rejected"))["detail"] == (
            "there is no fault 'reduce-only-rejected': spot has no positions"
        )

    with_control(work)


def test_no_parameter_of_any_kind_hides_behind_a_name_of_the_rule_itself() -> None:
    for kind in load_catalogue().kinds.values():
        names = {parameter.name for parameter in parameters_of(kind.params)}
        assert not names & {"id", "kind", "match", "when", "effect", "ttl", "state"}, kind.name
