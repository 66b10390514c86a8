"""How the state of each kind of object is saved and put back, in bulk, since a world has thousands of most kinds.

Objects stay the ones they are: containers are filled again, attributes stored again. What is put back is compared by
identity, never by value: an equal list that took another's place is not the list that others hold on to.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from gc import get_referents
from itertools import chain
from operator import attrgetter, is_
from typing import Any, Final, Protocol

from msgspec import Struct

from simexchange.services.anatomy import Kind, attribute_names, has_dict, slots_of
from simexchange.services.clock import WorldClock

_MISSING: Final = object()
FEW: Final = 32
"""Fewer objects of a class are not worth code of their own, and fewer references are looked at with others."""
Row = tuple[Any, ...]


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
        copy: Callable[[Struct], Struct] = getattr(type(objects[0]), "__copy__")  # noqa: B009  (not in its types)
        self._saved.append((objects, list(map(copy, objects))))
        return ()

    def restore(self) -> None:
        for objects, saved in self._saved:
            changed = [(now, before) for now, before in zip(objects, saved, strict=True) if now != before]
            names = objects[0].__struct_fields__
            rows = _rows(names, [before for _, before in changed])
            _write(names, [now for now, _ in changed], rows)


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
            _write(names, objects, rows)


class _Objects:
    """Attributes of our own classes, in slots and elsewhere."""

    def __init__(self) -> None:
        self._rows: list[tuple[tuple[str, ...], list[Any], list[Row]]] = []
        self._cells: tuple[list[Any], list[str], list[Any]] = ([], [], [])
        """Owner, name and value of every attribute of classes with few objects."""
        self._unset: list[tuple[Any, str]] = []
        self._counted: list[tuple[Any, int, frozenset[str]]] = []
        """Objects whose attributes are in rows, and how many references they hold if none came to them since."""
        self._dicts: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def keep(self, objects: list[Any]) -> Iterable[Collection[Any]]:
        kind: type = type(objects[0])
        groups: list[Collection[Any]] = []
        slots = slots_of(kind)
        if slots:
            for present, owners, rows in _by_presence(slots, objects):
                groups += self._keep_rows(present, owners, rows)
                self._unset += [(owner, name) for name in slots if name not in present for owner in owners]
        if has_dict(kind):
            by_names: dict[tuple[str, ...], list[Any]] = {}
            for owner in objects:
                names = attribute_names(owner)
                if names is None:
                    saved = dict(vars(owner))
                    self._dicts.append((vars(owner), saved))
                    groups.append(saved.values())
                else:
                    by_names.setdefault(names, []).append(owner)
                    self._counted.append((owner, len(get_referents(owner)), frozenset(names)))
            for names, owners in by_names.items():
                groups += self._keep_rows(names, owners, _rows(names, owners))
        return groups

    def _keep_rows(self, names: tuple[str, ...], owners: list[Any], rows: list[Row]) -> Iterable[Collection[Any]]:
        if len(owners) >= FEW:
            self._rows.append((names, owners, rows))
            return list(zip(*rows, strict=True))
        of_owners, of_names, of_values = self._cells
        for owner, row in zip(owners, rows, strict=True):
            of_owners += [owner] * len(names)
            of_names += names
            of_values += row
        return rows

    def restore(self) -> None:
        for names, objects, rows in self._rows:
            _write(names, objects, rows)
        deque(map(setattr, *self._cells), maxlen=0)
        for owner, name in self._unset:
            if hasattr(owner, name):
                delattr(owner, name)
        for owner, count, kept in self._counted:
            if len(get_referents(owner)) != count:
                for name in vars(owner).keys() - kept:
                    delattr(owner, name)
        for attributes, saved in self._dicts:
            attributes.update(saved)
            if len(attributes) != len(saved):
                for name in attributes.keys() - saved.keys():
                    del attributes[name]


def _by_presence(names: tuple[str, ...], objects: list[Any]) -> Iterable[tuple[tuple[str, ...], list[Any], list[Row]]]:
    """Objects of one class by which of their slots are filled, nearly always all; and what is in them."""
    try:
        return [(names, objects, _rows(names, objects))]
    except AttributeError:
        groups: dict[tuple[str, ...], list[Any]] = {}
        for owner in objects:
            groups.setdefault(tuple(name for name in names if hasattr(owner, name)), []).append(owner)
        return [(present, owners, _rows(present, owners)) for present, owners in groups.items()]


def _rows(names: tuple[str, ...], objects: Sequence[Any]) -> list[Row]:
    """The values of these attributes, a row per object."""
    if len(names) == 1:
        return [(value,) for value in map(attrgetter(*names), objects)]
    return list(map(attrgetter(*names), objects)) if names else [() for _ in objects]


def _write(names: tuple[str, ...], owners: Sequence[Any], rows: Sequence[Row]) -> None:
    """Store rows of values in these attributes of objects."""
    if len(owners) >= FEW:
        _writer(names)(owners, rows)
        return
    for owner, row in zip(owners, rows, strict=True):
        for name, value in zip(names, row, strict=True):
            setattr(owner, name, value)


@cache
def _writer(names: tuple[str, ...]) -> Callable[[Sequence[Any], Sequence[Row]], None]:
    """The same for many objects: compiled, which takes a tenth of the time of setattr."""
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


KEEPERS: Final[dict[Kind, Callable[[], Keeper]]] = {
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
