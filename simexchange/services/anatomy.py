"""What a world's state is made of: which objects are values, which hold state, and which are none of its business.

Checkpoints and state digests walk the same graph of objects and ask here what each of them is, by its class alone.
A class nobody has judged is an error: a new kind of state must never be missed in silence.
"""

import functools
import gc
import inspect
import operator
import re
import types
import typing
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from enum import Enum, IntEnum, auto
from numbers import Number
from typing import Any, Final

import msgspec
from msgspec import Struct
from sortedcontainers import SortedDict, SortedList

from simexchange.domain.secret import Secret
from simexchange.services.clock import WorldClock
from simexchange.services.journal import Journal
from simexchange.services.randomness import Stream


class Role(Enum):
    """What a class may say of itself in a class attribute ``state_role``; without one it is state."""

    STATE = auto()
    CONSTANT = auto()
    """Never changes once it is made, and leads to nothing that does."""
    RECORD = auto()
    """Keeps what happened: neither a revert nor a digest touches it, or looks further."""
    FLEETING = auto()
    """Lives no longer than somebody's connection: reverted like all else, and no part of a digest."""


class Kind(IntEnum):
    """How an object is walked, saved and put back."""

    VALUE = auto()
    """Never changes, or is none of the world's state."""
    TUPLE = auto()
    FROZEN = auto()
    """A frozen struct that may hold more than values."""
    METHOD = auto()
    FUNCTION = auto()
    PARTIAL = auto()
    FROZEN_SET = auto()
    CELL = auto()
    """A variable of a closure."""
    DICT = auto()
    LIST = auto()
    SET = auto()
    DEQUE = auto()
    SORTED_DICT = auto()
    SORTED_LIST = auto()
    RANDOM = auto()
    CLOCK = auto()
    PLAIN_STRUCT = auto()
    """A struct that changes and holds nothing but values."""
    STRUCT = auto()
    OBJECT = auto()
    """Of a class of ours: all its state is in its attributes."""


class UnknownState(TypeError):
    """An object whose class nobody has judged; the message names it."""


_VALUE_TYPES: Final = (
    *(type(None), types.EllipsisType, Number, str, bytes, range, type, types.ModuleType, types.MappingProxyType),
    *(Enum, Secret, re.Pattern, BaseException, operator.attrgetter, operator.itemgetter, types.GenericAlias),
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.MethodWrapperType, functools._lru_cache_wrapper),
)
_VALUE_MODULES: Final = frozenset(
    {"_hashlib", "_sha2", "cryptography", "datetime", "ipaddress", "msgspec", "typing", "logging", "_io", "io"}
    | {"_asyncio", "asyncio", "uvloop", "_socket", "socket", "starlette", "uvicorn", "websockets", "httptools"}
)
"""The machine's side of the world, and makers of values. Hash states are copied, never fed."""
_OUR_OUTSIDE: Final = ("simexchange.transports", "simexchange.control", "simexchange.app", "simexchange.serving")

_CONTAINERS: Final = (dict, list, set, frozenset, deque)
_BY_TYPE: Final[dict[type, Kind]] = {
    tuple: Kind.TUPLE,
    frozenset: Kind.FROZEN_SET,
    types.MethodType: Kind.METHOD,
    types.BuiltinFunctionType: Kind.METHOD,
    types.FunctionType: Kind.FUNCTION,
    functools.partial: Kind.PARTIAL,
    types.CellType: Kind.CELL,
    dict: Kind.DICT,
    defaultdict: Kind.DICT,
    OrderedDict: Kind.DICT,
    Counter: Kind.DICT,
    list: Kind.LIST,
    set: Kind.SET,
    deque: Kind.DEQUE,
    SortedDict: Kind.SORTED_DICT,
    SortedList: Kind.SORTED_LIST,
    Stream: Kind.RANDOM,
}
"""Grows by every class that is met."""


def kind_of(kind: type) -> Kind:
    """What objects of this class are. Raises UnknownState."""
    found = _BY_TYPE.get(kind)
    if found is None:
        found = _BY_TYPE[kind] = _judge(kind)
    return found


def _judge(kind: type) -> Kind:
    role = role_of(kind)
    if role in (Role.CONSTANT, Role.RECORD) or issubclass(kind, _VALUE_TYPES):
        return Kind.VALUE
    if issubclass(kind, WorldClock):
        return Kind.CLOCK
    if issubclass(kind, Struct):
        return _struct_kind(kind)
    if issubclass(kind, tuple):
        return Kind.TUPLE
    module = kind.__module__
    if module.partition(".")[0] in _VALUE_MODULES or module.startswith(_OUR_OUTSIDE):
        return Kind.VALUE
    if (role is not None or module.startswith("simexchange.")) and not issubclass(kind, _CONTAINERS):
        return Kind.OBJECT
    raise UnknownState(
        f"{module}.{kind.__qualname__} in the state of a world: simexchange.services.anatomy must know it"
    )


def role_of(kind: type) -> Role | None:
    """What a class says of itself."""
    if issubclass(kind, Journal):
        return Role.RECORD
    role: Role | None = getattr(kind, "state_role", None)
    return role


