"""A memento of a graph of objects: what each of them held, to be put back in place, as often as one likes.

Objects stay the ones they are, so references, bound methods, closures and timers stay valid; what came into being
since is no longer referred to. Kinds of objects are saved and put back in bulk, since a world has thousands.
What is behind the walk, and where it ends, is ``anatomy``'s to say.
"""

import copy
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache, partial
from itertools import chain
from operator import attrgetter, is_
from typing import Any, Final, Protocol

from msgspec import Struct

from simexchange.services.anatomy import Kind, has_dict, kind_of, references, slots_of
from simexchange.services.clock import WorldClock

_MISSING: Final = object()
Row = tuple[Any, ...]


class Checkpoint:
    """The state of everything that can be reached from ``roots``; ``revert`` goes back to it.

    Must not be taken or reverted to from within a command or a timer. ``values`` are the classes at which the walk
    ended, ``size`` is how many objects are saved.
    """

    def __init__(self, roots: Iterable[object]) -> None:
        self.values: set[type] = set()
        self.size = 0
        self._keepers: dict[Kind, Keeper] = {}
        self._seen: dict[type, dict[int, Any]] = {}
        self._pending: defaultdict[type, list[Any]] = defaultdict(list)
        self._sort(list(roots))
        while self._pending:
            kind = next(iter(self._pending))
            self._visit(kind, self._pending.pop(kind))

    def revert(self) -> None:
        """Put everything back."""
        for _, keeper in sorted(self._keepers.items(), key=lambda item: item[0] is Kind.CLOCK):
            keeper.restore()

    def _sort(self, found: Collection[Any]) -> None:
        """Line up what may lead on, by class."""
        kinds = set(map(type, found))
        leading = kinds - self.values
        if not leading:
            return
        new = {kind for kind in leading - self._seen.keys() if kind_of(kind) is Kind.VALUE}
        if new:
            self.values |= new
            leading -= new
        pending = self._pending
        if len(leading) == len(kinds) == 1:
            pending[leading.pop()] += found
        elif leading:
            for value in found:
                kind = type(value)
                if kind in leading:
                    pending[kind].append(value)

    def _visit(self, kind: type, found: list[Any]) -> None:
        """Save those objects of one class that are new, and line up what they lead to."""
        new = dict(zip(map(id, found), found, strict=True))
        seen = self._seen.setdefault(kind, {})
        if seen:
            for known in new.keys() & seen.keys():
                del new[known]
        if not new:
            return
        seen |= new
        how = kind_of(kind)
        objects = list(new.values())
        if how < Kind.CELL:
            self._sort(list(chain.from_iterable(map(partial(references, how), objects))))
            return
        self.size += len(objects)
        keeper = self._keepers.get(how)
        if keeper is None:
            keeper = self._keepers[how] = _KEEPERS[how]()
        for led_to in keeper.keep(objects):
            self._sort(led_to)


class Keeper(Protocol):
    """Holds the state of all objects of one kind."""

    def keep(self, objects: list[Any]) -> Iterable[Collection[Any]]:
        """Save some objects, all of one class; groups of what they refer to."""

    def restore(self) -> None: ...


class _Dicts:
    """Entries and their order. Most dictionaries of a world hold one entry or none: those are looked at first."""

    def __init__(self) -> None:
        self._empty: list[dict[Any, Any]] = []
        self._single: list[tuple[dict[Any, Any], Any, Any]] = []
        self._full: list[tuple[dict[Any, Any], dict[Any, Any]]] = []

    def keep(self, objects: list[dict[Any, Any]]) -> Iterable[Collection[Any]]:
        self._empty += [entries for entries in objects if not entries]
        single = [entries for entries in objects if len(entries) == 1]
        keys, values = list(chain.from_iterable(single)), list(chain.from_iterable(map(dict.values, single)))
        self._single += zip(single, keys, values, strict=True)
        full = [(entries, entries.copy()) for entries in objects if len(entries) > 1]
        self._full += full
        groups: list[Collection[Any]] = [keys, values]
        for _, saved in full:
            groups += (saved.keys(), saved.values())
        return groups

    def restore(self) -> None:
        for entries in self._empty:
            if entries:
                entries.clear()
        for entries, key, value in self._single:
            if len(entries) != 1 or entries.get(key, _MISSING) is not value:
                entries.clear()
                entries[key] = value
        for entries, saved in self._full:
            entries.clear()
            entries.update(saved)


class _Whole:
    """Containers that are emptied and filled again, unless they are as they were."""

    def __init__(self, save: Callable[[Any], Collection[Any]], fill: Callable[[Any, Any], None]) -> None:
        self._save = save
        self._fill = fill
        self._saved: list[tuple[Any, Collection[Any]]] = []

    def keep(self, objects: list[Any]) -> Iterable[Collection[Any]]:
        saved = list(map(self._save, objects))
        self._saved += zip(objects, saved, strict=True)
        return saved

    def restore(self) -> None:
        fill = self._fill
        for container, saved in self._saved:
            if len(container) != len(saved) or not all(map(is_, container, saved)):
                container.clear()
                fill(container, saved)


class _SortedDicts(_Whole):
    def __init__(self) -> None:
        super().__init__(lambda entries: list(entries.items()), lambda entries, saved: entries.update(saved))

    def restore(self) -> None:
        for entries, saved in self._saved:
            if len(entries) != len(saved) or any(entries.get(key, _MISSING) is not value for key, value in saved):
                entries.clear()
                self._fill(entries, saved)


