"""The book changes while a client is away: old levels are there no more, and only a fresh snapshot says so."""

import pytest

from book_clients import BookBot, CarefulBot, NaiveBot, has_the_servers_book
from calm_market import CalmMarket
from fault_bench import FaultBench
from simexchange.dialects.binance.dialect import BinanceDialect
from simexchange.domain.enums import Side
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults.reading import RuleRefused


class CalmBench(FaultBench):
    """The built-in market of BTC/USDT behind the gate."""

    def __init__(self) -> None:
        market = CalmMarket()
        self.clock, self.world, self.door = market.clock, market.built.world, market.door
        self.dialect = BinanceDialect(self.door, self.world.randomness)
        self.dialect.start()
        self.open_port()

    @property
    def best_bid(self) -> int:
        return self.market.book.best(Side.BUY)[0]

    def run(self, seconds: int, *bots: BookBot) -> None:
        """Ends as the stream speaks, so that all that happened has been told."""
        self.advance(-self.clock.now_ns() % (100 * MILLISECOND))
        for _ in range(10 * seconds):
            self.advance(100 * MILLISECOND)
            for bot in bots:
                bot.hear()


@pytest.mark.parametrize(("make", "survives"), [(CarefulBot, True), (NaiveBot, False)])
@pytest.mark.parametrize("churn", ["1%", "-5%"])
def test_levels_of_the_old_price_are_gone_when_the_client_is_back(
    churn: str, make: type[BookBot], survives: bool
) -> None:
    bench = CalmBench()
    bot = make(bench)
    bench.run(3, bot)
    assert has_the_servers_book(bot)
    before = bench.best_bid
    armed = bench.arm("reconnect-snapshot-diverges", churn=churn, match={"symbol": "BTC/USDT"})
    bench.advance(SECOND)
    assert bot.wire.end == "reset"
    moved = abs(bench.best_bid - before)
    assert before // 150 < moved < before // 15
    bench.run(3, bot)
    assert bot.connections == 2
    assert has_the_servers_book(bot) is survives
    bench.plan.remove(armed.id)
    bench.run(3, bot)
    assert abs(bench.best_bid - before) < before // 500, "the market is back where it was"
    assert bot.connections == 2


def test_only_the_instruments_of_the_sockets_that_were_cut_move_and_once_for_all_of_them() -> None:
    bench = CalmBench()
    sockets = [bench.stream("/ws/btcusdt@depth"), bench.stream("/ws/btcusdt@trade")]
    trades = bench.stream("/ws-api/v3")
    before = bench.best_bid
    bench.arm("reconnect-snapshot-diverges", churn="2%", match={"channel": "*", "symbol": "BTCUSDT"})
    assert [socket.end for socket in (*sockets, trades)] == ["reset", "reset", None]
    assert before // 70 < bench.best_bid - before < before // 40
    assert len(bench.fired) == 2
    later = bench.stream("/ws/btcusdt@depth")
    assert later.end is None, "who comes back may stay"


def test_where_the_house_makes_no_market_sockets_are_cut_and_nothing_moves() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@depth")
    armed = bench.arm("reconnect-snapshot-diverges")
    assert socket.end == "reset"
    bench.plan.remove(armed.id)


@pytest.mark.parametrize("churn", ["0", "51%", "-60%"])
def test_a_market_does_not_jump_by_nothing_or_by_too_much(churn: str) -> None:
    with pytest.raises(RuleRefused, match=r"-50% to 50% passes, but not 0"):
        CalmBench().arm("reconnect-snapshot-diverges", churn=churn)
