"""A venue reached without its socket, by httpx."""

import asyncio
import hmac
from urllib.parse import urlencode

import httpx
import pytest

from simexchange.handle.simx import Simx

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}


def signed(simx: Simx, **parameters: str) -> tuple[str, dict[str, str]]:
    """The query and headers of one of alice's requests."""
    alice = simx.binance.account("alice")
    query = urlencode(parameters | {"timestamp": str(simx.now_ns // 1_000_000)})
    signature = hmac.new(alice.api_secret.encode(), query.encode(), "sha256").hexdigest()
    return f"{query}&signature={signature}", {"X-MBX-APIKEY": alice.api_key}


@pytest.fixture
def handle(served: Simx) -> Simx:
    served.reset()
    return served


def client(simx: Simx) -> httpx.Client:
    return httpx.Client(transport=simx.binance.httpx_transport(), base_url=simx.binance.rest_url, trust_env=False)


def test_a_signed_order_goes_straight_to_the_venue(handle: Simx) -> None:
    with client(handle) as http:
        assert http.get("/api/v3/time").json() == {"serverTime": handle.now_ns // 1_000_000}
        query, headers = signed(handle, **ORDER, price="30000")
        answer = http.post("/api/v3/order", content=query, headers=headers)
    assert (answer.status_code, answer.headers["x-mbx-order-count-10s"]) == (200, "1")
    (order,) = handle.binance.orders("alice")
    assert (order["order_id"], order["price"]) == (answer.json()["orderId"], "30000")


def test_a_coroutine_awaits_its_answer(handle: Simx) -> None:
    async def work() -> list[int]:
        transport = handle.binance.httpx_async_transport()
        async with httpx.AsyncClient(transport=transport, base_url=handle.binance.rest_url, trust_env=False) as http:
            answers = await asyncio.gather(*(http.get("/api/v3/depth?symbol=BTCUSDT&limit=5") for _ in range(5)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(work()) == [200] * 5


def test_the_venue_is_an_asgi_application(handle: Simx) -> None:
    async def work() -> httpx.Response:
        transport = httpx.ASGITransport(handle.binance.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://venue", trust_env=False) as http:
            return await http.get("/api/v3/exchangeInfo?symbol=BTCUSDT")

    assert asyncio.run(work()).json()["symbols"][0]["symbol"] == "BTCUSDT"


def test_an_answer_that_is_held_comes_when_time_has_moved(handle: Simx) -> None:
    handle.faults.add("latency", endpoint="GET /api/v3/time", request="2s")

    async def work() -> tuple[bool, int]:
        transport = handle.binance.httpx_async_transport()
        async with httpx.AsyncClient(transport=transport, base_url=handle.binance.rest_url, trust_env=False) as http:
            asking = asyncio.ensure_future(http.get("/api/v3/time"))
            while not handle.journal(kind="request"):  # noqa: ASYNC110 - the venue tells nobody here what it has heard
                await asyncio.sleep(0)
            await handle.aadvance("1s")
            was_early = asking.done()
            await handle.aadvance("1s")
            return was_early, (await asking).status_code

    assert asyncio.run(work()) == (False, 200)


def test_an_answer_that_is_lost_is_a_broken_connection_and_the_order_stands(handle: Simx) -> None:
    handle.faults.add("response-lost", account="alice", count=1, effect="apply")
    query, headers = signed(handle, **ORDER, price="30000")
    with client(handle) as http, pytest.raises(httpx.RemoteProtocolError):
        http.post("/api/v3/order", content=query, headers=headers)
    assert len(handle.binance.orders("alice")) == 1


def test_an_answer_that_never_comes_is_waited_for_as_long_as_the_client_wants(handle: Simx) -> None:
    handle.faults.add("http-hang", endpoint="GET /api/v3/time")
    with client(handle) as http, pytest.raises(httpx.ReadTimeout):
        http.get("/api/v3/time", timeout=0.05)

    async def work() -> None:
        transport = handle.binance.httpx_async_transport()
        async with httpx.AsyncClient(transport=transport, base_url=handle.binance.rest_url, trust_env=False) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.get("/api/v3/time", timeout=0.05)

    asyncio.run(work())