class _States:
    """Objects that can tell their state and take it back."""

    def __init__(self, save: Callable[[Any], Any], load: Callable[[Any, Any], None], leads: bool = False) -> None:
        self._save = save
        self._load = load
        self._leads = leads
        self._saved: list[tuple[Any, Any]] = []

    def keep(self, objects: list[Any]) -> Iterable[Collection[Any]]:
        states = list(map(self._save, objects))
        self._saved += zip(objects, states, strict=True)
        return [states] if self._leads else []

    def restore(self) -> None:
        for owner, state in self._saved:
            self._load(owner, state)


class _PlainStructs:
    """Structs of values alone: compared with a copy, since few have changed."""

    def __init__(self) -> None:
        self._saved: list[tuple[list[Struct], list[Struct]]] = []

    def keep(self, objects: list[Struct]) -> Iterable[Collection[Any]]:
        self._saved.append((objects, list(map(copy.copy, objects))))
        return ()

    def restore(self) -> None:
        for objects, saved in self._saved:
            changed = [(now, before) for now, before in zip(objects, saved, strict=True) if now != before]
            names = objects[0].__struct_fields__
            rows = _rows(names, [before for _, before in changed])
            _writer(names)([now for now, _ in changed], rows)


class _Structs:
    """Structs that refer to others."""

    def __init__(self) -> None:
        self._saved: list[tuple[tuple[str, ...], list[Struct], list[Row]]] = []

    def keep(self, objects: list[Struct]) -> Iterable[Collection[Any]]:
        names = objects[0].__struct_fields__
        rows = _rows(names, objects)
        self._saved.append((names, objects, rows))
        return rows

    def restore(self) -> None:
        for names, objects, rows in self._saved:
            _writer(names)(objects, rows)


class _Objects:
    """Attributes of our own classes, in slots and in dictionaries."""

    def __init__(self) -> None:
        self._slots: list[tuple[tuple[str, ...], list[Any], list[Row]]] = []
        self._unset: list[tuple[Any, str]] = []
        self._dicts: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def keep(self, objects: list[Any]) -> Iterable[Collection[Any]]:
        kind: type = type(objects[0])
        names = slots_of(kind)
        groups: list[Collection[Any]] = []
        if names:
            for present, owners in _by_presence(names, objects):
                rows = _rows(present, owners)
                self._slots.append((present, owners, rows))
                self._unset += [(owner, name) for name in names if name not in present for owner in owners]
                groups += zip(*rows, strict=True)
        if has_dict(kind):
            saved = [(vars(owner), dict(vars(owner))) for owner in objects]
            self._dicts += saved
            groups += [values.values() for _, values in saved]
        return groups

    def restore(self) -> None:
        for names, objects, rows in self._slots:
            _writer(names)(objects, rows)
        for owner, name in self._unset:
            if hasattr(owner, name):
                delattr(owner, name)
        for attributes, saved in self._dicts:
            attributes.update(saved)
            if len(attributes) != len(saved):
                for name in attributes.keys() - saved.keys():
                    del attributes[name]


def _by_presence(names: tuple[str, ...], objects: list[Any]) -> Iterable[tuple[tuple[str, ...], list[Any]]]:
    """Objects of one class by which of their slots are filled: nearly always all."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    try:
        deque(map(attrgetter(*names), objects), maxlen=0)
    except AttributeError:
        for owner in objects:
            groups.setdefault(tuple(name for name in names if hasattr(owner, name)), []).append(owner)
        return groups.items()
    return [(names, objects)]


def _rows(names: tuple[str, ...], objects: Sequence[Any]) -> list[Row]:
    """The values of these attributes, a row per object."""
    if len(names) == 1:
        return [(value,) for value in map(attrgetter(*names), objects)]
    return list(map(attrgetter(*names), objects)) if names else [() for _ in objects]


@cache
def _writer(names: tuple[str, ...]) -> Callable[[Sequence[Any], Sequence[Row]], None]:
    """Stores rows of values in these attributes of objects; compiled, which takes a tenth of the time of setattr."""
    values = [f"value_{place}" for place in range(len(names))]
    stores = [f"owner.{name} = {value}" for name, value in zip(names, values, strict=True)]
    lines = (
        "def write(owners, rows):",
        f"    for owner, ({''.join(value + ',' for value in values)}) in zip(owners, rows):",
        *(f"        {store}" for store in stores or ["pass"]),
    )
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)
    write: Callable[[Sequence[Any], Sequence[Row]], None] = scope["write"]
    return write


def _set_cell(cell: Any, contents: Any) -> None:
    cell.cell_contents = contents


_KEEPERS: Final[dict[Kind, Callable[[], Keeper]]] = {
    Kind.CELL: lambda: _States(lambda cell: cell.cell_contents, _set_cell, leads=True),
    Kind.DICT: _Dicts,
    Kind.LIST: lambda: _Whole(list.copy, list.extend),
    Kind.SET: lambda: _Whole(set.copy, set.update),
    Kind.DEQUE: lambda: _Whole(list, deque.extend),
    Kind.SORTED_DICT: _SortedDicts,
    Kind.SORTED_LIST: lambda: _Whole(list, lambda entries, saved: entries.update(saved)),
    Kind.RANDOM: lambda: _States(lambda source: source.getstate(), lambda source, state: source.setstate(state)),
    Kind.CLOCK: lambda: _States(WorldClock.capture, WorldClock.restore, leads=True),
    Kind.PLAIN_STRUCT: _PlainStructs,
    Kind.STRUCT: _Structs,
    Kind.OBJECT: _Objects,
}
