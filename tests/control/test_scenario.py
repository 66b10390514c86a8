from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from control_bench import OPTIONS, Control, with_control, with_market
from small_world import ALICE_KEY, ALICE_SECRET

SCENARIO = """\
version: 1
name: mine
ends_after: 5m
timeline:
  - {at: 60s, move: {venue: binance, symbol: BTC/USDT, by: "-12%"}}
"""


def test_the_scenario_is_shown_and_another_one_played_in_its_place() -> None:
    async def work(control: Control) -> None:
        shown = await control.get("/scenario")
        assert (shown["name"], shown["seed"], shown["scenario"]["version"]) == ("calm", 42, 1)
        await control.do("POST", "/clock/advance", {"by": "10s"})
        played = await control.do("PUT", "/scenario", {"yaml": SCENARIO})
        assert played["scenario"]["timeline"] == [
            {"at": "60s", "move": {"symbol": "BTC/USDT", "by": "-12%", "venue": "binance"}}
        ]
        status = await control.get("/scenario/status")
        assert (status["scenario"], status["elapsed"], status["ended"]) == ("mine", "0s", False)
        assert status["ends"] == "2026-01-05T00:05:00Z"
        assert [entry["state"] for entry in status["entries"]] == ["pending"]
        await control.do("POST", "/clock/advance", {"by": "61s"})
        (entry,) = (await control.get("/scenario/status"))["entries"]
        assert (entry["state"], entry["at"]) == ("done", "1m")
        again = await control.do("PUT", "/scenario", {"scenario": played["scenario"]})
        assert again == played
        assert (await control.do("PUT", "/scenario", {"name": "flash-crash"}))["name"] == "flash-crash"

    with_market(work)


def test_a_scenario_file_may_be_sent_as_it_is() -> None:
    async def work(control: Control) -> None:
        for kind in ("application/yaml", "text/x-yaml; charset=utf-8"):
            reply = await control.http.put("/scenario", content=SCENARIO, headers={"Content-Type": kind})
            assert (reply.status_code, reply.json()["name"]) == (200, "mine")
        reply = await control.http.put("/scenario", content=b"\xff", headers={"Content-Type": "application/yaml"})
        assert (reply.status_code, reply.json()["detail"]) == (
            400,
            "the body is no UTF-8 text: invalid start byte (byte 0)",
        )
        reply = await control.http.post(
            "/clock/advance", content="by: 5s", headers={"Content-Type": "application/yaml"}
        )
        assert (reply.status_code, reply.json()["passes"]) == (400, '{"name": "value"}')

    with_market(work)


def test_scenarios_that_make_no_sense_are_told_every_mistake() -> None:
    async def work(control: Control) -> None:
        refused = await control.refused("PUT", "/scenario", {"yaml": "name: x\nversion: 2\nfoo: 1"})
        assert refused["status"] == 422
        assert refused["mistakes"][0] == "2:10: version: 2 is not known here; there is 1"
        assert len(refused["mistakes"]) == 2
        refused = await control.refused("PUT", "/scenario", {"name": "flash-crsh"})
        assert refused["detail"] == "name: there is no scenario 'flash-crsh'; did you mean 'flash-crash'?"
        for body in ({}, {"name": "calm", "yaml": SCENARIO}):
            assert (await control.refused("PUT", "/scenario", body))["passes"] == '{"name": "flash-crash"}'
        assert (await control.refused("PUT", "/scenario", {"name": "../../etc/passwd"}))["field"] == "name"
        other = SCENARIO + "venues: {binance: {accounts: [{name: solo}]}}\n"
        assert (await control.refused("PUT", "/scenario", {"yaml": other}))["status"] == 409
        assert (await control.get("/scenario"))["name"] == "calm"

    with_control(work)


def test_configuration_of_a_client_holds_what_it_needs() -> None:
    async def work(control: Control) -> None:
        assert control.exchange.description is not None
        url = control.exchange.description.venues["binance"].rest_url
        reply = await control.http.get("/config/env")
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        assert reply.text == (
            f"SIMX_BINANCE_REST_URL={url}\nSIMX_BINANCE_WS_URL={url.replace('http', 'ws')}\n"
            f"SIMX_BINANCE_ALICE_API_KEY={ALICE_KEY}\nSIMX_BINANCE_ALICE_API_SECRET={ALICE_SECRET}\n"
        )
        settings = (await control.http.get("/config/ccxt?format=json")).json()
        assert (settings["apiKey"], settings["secret"]) == (ALICE_KEY, ALICE_SECRET)
        for client in ("ccxt", "python-binance", "binance-connector"):
            text = (await control.http.get(f"/config/{client}?account=alice&venue=binance")).text
            compile(text, client, "exec")
        made = await control.do("POST", "/venues/binance/accounts", {"name": "carol"})
        text = (await control.http.get("/config/env?account=carol")).text
        assert made["key"]["api_secret"] in text

    with_control(work)


@pytest.mark.parametrize(("called", "told"), [("127.0.0.1", "127.0.0.1"), ("exchange", "exchange"), ("[::1]", "[::1]")])
def test_a_venue_that_listens_everywhere_is_where_the_control_port_was_called(called: str, told: str) -> None:
    async def work(control: Control) -> None:
        assert control.exchange.description is not None
        port = urlsplit(control.exchange.description.venues["binance"].rest_url).port
        headers = {"Host": f"{called}:8787"}
        text = (await control.http.get("/config/env", headers=headers)).text
        assert text.startswith(f"SIMX_BINANCE_REST_URL=http://{told}:{port}\nSIMX_BINANCE_WS_URL=ws://{told}:{port}\n")
        venue = (await control.http.get("/info", headers=headers)).json()["venues"]["binance"]
        assert (venue["rest_url"], venue["ws_url"]) == (f"http://{told}:{port}", f"ws://{told}:{port}")

    everywhere = replace(OPTIONS, host="0.0.0.0", control_host="127.0.0.1", control_names=("exchange",))
    with_control(work, everywhere)


def test_configurations_there_are_not_are_told() -> None:
    async def work(control: Control) -> None:
        refused = await control.refused("GET", "/config/cctx")
        assert refused == {"status": 404, "detail": "there is no configuration 'cctx'; did you mean 'ccxt'?"}
        for client, of in (("pybit", "bybit"), ("python-okx", "okx"), ("krakenex", "kraken")):
            told = f"there is no configuration {client!r}: it is a client of {of}, which this version does not serve"
            assert await control.refused("GET", f"/config/{client}") == {"status": 404, "detail": told}
        for query, field in (
            ({"venue": "x"}, "venue"),
            ({"account": "alcie"}, "account"),
            ({"format": "xml"}, "format"),
        ):
            refused = await control.refused("GET", "/config/ccxt", **query)
            assert (refused["status"], refused["field"]) == (422, field)

    with_control(work)
