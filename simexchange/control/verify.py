"""Was it asked for, and how often? Counts the requests of the journal that fit; where the count is wrong, those that
nearly fit are told with what was different.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final

from msgspec import Meta, Struct, field

from simexchange.control.calls import call_of, parameters_of
from simexchange.control.journal import check_since, fits_endpoint
from simexchange.control.operations import Asked, Operation
from simexchange.control.problems import bad
from simexchange.control.reading import Body
from simexchange.dialects.base import Request
from simexchange.domain.secret import MASK
from simexchange.services.durations import format_instant
from simexchange.services.faults.facts import Call
from simexchange.services.faults.rule import plain_symbol
from simexchange.services.journal import RequestEntry
from simexchange.services.likeness import did_you_mean

if TYPE_CHECKING:
    from simexchange.control.controls import Controls

NEAREST: Final = 5
LISTED: Final = 100
Times = Annotated[int, Meta(ge=0)]


class Wanted(Body, frozen=True):
    """Which requests are meant: all that is said must fit. How often: one of the last four; at_least 1 by default."""

    endpoint: Annotated[str, Meta(examples=["POST /api/v3/order"])] | None = None
    """The venue's name of it, "POST /api/v3/order" or "order.place", or a path; * stands for anything."""
    method: Annotated[str, Meta(examples=["GET"])] | None = None
    path: Annotated[str, Meta(examples=["/api/v3/order"])] | None = None
    """* stands for anything."""
    venue: str | None = None
    account: str | None = None
    symbol: str | None = None
    """In any spelling."""
    params: dict[str, Any] = field(default_factory=dict)
    """Parameters of query, body or message, and what they are: {"side": "BUY"}; "*" for anything."""
    since: Annotated[int, Meta(ge=0)] | None = None
    """Only requests after this number of the journal; since the last reset, by default."""
    at_least: Times | None = None
    at_most: Times | None = None
    exactly: Times | None = None
    none: bool = False
    """Whether there may be none at all."""


class Difference(Struct, frozen=True):
    field: str
    wanted: str
    was: str | None
    """Null where the request says nothing about it."""


class NearMiss(Struct, frozen=True):
    request: int
    """Its number in the journal."""
    ts: str
    endpoint: str
    account: str
    differs: list[Difference]


class Verdict(Struct, frozen=True):
    passed: bool
    count: int
    """How many requests fit."""
    wanted: str
    """How many there should be, in words."""
    requests: list[int]
    """The journal's numbers of the first of them."""
    near_misses: list[NearMiss]
    """Where the count is wrong: the requests that differ least, the latest first."""
    complete: bool
    """Whether the journal still has every request since then."""


class Seen(Struct, frozen=True):
    """One request, as it is compared."""

    entry: RequestEntry
    call: Call
    method: str
    path: str


Compare = Callable[[Seen, str], tuple[bool, str | None]]


def verify(asked: Asked) -> Verdict:
    controls, wanted = asked.controls, asked.body
    bounds, words = _bounds(wanted)
    criteria = _criteria(controls, wanted)
    journal = controls.world.journal
    if wanted.since is not None:
        check_since(wanted.since, journal.seq)
    since = _last_reset(controls) if wanted.since is None else wanted.since
    fitting: list[int] = []
    others: list[tuple[int, Seen, list[Difference]]] = []
    for seen in _seen(controls, since):
        differs = [difference for check in criteria if (difference := check(seen)) is not None]
        if differs:
            others.append((len(differs), seen, differs))
        else:
            fitting.append(seen.entry.seq)
    passed = bounds[0] <= len(fitting) and (bounds[1] is None or len(fitting) <= bounds[1])
    others.sort(key=lambda other: (other[0], -other[1].entry.seq))
    near = [] if passed else [_miss(controls, seen, differs) for _, seen, differs in others[:NEAREST]]
    kept = len(journal.requests) < journal.capacity or journal.requests[0].seq <= since + 1
    return Verdict(passed, len(fitting), words, fitting[:LISTED], near, kept)


