"""Faults: which rules are armed, which kinds there are, and what fired."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from simexchange.control import fault_catalogue
from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Made, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Query, split_words
from simexchange.services.durations import format_instant
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.kinds import Catalogue
from simexchange.services.faults.plan import UnknownRule
from simexchange.services.faults.reading import RuleRefused, show_rule
from simexchange.services.faults.timeline import Fired
from simexchange.services.likeness import did_you_mean

Rule = dict[str, Any]
_TAKEN: Final = ("catalogue", "fired")


class FiredQuery(Query, frozen=True):
    rule: str | None = None
    """Only this rule's."""
    kind: str | None = None
    """Only of this kind, or of these: a,b."""
    venue: str | None = None
    account: str | None = None
    since: Annotated[int, Meta(ge=0)] = 0
    """Only what stands after this number in the journal."""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    """At most so many, the latest."""


class FiredView(Struct, frozen=True, omit_defaults=True):
    """One firing; what it has nothing to tell about is left out."""

    seq: int
    """Its number in the journal."""
    ts: str
    ts_ns: int
    rule: str
    """The rule's id."""
    kind: str
    ordinal: int
    """Which of the rule's matches it was, counted from 1."""
    venue: str = ""
    account: str = ""
    symbol: str = ""
    connection: int = 0
    request: int = 0
    """The request's number in the journal."""
    endpoint: str = ""
    channel: str = ""
    order_id: int | None = None
    client_order_id: str = ""
    effect: str = ""
    """Whether the engine took the command (apply) or not (discard)."""
    detail: str = ""


class Removed(Struct, frozen=True):
    removed: list[str]
    """The ids of the rules that ended."""


def show_armed(controls: Controls, armed: Armed) -> Rule:
    """The rule as it was sent, its id, and under ``state`` how far it has come."""
    counts, ends_ns = armed.counts, armed.ends_ns
    state = {
        "matched": counts.matched,
        "fired": counts.fired,
        "live": armed.is_live(),
        "awake": counts.awake,
        "armed": format_instant(armed.armed_ns),
        "armed_ns": armed.armed_ns,
        "ends": None if ends_ns is None else format_instant(ends_ns),
        "ends_ns": ends_ns,
    }
    shown: Rule = {"id": armed.id} | show_rule(armed.spec)
    match = shown.get("match", {})
    for venue in controls.venues:
        match = controls.masks(venue).deep(match)
    return shown | ({"match": match} if match else {}) | {"state": state}


def show_fired(controls: Controls, fired: Fired) -> FiredView:
    facts: dict[str, Any] = fired.shown() | {"seq": fired.seq, "ts": format_instant(fired.ts_ns)}
    for venue in controls.venues:
        facts = controls.masks(venue).deep(facts)
    return msgspec.convert(facts, FiredView)


def list_all(asked: Asked) -> list[Rule]:
    return [show_armed(asked.controls, armed) for armed in asked.controls.world.faults.rules]


def add(asked: Asked) -> Made:
    if asked.body.get("id") in _TAKEN:
        raise bad("id", f"/faults/{asked.body['id']} is something else", sent=asked.body["id"], passes="another name")
    try:
        armed = asked.controls.world.faults.add(asked.body)
    except RuleRefused as refused:
        raise _refused(asked.body, refused) from None
    return Made(show_armed(asked.controls, armed), f"/faults/{armed.id}")


def show(asked: Asked) -> Rule:
    return show_armed(asked.controls, _known(asked))


def change(asked: Asked) -> Rule:
    _known(asked)
    try:
        armed = asked.controls.world.faults.change(asked.path["id"], asked.body)
    except RuleRefused as refused:
        raise _refused(asked.body, refused) from None
    return show_armed(asked.controls, armed)


def remove(asked: Asked) -> Rule:
    armed = _known(asked)
    asked.controls.world.faults.remove(armed.id)
    return show_armed(asked.controls, armed)


def remove_all(asked: Asked) -> Removed:
    ids = [armed.id for armed in asked.controls.world.faults.rules]
    asked.controls.world.faults.clear()
    return Removed(ids)


def list_fired(asked: Asked) -> list[FiredView]:
    query = asked.query
    catalogue = asked.controls.world.faults.catalogue
    kinds = [_kind_named(name, catalogue) for name in split_words(query.kind)]
    chosen = [
        fired
        for fired in asked.controls.world.faults.timeline
        if fired.seq > query.since
        and (query.rule is None or fired.rule == query.rule)
        and (not kinds or fired.kind in kinds)
        and (query.venue is None or fired.venue == query.venue)
        and (query.account is None or fired.account == query.account)
    ]
    return [show_fired(asked.controls, fired) for fired in chosen[-query.limit :]]


def _kind_named(name: str, catalogue: Catalogue) -> str:
    kind = catalogue.find(name)
    if kind is None:
        nearest = catalogue.nearest(name)
        told = f"did you mean {nearest!r}?" if nearest else "GET /faults/catalogue lists them"
        raise bad("kind", f"there is no fault {name!r}; {told}", sent=name)
    return kind.name


def _known(asked: Asked) -> Armed:
    plan, rule_id = asked.controls.world.faults, asked.path["id"]
    try:
        return plan.get(rule_id)
    except UnknownRule:
        ids = [armed.id for armed in plan.rules]
        raise Problem(404, f"there is no rule {rule_id!r} armed; {did_you_mean(rule_id, ids)}") from None


def _refused(body: Mapping[str, Any], refused: RuleRefused) -> Problem:
    sent: Any = body
    for part in filter(None, refused.field.split(".")):
        if not isinstance(sent, Mapping) or part not in sent:
            return Problem(422, str(refused), field=refused.field)
        sent = sent[part]
    return Problem(422, str(refused), field=refused.field, sent=sent) if refused.field else Problem(422, str(refused))


EXAMPLE: Final = {
    "kind": "response-lost",
    "match": {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order"},
    "when": {"count": 1},
    "effect": "apply",
}
OPERATIONS: Final = (
    Operation("GET", "/faults", "Every rule that is armed, in the order in which they were", list_all, list[Rule]),
    Operation(
        "POST",
        "/faults",
        "Arm a rule; a kind's own parameters stand beside match and when",
        add,
        Rule,
        201,
        raw_schema=fault_catalogue.rule_schema,
        example=EXAMPLE,
    ),
    Operation("DELETE", "/faults", "Remove every rule", remove_all, Removed),
    Operation(
        "GET",
        "/faults/catalogue",
        "Every kind of fault: what it does, its parameters, what a correct bot does, what each venue's clients see",
        fault_catalogue.list_all,
        list[fault_catalogue.KindView],
    ),
    Operation(
        "GET",
        "/faults/catalogue/{kind}",
        "One kind, by its name or an alias",
        fault_catalogue.show,
        fault_catalogue.KindView,
        problems=(404,),
    ),
    Operation(
        "GET", "/faults/fired", "What fired, when, on which request", list_fired, list[FiredView], query=FiredQuery
    ),
    Operation("GET", "/faults/{id}", "One rule and how far it has come", show, Rule, problems=(404,)),
    Operation(
        "PATCH",
        "/faults/{id}",
        "Replace parts of a rule; it goes on counting where it was",
        change,
        Rule,
        raw_schema=fault_catalogue.change_schema,
        problems=(404,),
        example={"when": {"count": 3}},
    ),
    Operation("DELETE", "/faults/{id}", "Remove a rule; answers with how far it came", remove, Rule, problems=(404,)),
)
