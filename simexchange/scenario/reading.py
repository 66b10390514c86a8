"""From nodes to typed values: what a field's type says decides how its text is read, and every mistake is told.

Reading goes on after a mistake, so that one run finds most of them. Types understood: the text types of ``values``,
bool, int, float, Literal, tuples and dicts of those, None, structs, and a struct or dict beside a scalar type. A struct
class may have ``ONE_OF``: groups of field names of which exactly one each must be given; ``ANY_OF``: at least one; and
``REST``: the field that takes whatever no other field does.
"""

import operator
import re
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo, fields

from simexchange.scenario.nodes import LARGEST, Mapping, Node, Scalar, Sequence
from simexchange.scenario.problems import SHOWN, Problem, brief
from simexchange.scenario.values import NUMBERS, Duration, Instant, Share
from simexchange.services.likeness import did_you_mean

INVALID: Final = object()
"""What is read from a node with a mistake in it."""
_WHOLE_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][-+]?\d{1,3})?", re.ASCII)
Read: TypeAlias = "Callable[[Reading, Node, str], Any]"


class Reading:
    """One text being read: the mistakes so far, and where everything stands."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.places: dict[str, tuple[int, int]] = {}

    def wrong(self, node: Node, where: str, what: str) -> Any:
        self.problems.append(Problem(where, what, node.line, node.column))
        return INVALID

    def wrong_at(self, where: str, what: str) -> None:
        """A mistake found after reading, at the nearest place that stands in the text."""
        at = where
        while at and at not in self.places:
            at = at.rpartition("[" if at.endswith("]") else ".")[0]
        line, column = self.places.get(at, (1, 1))
        self.problems.append(Problem(where, what, line, column))

    def read(self, kind: Any, node: Node, where: str) -> Any:
        """The value of a node, or INVALID with the mistakes noted."""
        self.places[where] = node.line, node.column
        return _reader(kind)(self, node, where)


_READERS: Final[dict[Any, Read]] = {}


def _reader(kind: Any) -> Read:
    reader = _READERS.get(kind)
    if reader is None:
        reader = _READERS[kind] = _make_reader(kind)
    return reader


def _make_reader(kind: Any) -> Read:
    origin, args = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if origin is Annotated:
        return _constrained(args[0], args[1])
    if origin is Literal:
        return _one_word(args)
    if origin in (Union, UnionType):
        return _union(args)
    if origin is tuple and args[1:] == (...,):
        return _list_of(args[0])
    if origin is dict:
        return _dict_of(args[0], args[1])
    assert isinstance(kind, type), kind
    assert issubclass(kind, Struct), kind
    return _struct(kind)


def shown(node: Node) -> str:
    """What was sent, in words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.is_null:
        return "nothing"
    return node.text if node.plain and _is_short(node.text) else brief(node.text)


def _is_short(text: str) -> bool:
    return len(text) <= SHOWN and text.isprintable()


def _below(where: str, key: str) -> str:
    """The path of a field."""
    step = key if _is_short(key) else brief(key)
    return f"{where}.{step}" if where else step


def _scalar(convert: Callable[[Scalar], Any], passes: str, longest: int = 200) -> Read:
    """A reader of one scalar; ``convert`` raises ValueError, with a message of its own or none."""

    def read(reading: Reading, node: Node, where: str) -> Any:
        if isinstance(node, Scalar) and not node.is_null and len(node.text) <= longest:
            try:
                return convert(node)
            except ValueError as error:
                return reading.wrong(node, where, str(error) or f"{shown(node)} is not {passes}")
        return reading.wrong(node, where, f"{shown(node)} is not {passes}")

    return read


def _unquoted(node: Scalar) -> str:
    if not node.plain:
        raise ValueError(f"{brief(node.text)} is a text; without the quotes it may pass")
    return node.text


def _bool(node: Scalar) -> bool:
    text = _unquoted(node)
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _int(node: Scalar) -> int:
    text = _unquoted(node)
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError
    return int(text)


def _float(node: Scalar) -> float:
    text = _unquoted(node)
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return float(text)


def is_number(node: Scalar) -> bool:
    """Whether YAML would take it for a number."""
    return node.plain and _NUMBER.fullmatch(node.text) is not None


def must_quote(node: Scalar) -> None:
    """Refuse a YAML number where a text with a number belongs."""
    if is_number(node):
        raise ValueError(f'{node.text} is a YAML number, which may be rounded; write it as a text: "{node.text}"')


def _duration(node: Scalar) -> Duration:
    duration = Duration(node.text)
    if duration < 0:
        raise ValueError(f"{node.text!r} is negative; durations here are not")
    return duration


def _share(node: Scalar) -> Share:
    must_quote(node)
    return Share(node.text)


_SCALARS: Final[dict[Any, Read]] = {
    str: _scalar(lambda node: node.text, "a text", LARGEST),
    bool: _scalar(_bool, "true or false"),
    int: _scalar(_int, "a whole number such as 5"),
    float: _scalar(_float, "a number such as 0.6"),
    Duration: _scalar(_duration, "a duration such as 10s"),
    Share: _scalar(_share, 'a share such as "-12%" or "0.37"'),
    Instant: _scalar(lambda node: Instant(node.text), "an instant such as 2026-01-05T00:00:00Z"),
}


_BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("ge", "at least", operator.ge),
    ("gt", "more than", operator.gt),
    ("le", "at most", operator.le),
)


