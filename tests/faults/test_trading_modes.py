import pytest

from fault_bench import FaultBench
from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import TradingStatus
from simexchange.services.faults.reading import RuleRefused

CLOSED = (400, -1013, "Market is closed.")


def status_shown(bench: FaultBench) -> str:
    (symbol,) = bench.ask(bench.raw("GET", "/api/v3/exchangeInfo?symbol=BTCUSDT")).json["symbols"]
    shown: str = symbol["status"]
    return shown


def test_in_cancel_only_mode_orders_are_canceled_and_not_taken() -> None:
    bench = FaultBench()
    bench.ask(bench.order(bench.alice, newClientOrderId="old"))
    rule = bench.arm("cancel-only-mode")
    assert status_shown(bench) == "CANCEL_ONLY"
    assert bench.ask(bench.order(bench.alice)).refusal == CLOSED
    cancel = bench.request(bench.alice, "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="old")
    assert bench.ask(cancel).json["status"] == "CANCELED"
    bench.plan.remove(rule.id)
    assert status_shown(bench) == "TRADING"
    assert bench.ask(bench.order(bench.alice)).status == 200


def test_in_post_only_mode_only_orders_that_rest_are_taken() -> None:
    bench = FaultBench()
    bench.arm("post-only-mode")
    assert bench.ask(bench.order(bench.alice)).refusal == CLOSED
    posted = bench.order(bench.alice, type="LIMIT_MAKER", timeInForce=None, newClientOrderId="post")
    assert bench.ask(posted).status == 200
    assert bench.open_orders(bench.alice) == ["post"]


def test_one_instrument_may_be_in_a_mode_of_its_own() -> None:
    bench = FaultBench()
    bench.list_instrument("ETH/USDT")
    bench.arm("cancel-only-mode", match={"symbol": "ETH-USDT"})
    statuses = [market.status for market in bench.door.venue.markets.values()]
    assert statuses == [TradingStatus.CONTINUOUS, TradingStatus.CANCEL_ONLY]


@pytest.mark.parametrize("before", [TradingStatus.HALTED, TradingStatus.CONTINUOUS])
def test_the_status_there_was_comes_back(before: TradingStatus) -> None:
    bench = FaultBench()
    bench.door.submit(SetTradingStatus("BTC/USDT", before))
    rule = bench.arm("post-only-mode", when={"window": ["0s", "5s"]})
    assert bench.market.status is TradingStatus.POST_ONLY
    bench.plan.remove(rule.id)
    assert bench.market.status is before


def test_who_changed_the_status_meanwhile_keeps_his_way() -> None:
    bench = FaultBench()
    rule = bench.arm("cancel-only-mode")
    bench.door.submit(SetTradingStatus("BTC/USDT", TradingStatus.HALTED))
    bench.plan.remove(rule.id)
    assert bench.market.status is TradingStatus.HALTED


def test_a_mode_is_not_one_accounts() -> None:
    with pytest.raises(RuleRefused, match="befalls the venue as a whole: venue and symbol passes"):
        FaultBench().arm("cancel-only-mode", match={"account": "alice"})
