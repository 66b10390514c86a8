import base64
import json
import logging
from contextlib import suppress
from random import Random

import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from control_bench import ALICE, OPTIONS, TOKEN, Control, lines_of, with_control
from simexchange.control.masking import Masks, key_name
from simexchange.dialects.base import Request, SecretNames
from simexchange.dialects.binance.operations import OPERATIONS
from simexchange.domain.commands import CreateKey
from simexchange.domain.enums import KeyKind
from simexchange.domain.ids import FIRST_ACCOUNT
from simexchange.domain.secret import Secret
from simexchange.venue.keys import ApiKey
from small_world import ALICE_KEY, ALICE_SECRET, LOCKED_KEY, LOCKED_SECRET

REQUESTS = 3_000
KEY = "k" * 64
SECRET = "s" * 64


def masks() -> Masks:
    key = ApiKey(KEY, FIRST_ACCOUNT, KeyKind.HMAC, Secret(SECRET), (), (), 0)
    short = ApiKey("shortkey1", FIRST_ACCOUNT, KeyKind.HMAC, Secret("shortsecret1"), (), (), 0)
    return Masks(SecretNames(("X-Key", "apiKey"), ("signature", "listenKey")), {KEY: key, "shortkey1": short})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("symbol=BTCUSDT&signature=abc&x=1", "symbol=BTCUSDT&signature=***&x=1"),
        ("SIGNATURE=abc", "SIGNATURE=***"),
        ("signature=", "signature=***"),
        (f"apiKey={KEY}&a=b", f"apiKey={key_name(KEY)}&a=b"),
        ("apikey=wrong", f"apikey={key_name('wrong')}"),
        ('{"signature":"abc","n":1}', '{"signature":"***","n":1}'),
        ('{"signature" : "a\\"b" , "n":1}', '{"signature" : "***" , "n":1}'),
        ('{"signature":12}', '{"signature":"***"}'),
        (f'{{"params":{{"apiKey":"{KEY}"}}}}', f'{{"params":{{"apiKey":"{key_name(KEY)}"}}}}'),
        (f"/ws/{KEY}", f"/ws/{key_name(KEY)}"),
        (f"a {SECRET} b", "a *** b"),
        ("shortkey1 shortsecret1", f"{key_name('shortkey1')} ***"),
        ("/ws/" + "Q" * 64, "/ws/***"),
        ("clientOrderId=x-abcdef1234567890abcdef1234567", "clientOrderId=x-abcdef1234567890abcdef1234567"),
        ("side=BUY&quantity=0.00100000", "side=BUY&quantity=0.00100000"),
    ],
)
def test_a_text_is_shown_with_nothing_secret_in_it(text: str, shown: str) -> None:
    assert masks().text(text) == shown


def test_plain_data_is_masked_by_the_names_in_it_and_by_what_is_known() -> None:
    assert masks().deep(
        {
            "x-key": KEY,
            "Authorization": "Bearer x",
            "deep": [{"listenKey": "short", "ok": SECRET}],
            "n": 5,
            "none": None,
        }
    ) == {
        "x-key": key_name(KEY),
        "Authorization": "***",
        "deep": [{"listenKey": "***", "ok": "***"}],
        "n": 5,
        "none": None,
    }


def test_keys_that_come_later_are_known_and_those_that_go_are_not_forgotten() -> None:
    async def work(control: Control) -> None:
        keys, masks = control.exchange.world.doors["binance"].venue.keys, control.exchange.controls.masks("binance")
        made = await control.do("POST", f"{ALICE}/keys", {})
        assert made["api_key"] in keys
        await control.venue.get("/api/v3/time", params={"note": made["api_key"]})
        short = CreateKey(FIRST_ACCOUNT, "ShortKey12345678", KeyKind.HMAC, Secret("ShortSecret12345"), ())
        control.exchange.world.doors["binance"].submit(short)
        await control.do("POST", "/reset")
        assert made["api_key"] not in keys
        (request,) = (await control.get("/journal", kind="request"))["entries"]
        assert request["query"] == f"note={made['id']}"
        assert masks.text("ShortKey12345678 ShortSecret12345") == f"{key_name('ShortKey12345678')} ***"

    with_control(work)


