import pytest

from simexchange.domain.units import RATE_ONE
from simexchange.scenario.values import WHOLE, Instant, Share
from simexchange.services.durations import parse_instant


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("-12%", -12 * RATE_ONE // 100),
        ("0.37", 37 * RATE_ONE // 100),
        ("100%", RATE_ONE),
        ("0.1%", RATE_ONE // 1_000),
        ("-0.00000001", -1),
        ("20", 20 * RATE_ONE),
        (" 5% ", RATE_ONE // 20),
    ],
)
def test_a_share_is_a_rate_that_remembers_its_text(text: str, rate: int) -> None:
    share = Share(text)
    assert (int(share), str(share)) == (rate, text.strip())
    assert Share.of(rate) == share


@pytest.mark.parametrize("text", ["", "%", "12 %", "1e3", "0.123456789", "0.1234567%", "+1", "1,5", "--1", "NaN"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no share: -12% and 0\.37 pass"):
        Share(text)


def test_the_whole_is_one() -> None:
    assert (WHOLE, str(WHOLE)) == (RATE_ONE, "1")


def test_an_instant_remembers_its_text() -> None:
    instant = Instant("2026-01-05T01:00:00+01:00")
    assert (instant, str(instant)) == (parse_instant("2026-01-05T00:00:00Z"), "2026-01-05T01:00:00+01:00")
    with pytest.raises(ValueError, match="does not say its offset"):
        Instant("2026-01-05")
