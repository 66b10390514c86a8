"""``name=value`` arguments as plain data."""

import json
from collections.abc import Iterable
from typing import Any

import typer


def read_pairs(pairs: Iterable[str], texts: Iterable[str] = ()) -> dict[str, Any]:
    """Values that read as JSON are that; others, and those of names in ``texts``, are texts. ``a.b=c`` nests."""
    keep, data = frozenset(texts), dict[str, Any]()
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{pair!r} is not name=value, as count=1 is")
        *outer, last = name.split(".")
        target = data
        for part in outer:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise typer.BadParameter(f"{part} is a value already, so {name} cannot stand in it")
        if last in target:
            raise typer.BadParameter(f"{name} is given twice")
        target[last] = value if last in keep else read_value(value)
    return data


def read_value(text: str) -> Any:
    """``1``, ``true``, ``null``, lists, objects and quoted texts as JSON; anything else is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
