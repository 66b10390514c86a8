"""A digest of a graph of objects: equal for equal states, in every process.

Values count by value; an object that changes counts once, and from then on as the number of its visit, so that it
matters who shares it with whom. Dictionaries count in their order, sets in none. What lives no longer than a
connection is left out, timers that would call it included. Secrets count, but cannot be read from a digest.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from itertools import chain
from numbers import Number
from types import BuiltinFunctionType, CellType, FunctionType, MethodType
from typing import Any, Final

from msgspec import Struct

from simexchange.domain.secret import Secret
from simexchange.services.anatomy import Kind, Role, attributes, has_dict, kind_of, references, role_of, slots_of
from simexchange.services.clock import ClockMode, WorldClock

_EXACT: Final = frozenset({type(None), bool, int, str, bytes, range})
"""Their repr says everything."""


def state_hash(roots: Mapping[str, object]) -> str:
    """The digest, in hex, of everything that can be reached from these roots."""
    digest = _Digest()
    for name, root in roots.items():
        digest.note(name)
        digest.note(root)
    return digest.hexdigest()


class _Digest:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._visits: dict[int, int] = {}
        self._alive: list[object] = []
        """Numbers of objects are only theirs as long as they live."""

    def hexdigest(self) -> str:
        return hashlib.sha256("\0".join(self._parts).encode("utf-8", "surrogatepass")).hexdigest()

    def note(self, value: Any) -> None:
        kind = type(value)
        if kind in _EXACT:
            self._parts.append(f"{kind.__name__} {value!r}")
            return
        how = kind_of(kind)
        if how is Kind.VALUE:
            self._note_value(value)
        elif role_of(kind) is Role.FLEETING:
            self._parts.append(kind.__qualname__)
        elif how < Kind.CELL:
            self._begin(value)
            self._note_all(sorted(map(_alone, value)) if how is Kind.FROZEN_SET else references(how, value))
        elif self._is_new(value):
            self._begin(value)
            _WRITERS[how](self, value)

    def _begin(self, value: Any) -> None:
        what = value if isinstance(value, FunctionType | MethodType | BuiltinFunctionType) else type(value)
        self._parts.append(f"{getattr(what, '__module__', '')}.{what.__qualname__}(")

    def _is_new(self, value: object) -> bool:
        visit = self._visits.get(id(value))
        if visit is not None:
            self._parts.append(f"#{visit}")
            return False
        self._visits[id(value)] = len(self._visits)
        self._alive.append(value)
        return True

    def _note_all(self, values: Iterable[Any]) -> None:
        for value in values:
            self.note(value)
        self._parts.append(")")

    def _note_value(self, value: Any) -> None:
        kind = type(value)
        self._parts.append(f"{kind.__module__}.{kind.__qualname__}(")
        if role_of(kind) is not None:
            pass
        elif isinstance(value, Enum):
            self._parts.append(value.name)
        elif isinstance(value, Number):
            self._parts.append(repr(value))
        elif isinstance(value, Secret):
            self._parts.append(hashlib.sha256(value.reveal().encode()).hexdigest())
        elif isinstance(value, type):
            self._parts.append(f"{value.__module__}.{value.__qualname__}")
        elif isinstance(value, Struct):
            self._note_all(getattr(value, name) for name in value.__struct_fields__)

    # One method per kind of what changes.

    def _note_cell(self, cell: CellType) -> None:
        self.note(cell.cell_contents)

    def _note_entries(self, entries: Mapping[Any, Any]) -> None:
        lasting = (entry for entry in entries.items() if role_of(type(entry[0])) is not Role.FLEETING)
        self._note_all(chain.from_iterable(lasting))

    def _note_set(self, members: Iterable[Any]) -> None:
        self._note_all(sorted(map(_alone, members)))

    def _note_random(self, source: Any) -> None:
        self._note_all(source.getstate())

    def _note_clock(self, clock: WorldClock) -> None:
        """The time, unless it is the machine's, and what will happen, in order."""
        state = clock.capture()
        self.note(state.mode)
        self.note(state.speed)
        if state.mode is not ClockMode.REAL:
            self.note(state.now_ns)
        for at_ns, _, timer, action in sorted(state.timers, key=lambda entry: entry[:2]):
            if action is not None and not _is_fleeting(action):
                self._note_all((at_ns, timer))

    def _note_struct(self, struct: Struct) -> None:
        self._note_all(getattr(struct, name) for name in struct.__struct_fields__)

    def _note_object(self, owner: Any) -> None:
        kind = type(owner)
        slots = ((name, getattr(owner, name)) for name in slots_of(kind) if hasattr(owner, name))
        others = sorted(attributes(owner).items()) if has_dict(kind) else ()
        self._note_all(chain.from_iterable(chain(slots, others)))


def _alone(member: object) -> str:
    """A member of a set by itself; what changes has no place there."""
    digest = _Digest()
    digest.note(member)
    return digest.hexdigest()


def _is_fleeting(action: Any) -> bool:
    """Whether a timer's action is for somebody's connection: its method, or a function that holds on to it."""
    if isinstance(action, FunctionType):
        owners = [cell.cell_contents for cell in action.__closure__ or ()]
    else:
        owners = [getattr(action, "__self__", None)]
    return any(role_of(type(owner)) is Role.FLEETING for owner in owners)


_WRITERS: Final[dict[Kind, Callable[[_Digest, Any], None]]] = {
    Kind.CELL: _Digest._note_cell,
    Kind.DICT: _Digest._note_entries,
    Kind.LIST: _Digest._note_all,
    Kind.SET: _Digest._note_set,
    Kind.DEQUE: _Digest._note_all,
    Kind.SORTED_DICT: _Digest._note_entries,
    Kind.SORTED_LIST: _Digest._note_all,
    Kind.RANDOM: _Digest._note_random,
    Kind.CLOCK: _Digest._note_clock,
    Kind.PLAIN_STRUCT: _Digest._note_struct,
    Kind.STRUCT: _Digest._note_struct,
    Kind.OBJECT: _Digest._note_object,
}