def is_state(owner: object) -> bool:
    """Whether an object is one of ours that a revert puts back and a digest counts."""
    kind = type(owner)
    ours = kind.__module__.startswith("simexchange.") or role_of(kind) is not None
    return ours and kind_of(kind) is not Kind.VALUE and role_of(kind) is not Role.FLEETING


def slots_of(kind: type) -> tuple[str, ...]:
    """The attributes a class keeps in slots, its bases' included, as the outside has to spell them."""
    found = _SLOTS.get(kind)
    if found is None:
        found = _SLOTS[kind] = _find_slots(kind)
    return found


_SLOTS: Final[dict[type, tuple[str, ...]]] = {}


def _find_slots(kind: type) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for owner in reversed(kind.__mro__):
        own = owner.__dict__.get("__slots__", ())
        for name in (own,) if isinstance(own, str) else own:
            private = name.startswith("__") and not name.endswith("__")
            names[f"_{owner.__name__.lstrip('_')}{name}" if private else name] = None
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def attribute_names(owner: object) -> tuple[str, ...] | None:
    """The attributes an object has beside its slots; None if only its dictionary can tell.

    CPython makes that dictionary when it is first asked for, and from then on everything done with the object takes a
    tenth longer. So the names are those that its class speaks of, if what the collector sees says that they are all.
    """
    kind = type(owner)
    names = _LEARNED.get(kind)
    if names is None or not _has_exactly(owner, names):
        names = tuple(name for name in _spoken_of(kind) if not hasattr(kind, name) and hasattr(owner, name))
        if not _has_exactly(owner, names):
            return None
        _LEARNED[kind] = names
    return names


def attributes(owner: object) -> dict[str, Any]:
    """The same with their values."""
    names = attribute_names(owner)
    return dict(vars(owner)) if names is None else {name: getattr(owner, name) for name in names}


_LEARNED: Final[dict[type, tuple[str, ...]]] = {}


def _has_exactly(owner: object, names: tuple[str, ...]) -> bool:
    held = [getattr(owner, name) for name in (*names, *slots_of(type(owner))) if hasattr(owner, name)]
    referred = gc.get_referents(owner)
    return len(referred) == len(held) + 1 and set(map(id, referred)) >= set(map(id, held))


def _spoken_of(kind: type) -> list[str]:
    """Every name in the code and the annotations of a class and its bases."""
    names: dict[str, None] = {}
    for owner in kind.__mro__:
        names |= dict.fromkeys(inspect.get_annotations(owner))
        for member in owner.__dict__.values():
            for function in (member, getattr(member, "fget", None)):
                if isinstance(function, types.FunctionType):
                    names |= dict.fromkeys(function.__code__.co_names)
    return list(names)


def has_dict(kind: type) -> bool:
    """Whether objects of a class keep attributes in a dictionary."""
    return bool(kind.__dictoffset__)


def _struct_kind(kind: type[Struct]) -> Kind:
    plain = _is_plain(kind, frozenset())
    if kind.__struct_config__.frozen:
        return Kind.VALUE if plain else Kind.FROZEN
    return Kind.PLAIN_STRUCT if plain else Kind.STRUCT


def _is_plain(kind: type[Struct], asked: frozenset[type]) -> bool:
    """Whether the types of all fields say that they can hold values alone."""
    if kind in asked:
        return True
    try:
        hints = typing.get_type_hints(kind)
    except NameError:  # a type that is imported for the type checker alone
        return False
    return all(_is_value(hints[name], asked | {kind}) for name in kind.__struct_fields__)


def _is_value(hint: Any, asked: frozenset[type]) -> bool:
    origin = typing.get_origin(hint)
    if origin in (tuple, typing.Union, types.UnionType):
        return all(argument is ... or _is_value(argument, asked) for argument in typing.get_args(hint))
    if origin is typing.Literal or hint is msgspec.UnsetType:
        return True
    if not isinstance(hint, type):
        return False
    if issubclass(hint, Struct):
        return bool(hint.__struct_config__.frozen) and _is_plain(hint, asked)
    return issubclass(hint, _VALUE_TYPES) and hint is not BaseException


def references(kind: Kind, value: Any) -> list[Any]:
    """What an unchanging object of one of the first kinds leads to."""
    return _REFERENCES[kind](value)


def _of_struct(struct: Struct) -> list[Any]:
    return [getattr(struct, name) for name in struct.__struct_fields__]


def _of_function(function: types.FunctionType) -> list[Any]:
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    return [*(function.__closure__ or ()), *defaults]


_REFERENCES: Final[dict[Kind, Callable[[Any], list[Any]]]] = {
    Kind.TUPLE: list,
    Kind.FROZEN_SET: list,
    Kind.FROZEN: _of_struct,
    Kind.METHOD: lambda method: [method.__self__],
    Kind.FUNCTION: _of_function,
    Kind.PARTIAL: lambda partial: [partial.func, *partial.args, *partial.keywords.values()],
}
