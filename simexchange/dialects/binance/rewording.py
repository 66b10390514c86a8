"""Messages and answers of this venue with something changed in them, as faults order it; keys keep their order.

A change that makes no sense for a message leaves the very bytes alone. Books: depthUpdate (U, u, b, a), partial depth
and REST depth (lastUpdateId, bids, asks), bookTicker (u, b, B, a, A).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from simexchange.dialects.binance.names import text8, wire_symbol
from simexchange.domain.enums import Side
from simexchange.domain.units import Price, Quantity
from simexchange.services.clock import MILLISECOND
from simexchange.services.faults.changes import (
    Change,
    CrossBook,
    HideOrders,
    HoldTop,
    OldBook,
    SetField,
    ShiftIds,
    StopTime,
)
from simexchange.venue.market import Market

_IDS: Final = ("U", "u", "lastUpdateId")
_TIMES: Final = ("E", "T")
_WRAPPINGS: Final = ("data", "event", "result")
_MICROSECONDS: Final = 10**14
"""Times are in milliseconds up to the year 5138, in microseconds above."""
_decode: Final = msgspec.json.Decoder().decode

Fields = dict[str, Any]


def reworded(payload: bytes, market: Market | None, change: Change) -> bytes:
    """The payload with the change made, or as it is."""
    try:
        message = _decode(payload)
    except msgspec.DecodeError:
        return payload
    told = _told(message)
    if isinstance(change, HideOrders):
        return msgspec.json.encode(message) if _hide(told, change) else payload
    edit = _EDITS.get(type(change))
    events = told if isinstance(told, list) else [told]
    if edit is None:
        return payload
    changed = [edit(event, market, change) for event in events if isinstance(event, dict)]
    return msgspec.json.encode(message) if any(changed) else payload


def _told(message: Any) -> Any:
    """What a message tells, without its wrapping."""
    if isinstance(message, dict) and "e" not in message:
        for name in _WRAPPINGS:
            if isinstance(message.get(name), dict | list):
                return message[name]
    return message


def _hide(told: Any, change: HideOrders) -> bool:
    """Out of openOrders, allOrders and their like; lists of anything else hold nothing of theirs."""
    if not isinstance(told, list):
        return False
    hidden = {(wire_symbol(symbol), order_id) for symbol, order_id in change.orders}
    kept = [row for row in told if not isinstance(row, dict) or (row.get("symbol"), row.get("orderId")) not in hidden]
    found = len(kept) < len(told)
    told[:] = kept
    return found


def _set_field(event: Fields, _market: Market | None, change: SetField) -> bool:
    *way, last = (part.replace("~1", "/").replace("~0", "~") for part in change.path.split("/")[1:])
    place: Any = event
    for part in way:
        place = _entered(place, part)
    if isinstance(place, dict):
        place[last] = change.value
    elif isinstance(place, list) and last.isdecimal() and int(last) < len(place):
        place[int(last)] = change.value
    else:
        return False
    return True


def _entered(place: Any, part: str) -> Any:
    if isinstance(place, Mapping):
        return place.get(part)
    if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
        return place[int(part)]
    return None


def _shift_ids(event: Fields, _market: Market | None, change: ShiftIds) -> bool:
    if not _is_book(event):
        return False
    for name in _IDS:
        if isinstance(event.get(name), int):
            event[name] += change.by
    return True


def _cross(event: Fields, market: Market | None, change: CrossBook) -> bool:
    if market is None or not _is_book(event):
        return False
    best_ask, quantity = market.book.best(Side.SELL)
    if not best_ask:
        return False
    crossing = _level((best_ask + change.ticks * market.rules.tick_size, quantity))
    if isinstance(event["b" if "b" in event else "bids"], str):
        event["b"], event["B"] = crossing
    else:
        event["b" if "b" in event else "bids"].insert(0, crossing)
    return True


def _stop_time(event: Fields, _market: Market | None, change: StopTime) -> bool:
    found = [name for name in _TIMES if isinstance(event.get(name), int)]
    for name in found:
        unit = MILLISECOND if event[name] < _MICROSECONDS else 1_000
        event[name] = change.ts_ns // unit
    return bool(found)


def _hold_top(event: Fields, _market: Market | None, change: HoldTop) -> bool:
    """In a diff the best levels and those before them are left out; elsewhere the held ones stand in their place."""
    if not _is_book(event):
        return False
    bid, ask = _level(change.bid), _level(change.ask)
    if "bids" in event:
        event["bids"] = [bid, *(level for level in event["bids"] if _is_deeper(level, change.bid[0], -1))]
        event["asks"] = [ask, *(level for level in event["asks"] if _is_deeper(level, change.ask[0], 1))]
    elif isinstance(event["b"], str):
        event["b"], event["B"], event["a"], event["A"] = *bid, *ask
    else:
        event["b"] = [level for level in event["b"] if _is_deeper(level, change.bid[0], -1)]
        event["a"] = [level for level in event["a"] if _is_deeper(level, change.ask[0], 1)]
    return True


def _old_book(event: Fields, _market: Market | None, change: OldBook) -> bool:
    if "lastUpdateId" not in event or not _is_book(event):
        return False
    event["lastUpdateId"] = change.update_id
    for name, levels in (("bids", change.bids), ("asks", change.asks)):
        event[name] = [_level(level) for level in levels[: len(event[name])]]
    return True


def _is_book(event: Fields) -> bool:
    if event.get("e", "depthUpdate") != "depthUpdate":
        return False
    return ("lastUpdateId" in event and "bids" in event) or ("u" in event and "b" in event and "a" in event)


def _level(level: tuple[Price, Quantity]) -> list[str]:
    return [text8(level[0]), text8(level[1])]


def _is_deeper(level: list[str], best: Price, direction: int) -> bool:
    """Whether a level of the wire lies behind that price; texts of eight decimals are compared as numbers."""
    return (int(level[0].replace(".", "")) - best) * direction > 0


_EDITS: Final[dict[type, Callable[[Fields, Market | None, Any], bool]]] = {
    SetField: _set_field,
    ShiftIds: _shift_ids,
    CrossBook: _cross,
    StopTime: _stop_time,
    HoldTop: _hold_top,
    OldBook: _old_book,
}
