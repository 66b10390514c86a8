"""The fidelity table: how true each part of each venue is, generated from the tables the dialects work by."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from simexchange.dialects.base import Coverage, Fidelity
from simexchange.venues import VENUES

BEGIN: Final = "<!-- coverage: begin (written by `simexchange coverage --write`) -->"
END: Final = "<!-- coverage: end -->"
_KINDS: Final = {
    "endpoint": "Endpoints",
    "parameter": "Parameters",
    "order type": "Order types",
    "self-trade prevention": "Self-trade prevention",
    "flag": "Symbol flags",
    "filter": "Filters",
    "stream": "Streams",
    "method": "WebSocket methods",
    "user data event": "User data events",
    "error": "Errors",
    "limit": "Limits",
    "fault": "Faults on command",
}


class NoMarkers(ValueError):
    """A file that has no place for the table."""


def rows(venue: str) -> list[Coverage]:
    """Every row once: what both faces of a venue lack, both may name."""
    return list({(row.kind, row.name): row for row in VENUES[venue].coverage()}.values())


def as_json() -> str:
    return json.dumps(
        {
            venue: [
                {"kind": row.kind, "name": row.name, "fidelity": row.fidelity.value, "note": row.note}
                for row in rows(venue)
            ]
            for venue in VENUES
        },
        indent=2,
    )


def as_markdown() -> str:
    """A section per venue: a summary, and one folded table per kind. Equal rows in equal order, always."""
    return "\n".join(line for venue in VENUES for line in _venue_lines(venue, rows(venue)))


def _venue_lines(venue: str, table: list[Coverage]) -> Iterable[str]:
    yield f"### {VENUES[venue].title}"
    yield ""
    yield "| | same | simplified | missing |"
    yield "|---|---:|---:|---:|"
    kinds = sorted({row.kind for row in table}, key=_kind_order)
    for kind in kinds:
        counts = Counter(row.fidelity for row in table if row.kind == kind)
        numbers = " | ".join(str(counts[fidelity]) for fidelity in Fidelity)
        yield f"| {_title(kind)} | {numbers} |"
    for kind in kinds:
        yield ""
        yield f"<details><summary>{_title(kind)}</summary>"
        yield ""
        yield "| what | fidelity | note |"
        yield "|---|---|---|"
        for row in table:
            if row.kind == kind:
                yield f"| {_cell(row.name)} | {row.fidelity.value} | {_cell(row.note)} |"
        yield ""
        yield "</details>"
    yield ""


def _kind_order(kind: str) -> tuple[int, str]:
    known = list(_KINDS)
    return (known.index(kind) if kind in _KINDS else len(known), kind)


def _title(kind: str) -> str:
    return _KINDS.get(kind, kind.capitalize())


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def with_table(text: str) -> str:
    """``text`` with the current table between the two markers; NoMarkers where they are not, in order, once."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in after or END in after:
        raise NoMarkers(f"needs these two lines, once and in this order:\n{BEGIN}\n{END}")
    return f"{before}{BEGIN}\n\n{as_markdown()}\n{END}{after}"


def write(path: Path) -> bool:
    """Bring the table in a file up to date; whether it had to be changed."""
    text = path.read_text(encoding="utf-8")
    current = with_table(text)
    if current != text:
        path.write_text(current, encoding="utf-8")
    return current != text


def is_stale(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return with_table(text) != text
