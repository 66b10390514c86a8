"""A project of somebody else's, as files: a small bot on ccxt, and its tests with simexchange's plugin."""

from typing import Final

BOT: Final = '''\
"""Places entries, and finds out what became of those whose answer never came."""

import time
import uuid

import ccxt


class Bot:
    def __init__(self, exchange):
        self.exchange = exchange

    def place_entry(self, symbol, side, amount, price):
        """The order, however often the exchange has to be asked; never two of them."""
        name = f"entry-{uuid.uuid4().hex[:12]}"
        for _ in range(3):
            try:
                return self.exchange.create_order(symbol, "limit", side, amount, price, {"clientOrderId": name})
            except ccxt.NetworkError:
                order = self.find(symbol, name)
                if order is not None:
                    return order
        raise RuntimeError(f"gave up on {name}")

    def find(self, symbol, name):
        try:
            return self.exchange.fetch_order(None, symbol, {"origClientOrderId": name})
        except ccxt.OrderNotFound:
            return None


class CarelessBot(Bot):
    """Asks again without looking first."""

    def place_entry(self, symbol, side, amount, price):
        for _ in range(3):
            try:
                return self.exchange.create_order(symbol, "limit", side, amount, price)
            except ccxt.NetworkError:
                pass
'''

TESTS: Final = """\
import asyncio
import os
import subprocess
import sys

import ccxt
import pytest
from bot import Bot, CarelessBot

pytestmark = pytest.mark.simx(scenario="calm", seed=7, clock="manual")
ORDER = dict(venue="binance", account="alice", endpoint="POST /api/v3/order")


def test_an_entry_rests(simx):
    order = Bot(simx.binance.ccxt("alice")).place_entry("BTC/USDT", "buy", 0.01, 59_000)
    assert [found["client_order_id"] for found in simx.binance.orders("alice")] == [order["clientOrderId"]]
    simx.verify("POST", "/api/v3/order", account="alice", exactly=1)


@pytest.mark.parametrize("effect", ["apply", "discard"])
def test_a_lost_answer_is_reconciled(simx, effect):
    simx.faults.add("response-lost", **ORDER, count=1, effect=effect)
    Bot(simx.binance.ccxt("alice")).place_entry("BTC/USDT", "buy", 0.01, 59_000)
    simx.advance("5s")
    assert len(simx.binance.orders("alice", state="open")) == 1
    simx.verify("GET", "/api/v3/order", account="alice", at_least=1)
    assert [fired["effect"] for fired in simx.faults.fired(kind="response-lost")] == [effect]


def test_a_careless_bot_buys_twice(simx):
    simx.faults.add("response-lost", **ORDER, count=1, effect="apply")
    CarelessBot(simx.binance.ccxt("alice")).place_entry("BTC/USDT", "buy", 0.01, 59_000)
    assert len(simx.binance.orders("alice")) == 2


def test_a_lost_request_is_sent_again(simx):
    simx.faults.add("request-lost", **ORDER, count=1)
    Bot(simx.binance.ccxt("alice")).place_entry("BTC/USDT", "buy", 0.01, 59_000)
    assert len(simx.binance.orders("alice")) == 1
    simx.verify("POST", "/api/v3/order", account="alice", exactly=2)


def test_too_many_requests(simx, simx_ccxt):
    simx.faults.add("rate-limited", account="alice", count=1, retry_after="7s")
    exchange = simx_ccxt("alice")
    with pytest.raises(ccxt.DDoSProtection):
        exchange.fetch_balance()
    simx.advance("8s")
    assert exchange.fetch_balance()["USDT"]["total"] == 100_000


def test_a_fill_in_parts_and_a_crash(simx):
    exchange = simx.binance.ccxt("alice")
    order = Bot(exchange).place_entry("BTC/USDT", "buy", 0.01, 30_000)
    simx.binance.fill("alice", order["id"], ratio="0.37")
    assert exchange.fetch_order(order["id"], "BTC/USDT")["filled"] == 0.0037
    simx.binance.move("BTC/USDT", "-60%")
    simx.advance("30s")
    assert exchange.fetch_order(order["id"], "BTC/USDT")["status"] == "closed"


def test_states_are_gone_back_to(simx):
    bot = Bot(simx.binance.ccxt("alice"))
    before = simx.snapshot()
    bot.place_entry("BTC/USDT", "buy", 0.01, 30_000)
    simx.revert(before)
    assert bot.exchange.fetch_open_orders("BTC/USDT") == []


def test_the_real_exchange_is_out_of_reach(simx):
    with pytest.raises(RuntimeError, match="api.binance.com, which is the real binance"):
        ccxt.binance().fetch_time()


@pytest.mark.asyncio
async def test_a_coroutine_of_pytest_asyncio(simx):
    async with simx.binance.ccxt_async("bob") as exchange:
        orders = await asyncio.gather(
            *(exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 30_000 + place) for place in range(5))
        )
        await simx.aadvance("1m")
        assert len(orders) == len(simx.binance.orders("bob")) == 5


@pytest.mark.simx(clock="real")
def test_a_bot_in_a_process_of_its_own(simx):
    code = (
        "import os, urllib.request;"
        "urllib.request.urlopen(os.environ['SIMX_BINANCE_REST_URL'] + '/api/v3/ping').read()"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | simx.env(), check=True, timeout=30)
    simx.verify("GET", "/api/v3/ping", exactly=1)
"""

SETTINGS: Final = """\
[pytest]
addopts = --strict-markers
asyncio_default_fixture_loop_scope = function
"""
