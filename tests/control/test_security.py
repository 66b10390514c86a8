import json

import httpx
import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from control_bench import ALICE, LOST, OPTIONS, TOKEN, Control, controlling, plain_client, with_control
from fake_venue import connected, run
from simexchange import serving
from simexchange.app import Exchange, Options, StartFailure
from simexchange.control.general import IndexQuery
from simexchange.control.keys import KeyMade
from simexchange.control.reading import convert, read_query
from simexchange.control.security import host_of
from simexchange.control.table import OPERATIONS
from small_world import small_world


async def bare(control: Control, method: str, path: str, **headers: str) -> httpx.Response:
    """A request without anything that the client at hand would add."""
    async with plain_client(base_url=control.url) as client:
        return await client.request(method, path, headers=headers)


OPEN = ("/health/live", "/health/ready", "/info", "/ca.pem")


def test_only_health_info_and_the_authority_are_answered_without_the_token() -> None:
    async def work(control: Control) -> None:
        for operation in OPERATIONS:
            path = operation.path.replace("{", "").replace("}", "")
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
                reply = await bare(control, operation.method, path, **headers)
                assert (reply.status_code == 401) is (path not in OPEN), path
        reply = await bare(control, "GET", "/faults")
        assert reply.headers["www-authenticate"] == 'Bearer realm="simexchange control"'
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json() == {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "the control token is missing or wrong: send it as 'Authorization: Bearer TOKEN'; `simexchange"
            " serve` prints it, and --control-token (SIMX_CONTROL_TOKEN) sets it",
        }

    with_control(work)


def test_nothing_is_there_without_the_token_not_even_that_nothing_is() -> None:
    async def work(control: Control) -> None:
        assert (await bare(control, "GET", "/nowhere")).status_code == 401

    with_control(work)


def test_the_link_leaves_a_cookie_that_lets_a_browser_in() -> None:
    async def work(control: Control) -> None:
        async with plain_client(base_url=control.url) as browser:
            assert (await browser.get("/?token=wrong")).status_code == 401
            reply = await browser.get(f"/?token={TOKEN}")
            port = control.exchange.control_port
            assert (reply.status_code, reply.headers["location"]) == (303, "/")
            assert reply.headers["set-cookie"] == (f"simx_control_{port}={TOKEN}; HttpOnly; SameSite=Strict; Path=/")
            assert (await browser.get("/")).status_code == 200
            assert (await browser.get("/faults")).json() == []
            assert (await browser.get(f"/faults?token={TOKEN}")).status_code == 422

    with_control(work)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PUT"])
def test_another_web_page_is_refused_whatever_it_holds(method: str) -> None:
    async def work(control: Control) -> None:
        held = {"Authorization": f"Bearer {TOKEN}"}
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"http://localhost.evil.example:{1}"):
            reply = await bare(control, method, "/faults", Origin=origin, **held)
            assert (reply.status_code, reply.json()["field"]) == (403, "Origin")
        for site in ("cross-site", "same-site"):
            reply = await bare(control, method, "/faults", **{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}, **held)
            assert (reply.status_code, reply.json()["field"]) == (403, "Sec-Fetch-Site")

    with_control(work)


def test_pages_of_this_very_port_may_ask() -> None:
    async def work(control: Control) -> None:
        held = {"Authorization": f"Bearer {TOKEN}", "Origin": control.url, "Sec-Fetch-Site": "same-origin"}
        assert (await bare(control, "GET", "/faults", **held)).status_code == 200
        assert (await bare(control, "DELETE", "/faults", **held)).status_code == 200

    with_control(work)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:9999", 200),
        ("127.0.0.1:80", 200),
        ("[::1]:8787", 200),
        ("evil.example", 403),
        ("evil.example:8787", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("", 403),
    ],
)
def test_the_port_answers_to_names_of_this_machine_alone(host: str, status: int) -> None:
    async def work(control: Control) -> None:
        async with connected(control.exchange.control_port) as wire:
            head = f"GET /clock HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
            await wire.send(head.encode())
            assert (await wire.read_reply())[0] == status

    with_control(work)


