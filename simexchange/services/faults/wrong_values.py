"""What to say of a value that does not fit its field: what was sent, what belongs there, and an example that passes.

Reads the types of a struct's fields, so that nothing has to be said twice. Never shows more than the start of a value.
"""

import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from simexchange.services.durations import Duration
from simexchange.services.faults.quantities import Probability, Ratio, Source
from simexchange.services.likeness import nearest

Words: TypeAlias = tuple[str, Any]
"""What belongs somewhere, in words, and an example of it."""
_PLAIN: Final[Mapping[Any, Words]] = {
    bool: ("true or false", True),
    int: ("a whole number", 1),
    str: ("a text", "text"),
    Duration: ("a duration", "7s"),
    Probability: ("a share from 0 to 1", "0.02"),
    Ratio: ("a share", "0.37"),
    Source: ("an address or a network", "10.0.0.0/8"),
}
_EXAMPLES: Final[Mapping[str, Any]] = {
    "account": "alice",
    "channel": "depth",
    "count": 1,
    "endpoint": "POST /api/v3/order",
    "on_event": "order_accepted",
    "side": "buy",
    "symbol": "BTC/USDT",
    "venue": "binance",
    "window": ["10s", "40s"],
}
"""Better ones than a type can give, by the name of a field that has no default."""
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_LONGEST: Final = 60


def explain(struct: type[Struct], data: Any, path: str, message: str) -> tuple[str, str]:
    """Where the mistake is, and what to say of it, given the library's path and message.

    A message that is no library's own but one of our types' passes as it is.
    """
    missing = _MISSING.match(message)
    if missing is not None:
        path = ".".join(part for part in (path, missing[1]) if part)
    elif not message.startswith(("Expected `", "Invalid enum value ")):
        return path, message
    annotation, value, usual = _at(struct, data, path)
    what, example = _words(annotation)
    passes = f"{_shown(example if usual is None else usual)} passes"
    if missing is not None:
        return path, f"is missing: it is {what}, and {passes}"
    choices = _choices(annotation)
    if not choices:
        return path, f"{_shown(value)} is not {what}: {passes}"
    near = nearest(str(value), map(str, choices))
    hint = f"; did you mean {near!r}?" if near else ""
    return path, f"{_shown(value)} is not known here: {_listed(choices)} {'pass' if choices[1:] else 'passes'}{hint}"


def _at(struct: type[Struct], data: Any, path: str) -> tuple[Any, Any, Any]:
    """The type of what belongs at a path, what was sent there, and what usually stands there, None if nothing does."""
    annotation, value, usual = struct, data, None
    for step, index in _STEP.findall(path):
        annotation = _bare(annotation)
        if index:
            items = get_args(annotation)
            annotation = items[0] if items[1:] == (...,) else items[int(index)]
            value, usual = value[int(index)], None
        else:
            (field,) = (field for field in msgspec.structs.fields(annotation) if field.encode_name == step)
            annotation, value = field.type, value.get(step)
            usual = None if field.default is msgspec.NODEFAULT else msgspec.to_builtins(field.default, enc_hook=str)
            usual = usual or _EXAMPLES.get(step)
    return annotation, value, usual


def _bare(annotation: Any) -> Any:
    """A type without null beside it."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _choices(annotation: Any) -> tuple[Any, ...]:
    bare = _bare(annotation)
    return get_args(bare) if get_origin(bare) is Literal else ()


def _words(annotation: Any) -> Words:
    bare = _bare(annotation)
    origin, args = get_origin(bare), get_args(bare)
    if origin is Annotated:
        return _bounded(_words(args[0]), args[1])
    if origin is Literal:
        return f"one of {', '.join(map(str, args))}", args[0]
    if origin is tuple:
        what, example = _words(args[0])
        if args[1:] == (...,):
            return f"a list, each {what}", [example]
        return f"a list of {len(args)}, each {what}", [_words(kind)[1] for kind in args]
    if origin in (Union, UnionType):
        parts = [_words(kind) for kind in args if kind is not NoneType]
        return " or ".join(what for what, _ in parts), parts[0][1]
    if isinstance(bare, type) and issubclass(bare, Struct):
        required = [field for field in msgspec.structs.fields(bare) if field.required]
        names = ", ".join(bare.__struct_encode_fields__)
        return f"a mapping of {names}", {field.encode_name: _words(field.type)[1] for field in required}
    return _PLAIN[bare]


def _bounded(words: Words, meta: Meta) -> Words:
    what, example = words
    least, most = meta.ge, meta.le
    if least is not None:
        example = least
        what += f" of at least {least}" if most is None else f" from {least} to {most}"
    if meta.max_length is not None:
        what += f" of at most {meta.max_length} letters"
    if meta.pattern is not None:
        what += f" that fits {meta.pattern}"
    return what, example


def _listed(choices: tuple[Any, ...]) -> str:
    shown = [_shown(choice) for choice in choices]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _shown(value: Any) -> str:
    """As JSON, where it is any, and not too long."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
