"""What a fault may have changed in a message: neutral edits, which each dialect makes in its own words."""

from typing import Any, TypeAlias

from msgspec import Struct

from simexchange.domain.ids import OrderId, Symbol
from simexchange.domain.units import Price, Quantity

Levels: TypeAlias = tuple[tuple[Price, Quantity], ...]


class SetField(Struct, frozen=True):
    """Put ``value`` at ``path``, a JSON pointer into what the message tells (its wrapping left out).

    A field that is not there is added; a path that leads through one that is not there changes nothing.
    """

    path: str
    value: Any


class ShiftIds(Struct, frozen=True):
    """Move every update id of a book by so much."""

    by: int


class CrossBook(Struct, frozen=True):
    """Have the best bid so many ticks above the best ask (0: equal to it)."""

    ticks: int


class StopTime(Struct, frozen=True):
    """Put back the time of the event, and of what it tells of, to this one."""

    ts_ns: int


class HoldTop(Struct, frozen=True):
    """Have the best levels be these, whatever they are; those behind them are told as they are."""

    bid: tuple[Price, Quantity]
    ask: tuple[Price, Quantity]


class OldBook(Struct, frozen=True):
    """Tell the book as it was: update id and levels, best first, as many as the answer has room for."""

    update_id: int
    bids: Levels
    asks: Levels


class SpoilChecksum(Struct, frozen=True):
    """Have the checksum wrong, or leave it out."""

    omit: bool


class HideOrders(Struct, frozen=True):
    """Leave these orders out of a listing."""

    orders: frozenset[tuple[Symbol, OrderId]]


Change: TypeAlias = HideOrders | SetField | ShiftIds | CrossBook | StopTime | HoldTop | OldBook | SpoilChecksum