def test_a_container_may_be_called_by_its_name() -> None:
    async def work(control: Control) -> None:
        held = {"Authorization": f"Bearer {TOKEN}"}
        assert (await bare(control, "GET", "/clock", Host="exchange:8787", **held)).status_code == 200
        refused = await bare(control, "GET", "/clock", Host="exchange.evil", **held)
        assert refused.json() == {
            "type": "about:blank",
            "title": "Forbidden",
            "status": 403,
            "detail": "this port is not called 'exchange.evil'; allow that name with --control-allow-host"
            " (SIMX_CONTROL_ALLOW_HOST) if it is",
            "field": "Host",
            "sent": "exchange.evil",
            "passes": "127.0.0.1, ::1, exchange, localhost",
        }
        assert (await bare(control, "GET", "/health/ready", Host="10.1.2.3")).status_code == 200

    with_control(work, replace(OPTIONS, control_names=("exchange",)))


def test_hosts_are_read_out_of_authorities() -> None:
    assert [host_of(text) for text in ("[::1]:87", "::1", "A.b:1", "a", "")] == ["::1", "", "a.b", "a", ""]


def test_events_want_the_token_too_and_no_foreign_page() -> None:
    async def status(url: str, **headers: str) -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url, additional_headers=headers):
                pass
        assert refused.value.response.body is not None
        problem = json.loads(refused.value.response.body)
        assert problem["status"] == refused.value.response.status_code
        return refused.value.response.status_code

    async def work(control: Control) -> None:
        url = control.url.replace("http", "ws", 1) + "/events"
        held = {"Authorization": f"Bearer {TOKEN}"}
        assert await status(url) == 401
        assert await status(f"{url}?token={TOKEN}") == 401
        assert await status(url, Origin="http://evil.example", **held) == 403
        assert await status(f"{url}?kind=nonsense", **held) == 422

    with_control(work)


def test_a_venue_port_never_serves_the_controls() -> None:
    async def work(control: Control) -> None:
        held = {"Authorization": f"Bearer {TOKEN}"}
        for operation in OPERATIONS:
            path = operation.path.replace("{", "").replace("}", "")
            reply = await control.venue.request(operation.method, path, headers=held)
            assert (reply.status_code, reply.content) == (404, b""), path
        reply = await control.venue.post("/faults", headers=held, json=LOST)
        assert reply.status_code == 404
        assert await control.get("/faults") == []

    with_control(work)


def test_a_new_token_is_made_on_every_start_whatever_the_seed() -> None:
    async def work() -> None:
        tokens = set()
        for _ in range(3):
            async with Exchange(replace(OPTIONS, control_token=None), small_world) as exchange:
                assert exchange.description is not None
                assert exchange.description.control_token == exchange.control_token
                tokens.add(exchange.control_token)
        assert len(tokens) == 3
        assert all(len(token) >= 32 for token in tokens)

    run(work())


def test_other_machines_are_let_in_with_a_chosen_token_alone() -> None:
    async def work() -> None:
        with pytest.raises(StartFailure, match="--control-token"):
            await Exchange(Options(host="0.0.0.0", port_base=0), small_world).start()
        async with controlling(replace(OPTIONS, host="0.0.0.0")) as control:
            assert control.exchange.description is not None

    run(work())


def test_reprs_hold_no_token() -> None:
    async def work(control: Control) -> None:
        assert TOKEN not in f"{control.exchange.options!r} {control.exchange.description!r} {control.exchange!r}"
        assert TOKEN not in repr(read_query(f"token={TOKEN}", IndexQuery))
        made = await control.do("POST", f"{ALICE}/keys", {})
        assert repr(convert(made, KeyMade)) == f"KeyMade({made['id']!r})"

    with_control(work)


@pytest.mark.parametrize("token", ["", "short", "with space!", "päßwörter", "semi;colon"])
def test_a_token_that_no_header_can_carry_is_wrong_usage_and_is_not_repeated(token: str) -> None:
    with pytest.raises(serving.UsageError) as error:
        serving.guarded(OPTIONS, token, ())
    assert str(error.value) == (
        f"--control-token (SIMX_CONTROL_TOKEN) is {len(token)} characters long; 8 or more letters, digits, - . _ and ~"
        " pass"
    )


def test_a_token_and_names_are_those_asked_for() -> None:
    chosen = serving.guarded(OPTIONS, "long-enough", ["exchange"])
    assert (chosen.control_token, chosen.control_names) == ("long-enough", ("exchange",))
    assert serving.guarded(OPTIONS, None, ()).control_token is None
