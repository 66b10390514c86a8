"""The kinds of fault as people and programs read them: parameters with their types, defaults and help."""

from typing import Any, Final, get_type_hints

import msgspec
from msgspec import Struct

from simexchange.control.field_help import help_of
from simexchange.control.operations import Asked
from simexchange.control.problems import Problem
from simexchange.services.durations import Duration
from simexchange.services.faults.elsewhere import ELSEWHERE
from simexchange.services.faults.kinds import Kind, load_catalogue
from simexchange.services.faults.quantities import Probability, Ratio, Source
from simexchange.services.faults.rule import Match, When

_TEXTS: Final[dict[Any, tuple[str, str]]] = {
    Duration: ("duration", "7s"),
    Probability: ("probability", "0.02"),
    Ratio: ("share", "-12%"),
    Source: ("address or network", "10.0.0.0/8"),
}
"""Types of ours: what they are called, and an example."""


class Parameter(Struct, frozen=True):
    name: str
    type: str
    """What passes, in words: duration, share, one of ..."""
    required: bool
    default: Any
    """Null where there is none."""
    help: str


class KindView(Struct, frozen=True):
    name: str
    aliases: list[str]
    """Other names that mean this kind."""
    family: str
    priority: str
    summary: str
    correct_bot: str
    """What a bot that is written well does about it."""
    effects: list[str]
    """apply: the engine takes the command; discard: it does not. The first is the default; none: it touches none."""
    parameters: list[Parameter]
    """Its own, beside match, when, effect, ttl and id."""
    venues: list[str]
    """Where it can happen, of the venues served here."""
    venue_forms: dict[str, str]
    """What clients of each venue see of it."""
    evidence: list[str]
    """Where it was seen in the wild."""


def list_all(asked: Asked) -> list[KindView]:
    return [_view(asked, kind) for kind in asked.controls.world.faults.catalogue.kinds.values()]


def show(asked: Asked) -> KindView:
    catalogue, name = asked.controls.world.faults.catalogue, asked.path["kind"]
    kind = catalogue.find(name)
    if kind is None:
        if name in ELSEWHERE:
            raise Problem(404, f"there is no fault {name!r}: {ELSEWHERE[name]}")
        nearest = catalogue.nearest(name)
        more = f"did you mean {nearest!r}?" if nearest else "GET /faults/catalogue lists them"
        raise Problem(404, f"there is no fault {name!r}; {more}")
    return _view(asked, kind)


def _view(asked: Asked, kind: Kind) -> KindView:
    venues = [venue for venue in asked.controls.venues if kind.venues is None or venue in kind.venues]
    forms = {
        venue: form
        for venue in venues
        if venue in asked.controls.world.stage.controls
        and (form := asked.controls.dialect(venue).fault_forms().get(kind.name)) is not None
    }
    return KindView(
        kind.name,
        list(kind.aliases),
        kind.family,
        kind.priority,
        kind.summary,
        kind.correct_bot,
        [effect.value for effect in kind.effects],
        parameters_of(kind.params),
        venues,
        forms,
        list(kind.evidence),
    )


def parameters_of(struct: type[Struct]) -> list[Parameter]:
    """A struct's fields as parameters."""
    hints, helps = get_type_hints(struct, include_extras=True), help_of(struct)
    parameters = []
    for field in msgspec.structs.fields(struct):
        default = None if field.required else _plain(_default(field))
        parameters.append(
            Parameter(
                field.encode_name,
                _words(schema_of(hints[field.name])),
                field.required,
                default,
                helps.get(field.encode_name, ""),
            )
        )
    return parameters


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return None if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _plain(value: Any) -> Any:
    return str(value) if type(value) in _TEXTS else msgspec.to_builtins(value, enc_hook=str)


def text_schema(kind: type) -> dict[str, Any]:
    """msgspec's hook for types of ours: all of them are texts."""
    if kind not in _TEXTS:
        raise NotImplementedError(f"no schema for {kind}")
    name, example = _TEXTS[kind]
    return {"type": "string", "title": name, "examples": [example]}


def schema_of(annotation: Any) -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.schema(annotation, schema_hook=text_schema)
    return schema


def _words(schema: dict[str, Any]) -> str:
    """A JSON schema as a person would say it."""
    if "anyOf" in schema:
        parts = [_words(part) for part in schema["anyOf"]]
        return " or ".join(part for part in parts if part != "null")
    if "enum" in schema:
        return "one of " + ", ".join(map(str, (value for value in schema["enum"] if value is not None)))
    if "title" in schema:
        return str(schema["title"])
    if schema.get("type") == "array":
        items = schema.get("items")
        return f"list of {_words(items)}" if isinstance(items, dict) else "list"
    words = {"integer": "whole number", "string": "text", "boolean": "true or false", "object": "mapping"}
    kind = str(schema.get("type", "anything"))
    return words.get(kind, kind)


# How a rule is sent.


def _fields(struct: type[Struct]) -> dict[str, Any]:
    hints, helps = get_type_hints(struct, include_extras=True), help_of(struct)
    properties = {}
    for field in msgspec.structs.fields(struct):
        schema = schema_of(hints[field.name])
        if field.encode_name in helps:
            schema["description"] = helps[field.encode_name]
        properties[field.encode_name] = schema
    return properties


def change_schema() -> dict[str, Any]:
    """Parts of a rule."""
    closed = {"type": ["object", "null"], "additionalProperties": False}
    return {
        "type": "object",
        "description": "A kind's own parameters stand beside these; GET /faults/catalogue lists them. "
        "Null is what the part is where a rule leaves it out.",
        "properties": {
            "match": closed | {"description": _first(Match), "properties": _fields(Match)},
            "when": closed | {"description": _first(When), "properties": _fields(When)},
            "effect": {"enum": ["apply", "discard", None], "description": "Whether the engine takes the command."},
            "ttl": schema_of(Duration | None) | {"description": "How long after it was armed the rule removes itself."},
        },
        "additionalProperties": True,
    }


def rule_schema() -> dict[str, Any]:
    """A whole rule."""
    schema = change_schema()
    catalogue = load_catalogue()
    names = [name for kind in catalogue.kinds.values() for name in (kind.name, *kind.aliases)]
    own = {
        "kind": {"enum": names, "description": "As GET /faults/catalogue has it.", "examples": ["response-lost"]},
        "id": {
            "type": ["string", "null"],
            "description": "A name for the rule; one is made up otherwise.",
            "maxLength": 64,
        },
    }
    return schema | {"properties": own | schema["properties"], "required": ["kind"]}


def _first(struct: type[Struct]) -> str:
    return " ".join((struct.__doc__ or "").split())
