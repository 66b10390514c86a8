"""Who uses a venue, and how much of it: rate limits, bans, open sockets, and the addresses that requests came from."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from simexchange.control.masking import key_name
from simexchange.control.operations import Asked, Operation
from simexchange.services.durations import format_instant
from simexchange.world import Door


class LimitView(Struct, frozen=True):
    what: str
    """What is counted, in which stretch of time."""
    who: str
    """An address, or an account."""
    used: int
    limit: int
    """0: nothing is ever too much."""
    until: str
    """When the count begins anew, or the ban ends."""
    until_ns: int
    banned: bool


class ConnectionView(Struct, frozen=True):
    connection: int
    source: str
    opened: str
    accounts: list[str]
    """Whose orders it is told about."""
    channels: list[str]
    """What it is subscribed to."""
    waiting_bytes: int
    """What was sent and the client has not taken yet."""
    held_messages: int
    """Messages that faults hold back now."""
    frozen: bool


class SeenView(Struct, frozen=True):
    """Requests that the journal still has."""

    source: str
    account: str
    key: str
    requests: int
    refused: int
    latest: str
    latest_ns: int


def limits(asked: Asked) -> list[LimitView]:
    door = asked.controls.door(asked.path["venue"])
    return [
        LimitView(row.what, row.who, row.used, row.limit, format_instant(row.until_ns), row.until_ns, row.is_ban)
        for row in asked.controls.dialect(door.name).limits_in_use()
    ]


def connections(asked: Asked) -> list[ConnectionView]:
    controls = asked.controls
    door = controls.door(asked.path["venue"])
    masks = controls.masks(door.name)
    return [
        ConnectionView(
            socket.number,
            socket.source,
            format_instant(socket.opened_ns),
            [_name(door, account_id) for account_id in socket.accounts()],
            [masks.text(f"{channel} {symbol}".strip()) for channel, symbol in socket.channels()],
            socket.waiting_bytes,
            controls.world.faults.held(door.name, socket.number),
            socket.is_frozen,
        )
        for socket in controls.world.stage.controls[door.name].sockets()
    ]


def seen(asked: Asked) -> list[SeenView]:
    """Per address and key, the latest first."""
    controls = asked.controls
    door = controls.door(asked.path["venue"])
    key_headers = tuple(name.lower().encode() for name in controls.dialect(door.name).secret_names.keys)
    rows: dict[tuple[str, str, str], list[int]] = {}
    for entry in controls.world.journal.requests:
        if entry.venue != door.name:
            continue
        key, account = "", ""
        headers = getattr(entry.request, "headers", None)
        if headers is not None:
            key, account = _owner(door, key_headers, headers)
        elif entry.call is not None:
            key, account = entry.call.key, entry.call.account
        row = rows.setdefault((entry.source, account, key), [0, 0, 0])
        row[0] += 1
        row[1] += getattr(entry.reply, "status", 0) >= 400
        row[2] = max(row[2], entry.ts_ns)
    return sorted(
        (
            SeenView(source, account, key_name(key) if key else "", count, refused, format_instant(at_ns), at_ns)
            for (source, account, key), (count, refused, at_ns) in rows.items()
        ),
        key=lambda row: -row.latest_ns,
    )


def _owner(door: Door, names: tuple[bytes, ...], headers: Mapping[bytes, bytes]) -> tuple[str, str]:
    """The key that stands in the headers, and whose it is."""
    for name in names:
        sent = headers.get(name)
        if sent is not None:
            api_key = sent.decode("latin-1")
            key = door.venue.keys.get(api_key)
            return api_key, "" if key is None else _name(door, key.account_id)
    return "", ""


def _name(door: Door, account_id: int) -> str:
    return door.venue.accounts[account_id].name


_ONE: Final = "/venues/{venue}"
OPERATIONS: Final = (
    Operation(
        "GET",
        f"{_ONE}/limits",
        "How far everybody is with the venue's limits, and who is banned until when",
        limits,
        list[LimitView],
        problems=(404,),
    ),
    Operation(
        "GET",
        f"{_ONE}/connections",
        "The open WebSockets: whose, subscribed to what, and what waits for them",
        connections,
        list[ConnectionView],
        problems=(404,),
    ),
    Operation(
        "GET",
        f"{_ONE}/seen",
        "Which addresses and keys requests came from, as far as the journal goes back",
        seen,
        list[SeenView],
        problems=(404,),
    ),
)