def _bounds(wanted: Wanted) -> tuple[tuple[int, int | None], str]:
    """At least and at most, and both in words. Raises Problem where they contradict each other."""
    said = [name for name in ("at_least", "at_most", "exactly") if getattr(wanted, name) is not None]
    if wanted.none:
        said.append("none")
    if len(said) > 1 and set(said) != {"at_least", "at_most"}:
        raise bad(said[-1], f"contradicts {said[0]}", passes="one of at_least, at_most, exactly, none")
    if wanted.none or wanted.exactly is not None:
        count = wanted.exactly or 0
        return (count, count), f"exactly {count}" if count else "none"
    least = wanted.at_least if wanted.at_least is not None else (0 if wanted.at_most is not None else 1)
    most = wanted.at_most
    if most is not None and least > most:
        raise bad("at_most", f"{most} is less than at_least {least}", sent=most)
    parts = [f"at least {least}"] if least else []
    parts += [] if most is None else [f"at most {most}"]
    return (least, most), " and ".join(parts) or "any number"


def _criteria(controls: "Controls", wanted: Wanted) -> list[Callable[[Seen], Difference | None]]:
    if wanted.venue is not None and wanted.venue not in controls.venues:
        raise bad("venue", f"there is no venue {wanted.venue!r}; {did_you_mean(wanted.venue, controls.venues)}")
    criteria = [
        _criterion(field, text, compare)
        for field, compare in _COMPARE.items()
        if (text := getattr(wanted, field)) is not None
    ]
    return criteria + [_parameter(name, value) for name, value in wanted.params.items()]


def _criterion(field: str, wanted: str, compare: Compare) -> Callable[[Seen], Difference | None]:
    def check(seen: Seen) -> Difference | None:
        fits, was = compare(seen, wanted)
        return None if fits else Difference(field, wanted, was)

    return check


def _parameter(name: str, value: Any) -> Callable[[Seen], Difference | None]:
    wanted = _text(value)

    def check(seen: Seen) -> Difference | None:
        was = parameters_of(seen.entry.request).get(name)
        if was is not None and wanted in ("*", was):
            return None
        return Difference(f"params.{name}", wanted, was)

    return check


def _text(value: Any) -> str:
    return {True: "true", False: "false", None: ""}[value] if value is None or isinstance(value, bool) else str(value)


def _named(seen: Seen, wanted: str) -> tuple[bool, str | None]:
    return any(fits_endpoint(wanted, name) for name in seen.call.names), seen.call.names[0]


_COMPARE: Final[dict[str, Compare]] = {
    "endpoint": _named,
    "method": lambda seen, wanted: (seen.method == wanted.upper(), seen.method or None),
    "path": lambda seen, wanted: (fits_endpoint(wanted, seen.path), seen.path or None),
    "venue": lambda seen, wanted: (seen.entry.venue == wanted, seen.entry.venue),
    "account": lambda seen, wanted: (seen.call.account == wanted, seen.call.account or None),
    "symbol": lambda seen, wanted: (plain_symbol(seen.call.symbol) == plain_symbol(wanted), seen.call.symbol or None),
}


def _seen(controls: "Controls", since: int) -> Iterator[Seen]:
    for entry in controls.world.journal.requests:
        if entry.seq > since:
            request = entry.request
            place = (request.method, request.path) if isinstance(request, Request) else ("", "")
            yield Seen(entry, call_of(controls, entry), *place)


def _last_reset(controls: "Controls") -> int:
    notes = controls.world.journal.notes
    return next((note.seq for note in reversed(notes) if note.action == "reset"), 0)


def _miss(controls: "Controls", seen: Seen, differs: list[Difference]) -> NearMiss:
    masks = controls.masks(seen.entry.venue)

    def masked(field: str, text: str | None) -> str | None:
        name = field.partition(".")[2]
        return None if text is None else str(masks.deep({name: text})[name])

    return NearMiss(
        seen.entry.seq,
        format_instant(seen.entry.ts_ns),
        masks.text(seen.call.names[0]),
        seen.call.account,
        [
            Difference(differ.field, masked(differ.field, differ.wanted) or MASK, masked(differ.field, differ.was))
            for differ in differs
        ],
    )


OPERATIONS: Final = (
    Operation(
        "POST",
        "/verify",
        "Count the requests seen; 200 whether it passed or not",
        verify,
        Verdict,
        body=Wanted,
        example={"endpoint": "GET /api/v3/order", "account": "alice", "at_least": 1},
    ),
)