def _constrained(kind: Any, meta: Meta) -> Read:
    if meta.extra is not None and "words" in meta.extra:
        return _one_word(tuple(meta.extra["words"]))
    if kind is str:
        return _patterned(meta)
    inner = _reader(kind)
    bounds = [(getattr(meta, name), words, holds) for name, words, holds in _BOUNDS if getattr(meta, name) is not None]

    def read(reading: Reading, node: Node, where: str) -> Any:
        value = inner(reading, node, where)
        if value is INVALID:
            return value
        for bound, words, holds in bounds:
            if not holds(value, bound):
                return reading.wrong(node, where, f"{shown(node)} is not {words} {bound}")
        return value

    return read


def _patterned(meta: Meta) -> Read:
    pattern = re.compile(meta.pattern or "", re.ASCII)
    passes = f"a {meta.title}; {' and '.join(f'{one!r}' for one in meta.examples or ())} would pass"

    def convert(node: Scalar) -> str:
        if meta.title in NUMBERS:
            must_quote(node)
        if not pattern.fullmatch(node.text):
            raise ValueError
        return node.text

    return _scalar(convert, passes)


def _one_word(words: tuple[Any, ...]) -> Read:
    by_text = {str(word): word for word in words}

    def convert(node: Scalar) -> Any:
        if node.text not in by_text:
            raise ValueError(f"{shown(node)} is not known here; {did_you_mean(node.text, by_text)}")
        return by_text[node.text]

    return _scalar(convert, f"one of {', '.join(by_text)}")


def _union(kinds: tuple[Any, ...]) -> Read:
    """Null, one kind of mapping, one kind of list and one kind of scalar: the node's own form says which."""
    null = NoneType in kinds
    of_form = {_form(kind): kind for kind in kinds if kind is not NoneType}

    def read(reading: Reading, node: Node, where: str) -> Any:
        if null and isinstance(node, Scalar) and node.is_null:
            return None
        kind = of_form.get(type(node), next(iter(of_form.values())))
        return _reader(kind)(reading, node, where)

    return read


def _form(kind: Any) -> type[Node]:
    origin = get_origin(kind)
    if origin is tuple:
        return Sequence
    if origin is dict or (isinstance(kind, type) and issubclass(kind, Struct)):
        return Mapping
    return Scalar


def _list_of(kind: Any) -> Read:
    def read(reading: Reading, node: Node, where: str) -> Any:
        if not isinstance(node, Sequence):
            return reading.wrong(node, where, f"{shown(node)} is not a list")
        items = tuple(reading.read(kind, item, f"{where}[{place}]") for place, item in enumerate(node.items))
        return INVALID if INVALID in items else items

    return read


def _dict_of(key_kind: Any, kind: Any) -> Read:
    def read(reading: Reading, node: Node, where: str) -> Any:
        if not isinstance(node, Mapping):
            return reading.wrong(node, where, f"{shown(node)} is not a mapping")
        found = {}
        for key, item in node.items:
            at = _below(where, key.text)
            found[_reader(key_kind)(reading, key, at)] = reading.read(kind, item, at)
        return INVALID if INVALID in found or INVALID in found.values() else found

    return read


def _struct(kind: type[Struct]) -> Read:
    known = {field.encode_name: field for field in fields(kind)}
    rest: FieldInfo | None = known.pop(getattr(kind, "REST", ""), None)

    def read(reading: Reading, node: Node, where: str) -> Any:
        if not isinstance(node, Mapping):
            return reading.wrong(node, where, f"{shown(node)} is not a mapping with {', '.join(known)}")
        before = len(reading.problems)
        values: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for key, item in node.items:
            at = _below(where, key.text)
            field = known.get(key.text)
            if field is not None:
                values[field.name] = reading.read(field.type, item, at)
            elif rest is not None:
                others[key.text] = plain(item)
                reading.places[at] = item.line, item.column
            else:
                reading.wrong(key, at, f"there is no field {brief(key.text)} here; {did_you_mean(key.text, known)}")
        _check_presence(reading, node, where, kind, known, values)
        if len(reading.problems) > before:
            return INVALID
        if rest is not None:
            values[rest.name] = others
        return kind(**values)

    return read


def _check_presence(
    reading: Reading, node: Node, where: str, kind: Any, known: dict[str, FieldInfo], values: dict[str, Any]
) -> None:
    for name, field in known.items():
        required = field.default is NODEFAULT and field.default_factory is NODEFAULT
        if required and field.name not in values:
            reading.wrong(node, where, f"{name!r} is missing")
    given = [name for name, field in known.items() if values.get(field.name) is not None]
    for group in getattr(kind, "ONE_OF", ()):
        named = [name for name in group if name in given]
        if len(named) != 1:
            have = f"there are {' and '.join(named)}" if named else "there is none"
            reading.wrong(node, where, f"exactly one of {', '.join(group)} belongs here; {have}")
    for group in getattr(kind, "ANY_OF", ()):
        if not any(name in given for name in group):
            reading.wrong(node, where, f"at least one of {', '.join(group)} belongs here; there is none")


def plain(node: Node) -> Any:
    """A value of no known type: texts, whole numbers, true, false and null; a decimal stays the text it is."""
    if isinstance(node, Mapping):
        return {key.text: plain(item) for key, item in node.items}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if node.is_null:
        return None
    if node.plain and node.text in ("true", "false"):
        return node.text == "true"
    if node.plain and _WHOLE_NUMBER.fullmatch(node.text):
        return int(node.text)
    return node.text
