"""Entries of the journal as plain data, with nothing secret in them: what GET /journal and /events show.

Numbers that count in an instrument's or an asset's units are shown as decimal texts, accounts by their names.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from simexchange.control import units_shown
from simexchange.control.calls import call_of, is_handshake
from simexchange.control.masking import Masks, key_name
from simexchange.dialects.base import Reply, Request
from simexchange.services.durations import format_instant
from simexchange.services.faults.timeline import Fired
from simexchange.services.journal import (
    AnswerEntry,
    BatchEntry,
    ConnectionEntry,
    Entry,
    FaultEntry,
    NoteEntry,
    RequestEntry,
)

if TYPE_CHECKING:
    from simexchange.control.controls import Controls

KINDS: Final = ("request", "answer", "batch", "fault", "connection", "note")
LONGEST_BODY: Final = 4_096
"""Characters of a body or message that are shown."""
_TAIL: Final = re.compile(r"[A-Za-z0-9+/=_%-]*\Z")

Shown = dict[str, Any]


def kind_of(entry: Entry) -> str:
    return _KINDS[type(entry)]


class Place(Struct, frozen=True):
    """What an entry is about, for choosing: looked up, not shown, which would cost ten times as much."""

    venue: str = ""
    account: str = ""
    endpoints: tuple[str, ...] = ()
    house: bool = False


def place_of(controls: "Controls", entry: Entry) -> Place:
    """Where an entry belongs; what concerns the whole world has no venue."""
    if isinstance(entry, AnswerEntry):
        return place_of(controls, entry.request)
    if isinstance(entry, RequestEntry):
        call = call_of(controls, entry)
        return Place(entry.venue, call.account, call.names)
    if isinstance(entry, BatchEntry):
        account = controls.door(entry.venue).venue.accounts.get(getattr(entry.batch.command, "account_id", -1))
        return Place(entry.venue) if account is None else Place(entry.venue, account.name, house=account.house)
    if isinstance(entry, FaultEntry):
        what = entry.what
        if isinstance(what, Fired):
            return Place(what.venue, what.account, (what.endpoint,))
        match = what.get("match", {})
        return Place(match.get("venue", ""), match.get("account", ""))
    return Place(getattr(entry, "venue", ""))


def show(controls: "Controls", entry: Entry) -> Shown:
    """One entry, masked."""
    shown: Shown = {
        "seq": entry.seq,
        "kind": kind_of(entry),
        "ts": format_instant(entry.ts_ns),
        "ts_ns": entry.ts_ns,
    }
    if isinstance(entry, RequestEntry):
        return shown | _request(controls, entry)
    if isinstance(entry, AnswerEntry):
        return shown | _answer(controls, entry.request)
    if isinstance(entry, BatchEntry):
        return shown | _batch(controls, entry)
    if isinstance(entry, FaultEntry):
        return shown | _fault(controls, entry)
    if isinstance(entry, ConnectionEntry):
        parts: Shown = {"venue": entry.venue, "action": entry.action, "connection": entry.connection}
        return shown | parts | {"source": entry.source, "detail": controls.masks(entry.venue).text(entry.detail)}
    return shown | {"action": entry.action, "detail": entry.detail}


def _request(controls: "Controls", entry: RequestEntry) -> Shown:
    masks, call, request = controls.masks(entry.venue), call_of(controls, entry), entry.request
    shown: Shown = {
        "venue": entry.venue,
        "account": call.account,
        "key": key_name(call.key) if call.key else "",
        "endpoint": masks.text(call.names[0]),
        "purpose": call.purpose.value,
        "symbol": masks.text(call.symbol),
        "connection": entry.connection,
        "source": entry.source,
    }
    if isinstance(request, Request):
        shown["method"] = request.method
        shown["path"] = masks.text(request.path)
        shown["query"] = masks.text(request.query)
        shown["headers"] = masks.deep({_text(name): _text(value) for name, value in request.headers.items()})
        shown["body"] = body_text(masks, request.body, entry.request_left_out)
        shown["upgrade"] = is_handshake(request)
    else:
        shown["message"] = body_text(masks, str(request), entry.request_left_out)
    answered = entry.answered_ns != 0
    shown["answered"] = format_instant(entry.answered_ns) if answered else None
    shown["answered_ns"] = entry.answered_ns if answered else None
    shown["fate"] = entry.fate
    shown["reply"] = _reply(masks, entry.reply, entry.left_out)
    return shown


def _answer(controls: "Controls", entry: RequestEntry) -> Shown:
    """The answer of a request that was held."""
    request = _request(controls, entry)
    names = ("venue", "account", "endpoint", "connection", "fate", "reply")
    return {"request": entry.seq} | {name: request[name] for name in names}


def _reply(masks: Masks, reply: object, left_out: int) -> Shown | None:
    if isinstance(reply, Reply):
        headers = {_text(name): _text(value) for name, value in reply.headers}
        return {"status": reply.status, "headers": masks.deep(headers), "body": body_text(masks, reply.body, left_out)}
    if isinstance(reply, bytes | str):
        return {"message": body_text(masks, reply, left_out)}
    if isinstance(reply, list | tuple):
        return {"messages": [body_text(masks, part) for part in reply if isinstance(part, bytes | str)]}
    return None


def body_text(masks: Masks, body: bytes | str, left_out: int = 0) -> str:
    """A body, masked, and cut where it is long; what is cut off takes no half of a secret along.

    ``left_out`` is how much of it was not kept.
    """
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    if len(text) <= LONGEST_BODY and not left_out:
        return masks.text(text)
    kept = _TAIL.sub("", text[:LONGEST_BODY])
    return f"{masks.text(kept)}… ({len(text) - len(kept) + left_out} characters more)"


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _batch(controls: "Controls", entry: BatchEntry) -> Shown:
    door, masks, batch = controls.door(entry.venue), controls.masks(entry.venue), entry.batch
    place, show_part = place_of(controls, entry), units_shown.Shower(door.venue).show
    return {
        "venue": entry.venue,
        "account": place.account,
        "house": place.house,
        "batch": batch.seq,
        "command": masks.deep(show_part(batch.command)),
        "events": [masks.deep(show_part(event)) for event in batch.events],
    }


def _fault(controls: "Controls", entry: FaultEntry) -> Shown:
    what, place = entry.what, place_of(controls, entry)
    plain: Shown = what.shown() if isinstance(what, Fired) else _plain(what)
    for venue in controls.venues:
        plain = controls.masks(venue).deep(plain)
    shown: Shown = {"venue": place.venue, "account": place.account, "action": entry.action}
    return shown | {"fired" if isinstance(what, Fired) else "rule": plain}


def _plain(what: Any) -> Shown:
    if isinstance(what, Mapping):
        return dict(what)
    if isinstance(what, Struct):
        plain: Shown = msgspec.to_builtins(what, enc_hook=str)
        return plain
    return {"detail": str(what)}


_KINDS: Final[dict[type, str]] = {
    RequestEntry: "request",
    AnswerEntry: "answer",
    BatchEntry: "batch",
    FaultEntry: "fault",
    ConnectionEntry: "connection",
    NoteEntry: "note",
}
