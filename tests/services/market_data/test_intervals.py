from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simexchange.services.clock import DAY, HOUR, MINUTE
from simexchange.services.market_data.intervals import Interval, month_of, month_start

CENTURY_NS = 100 * 365 * DAY


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def test_the_intervals_are_those_that_venues_publish() -> None:
    names = "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M"
    assert " ".join(interval.value for interval in Interval) == names


@pytest.mark.parametrize(
    ("interval", "opened"),
    [
        (Interval.SECOND_1, "2026-01-07T13:39:05"),
        (Interval.MINUTE_3, "2026-01-07T13:39:00"),
        (Interval.MINUTE_30, "2026-01-07T13:30:00"),
        (Interval.HOUR_8, "2026-01-07T08:00:00"),
        (Interval.DAY_1, "2026-01-07T00:00:00"),
        (Interval.DAY_3, "2026-01-07T00:00:00"),
        (Interval.WEEK_1, "2026-01-05T00:00:00"),
        (Interval.MONTH_1, "2026-01-01T00:00:00"),
    ],
)
def test_a_candle_opens_where_the_calendar_says(interval: Interval, opened: str) -> None:
    assert interval.start_of(at("2026-01-07T13:39:05") + 678) == at(opened)


def test_a_week_opens_on_monday() -> None:
    opened = Interval.WEEK_1.start_of(at("2026-03-01T23:59:59"))  # a Sunday
    assert opened == at("2026-02-23T00:00:00")
    assert Interval.WEEK_1.next(opened) == at("2026-03-02T00:00:00")


def test_three_days_count_from_the_epoch() -> None:
    assert Interval.DAY_3.start_of(at("2026-01-06T00:00:00")) % (3 * DAY) == 0


def test_months_have_their_own_lengths() -> None:
    february = at("2024-02-01T00:00:00")
    assert Interval.MONTH_1.next(february) - february == 29 * DAY
    assert Interval.MONTH_1.previous(february) == at("2024-01-01T00:00:00")
    assert Interval.MONTH_1.next(at("2025-12-01T00:00:00")) == at("2026-01-01T00:00:00")


def test_a_time_zone_moves_days_weeks_and_months() -> None:
    now = at("2026-02-28T17:00:00")  # the first of March, one o'clock, at +08:00
    assert Interval.DAY_1.start_of(now, 8 * HOUR) == at("2026-02-28T16:00:00")
    assert Interval.MONTH_1.start_of(now, 8 * HOUR) == at("2026-02-28T16:00:00")
    assert Interval.WEEK_1.start_of(now, 8 * HOUR) == at("2026-02-22T16:00:00")
    assert Interval.HOUR_1.start_of(now, 5 * HOUR + 30 * MINUTE) == at("2026-02-28T16:30:00")


@given(
    st.sampled_from(Interval),
    st.integers(0, CENTURY_NS),
    st.integers(-48, 56).map(lambda quarters: quarters * 15 * MINUTE),
)
def test_every_instant_lies_in_the_candle_it_is_said_to_be_in(interval: Interval, ts_ns: int, offset_ns: int) -> None:
    opened = interval.start_of(ts_ns, offset_ns)
    closed = interval.next(opened, offset_ns)
    assert opened <= ts_ns < closed
    assert interval.start_of(opened, offset_ns) == opened
    assert interval.start_of(closed, offset_ns) == closed
    assert interval.previous(closed, offset_ns) == opened


@given(st.integers(0, 3000))
def test_months_are_counted_from_january_1970(month: int) -> None:
    assert month_of(month_start(month)) == month
    assert month_of(month_start(month + 1) - 1) == month
