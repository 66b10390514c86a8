"""From the bytes of a request to typed values: bodies and queries, each refused by field, with what would pass."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from simexchange.control.field_help import help_of
from simexchange.control.problems import NOT_SENT, Problem, bad
from simexchange.domain.units import UnitsError, parse_units
from simexchange.scenario.values import Share
from simexchange.services.durations import parse_duration, parse_instant
from simexchange.services.likeness import did_you_mean

StructT = TypeVar("StructT", bound=Struct)
_SOMEWHERE: Final = "[...]"
_KINDS: Final = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "array",
    dict: "object",
}
"""As msgspec calls what it got."""


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a request may say; the docstring below a field is its help, in problems and in the documentation."""


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """The same after the question mark."""


class NoQuery(Query, frozen=True):
    """Nothing may be said there."""


def read_json(raw: bytes) -> Any:
    """Raises Problem 400 for what is no JSON."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Problem(400, f"the body is not JSON: {error}", passes='{"name": "value"}') from None


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object; an empty body is an empty one. Raises Problem."""
    data = read_json(raw) if raw.strip() else {}
    if not isinstance(data, dict):
        raise bad("", f"the body is a JSON {_name(data)}, and an object is wanted", sent=data, passes="{...}")
    return data


def read_body(raw: bytes, kind: type[StructT]) -> StructT:
    """Raises Problem: 400 for what is no JSON, 422 for what makes no sense."""
    return convert(read_object(raw), kind)


def read_query(raw: str, kind: type[StructT]) -> StructT:
    """Raises Problem 422 for a name that is unknown or comes twice, and for a value that makes no sense."""
    data: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, max_num_fields=200):
        if name in data:
            raise bad(name, "is given twice", sent=[data[name], value])
        data[name] = value
    return convert(data, kind, strict=False)


def convert(data: Mapping[str, Any], kind: type[StructT], strict: bool = True) -> StructT:
    """Plain data as a struct. Raises Problem 422."""
    names = kind.__struct_encode_fields__
    for name in data:
        if name not in names:
            what = "field" if strict else "parameter"
            choices = f"; {did_you_mean(name, names)}" if names else f": no {what} passes here"
            raise bad(str(name), f"there is no such {what}{choices}", sent=data[name])
    try:
        return msgspec.convert(dict(data), kind, strict=strict)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), data, kind) from None


def _invalid(message: str, data: Any, kind: type[Struct]) -> Problem:
    said, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if said.startswith("Object missing required field"):
        name = said.partition("`")[2].rstrip("`")
        where = f"{field}.{name}" if field else name
        return bad(where, "is missing", passes=help_of(kind).get(where, ""))
    if field.endswith(_SOMEWHERE):
        field = _culprit(data, field.removesuffix(_SOMEWHERE), said)
    return bad(
        field, f"{said[:1].lower()}{said[1:]}", sent=_at(data, field), passes=help_of(kind).get(field.split(".")[0], "")
    )


def _culprit(data: Any, path: str, said: str) -> str:
    """msgspec says that a value of a mapping is wrong, not whose: the first of the kind that it got."""
    values = _at(data, path)
    got = said.rpartition("got `")[2].rstrip("`")
    for name, value in values.items() if isinstance(values, dict) else ():
        if _KINDS.get(type(value)) == got:
            return f"{path}.{name}"
    return path


def _at(data: Any, path: str) -> object:
    for part in path.split("."):
        name = part.partition("[")[0]
        if not isinstance(data, dict) or name not in data:
            return NOT_SENT
        data = data[name]
    return data


def _name(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")


# Texts that stand for numbers.


def duration(field: str, text: str) -> int:
    """Nanoseconds, not negative."""
    return _parsed(field, text, lambda: parse_duration(text, signed=False), "400ms, 7s, 1m30s, 24h and 3d pass")


def instant(field: str, text: str) -> int:
    """Nanoseconds since the epoch."""
    return _parsed(field, text, lambda: parse_instant(text), "2026-01-05T00:00:00Z passes")


def units(field: str, text: str, decimals: int) -> int:
    """A decimal text in units of 10^-decimals, not negative."""
    value = _parsed(field, text, lambda: parse_units(text, decimals), f'a text such as "12.5", {decimals} decimals')
    if value < 0:
        raise bad(field, f"{text} is negative", sent=text, passes="0 or more")
    return value


def share(field: str, text: str) -> int:
    """A share as a rate: "-12%" and "-0.12" are the same."""
    return _parsed(field, text, lambda: Share(text), "-12% and 0.37 pass")


def _parsed(field: str, text: str, parse: Callable[[], int], passes: str) -> int:
    try:
        return int(parse())
    except (UnitsError, ValueError) as error:
        raise bad(field, str(error), sent=text, passes=passes) from None


def split_words(text: str | None) -> tuple[str, ...]:
    """``a,b`` as words; None and nothing are none."""
    return tuple(word for part in (text or "").split(",") if (word := part.strip()))
