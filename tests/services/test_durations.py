import pytest

from simexchange.services.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from simexchange.services.durations import (
    Duration,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("400ms", 400 * MILLISECOND),
        ("7s", 7 * SECOND),
        ("1m30s", 90 * SECOND),
        ("1.5s", 1_500 * MILLISECOND),
        ("24h", DAY),
        ("3d", 3 * DAY),
        ("2h5m", 2 * HOUR + 5 * MINUTE),
        ("250us", 250_000),
        ("0", 0),
        ("-90s", -90 * SECOND),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "sent", [7, "7", "", "s", "7 s", "7x", "1s oops", None, True, "0.0000000001s", "99999d", "--7s"]
)
def test_what_is_no_duration_is_refused_with_what_passes(sent: object) -> None:
    with pytest.raises(ValueError, match="400ms, 7s, 1m30s, 24h and 3d pass"):
        parse_duration(sent)


@pytest.mark.parametrize("nanoseconds", [0, 1, 90 * SECOND, -90 * SECOND, 3 * DAY + 5 * MILLISECOND, 1_234_567_891])
def test_a_duration_is_written_so_that_it_is_read_back(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


def test_a_negative_duration_passes_only_where_it_makes_sense() -> None:
    assert parse_duration("90s", signed=False) == 90 * SECOND
    with pytest.raises(ValueError, match="'-90s' is negative: 400ms, 7s, 1m30s, 24h and 3d pass"):
        parse_duration("-90s", signed=False)


def test_a_duration_remembers_how_it_was_written() -> None:
    duration = Duration("90s")
    assert duration == 90 * SECOND
    assert str(duration) == "90s"
    assert str(Duration.of(90 * SECOND)) == "1m30s"


def test_an_instant_needs_its_offset() -> None:
    assert parse_instant("2026-01-05T00:00:00Z") == 1_767_571_200 * SECOND
    assert parse_instant("2026-01-05T01:00:00+01:00") == parse_instant("2026-01-05T00:00:00Z")
    with pytest.raises(ValueError, match="does not say its offset"):
        parse_instant("2026-01-05T00:00:00")
    with pytest.raises(ValueError, match="is no instant"):
        parse_instant("yesterday")


@pytest.mark.parametrize("text", ["2026-01-05T00:00:00Z", "2026-01-05T00:00:00.250000Z"])
def test_an_instant_is_written_as_it_was_read(text: str) -> None:
    assert format_instant(parse_instant(text)) == text
