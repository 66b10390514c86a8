"""One request to the control API of a running exchange, by the standard library alone, loaded when it is first needed.

No proxy is asked: it has no business between somebody and their exchange. The token goes into a header, nowhere else.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

_GOOD: Final = range(200, 300)


class Answer(NamedTuple):
    """What came back, a no included."""

    status: int
    content_type: str
    body: bytes

    @property
    def is_good(self) -> bool:
        return self.status in _GOOD


class Unreachable(Exception):
    """Nobody answers, or nobody who speaks HTTP; ``reason`` is what the system said, an exception or a text."""

    def __init__(self, reason: object) -> None:
        self.reason = reason
        super().__init__(getattr(reason, "strerror", None) or str(reason))


def ask(
    url: str,
    token: str | None,
    method: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    *,
    patience_s: float,
) -> Answer:
    """Ask the exchange whose control port is at ``url``; ``path`` is escaped already. Raises Unreachable.

    Of the query what is None is left out; the body goes as JSON. ``patience_s`` is for the connection, and for every
    part of the answer.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request

    said = {name: _word(value) for name, value in (query or {}).items() if value is not None}
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        request = Request(url + path + (f"?{urlencode(said)}" if said else ""), data, headers, method=method)
        try:
            with _opener().open(request, timeout=patience_s) as reply:
                return Answer(reply.status, reply.headers.get_content_type(), reply.read())
        except HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers.get_content_type(), refusal.read())
    except URLError as error:
        raise Unreachable(error.reason) from None
    except (HTTPException, OSError, ValueError) as error:
        raise Unreachable(error) from None


@cache
def _opener() -> "OpenerDirector":
    from urllib.request import ProxyHandler, build_opener

    return build_opener(ProxyHandler({}))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
