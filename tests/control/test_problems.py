import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control_bench import LOST, TOKEN, Control, controlling, with_control
from fake_venue import connected, run
from simexchange.control.table import OPERATIONS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
NAMES = ("alice", "BTCUSDT", "binance", "fault-1", "s1", "ccxt", "response-lost", "%00", "..", "é", "x" * 300, "1" * 30)


def test_there_is_nothing_there_is_told_like_everything_else() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.get("/fautls")
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "there is nothing at /fautls; did you mean /faults? /docs lists what there is",
        }
        assert (await control.refused("GET", "/report/binance/alice.json"))["status"] == 404
        assert (await control.refused("GET", "/nowhere"))["status"] == 404
        assert await control.refused("GET", "/events") == {
            "status": 426,
            "detail": "/events is a WebSocket",
            "passes": "ws://.../events",
        }

    with_control(work)


def test_another_method_is_told_which_pass() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.put("/clock")
        assert reply.headers["allow"] == "GET, HEAD, PATCH"
        assert reply.json() == {
            "type": "about:blank",
            "title": "Method Not Allowed",
            "status": 405,
            "detail": "/clock knows no PUT",
            "sent": "PUT",
            "passes": "GET, HEAD, PATCH",
        }

    with_control(work)


def test_head_answers_as_get_without_the_body() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.head("/faults")
        assert (reply.status_code, reply.content) == (200, b"")

    with_control(work)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"{", 400, "the body is not JSON: Input data was truncated"),
        (b"\xff", 400, "the body is not JSON: "),
        (b"[" * 5_000, 400, "the body is not JSON: "),
        (b"[]", 422, "the body is a JSON array, and an object is wanted"),
        (b'"by"', 422, "the body is a JSON string, and an object is wanted"),
        (b'{"by": "5s", "bye": 1}', 422, "bye: there is no such field; did you mean 'by'?"),
        (b'{"by": 5}', 422, "by: expected `str | null`, got `int`"),
        (b" " * (1 << 20) + b"{}", 413, "the body is larger than 1048576 bytes"),
    ],
)
def test_bodies_that_make_no_sense_are_told_why(body: bytes, status: int, detail: str) -> None:
    async def work(control: Control) -> None:
        reply = await control.http.post("/clock/advance", content=body)
        problem = reply.json()
        assert (reply.status_code, problem["status"]) == (status, status)
        assert problem["detail"].startswith(detail)

    with_control(work)


def test_bodies_and_parameters_where_none_belong_are_refused() -> None:
    async def work(control: Control) -> None:
        refused = await control.refused("POST", "/reset", {"now": True})
        assert refused == {"status": 422, "detail": "POST /reset takes no body", "passes": "an empty body"}
        assert (await control.ask("POST", "/reset", {}))[0] == 200
        refused = await control.refused("GET", "/clock", now=1)
        assert refused["detail"] == "now: there is no such parameter: no parameter passes here"
        reply = await control.http.get("/journal?limit=1&limit=2")
        assert reply.json()["detail"] == "limit: is given twice"

    with_control(work)


def test_any_content_type_will_do_as_curl_sends_it() -> None:
    async def work(control: Control) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await control.http.post("/faults", content=json.dumps(LOST), headers=headers)
        assert reply.status_code == 201

    with_control(work)


@settings(max_examples=6)
@given(st.data())
def test_whatever_is_asked_is_answered_and_never_with_a_bug(data: st.DataObject) -> None:
    async def work() -> None:
        async with controlling() as control:
            for operation in OPERATIONS:
                if operation.path in ("/reset", "/"):
                    continue
                path = operation.path
                while "{" in path:
                    start, end = path.index("{"), path.index("}")
                    path = path[:start] + data.draw(st.sampled_from(NAMES)) + path[end + 1 :]
                body = data.draw(JSON) if operation.has_body else None
                if operation.body is not None and data.draw(st.booleans()):
                    fields = st.sampled_from(operation.body.__struct_encode_fields__)
                    body = data.draw(st.dictionaries(fields, JSON, max_size=4))
                if isinstance(body, dict) and body.get("by"):
                    body["by"] = "1s"
                fields = st.sampled_from([*operation.query.__struct_encode_fields__, "x"])
                query = data.draw(st.dictionaries(fields, st.text(max_size=8), max_size=2))
                content = None if body is None else json.dumps(body, allow_nan=True).encode("utf-8", "surrogatepass")
                reply = await control.http.request(operation.method, path, content=content, params=query)
                assert reply.status_code < 500, (operation.name, path, body, query, reply.text)
                if reply.status_code >= 400:
                    assert reply.json()["status"] == reply.status_code

    run(work())


def test_a_bug_is_told_as_one_and_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(control: Control) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("on purpose")

        monkeypatch.setattr(type(control.exchange.world.snapshots), "list", fail)
        refused = await control.refused("GET", "/snapshots")
        assert refused == {"status": 500, "detail": "this is a bug of the exchange's; its log says more"}
        assert "bug: GET /snapshots failed" in caplog.text
        assert await control.get("/faults") == []

    with_control(work)


def test_bytes_that_are_no_http_do_not_bring_it_down() -> None:
    async def work(control: Control) -> None:
        port = control.exchange.control_port
        for noise in (
            b"\x16\x03\x01\x00\r\n\r\n",
            b"GET /\r\n\r\n",
            b"GET /clock HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        ):
            async with connected(port) as wire:
                await wire.send(noise)
                async with asyncio.timeout(5):
                    answer = await wire.reader.read(200)
                assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
        reply = await control.http.get("/clock", headers={"Authorization": f"Bearer {TOKEN}"})
        assert reply.status_code == 200

    with_control(work)
