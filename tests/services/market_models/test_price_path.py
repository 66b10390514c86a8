import math
from itertools import pairwise

import pytest

from simexchange.domain.units import RATE_ONE
from simexchange.services.clock import DAY, HOUR, SECOND
from simexchange.services.market_data.history_plan import HistoryPlan
from simexchange.services.market_models.price_path import Factor, FairPrice, PricePath
from simexchange.services.randomness import Randomness

START_NS = 1_767_571_200_000_000_000
BTC = HistoryPlan(RATE_ONE // 2, (), 0, 0)
ETH = HistoryPlan(RATE_ONE * 6 // 10, (("ETH", RATE_ONE * 4 // 10),), 0, 0)
CROSS = HistoryPlan(RATE_ONE // 10, (("ETH", RATE_ONE * 4 // 10),), 0, 0)


def paths(seed: int = 7) -> tuple[FairPrice, FairPrice, FairPrice]:
    path = PricePath(Randomness(seed), START_NS)
    return path.add(BTC), path.add(ETH), path.add(CROSS)


def test_the_cross_is_the_quotient_at_every_moment() -> None:
    btc, eth, cross = paths()
    for hour in range(48):
        now_ns = START_NS + hour * HOUR
        assert cross.ratio(now_ns) == pytest.approx(eth.ratio(now_ns) / btc.ratio(now_ns), rel=1e-12)


def test_it_begins_where_it_was_told_to_and_moves_with_whole_seconds() -> None:
    btc, _, _ = paths()
    assert btc.ratio(START_NS) == btc.ratio(START_NS + SECOND - 1) == 1.0
    assert btc.ratio(START_NS + SECOND) != 1.0


def test_how_often_it_is_asked_makes_no_difference() -> None:
    often, _, _ = paths()
    once, _, _ = paths()
    for second in range(0, 3_600, 7):
        often.ratio(START_NS + second * SECOND)
    assert often.ratio(START_NS + HOUR) == once.ratio(START_NS + HOUR)
    assert paths(seed=8)[0].ratio(START_NS + HOUR) != once.ratio(START_NS + HOUR)


def test_it_moves_as_much_as_planned_and_does_not_run_away() -> None:
    btc, _, _ = paths()
    logs = [math.log(btc.ratio(START_NS + hour * HOUR)) for hour in range(240)]
    moves = [after - before for before, after in pairwise(logs)]
    yearly = math.sqrt(sum(move * move for move in moves) / len(moves) * 365 * DAY / HOUR)
    assert 0.4 < yearly < 0.6
    assert max(abs(level) for level in logs) < 0.2


def test_a_long_absence_is_made_up_for_in_one_leap_that_leads_as_far_as_steps_would() -> None:
    def levels(steps: int, leaps: bool) -> list[float]:
        found = []
        for seed in range(300):
            factor = Factor(Randomness(seed), "any")
            if leaps:
                factor.leap(steps)
            else:
                for _ in range(steps):
                    factor.step()
            found.append(factor.level)
        return found

    def deviation(found: list[float]) -> float:
        return math.sqrt(sum(level * level for level in found) / len(found))

    assert deviation(levels(300, leaps=True)) == pytest.approx(deviation(levels(300, leaps=False)), rel=0.15)
    week = deviation(levels(7 * DAY // SECOND, leaps=True))
    assert week == pytest.approx(math.sqrt(5 / 2 / 365 * (1 - math.exp(-14 / 5))), rel=0.15)


def test_what_a_long_absence_leads_to_is_the_seeds_alone() -> None:
    first, again, other = paths()[0], paths()[0], paths(seed=8)[0]
    week_ns = START_NS + 7 * DAY
    there = first.ratio(week_ns)
    assert there == again.ratio(week_ns) != other.ratio(week_ns)
    assert first.ratio(week_ns + SECOND) == again.ratio(week_ns + SECOND) != there
