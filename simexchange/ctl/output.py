"""What a person sees of an answer: tables and lines; with ``--json`` the answer itself."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import typer

from simexchange.ctl.client import Client

Row: TypeAlias = Mapping[str, Any]


def tell(client: Client, answer: Any, show: Callable[[Any], None]) -> None:
    """Show an answer for people, or as it came."""
    if client.raw:
        typer.echo(json.dumps(answer))
    else:
        show(answer)


def table(rows: Sequence[Row], columns: Mapping[str, Callable[[Any], Any]], empty: str = "none") -> None:
    """Rows under their headings; a column is a name and what it takes from a row."""
    if not rows:
        typer.echo(empty)
        return
    cells = [list(columns), *([text(take(row)) for take in columns.values()] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def fields(answer: Row) -> None:
    """A mapping, one name a line; mappings within are indented."""
    _fields(answer, "")


def _fields(answer: Row, indent: str) -> None:
    width = max((len(name) for name in answer), default=0)
    for name, value in answer.items():
        if isinstance(value, Mapping) and value:
            typer.echo(f"{indent}{name}")
            _fields(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            typer.echo(f"{indent}{name}")
            for part in value:
                typer.echo(f"{indent}  {flat(part)}")
        else:
            typer.echo(f"{indent}{name.ljust(width)}  {text(value)}".rstrip())


def flat(value: Row) -> str:
    """A mapping in one line: ``venue=binance account=alice``."""
    return " ".join(f"{name}={text(part)}" for name, part in value.items() if part not in (None, "", [], {}))


def text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(text, value)) or "-"
    if isinstance(value, Mapping):
        return flat(value)
    return str(value)
