import pytest

from simexchange.scenario import ScenarioError, library
from simexchange.scenario.parse import parse_scenario
from simexchange.scenario_checks import all_checks


@pytest.mark.parametrize("name", library.names())
def test_every_shipped_scenario_passes_all_checks(name: str) -> None:
    assert parse_scenario(library.text_of(name), name, all_checks()).name == name


def test_faults_are_checked_with_place_and_nearest_name() -> None:
    text = (
        "version: 1\nname: bad\ntimeline:\n"
        "  - {at: 1s, fault: {kind: response-lots}}\n"
        "  - {at: 1s, fault: {kind: rate-limited, retry_afer: 5s}}\n"
    )
    with pytest.raises(ScenarioError) as raised:
        parse_scenario(text, "bad.yaml", all_checks())
    assert raised.value.lines() == [
        "bad.yaml:4:28: timeline[0].fault.kind: there is no fault 'response-lots'; did you mean 'response-lost'?",
        "bad.yaml:5:54: timeline[1].fault.retry_afer: rate-limited has no such parameter; did you mean 'retry_after'?",
    ]
