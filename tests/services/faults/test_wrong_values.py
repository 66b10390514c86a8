import json
from typing import Any

import pytest

from simexchange.services.faults.kinds import Kind, load_catalogue
from simexchange.services.faults.reading import RuleRefused, fields_of, read_rule
from simexchange.services.faults.rule import Match, When

CATALOGUE = load_catalogue()
WRONG: tuple[Any, ...] = ("no such thing", "", "close", -1, 10**30, 0.5, True, [], [True], {}, {"x": 1}, [[{}]])


def refusal(**rule: Any) -> str:
    with pytest.raises(RuleRefused) as refused:
        read_rule({"kind": "response-lost"} | rule, CATALOGUE, ("binance",))
    return str(refused.value)


def refused_rule(rule: dict[str, Any]) -> RuleRefused | None:
    try:
        read_rule(rule, CATALOGUE, ("binance",))
    except RuleRefused as refused:
        return refused
    return None


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"kind": "symbol-halt-delist", "action": "close"},
            'action: "close" is not known here: "halt", "break" and "delist" pass',
        ),
        (
            {"kind": "symbol-halt-delist", "action": "delisted"},
            'action: "delisted" is not known here: "halt", "break" and "delist" pass; did you mean \'delist\'?',
        ),
        ({"when": {"count": "1"}}, 'when.count: "1" is not a whole number: 1 passes'),
        ({"when": {"once_per_key": "yes"}}, 'when.once_per_key: "yes" is not true or false: true passes'),
        ({"when": {"window": "1s"}}, 'when.window: "1s" is not a list of 2, each a duration: ["10s","40s"] passes'),
        ({"when": {"window": ["1s"]}}, 'when.window: ["1s"] is not a list of 2, each a duration: ["10s","40s"] passes'),
        ({"match": {"account": 5}}, 'match.account: 5 is not a text: "alice" passes'),
        (
            {"kind": "html-error", "status": 200},
            "status: 200 is not a whole number from 400 to 599: 502 passes",
        ),
        (
            {"kind": "rate-limited", "ladder": "2m"},
            'ladder: "2m" is not a list, each a duration: ["2m","10m","1h","1d","3d"] passes',
        ),
        (
            {"kind": "unknown-enum-or-field", "path": "x" * 500},
            f'path: "{"x" * 59}... is not a text that fits ^(/[^/]*)+$: "/simx" passes',
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_belongs_there_and_an_example(rule: dict[str, Any], told: str) -> None:
    assert refusal(**rule) == told


@pytest.mark.parametrize("kind", CATALOGUE.kinds.values(), ids=lambda kind: kind.name)
def test_no_value_of_any_parameter_is_refused_in_words_of_a_library(kind: Kind) -> None:
    needed = {"steps": [{"ratio": "50%"}]}
    base = {"kind": kind.name} | {name: value for name, value in needed.items() if name in fields_of(kind.params)}
    for name in fields_of(kind.params):
        for wrong in WRONG:
            refused = refused_rule(base | {name: wrong})
            if refused is not None:
                assert refused.field.startswith(name) or not refused.field, (name, wrong, str(refused))
                assert "`" not in refused.message, (name, wrong, str(refused))


@pytest.mark.parametrize(("part", "struct"), [("match", Match), ("when", When)])
def test_an_example_passes(part: str, struct: type[Any]) -> None:
    for name in fields_of(struct):
        told = refusal(**{part: {name: {}}})
        example = told.removesuffix(" passes").rpartition(": ")[2] if told.endswith(" passes") else '"10.0.0.7"'
        if "share" in told:
            example = '"0.02"'
        read_rule({"kind": "response-lost", part: {name: json.loads(example)}}, CATALOGUE, ("binance",))


@pytest.mark.parametrize("part", ["id", "ttl", "effect", "match", "when"])
def test_a_part_that_is_null_is_as_if_it_had_been_left_out(part: str) -> None:
    plain = {"kind": "response-lost"}
    assert read_rule(plain | {part: None}, CATALOGUE, ("binance",)) == read_rule(plain, CATALOGUE, ("binance",))
