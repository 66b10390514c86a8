"""The kinds of fault there are: one row each, in one table, from one module per family.

A row says what a kind is called, what its parameters are, how it acts, what a correct bot does, and where the evidence
is; ``GET /faults/catalogue`` shows nothing else.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.verdicts import Effect
from simexchange.services.likeness import nearest

BOTH: Final = (Effect.APPLY, Effect.DISCARD)


class Kind(Struct, frozen=True):
    """One kind of fault. ``make`` builds what a rule of this kind does.

    ``effects``: which a rule may say, the first by default; empty for a kind that touches no command. ``purposes``:
    what a rule that names no endpoint acts on (None: what the fault's class says). ``venues``: which venues can have it
    at all (None: every one). ``matches``: which fields of ``match`` mean anything to it (None: all of them).
    ``aliases``: other names that mean this kind.
    """

    name: str
    family: str
    priority: str
    summary: str
    correct_bot: str
    params: type[Params]
    make: Callable[[Any, Armed, Stage], Fault[Any]]
    effects: tuple[Effect, ...] = ()
    purposes: frozenset[Purpose] | None = None
    venues: tuple[str, ...] | None = None
    matches: tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def befalls_all(self) -> bool:
        """Whether it happens to a venue or an instrument as a whole, so that there are no matches to choose from."""
        return self.matches is not None and set(self.matches) <= {"venue", "symbol"}


class Catalogue:
    """Every kind by name and by alias."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self._aliases: dict[str, str] = {}

    def add(self, *kinds: Kind) -> None:
        for kind in kinds:
            assert kind.name not in self.kinds, f"two kinds are called {kind.name}"
            self.kinds[kind.name] = kind
            for alias in kind.aliases:
                assert alias not in self._aliases, f"two kinds answer to {alias}"
                self._aliases[alias] = kind.name

    def find(self, name: str) -> Kind | None:
        return self.kinds.get(self._aliases.get(name, name))

    def nearest(self, name: str) -> str | None:
        """The name that someone who wrote this one may have meant."""
        return nearest(name, (*self.kinds, *self._aliases))


def load_catalogue() -> Catalogue:
    """The whole table; families are imported when it is first asked for."""
    from simexchange.services.faults.families import FAMILIES

    catalogue = Catalogue()
    for family in FAMILIES:
        catalogue.add(*family)
    return catalogue