class Canaries:
    """Every secret there is, and requests of all kinds with secrets in all places."""

    def __init__(self, listen_key: str) -> None:
        self.chance = Random(7)
        self.signatures: list[str] = []
        self.secrets = [ALICE_KEY, ALICE_SECRET, LOCKED_KEY, LOCKED_SECRET, listen_key]
        self._paths = [operation.rest.split(" ") for operation in OPERATIONS if operation.rest is not None]

    def signature(self) -> str:
        raw = self.chance.randbytes(32)
        text = self.chance.choice(
            [raw.hex(), raw.hex().upper(), base64.urlsafe_b64encode(raw * 2).decode().rstrip("=")]
        )
        self.signatures.append(text)
        return text

    def request(self) -> Request:
        """One request, right or wrong, with secrets where they belong and where they do not."""
        pick = self.chance.choice
        method, path = pick(self._paths)
        named = [("signature", self.signature()), ("apiKey", pick(self.secrets)), ("listenKey", self.secrets[-1])]
        stray = [(pick(["symbol", "newClientOrderId", "note", "x"]), pick(self.secrets)) for _ in range(2)]
        form = "&".join(f"{name}={value}" for name, value in [*named, *stray, ("timestamp", "1767571200000")])
        where = pick(["query", "body", "json", "path", "header"])
        headers = {b"x-mbx-apikey": pick(self.secrets).encode(), b"authorization": f"Bearer {TOKEN}".encode()}
        if where == "header":
            headers[pick([b"cookie", b"x-stray", b"user-agent"])] = form.encode()
        return Request(
            method,
            f"{path}/{pick(self.secrets)}" if where == "path" else path,
            form if where in ("query", "path") else "",
            headers,
            json.dumps(dict(named + stray)).encode() if where == "json" else form.encode() if where == "body" else b"",
            "127.0.0.1",
        )

    def message(self) -> str:
        """One message to the WebSocket API."""
        pick = self.chance.choice
        params = {"apiKey": pick(self.secrets), "signature": self.signature(), "timestamp": 1767571200000}
        params[pick(["symbol", "note"])] = pick(self.secrets)
        method = pick(["order.place", "account.status", "session.logon", "userDataStream.ping", "ticker.price"])
        return json.dumps({"id": pick([1, pick(self.secrets)]), "method": method, "params": params})

    def found_in(self, text: str) -> list[str]:
        return [secret for secret in [*self.secrets, *self.signatures, TOKEN] if secret in text]


def test_thousands_of_requests_of_all_kinds_leave_no_secret_in_any_answer_log_or_repr(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(control: Control) -> None:
        started = await control.venue.post("/api/v3/userDataStream", headers={"X-MBX-APIKEY": ALICE_KEY})
        canaries = Canaries(started.json()["listenKey"])
        exchange = control.exchange
        await control.do("POST", "/faults", {"kind": "latency", "request": "0s", "match": {"key": ALICE_KEY}})
        gate = exchange.world.stage.controls["binance"]
        start = exchange.world.journal.seq
        for _ in range(REQUESTS):
            gate.answer(canaries.request(), 1)
        assert exchange.description is not None
        url = exchange.description.venues["binance"].ws_url
        for _ in range(20):  # some of what follows is bad enough to be cut off for
            async with connect(f"{url}/ws-api/v3") as client:
                with suppress(ConnectionClosed):
                    for _ in range(20):
                        await client.send(canaries.message())
                        await client.recv()
        async with connect(f"{url}/ws/{canaries.secrets[-1]}"):
            await control.signed("GET", "/api/v3/account")
        paths = ("/journal?limit=10000&since=0", "/faults", "/faults/fired?limit=10000", ALICE, f"{ALICE}/keys")
        told = [(await control.http.get(path)).text for path in paths]
        for number in range(20):
            body = {"endpoint": "POST /nothing", "params": {"signature": canaries.signatures[number]}}
            told.append((await control.http.post("/verify", json=body)).text)
        async with control.events(f"?since={start}") as feed:
            told.append(json.dumps(await lines_of(feed, REQUESTS)))
        await control.do("DELETE", "/faults")
        told.append(repr([exchange.options, exchange.description, list(exchange.world.journal.requests), control.http]))
        logging.getLogger("simexchange").error("%r", exchange.world.journal.requests)
        told.append(caplog.text)
        assert sum(map(len, told)) > 2_000_000
        for text in told:
            assert canaries.found_in(text) == []
        assert key_name(ALICE_KEY) in told[0]

    with caplog.at_level(logging.DEBUG, logger="simexchange"):
        with_control(work, replace(OPTIONS, limits="off"))
