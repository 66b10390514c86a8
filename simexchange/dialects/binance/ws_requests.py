"""Requests of the WebSocket API: reading the frame, and the envelope of every answer.

Source: "Public WebSocket API", request format, response format and SIGNED request security.
"""

import re
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from simexchange.dialects.binance.errors import BinanceRefusal, Entry

RequestId: TypeAlias = int | str | None

_BAD_FRAME: Final = -1135
BAD_JSON: Final = Entry(400, _BAD_FRAME, "Invalid JSON Request")
BAD_ID: Final = Entry(
    400,
    _BAD_FRAME,
    "Invalid 'id' in JSON request; expected an integer, a string matching '^[a-zA-Z0-9-_]{1,36}$', or null.",
)
BAD_METHOD: Final = Entry(400, _BAD_FRAME, "Invalid 'method' in JSON request; expected a string.")
BAD_PARAMS: Final = Entry(400, _BAD_FRAME, "Invalid 'params' in JSON request; expected an object.")

_id_text = re.compile(r"[a-zA-Z0-9\-_]{1,36}", re.ASCII)
_LARGEST_ID: Final = 2**63
_VERSION: Final = "v3/"


class _Frame(Struct):
    """The outermost object, each part still as the client wrote it."""

    id: Raw | UnsetType = UNSET
    method: Raw | UnsetType = UNSET
    params: Raw | UnsetType = UNSET


class ApiRequest(Struct, frozen=True):
    """One request: ``params`` as name -> text, numbers as the client wrote them."""

    request_id: RequestId
    method: str
    params: dict[str, str]


_frames = msgspec.json.Decoder(_Frame)
_objects = msgspec.json.Decoder(dict[str, Raw])
_values = msgspec.json.Decoder()


def parse(text: str) -> ApiRequest:
    """One text frame as a request; a BinanceRefusal for a frame that has no form."""
    try:
        frame = _frames.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise BinanceRefusal(BAD_JSON) from None
    request_id = _value(frame.id)
    if request_id is UNSET or not _is_request_id(request_id):
        raise BinanceRefusal(BAD_ID)
    method = _value(frame.method)
    if not isinstance(method, str):
        raise BinanceRefusal(BAD_METHOD)
    return ApiRequest(request_id, method.removeprefix(_VERSION), _params(frame.params))


def _params(raw: Raw | UnsetType) -> dict[str, str]:
    if isinstance(raw, UnsetType):
        return {}
    try:
        return {name: _text(value) for name, value in _objects.decode(raw).items()}
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise BinanceRefusal(BAD_PARAMS) from None


def _value(raw: Raw | UnsetType) -> Any:
    if isinstance(raw, UnsetType):
        return UNSET
    try:
        return _values.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        raise BinanceRefusal(BAD_JSON) from None


def _text(raw: Raw) -> str:
    """A JSON value as text: what a client of this API signs. Lists come without blanks, null as nothing."""
    first = bytes(raw)[:1]
    if first == b'"':
        return str(_values.decode(raw))
    if first in (b"[", b"{"):
        return msgspec.json.encode(_values.decode(raw)).decode()
    text = bytes(raw).decode()
    return "" if text == "null" else text


def _is_request_id(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return _id_text.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST_ID <= value < _LARGEST_ID


def signed_text(params: dict[str, str]) -> bytes:
    """What the signature of a request is over: all other parameters, sorted by name, not percent-encoded."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature").encode()


def success(request_id: RequestId, result: object, rate_limits: list[dict[str, object]] | None) -> bytes:
    answer: dict[str, object] = {"id": request_id, "status": 200, "result": result}
    if rate_limits is not None:
        answer["rateLimits"] = rate_limits
    return msgspec.json.encode(answer)


def failure(
    request_id: RequestId,
    refusal: BinanceRefusal,
    rate_limits: list[dict[str, object]] | None,
    data: dict[str, object] | None = None,
) -> bytes:
    error = refusal.body
    data = data if refusal.data is None else refusal.data
    if data is not None:
        error["data"] = data
    answer: dict[str, object] = {"id": request_id, "status": refusal.status, "error": error}
    if rate_limits is not None:
        answer["rateLimits"] = rate_limits
    return msgspec.json.encode(answer)
