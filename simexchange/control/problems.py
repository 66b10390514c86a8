"""Every no of the control API: a problem details object (RFC 9457) that says what was wrong and what would pass."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from starlette.responses import Response

from simexchange.services.likeness import did_you_mean

MEDIA_TYPE: Final = "application/problem+json"
NOT_SENT: Final = object()
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 has them; Python's table depends on its version."""
ValueT = TypeVar("ValueT")


class Problem(Exception):
    """Raised by whoever answers a request that cannot be answered; caught in one place.

    ``field`` is where in the request, ``sent`` what stood there, ``passes`` what would have been good; ``more`` are
    further members of the object.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str = "",
        sent: object = NOT_SENT,
        passes: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers
        shown: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(status) or HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
        }
        if field:
            shown["field"] = field
        if sent is not NOT_SENT:
            shown["sent"] = sent
        if passes:
            shown["passes"] = passes
        self.shown = shown | more

    def response(self) -> Response:
        body = msgspec.json.encode(self.shown, enc_hook=str)
        return Response(body, self.status, self.headers, MEDIA_TYPE)


def bad(field: str, detail: str, *, sent: object = NOT_SENT, passes: str = "") -> Problem:
    """A value that was understood as JSON, and makes no sense."""
    return Problem(422, f"{field}: {detail}" if field else detail, field=field, sent=sent, passes=passes)


def unknown(what: str, name: str, names: Iterable[str]) -> Problem:
    """Something that the path names is not there."""
    return Problem(404, f"there is no {what} {name!r}; {did_you_mean(name, names)}")


def found(what: str, name: str, all_: Mapping[str, ValueT]) -> ValueT:
    """The thing of that name, or the problem that there is none."""
    if name not in all_:
        raise unknown(what, name, all_)
    return all_[name]
