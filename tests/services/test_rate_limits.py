"""Fixed calendar windows and bans that grow."""

from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND
from simexchange.services.rate_limits import Bans, CalendarWindow

NOON = 20_000 * DAY + 12 * HOUR


def test_a_window_counts_each_key_by_itself() -> None:
    window: CalendarWindow[str] = CalendarWindow(MINUTE, 10)
    assert [window.add("a", NOON, 3), window.add("a", NOON + 1, 4), window.add("b", NOON)] == [3, 7, 1]
    assert (window.count("a", NOON), window.count("c", NOON)) == (7, 0)


def test_a_window_begins_at_the_turn_of_the_clock_and_not_with_the_first_request() -> None:
    window: CalendarWindow[str] = CalendarWindow(MINUTE, 10)
    window.add("a", NOON + 59 * SECOND, 5)
    assert window.count("a", NOON + MINUTE - 1) == 5
    assert window.count("a", NOON + MINUTE) == 0
    assert window.ends_ns == NOON + 2 * MINUTE


def test_a_count_never_falls_below_zero() -> None:
    window: CalendarWindow[str] = CalendarWindow(DAY, 10)
    assert window.add("a", NOON, -1) == 0
    assert window.add("a", NOON, 1) == 1


def test_a_limit_allows_exactly_as_many_and_zero_allows_all() -> None:
    window: CalendarWindow[str] = CalendarWindow(DAY, 10)
    assert (window.exceeds(10), window.exceeds(11)) == (False, True)
    assert not CalendarWindow(DAY, 0).exceeds(10**9)


def test_each_ban_is_twice_as_long_up_to_the_longest() -> None:
    bans: Bans[str] = Bans(2 * MINUTE, 10 * MINUTE)
    now, lengths = NOON, []
    for _ in range(4):
        until = bans.ban("a", now)
        lengths.append((until - now) // MINUTE)
        now = until
    assert lengths == [2, 4, 8, 10]


def test_a_ban_ends_at_its_instant_and_holds_for_its_key_alone() -> None:
    bans: Bans[str] = Bans(2 * MINUTE, 3 * DAY)
    assert not bans
    until = bans.ban("a", NOON)
    assert (bans.until("a", until - 1), bans.until("a", until), bans.until("b", NOON)) == (until, None, None)
    bans.lift("a")
    bans.lift("a")
    assert bans.until("a", NOON) is None


def test_who_kept_quiet_for_the_longest_ban_starts_anew() -> None:
    bans: Bans[str] = Bans(2 * MINUTE, DAY)
    until = bans.ban("a", NOON)
    assert bans.ban("a", until + DAY) == until + DAY + 2 * MINUTE


def test_a_window_tells_who_has_counted_something_and_forgets_them_with_its_end() -> None:
    window: CalendarWindow[str] = CalendarWindow(MINUTE, 10)
    window.add("a", NOON, 3)
    window.add("b", NOON, 1)
    window.add("b", NOON, -1)
    assert window.used(NOON + 59 * SECOND) == [("a", 3)]
    assert window.used(NOON + MINUTE) == []


def test_the_bans_that_last_are_told_with_their_ends() -> None:
    bans: Bans[str] = Bans(2 * MINUTE, DAY)
    ends = {"a": bans.ban("a", NOON), "b": bans.ban("b", NOON + MINUTE)}
    assert dict(bans.active(NOON + MINUTE)) == ends
    assert bans.active(ends["a"]) == [("b", ends["b"])]
