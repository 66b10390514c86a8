"""Any text is a scenario or a ScenarioError, and never anything else."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenario_texts import CONTRACT
from simexchange.scenario import library
from simexchange.scenario.parse import parse_plain, parse_scenario, read_scenario
from simexchange.scenario.problems import ScenarioError
from simexchange.scenario.specs import to_plain
from simexchange.scenario_checks import all_checks

MUTATIONS = 1_000
SEEDS = [library.text_of(name) for name in library.names()] + [CONTRACT]
WORDS = (
    *("null", "~", "true", "-1", "0", "1e999", "0x7f", "99999999999999999999999", "NaN", ".inf", "''", '"', "[", "]"),
    *("{", "}", "{}", "[]", "- ", ": ", "&a ", "*a", "!!str ", "!x ", "|\n", ">\n", "---\n", "...\n", "%TAG\n", "\t"),
    *("<<: ", "\x00", "\x85", "\u2028", "\ufeff", "\U0001f4a9", "'-100%'", "'1'", "60s", "-60s", "BTC/USDT", "{a: b}"),
)


def is_scenario(text: str) -> bool:
    """Whether it is one; if not it was refused, with at least one reason."""
    try:
        scenario = parse_scenario(text, "x.yaml", all_checks())
    except ScenarioError as error:
        assert error.problems  # noqa: PT017  (whether it is raised is the question)
        return False
    assert parse_plain(to_plain(scenario)) == scenario
    return True


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to four small accidents."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        to = min(len(text), at + chance.choice((0, 1, 3, 10, 80)))
        lines = text.splitlines(keepends=True)
        match chance.randrange(5):
            case 0:
                text = text[:at] + chance.choice(WORDS) + text[to:]
            case 1:
                text = text[:at] + text[to:]
            case 2:
                text = text[:to] + text[at:]
            case 3:
                chance.shuffle(lines)
                text = "".join(lines)
            case _:
                line = chance.choice(lines)
                text = text.replace(line, line.replace(": ", f": {chance.choice(WORDS)}", 1), 1)
        text = text or "x"
    return text


def test_a_thousand_damaged_scenarios_are_refused_or_read() -> None:
    chance = random.Random(5)
    good = sum(is_scenario(mutated(chance.choice(SEEDS), chance)) for _ in range(MUTATIONS))
    assert 20 < good < MUTATIONS // 2


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(("1", "60s", "-12%", "BTC/USDT", "alice", "binance", "trade", "rate-limited")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(("at", "on", "for", "fault", "kind", "match", "symbol", "market", "mid")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FIELDS = st.sampled_from(("name", "seed", "clock", "ends_after", "venues", "timeline", "expect", "description"))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(FIELDS, VALUES | st.lists(st.dictionaries(st.sampled_from(("at", "note", "never")), VALUES))))
def test_any_values_in_any_field_are_refused_or_read(fields: dict[str, object]) -> None:
    is_scenario(json.dumps({"version": 1, "name": "x"} | fields))
    try:
        parse_plain({"version": 1, "name": "x"} | fields)
    except ScenarioError as error:
        assert error.lines()  # noqa: PT017  (it may be a good scenario as well)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    is_scenario(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_refused_or_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with pytest.raises(ScenarioError):
        read_scenario(path)
