import json
from pathlib import Path

import jsonschema
import pytest

from calm_market import START_NS
from simexchange.domain.enums import Side
from simexchange.scenario import UnknownScenario, build_world, calm, library
from simexchange.scenario.expectation_specs import SIGNS
from simexchange.scenario.nodes import Mapping, Node, Scalar, read_nodes
from simexchange.scenario.parse import parse_plain, parse_scenario
from simexchange.scenario.schema import schema_text
from simexchange.scenario.specs import to_plain
from simexchange.scenario_checks import all_checks
from simexchange.services.clock import MINUTE, ManualClock

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = (
    "calm",
    "clock-drift",
    "everything",
    "filters-change",
    "flash-crash",
    "halt-and-delist",
    "key-rotation",
    "lost-acks",
    "maintenance",
    "partial-fills",
    "rate-limit-gauntlet",
    "stream-chaos",
    "thin-book",
    "trending",
    "volatile",
)


def as_json(node: Node) -> object:
    """A node as an editor sees it: YAML 1.2, where on and yes are texts."""
    if isinstance(node, Mapping):
        return {key.text: as_json(value) for key, value in node.items}
    if isinstance(node, Scalar):
        if node.plain:
            try:
                return json.loads(node.text)
            except ValueError:
                return node.text
        return node.text
    return [as_json(item) for item in node.items]


def test_the_library_is_complete() -> None:
    assert tuple(library.names()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_is_good_and_says_what_it_is(name: str) -> None:
    text = library.text_of(name)
    scenario = parse_scenario(text, name, all_checks())
    assert scenario.name == name
    assert text.startswith("# yaml-language-server: $schema=./scenario.schema.json\n")
    assert 10 < len(library.summary(scenario)) < 90
    assert name == "calm" or "A correct bot" in scenario.description
    assert name == "calm" or (scenario.timeline and scenario.expect and scenario.ends_after)
    assert library.load(name) == scenario
    assert parse_plain(to_plain(scenario)) == scenario


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_becomes_a_market_with_two_sides(name: str) -> None:
    clock = ManualClock(START_NS)
    built = build_world(name, clock)
    clock.advance(MINUTE // 2)
    for market in built.world.doors["binance"].venue.markets.values():
        assert all(market.book.best(side)[0] for side in Side)
    assert built.accounts["binance"][0].name == "alice"


def test_calm_is_its_file() -> None:
    assert parse_scenario(library.text_of("calm")) == calm() == library.load("calm")


def test_the_schema_is_current() -> None:
    assert (FOLDER / "scenario.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("name", NAMES)
def test_an_editor_finds_nothing_to_complain_about(name: str) -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(as_json(read_nodes(library.text_of(name))), schema)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: flash-crash", "nam: flash-crash"),
        ("version: 1\n", ""),
        ('by: "-12%"', "by: -0.12"),
        ("{count: 1}", "{counts: 1}"),
        ("at: 60s, note", "on: {event: trade}, at: 60s, note"),
        ("at: 60s, note: ", "at: 60s, not: "),
        ("{never: request_during_downtime, ", "{never: request_on_sunday, "),
        ("ends_after: 10m", "ends_after: 10"),
    ],
)
def test_an_editor_finds_mistakes(old: str, new: str) -> None:
    text = library.text_of("flash-crash")
    assert old in text
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_json(read_nodes(text.replace(old, new, 1))), json.loads(schema_text()))


def test_every_action_and_most_signs_occur_in_the_library() -> None:
    scenarios = [library.load(name) for name in NAMES]
    actions = {entry.action[0] for scenario in scenarios for entry in scenario.timeline}
    assert actions == {"move", "fault", "fill", "halt", "delist", "rules", "balance", "key", "spread", "note"}
    signs = {sign for scenario in scenarios for one in scenario.expect for sign in (one.never, one.see) if sign}
    assert signs <= set(SIGNS)
    assert len(signs) > 15


def test_a_name_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownScenario, match=r"there is no scenario 'flashcrash'; did you mean 'flash-crash'\?"):
        library.load("flashcrash")
    with pytest.raises(UnknownScenario, match=r"there is no scenario '\.\./calm'"):
        library.text_of("../calm")


def test_a_path_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 1\nname: mine\n")
    assert library.load(str(file)).name == "mine"
    assert [library.is_path(text) for text in ("calm", "./calm", "calm.yaml", "a\\b")] == [False, True, True, True]
