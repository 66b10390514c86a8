"""What a request of the journal was about, in the neutral words of its dialect."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from simexchange.dialects.base import Request, StreamSession
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.journal import RequestEntry

if TYPE_CHECKING:
    from simexchange.control.controls import Controls


class NobodysSession(StreamSession):
    """Stands for a socket that may be long gone."""

    def on_open(self) -> None:
        """Nothing happens to it."""

    def on_text(self, text: str) -> None:
        """The same."""

    def on_ping(self, payload: bytes) -> None:
        """The same."""

    def on_pong(self, payload: bytes) -> None:
        """The same."""

    def on_close(self) -> None:
        """The same."""


_NOBODYS = NobodysSession()


def is_handshake(request: Request) -> bool:
    """Whether it asked for a WebSocket."""
    return request.headers.get(b"upgrade", b"").lower() == b"websocket"


def call_of(controls: "Controls", entry: RequestEntry) -> Call:
    """The facts of a request, kept with it; of a message, whose socket may be gone, as far as both tell them."""
    if isinstance(entry.call, Call):
        return entry.call
    dialect, request = controls.dialect(entry.venue), entry.request
    if isinstance(request, Request):
        call = dialect.describe_handshake(request) if is_handshake(request) else dialect.describe(request)
        entry.call = call
        return call
    said = dialect.describe_message(_NOBODYS, str(request))
    if said is None:
        return Call(entry.venue, ("message",), Purpose.OTHER, entry.source, entry.connection)
    if not said.account:
        _own(controls, entry, said)
    return said


def _own(controls: "Controls", entry: RequestEntry, call: Call) -> None:
    """Whose socket it is, if it is still open."""
    for socket in controls.world.stage.controls[entry.venue].sockets():
        if socket.number == entry.connection:
            accounts = controls.door(entry.venue).venue.accounts
            for account_id in socket.accounts():
                call.account_id, call.account = account_id, accounts[account_id].name
            return


def parameters_of(request: object) -> dict[str, str]:
    """Everything a request says by name, as text: query, form or JSON body, or the parameters of a message.

    Secrets included: for comparing only.
    """
    if not isinstance(request, Request):
        return _of_json(str(request))
    said = dict(parse_qsl(request.query, keep_blank_values=True))
    if request.body:
        text = request.body.decode("utf-8", "replace")
        said |= _of_json(text) if text.lstrip()[:1] in ("{", "[") else dict(parse_qsl(text, keep_blank_values=True))
    return said


def _of_json(text: str) -> dict[str, str]:
    """The scalars of an object, and of its ``params`` or ``args`` below."""
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    said: dict[str, str] = {}
    for part in _parts(message):
        for name, value in part.items():
            if isinstance(value, str | int | float | bool):
                said[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return said


def _parts(message: Any) -> list[dict[str, Any]]:
    if not isinstance(message, dict):
        return []
    below = [message.get("params"), *_list(message.get("args"))]
    return [message, *(part for part in below if isinstance(part, dict))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
