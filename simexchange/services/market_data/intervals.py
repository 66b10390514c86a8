"""Candle intervals and their calendar: when each candle opens and closes. Integer arithmetic on UTC nanoseconds.

Fixed intervals count from the epoch, weeks from a Monday, months from the first of the month. An offset (the
time zone's distance to UTC) moves all of these boundaries: a day at +08:00 opens at 16:00 UTC.
"""

from datetime import date
from enum import Enum
from typing import Final

from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND

EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
MONDAY_SHIFT: Final = 4 * DAY
"""1970-01-05, the first Monday of the epoch. Source: Binance REST, "Kline/Candlestick data": weeks open on Monday."""


class Interval(Enum):
    """The intervals venues publish; the value is the neutral name."""

    SECOND_1 = "1s"
    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    HOUR_1 = "1h"
    HOUR_2 = "2h"
    HOUR_4 = "4h"
    HOUR_6 = "6h"
    HOUR_8 = "8h"
    HOUR_12 = "12h"
    DAY_1 = "1d"
    DAY_3 = "3d"
    WEEK_1 = "1w"
    MONTH_1 = "1M"

    __hash__ = object.__hash__

    @property
    def span_ns(self) -> int:
        """The length in ns; 0 for months, which have none of their own."""
        return SPANS[self]

    def start_of(self, ts_ns: int, offset_ns: int = 0) -> int:
        """When the candle that holds ``ts_ns`` opened, in UTC ns."""
        local = ts_ns + offset_ns
        span = SPANS[self]
        if not span:
            return month_start(month_of(local)) - offset_ns
        shift = MONDAY_SHIFT if self is Interval.WEEK_1 else 0
        return local - (local - shift) % span - offset_ns

    def next(self, open_ns: int, offset_ns: int = 0) -> int:
        """When the candle after the one that opened at ``open_ns`` opens: the exclusive end of that one."""
        span = SPANS[self]
        if span:
            return open_ns + span
        return month_start(month_of(open_ns + offset_ns) + 1) - offset_ns

    def previous(self, open_ns: int, offset_ns: int = 0) -> int:
        """When the candle before the one that opened at ``open_ns`` opened."""
        span = SPANS[self]
        return open_ns - span if span else self.start_of(open_ns - 1, offset_ns)


SPANS: Final[dict[Interval, int]] = {
    Interval.SECOND_1: SECOND,
    Interval.MINUTE_1: MINUTE,
    Interval.MINUTE_3: 3 * MINUTE,
    Interval.MINUTE_5: 5 * MINUTE,
    Interval.MINUTE_15: 15 * MINUTE,
    Interval.MINUTE_30: 30 * MINUTE,
    Interval.HOUR_1: HOUR,
    Interval.HOUR_2: 2 * HOUR,
    Interval.HOUR_4: 4 * HOUR,
    Interval.HOUR_6: 6 * HOUR,
    Interval.HOUR_8: 8 * HOUR,
    Interval.HOUR_12: 12 * HOUR,
    Interval.DAY_1: DAY,
    Interval.DAY_3: 3 * DAY,
    Interval.WEEK_1: 7 * DAY,
    Interval.MONTH_1: 0,
}


def month_of(ts_ns: int) -> int:
    """The month that holds ``ts_ns``, counted from January 1970 as 0."""
    day = date.fromordinal(EPOCH_ORDINAL + ts_ns // DAY)
    return (day.year - 1970) * 12 + day.month - 1


def month_start(month: int) -> int:
    """The first instant of a month counted from January 1970, in ns."""
    year, index = divmod(month, 12)
    return (date(1970 + year, index + 1, 1).toordinal() - EPOCH_ORDINAL) * DAY
