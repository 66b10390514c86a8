"""The journal by pages: everything that happened, in one sequence, masked."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from simexchange.control.journal_entries import KINDS, Shown, kind_of, place_of, show
from simexchange.control.operations import Asked, Operation
from simexchange.control.problems import bad
from simexchange.control.reading import Query, split_words
from simexchange.services.journal import Entry
from simexchange.services.likeness import did_you_mean

if TYPE_CHECKING:
    from simexchange.control.controls import Controls


class Filters(Query, frozen=True):
    """What is wanted of the journal; everything that is said must hold."""

    kind: str | None = None
    """request, answer (of a request that was held), batch, fault, connection, note: one, or several as a,b."""
    venue: str | None = None
    account: str | None = None
    endpoint: str | None = None
    """Of requests: "POST /api/v3/order", a path, order.place; * stands for anything."""
    house: bool = False
    """Whether the market makers' own batches are wanted too; they are most of all there is."""


class JournalQuery(Filters, frozen=True):
    since: Annotated[int, Meta(ge=0)] | None = None
    """Entries after this number, the oldest first; without it the latest."""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100
    """At most so many entries."""


class Page(Struct, frozen=True):
    entries: list[Shown]
    next: int
    """What to say as ``since`` for what follows."""
    complete: bool
    """Whether nothing between ``since`` and the first entry has been forgotten."""


class Chosen:
    """Entries as filters want them. Raises Problem for filters that name what there is not."""

    def __init__(self, controls: "Controls", filters: Filters) -> None:
        self._controls = controls
        self._kinds = frozenset(split_words(filters.kind))
        for kind in self._kinds:
            if kind not in KINDS:
                raise bad("kind", f"there is no kind {kind!r} of entry; {did_you_mean(kind, KINDS)}", sent=filters.kind)
        if filters.venue is not None and filters.venue not in controls.venues:
            raise bad("venue", f"there is no venue {filters.venue!r}; {did_you_mean(filters.venue, controls.venues)}")
        self._filters = filters

    @property
    def house(self) -> bool:
        return self._filters.house

    def of(self, entries: Iterable[Entry]) -> Iterator[Shown]:
        """Those that are wanted, shown."""
        return (show(self._controls, entry) for entry in entries if self._wants(entry))

    def _wants(self, entry: Entry) -> bool:
        wanted = self._filters
        if self._kinds and kind_of(entry) not in self._kinds:
            return False
        place = place_of(self._controls, entry)
        if place.house and not wanted.house:
            return False
        if wanted.venue is not None and place.venue != wanted.venue:
            return False
        if wanted.account is not None and place.account != wanted.account:
            return False
        return wanted.endpoint is None or any(fits_endpoint(wanted.endpoint, name) for name in place.endpoints)


def fits_endpoint(wanted: str, endpoint: str) -> bool:
    """Whether an endpoint's name, or its path alone, is the wanted one; ``*`` stands for anything."""
    path = endpoint.partition(" ")[2]
    return fnmatchcase(endpoint, wanted) or (bool(path) and fnmatchcase(path, wanted))


def page(asked: Asked) -> Page:
    query, journal = asked.query, asked.controls.world.journal
    chosen = Chosen(asked.controls, query)
    if query.since is None:
        latest = _latest(chosen, journal.since(0, query.house), query.limit)
        return Page(latest, journal.seq, complete=True)
    check_since(query.since, journal.seq)
    entries = list(islice(chosen.of(journal.since(query.since, query.house)), query.limit))
    following = entries[-1]["seq"] if len(entries) == query.limit else journal.seq
    return Page(entries, following, complete=journal.forgotten(query.house) <= query.since)


def check_since(since: int, seq: int) -> None:
    """Raises Problem for a number the journal has not come to: it is another exchange's, or one before a restart."""
    if since > seq:
        raise bad("since", f"{since} is after the latest entry", sent=since, passes=f"0 to {seq}")


def _latest(chosen: Chosen, entries: Iterator[Entry], limit: int) -> list[Shown]:
    """The last so many, found from the end: showing costs more than looking."""
    found: list[Shown] = []
    for entry in reversed(list(entries)):
        found.extend(chosen.of((entry,)))
        if len(found) == limit:
            break
    found.reverse()
    return found


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "GET",
        "/journal",
        "Requests, batches, faults, connections and notes in one sequence, nothing secret in them",
        page,
        Page,
        query=JournalQuery,
    ),
)
