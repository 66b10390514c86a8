from typing import Any

import pytest

from simexchange.services.durations import Duration
from simexchange.services.faults.kinds import load_catalogue
from simexchange.services.faults.lost import LostParams
from simexchange.services.faults.quantities import Probability, Ratio
from simexchange.services.faults.reading import RuleRefused, read_rule, show_rule
from simexchange.services.faults.rule import Match, RuleSpec, When
from simexchange.services.faults.verdicts import Effect

CATALOGUE = load_catalogue()
VENUES = ("binance", "okx")
WHOLE: dict[str, Any] = {
    "kind": "response-lost",
    "match": {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order", "source_ip": "10.0.0.0/8"},
    "when": {"skip": 3, "count": 1, "probability": 0.02, "window": ["10s", "40s"], "on_event": "order_accepted"},
    "effect": "discard",
    "ttl": "60s",
    "client_sees": "rst",
    "after": "300ms",
}


def read(**changes: Any) -> RuleSpec:
    return read_rule({"kind": "response-lost"} | changes, CATALOGUE, VENUES)


def refusal(**changes: Any) -> RuleRefused:
    with pytest.raises(RuleRefused) as refused:
        read(**changes)
    return refused.value


def test_a_whole_rule_is_read_into_typed_values() -> None:
    spec = read(**WHOLE)
    assert spec.params == LostParams("rst", Duration("300ms"))
    assert isinstance(spec.match, Match)
    assert spec.match.endpoint == "POST /api/v3/order"
    assert spec.when == When(
        3, 1, None, Probability("0.02"), (Duration("10s"), Duration("40s")), "order_accepted", once_per_key=False
    )
    assert spec.effect is Effect.DISCARD
    assert spec.ttl == 60 * 10**9


def test_a_rule_is_shown_as_it_can_be_read_again() -> None:
    shown = show_rule(read(**WHOLE))
    assert shown == WHOLE | {"when": WHOLE["when"] | {"probability": "0.02", "window": ("10s", "40s")}}
    assert read_rule(shown, CATALOGUE, VENUES) == read(**WHOLE)


def test_defaults_are_left_out_of_what_is_shown_but_for_the_effect() -> None:
    assert show_rule(read()) == {"kind": "response-lost", "effect": "apply"}


def test_a_name_of_the_catalogue_means_the_kind_it_is_an_alias_of() -> None:
    assert read(kind="response-lost-after-accept").kind == "response-lost"


@pytest.mark.parametrize(
    ("changes", "field", "hint"),
    [
        ({"kind": None}, "kind", "is missing"),
        ({"kind": "respond-lost"}, "kind", "did you mean 'response-lost'?"),
        ({"kind": 7}, "kind", "there is no fault 7"),
        ({"venue": "binance"}, "venue", '{"match": {"venue": ...}}'),
        ({"count": 1}, "count", '{"when": {"count": ...}}'),
        ({"client_see": "rst"}, "client_see", "did you mean 'client_sees'?"),
        ({"client_sees": "nothing"}, "client_sees", '"rst", "fin" and "timeout" pass'),
        ({"after": 3}, "after", "3 has no unit: 400ms, 7s, 1m30s, 24h and 3d pass"),
        ({"match": {"acount": "alice"}}, "match.acount", "did you mean 'account'?"),
        ({"match": []}, "match", "no mapping"),
        ({"match": {"venue": "binanse"}}, "match.venue", "did you mean 'binance'?"),
        ({"match": {"side": "long"}}, "match.side", "buy and sell pass"),
        ({"match": {"source_ip": "localhost"}}, "match.source_ip", "10.0.0.7 and 10.0.0.0/8 pass"),
        ({"match": {"connection": "one"}}, "match.connection", "whole number: 1 passes"),
        ({"when": {"count": 0}}, "when.count", "1 or more passes"),
        ({"when": {"skip": -1}}, "when.skip", "0 or more passes"),
        ({"when": {"every_nth": 0}}, "when.every_nth", "1 or more passes"),
        ({"when": {"probability": 1.5}}, "when.probability", "0 to 1 passes"),
        ({"when": {"probability": "often"}}, "when.probability", "is no share"),
        ({"when": {"window": ["40s", "10s"]}}, "when.window", "never opens"),
        ({"effect": "maybe"}, "effect", "apply or discard passes"),
        ({"kind": "request-lost", "effect": "apply"}, "effect", "discard passes"),
        ({"ttl": "0s"}, "ttl", "a duration above 0 passes"),
        ({"ttl": "soon"}, "ttl", "is no duration"),
        ({"id": "a b"}, "id", "letters, digits and hyphens pass"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field_with_what_would_pass(
    changes: dict[str, Any], field: str, hint: str
) -> None:
    refused = refusal(**changes)
    assert refused.field == field
    assert hint in refused.message


def test_shares_are_read_from_numbers_texts_and_percentages() -> None:
    assert Ratio("0.37").ppm == Ratio(0.37).ppm == Ratio("37%").ppm == 370_000
    assert Ratio("-12%").of(1_000) == -120
    assert Ratio("0.37").of(-1_000) == -370
