import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_market import MIDDAY_NS, MONDAY_NS
from simexchange.domain.units import RATE_ONE
from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND
from simexchange.services.market_data.bars import CLOSE, HIGH, LOW, OPEN, START, TRADES, Bar, fold
from simexchange.services.market_data.history import MINUTE_TIER, SPANS, History, exponential, sum_trades
from simexchange.services.market_data.history_plan import HistoryPlan
from simexchange.services.market_data.intervals import month_of, month_start
from simexchange.services.randomness import Randomness

PLAN = HistoryPlan(RATE_ONE // 2, (), 86_400, 0)
SHORT = {1: 60 * DAY, 2: 3 * DAY, 3: 8 * HOUR, 4: HOUR}
"""How much of each tier a test looks at."""


def history(
    start_ns: int = MIDDAY_NS,
    last_ticks: int = 6_000_000,
    plan: HistoryPlan = PLAN,
    lots: int = 1_500,
    seed: int = 42,
    room: str = "test/BTC/USDT",
) -> History:
    return History(Randomness(seed), room, plan, start_ns, last_ticks, lots)


def parents_and_children(past: History, tier: int, from_ns: int, to_ns: int) -> list[tuple[Bar, list[Bar]]]:
    children = past.bars(tier, from_ns, to_ns)
    pairs = []
    for parent in past.bars(tier - 1, from_ns, to_ns):
        begin = parent[START]
        end = begin + SPANS[tier - 1] if tier > 1 else month_start(month_of(begin) + 1)
        if begin >= from_ns and min(end, past.start_ns) <= to_ns:
            pairs.append((parent, [bar for bar in children if begin <= bar[START] < end]))
    return pairs


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
def test_the_parts_of_a_bar_add_up_to_it(tier: int) -> None:
    past = history()
    pairs = parents_and_children(past, tier, MIDDAY_NS - SHORT[tier], MIDDAY_NS)
    assert pairs
    for parent, children in pairs:
        assert fold(parent[START], children) == parent


@given(
    start_ns=st.integers(1, 400 * DAY).map(lambda offset: MONDAY_NS - 200 * DAY + offset)
    | st.sampled_from([1, SECOND, MINUTE, HOUR, DAY, MONDAY_NS, month_start(600), month_start(600) + 1]),
    last_ticks=st.sampled_from([1, 2, 7, 100, 5_000, 6_000_000, 10**10]),
    market=st.sampled_from([0, 1, RATE_ONE // 100, RATE_ONE // 2, 30 * RATE_ONE]),
    trades_a_day=st.sampled_from([0, 86_400, 10**7]),
    lots=st.sampled_from([0, 200, 10**6]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60)
def test_any_history_keeps_its_promises_at_every_tier(
    start_ns: int, last_ticks: int, market: int, trades_a_day: int, lots: int, seed: int
) -> None:
    plan = HistoryPlan(market, (("BTC", -market // 2),), trades_a_day, 0)
    past = history(start_ns, last_ticks, plan, lots, seed)
    for tier in range(1, len(SPANS)):
        for parent, children in parents_and_children(past, tier, max(start_ns - SHORT[tier] // 4, 0), start_ns):
            assert fold(parent[START], children) == parent
    minutes = past.bars(MINUTE_TIER, max(start_ns - 3 * MINUTE, 0), start_ns)
    assert minutes[-1][CLOSE] == last_ticks
    for before, after in pairwise(minutes):
        assert before[CLOSE] == after[OPEN]
    for minute in minutes:
        assert 1 <= minute[LOW] <= min(minute[OPEN], minute[CLOSE]) <= max(minute[OPEN], minute[CLOSE]) <= minute[HIGH]
        trades = past.trades(minute[START])
        assert sum_trades(minute[START], trades) == minute
        assert all(quantity > 0 for _, _, quantity, _ in trades)
        times = [ts_ns for ts_ns, _, _, _ in trades]
        assert times == sorted(times)
        assert minute[START] <= times[0]
        assert times[-1] < min(minute[START] + MINUTE, start_ns)


def test_a_bar_is_the_same_whatever_was_asked_before() -> None:
    walked, jumped = history(), history()
    walked.bars(1, MIDDAY_NS - 400 * DAY, MIDDAY_NS)
    walked.bars(4, MIDDAY_NS - 2 * DAY, MIDDAY_NS)
    minute_ns = MONDAY_NS - 300 * DAY + 77 * MINUTE
    assert jumped.trades(minute_ns) == walked.trades(minute_ns)
    assert jumped.bar(MINUTE_TIER, minute_ns) == walked.bars(MINUTE_TIER, minute_ns, minute_ns + MINUTE)[0]


def test_seeds_and_instruments_have_histories_of_their_own() -> None:
    day = (1, MONDAY_NS - DAY, MONDAY_NS)
    assert history().bars(*day) == history().bars(*day)
    assert history(seed=43).bars(*day) != history().bars(*day)
    assert history(room="test/ETH/USDT").bars(*day) != history().bars(*day)


def test_a_cover_is_exact_and_short() -> None:
    past = history()
    from_ns, to_ns = MONDAY_NS - 3 * DAY - 12_345 * SECOND, MONDAY_NS + 4_321 * SECOND
    cover = past.cover(from_ns, to_ns)
    assert len(cover) < 100
    trades = [
        trade
        for minute in past.bars(MINUTE_TIER, from_ns, to_ns)
        for trade in past.trades(minute[START])
        if from_ns <= trade[0] < to_ns
    ]
    assert fold(from_ns, cover) == sum_trades(from_ns, trades)


def test_trades_are_found_by_counting_from_the_end() -> None:
    past = history()
    minute_ns = MONDAY_NS - 40 * DAY + 5 * HOUR
    after = past.trades_since(minute_ns + MINUTE)
    inside = past.bar(MINUTE_TIER, minute_ns)[TRADES]
    assert past.trades_since(minute_ns) == after + inside
    assert past.minute_of_trade(after) == minute_ns + MINUTE
    assert past.minute_of_trade(after + 1) == minute_ns
    assert past.minute_of_trade(after + inside) == minute_ns
    assert past.minute_of_trade(after + inside + 1) == minute_ns - MINUTE
    assert past.minute_of_trade(1) == MIDDAY_NS - MIDDAY_NS % MINUTE
    assert past.minute_of_trade(10**15) is None


def test_the_cross_agrees_with_the_pairs_it_is_made_of() -> None:
    market, own = RATE_ONE * 6 // 10, RATE_ONE * 45 // 100
    btc = history(plan=HistoryPlan(RATE_ONE // 2, (), 86_400, 0), room="test/BTC/USDT")
    eth = history(plan=HistoryPlan(market, (("ETH", own),), 86_400, 0), last_ticks=300_000, room="test/ETH/USDT")
    plan = HistoryPlan(market - RATE_ONE // 2, (("ETH", own),), 86_400, 0)
    cross = history(plan=plan, last_ticks=5_000_000, room="test/ETH/BTC")
    for tier, back in ((0, 20 * 365 * DAY), (1, 300 * DAY)):
        for one, other, both in zip(
            *(past.bars(tier, MIDDAY_NS - back, MIDDAY_NS) for past in (btc, eth, cross)), strict=True
        ):
            assert both[OPEN] / 10**8 == pytest.approx(other[OPEN] / one[OPEN], rel=0.002 if tier == 0 else 0.05)


def test_history_moves_as_much_as_planned() -> None:
    days = history().bars(1, MIDDAY_NS - 3000 * DAY, MIDDAY_NS)
    moves = [math.log(day[CLOSE] / day[OPEN]) for day in days]
    volatility = math.sqrt(sum(move * move for move in moves) / len(moves) * 365)
    assert 0.4 < volatility < 0.75


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", [1, 2, 3, 42])
def test_bars_of_every_tier_reach_as_far_as_their_length_lets_expect(tier: int, seed: int) -> None:
    bars = history(seed=seed).bars(tier, MIDDAY_NS - 600 * SPANS[tier], MIDDAY_NS)
    usual = 6_000_000 * 0.5 * math.sqrt(SPANS[tier] / (365 * DAY))
    ranges = sorted((bar[HIGH] - bar[LOW]) * 6_000_000 / bar[OPEN] for bar in bars)
    assert usual < ranges[len(ranges) // 2] < 2.5 * usual
    assert ranges[-1] < 25 * usual


def test_fifty_years_back_the_price_is_of_the_same_order() -> None:
    months = history().bars(0, 0, MIDDAY_NS)
    assert len(months) == month_of(MIDDAY_NS) + 1
    assert all(6_000_000 / 30 < month[OPEN] < 6_000_000 * 30 for month in months)


@given(st.integers(-3 * 10**9, 3 * 10**9))
def test_the_exponential_is_good_to_three_digits(billionths: int) -> None:
    assert exponential(billionths) / 1e9 == pytest.approx(math.exp(billionths / 1e9), rel=1e-3)
