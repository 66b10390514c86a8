import pytest


def test_each_test_gets_the_exchange_at_its_start_with_time_standing_still(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.simx(scenario="calm", seed=7)

        def test_first(simx):
            assert (simx.seed, simx.scenario, simx.clock.mode, simx.faults.list()) == (7, "calm", "manual", [])
            simx.faults.add("response-lost", account="alice", count=1)
            simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
            began = simx.now
            assert (simx.advance("5s") - began).total_seconds() == 5
            assert len(simx.binance.orders("alice")) == 1

        def test_second(simx):
            assert (simx.faults.list(), simx.binance.orders("alice", state="all")) == ([], [])
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)
