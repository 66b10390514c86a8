"""The JSON Schema of scenario files, for editors: made from the same types that the reader follows.

Descriptions are the docstrings of classes and the texts below fields. What only the reader can tell (names that exist,
numbers that fit each other) is not in it.
"""

import ast
import inspect
import json
import textwrap
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo, fields

from simexchange.scenario.specs import Scenario
from simexchange.scenario.values import Duration, Instant, Share

Schema = dict[str, Any]
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_PART: Final = r"\d{1,15}(\.\d{1,9})?(d|h|ms|m|us|s|ns)"
_SCALARS: Final[dict[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Duration: {"type": "string", "pattern": f"^(0|({_PART})+)$", "examples": ["400ms", "90s", "1m30s", "24h"]},
    Share: {"type": "string", "pattern": r"^-?\d+(\.\d+)?%?$", "examples": ["-12%", "0.37"]},
    Instant: {"type": "string", "examples": ["2026-01-05T00:00:00Z"]},
    Any: {},
}
_BOUNDS: Final = (("ge", "minimum"), ("gt", "exclusiveMinimum"), ("le", "maximum"))


def scenario_schema() -> Schema:
    """The schema of a scenario file."""
    parts = _Parts()
    top = parts.struct(Scenario)
    top["required"] = ["version", *top["required"]]
    top["properties"]["version"] = {"const": 1, "description": "Of this format."}
    return {
        "$schema": DRAFT,
        "title": "simexchange scenario",
        **top,
        "$defs": dict(sorted(parts.definitions.items())),
    }


def schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"


class _Parts:
    """Schemas of types; structs go to ``definitions`` and are referred to."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def of(self, kind: Any) -> Schema:
        origin, args = get_origin(kind), get_args(kind)
        if kind in _SCALARS:
            return dict(_SCALARS[kind])
        if origin is Annotated:
            return self._annotated(args[0], args[1])
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (Union, UnionType):
            return self._union(args)
        if origin is tuple:
            return {"type": "array", "items": self.of(args[0])}
        if origin is dict:
            return {"type": "object", "propertyNames": self.of(args[0]), "additionalProperties": self.of(args[1])}
        name = kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.struct(kind)
        return {"$ref": f"#/$defs/{name}"}

    def struct(self, kind: type[Struct]) -> Schema:
        rest = getattr(kind, "REST", "")
        helps = _field_helps(kind)
        properties: dict[str, Schema] = {}
        required = []
        for field in fields(kind):
            if field.encode_name == rest:
                continue
            properties[field.encode_name] = self._described(field, helps)
            if field.default is NODEFAULT and field.default_factory is NODEFAULT:
                required.append(field.encode_name)
        schema: Schema = {"type": "object", "description": inspect.getdoc(kind), "properties": properties}
        schema["required"] = required
        if not rest:
            schema["additionalProperties"] = False
        groups = [_exactly_one(group) for group in getattr(kind, "ONE_OF", ())]
        groups += [_at_least_one(group) for group in getattr(kind, "ANY_OF", ())]
        if groups:
            schema["allOf"] = groups
        return schema

    def _described(self, field: FieldInfo, helps: dict[str, str]) -> Schema:
        schema = self.of(field.type)
        if field.name in helps:
            schema["description"] = helps[field.name]
        return schema

    def _union(self, kinds: tuple[Any, ...]) -> Schema:
        choices = [self.of(kind) for kind in kinds if kind is not NoneType]
        if NoneType in kinds:
            choices.append({"type": "null"})
        return choices[0] if len(choices) == 1 else {"anyOf": choices}

    def _annotated(self, kind: Any, meta: Meta) -> Schema:
        if meta.extra is not None and "words" in meta.extra:
            return {"enum": list(meta.extra["words"])}
        schema = self.of(kind)
        for name, keyword in _BOUNDS:
            if getattr(meta, name) is not None:
                schema[keyword] = getattr(meta, name)
        if meta.pattern is not None:
            schema["pattern"] = meta.pattern
            schema["examples"] = list(meta.examples or ())
        return schema


def _exactly_one(group: tuple[str, ...]) -> Schema:
    return {"oneOf": [{"required": [name]} for name in group]}


def _at_least_one(group: tuple[str, ...]) -> Schema:
    return {"anyOf": [{"required": [name]} for name in group]}


@cache
def _field_helps(kind: type[Struct]) -> dict[str, str]:
    """The texts below the fields of a class, which are nowhere but in its source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    helps = {}
    for before, after in pairwise(found.body):
        match before, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                helps[name] = inspect.cleandoc(text)
    return helps
