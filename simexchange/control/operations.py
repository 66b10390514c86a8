"""What an operation of the control API is: one row, from which its route, its checks and its documentation follow."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from simexchange.control.reading import NoQuery

if TYPE_CHECKING:
    from simexchange.control.controls import Controls


class Asked(Struct, frozen=True):
    """One request, checked: ``path`` holds what stands at the names in the operation's path.

    ``host`` is the name or address by which the control port was called.
    """

    controls: "Controls"
    path: Mapping[str, str]
    query: Any
    body: Any
    host: str = "127.0.0.1"


class Made(Struct, frozen=True):
    """An answer about something new, and where it is from now on."""

    value: Any
    location: str


class Text(Struct, frozen=True):
    """An answer that is no JSON."""

    text: str
    media_type: str


class Redirect(Struct, frozen=True):
    """An answer that sends a browser elsewhere, with a cookie."""

    location: str
    cookie: str


class Operation(Struct, frozen=True):
    """One method at one path.

    ``handler`` gives the answer's value, now or as an awaitable, or raises Problem. ``answers`` is the value's type
    (None: 204 without a body). ``body`` is a struct; ``raw_schema`` instead has the handler read a JSON object whose
    form that function describes. ``problems`` are statuses beside 401, 403 and, where anything can be sent, 422.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[Asked], Any]
    answers: Any = None
    status: int = 200
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    raw_schema: Callable[[], dict[str, Any]] | None = None
    problems: tuple[int, ...] = ()
    example: Mapping[str, Any] | None = None
    is_open: bool = False
    """Answered without the token."""
    media_type: str = "application/json"

    @property
    def name(self) -> str:
        """``GET /faults``."""
        return f"{self.method} {self.path}"

    @property
    def has_body(self) -> bool:
        return self.body is not None or self.raw_schema is not None


class Instant(Struct, frozen=True):
    """A point in the world's time."""

    at: str
    """ISO 8601, UTC."""
    ns: int
    """Nanoseconds since the epoch."""
