"""What an answer of this venue means, in neutral words: from its status, code, text and Retry-After alone.

Source: Binance REST, "HTTP Return Codes" (5XX: execution status unknown), "LIMITS", "Error Codes"; -1008 is documented
as a failure although its status is 503.
"""

import re
from typing import Any, Final

import msgspec

from simexchange.dialects.base import Reply
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.outcomes import Answer, Outcome

_BY_CODE: Final = {
    -1002: Answer.PERMISSION,
    -1006: Answer.UNKNOWN,
    -1007: Answer.UNKNOWN,
    -1008: Answer.OVERLOADED,
    -1013: Answer.FILTER,
    -1015: Answer.ORDERS_EXCEEDED,
    -1016: Answer.UNAVAILABLE,
    -1021: Answer.TIMESTAMP,
    -1022: Answer.SIGNATURE,
    -1111: Answer.FILTER,
    -2010: Answer.ORDER_REJECTED,
    -2011: Answer.ORDER_REJECTED,
    -2013: Answer.ORDER_UNKNOWN,
    -2014: Answer.PERMISSION,
    -2015: Answer.PERMISSION,
    -2021: Answer.ORDER_REJECTED,
    -2022: Answer.ORDER_REJECTED,
    -2038: Answer.ORDER_REJECTED,
}
_BY_TEXT: Final = {
    "Account has insufficient balance for requested action.": Answer.BALANCE,
    "Duplicate order sent.": Answer.DUPLICATE,
    "Unknown order sent.": Answer.ORDER_UNKNOWN,
    "Market is closed.": Answer.NOT_TRADING,
    "This account may not place or cancel orders.": Answer.PERMISSION,
}
"""Codes that mean several things say which in their text."""
_MALFORMED: Final = range(-1199, -1099)
_BANNED_UNTIL: Final = re.compile(r"banned until (\d{1,16})")
_TOO_MANY: Final = 429
_TEAPOT: Final = 418
_SERVER_ERROR: Final = 500
_REFUSED: Final = 400
_decode: Final = msgspec.json.Decoder().decode


def of_reply(reply: Reply) -> Outcome:
    """What an HTTP answer means."""
    if reply.status < _REFUSED:
        return Outcome(Answer.DONE)
    try:
        body = _decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        body = None
    headers = {name.lower(): value for name, value in reply.headers}
    seconds = headers.get(b"retry-after", b"")
    wait_ns = int(seconds) * SECOND if seconds.isdigit() else None
    return _outcome(reply.status, body, wait_ns, None)


def of_message(payload: bytes | None) -> Outcome:
    """What an answer on a WebSocket means; None is no answer, which leaves everything open."""
    try:
        message = _decode(payload or b"")
    except (msgspec.DecodeError, RecursionError):
        return Outcome(Answer.UNKNOWN)
    if not isinstance(message, dict):
        return Outcome(Answer.UNKNOWN)
    error = message.get("error", message if "code" in message else None)
    if not isinstance(error, dict):
        return Outcome(Answer.DONE)
    data = error.get("data")
    until_ms = data.get("retryAfter") if isinstance(data, dict) else None
    status = message.get("status", _REFUSED)
    return _outcome(
        status if isinstance(status, int) else _REFUSED,
        error,
        None,
        until_ms * MILLISECOND if isinstance(until_ms, int) else None,
    )


def _outcome(status: int, body: Any, wait_ns: int | None, until_ns: int | None) -> Outcome:
    code, text = (body.get("code"), body.get("msg", "")) if isinstance(body, dict) else (None, "")
    banned = _BANNED_UNTIL.search(text) if isinstance(text, str) else None
    if banned is not None and until_ns is None:
        until_ns = int(banned[1]) * MILLISECOND
    return Outcome(_answer(status, code, text), wait_ns, until_ns)


def _answer(status: int, code: object, text: object) -> Answer:
    known = _BY_CODE.get(code) if isinstance(code, int) else None
    if status == _TEAPOT:
        return Answer.BANNED
    if status == _TOO_MANY:
        return known if known is Answer.ORDERS_EXCEEDED else Answer.RATE_LIMITED
    if isinstance(text, str) and text in _BY_TEXT:
        return _BY_TEXT[text]
    if known is not None:
        return known
    if status >= _SERVER_ERROR:
        return Answer.UNKNOWN
    return Answer.MALFORMED if isinstance(code, int) and code in _MALFORMED else Answer.REFUSED
