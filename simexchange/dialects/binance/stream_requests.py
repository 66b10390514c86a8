"""Live requests on a market stream socket: reading them, and the venue's complaints about them.

Source: "WebSocket Streams for Binance", live subscribing and error messages. Complaints come wrapped in ``error``,
with the request's id once it is known, as clients in the field receive them.
"""

import re
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Struct

METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")

UNKNOWN_PROPERTY: Final = (0, "Unknown property")
EXPECTED_BOOLEAN: Final = (1, "Invalid value type: expected Boolean")
PROPERTY_NAME: Final = (2, "Invalid request: property name must be a string")
REQUEST_ID: Final = (2, "Invalid request: request ID must be an unsigned integer")
TOO_MANY_PARAMETERS: Final = (2, "Invalid request: too many parameters")
INVALID_STREAM: Final = (2, "Invalid request: invalid stream")
TOO_MANY_SUBSCRIPTIONS: Final = (4, "Too many subscriptions")

COMPLAINTS: Final = (
    (*UNKNOWN_PROPERTY, ""),
    (*EXPECTED_BOOLEAN, ""),
    (*PROPERTY_NAME, ""),
    (*REQUEST_ID, ""),
    (2, "Invalid request: unknown variant", "its column is the length of the message"),
    (*TOO_MANY_PARAMETERS, ""),
    (*INVALID_STREAM, ""),
    (2, "Invalid request: missing field", "its column is the length of the message"),
    (2, "Invalid request: invalid type", "the venue's own text is not documented"),
    (3, "Invalid JSON: expected value", "always this complaint, whatever is wrong with the JSON"),
    (*TOO_MANY_SUBSCRIPTIONS, ""),
)
"""(code, text, remark) of everything this socket complains about; rows of the fidelity table."""

RequestId: TypeAlias = int | str | None

_id_text = re.compile(r"[a-zA-Z0-9\-_]{1,36}", re.ASCII)
_offset = re.compile(r"\(byte (\d+)\)")
_LARGEST_ID: Final = 2**63


class StreamRequest(Struct, frozen=True):
    """A well-formed request; ``params`` are still to be judged by its method. ``text_length`` serves complaints."""

    method: str
    params: list[Any]
    request_id: RequestId
    text_length: int


class Complaint(Exception):
    """A refused request; ``encode`` is what the client gets to see."""

    def __init__(self, code: int, text: str, request_id: Any = UNSET) -> None:
        self.code = code
        self.text = text
        self.request_id = request_id
        super().__init__(text)

    def encode(self) -> bytes:
        answer: dict[str, Any] = {"error": {"code": self.code, "msg": self.text}}
        if self.request_id is not UNSET:
            answer["id"] = self.request_id
        return msgspec.json.encode(answer)


def parse(text: str) -> StreamRequest:
    """One text message as a request, or a Complaint."""
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise Complaint(3, f"Invalid JSON: expected value {_place(text, str(error))}") from None
    end = f"at line 1 column {len(text)}"
    if not isinstance(message, dict):
        raise Complaint(2, f"Invalid request: invalid type: {_kind(message)}, expected a map {end}")
    request_id = message.get("id", UNSET)
    if not is_request_id(request_id):
        raise Complaint(*REQUEST_ID)
    if "method" not in message:
        raise Complaint(2, f"Invalid request: missing field `method` {end}", request_id)
    method = message["method"]
    if not isinstance(method, str):
        raise Complaint(2, f"Invalid request: invalid type: {_kind(method)}, expected a string {end}", request_id)
    if method not in METHODS:
        known = ", ".join(f"`{name}`" for name in METHODS)
        raise Complaint(2, f"Invalid request: unknown variant `{method}`, expected one of {known} {end}", request_id)
    params = message.get("params")
    if params is None:
        params = []
    if not isinstance(params, list):
        raise Complaint(2, f"Invalid request: invalid type: {_kind(params)}, expected a sequence {end}", request_id)
    return StreamRequest(method, params, request_id, len(text))


def stream_names(request: StreamRequest) -> list[str]:
    """The parameters of SUBSCRIBE and UNSUBSCRIBE, each a text."""
    for name in request.params:
        if not isinstance(name, str):
            end = f"at line 1 column {request.text_length}"
            raise Complaint(
                2, f"Invalid request: invalid type: {_kind(name)}, expected a string {end}", request.request_id
            )
    return request.params


def property_name(request: StreamRequest, parameters: int) -> str:
    """The first parameter of GET_PROPERTY and SET_PROPERTY, which take ``parameters`` of them."""
    if len(request.params) > parameters:
        raise Complaint(*TOO_MANY_PARAMETERS, request.request_id)
    if not request.params or not isinstance(request.params[0], str):
        raise Complaint(*PROPERTY_NAME, request.request_id)
    name: str = request.params[0]
    if name != "combined":
        raise Complaint(*UNKNOWN_PROPERTY, request.request_id)
    return name


def is_request_id(value: Any) -> bool:
    """Whether a value may be a request's id: a 64-bit signed integer, a short plain text, or null."""
    if value is None:
        return True
    if isinstance(value, str):
        return _id_text.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST_ID <= value < _LARGEST_ID


def _place(text: str, problem: str) -> str:
    """Where the JSON breaks, counted from one as the venue counts; its end for a text cut short."""
    offset = _offset.search(problem)
    before = text.encode("utf-8", "replace")[: int(offset[1])] if offset else text.encode("utf-8", "replace")
    line = before.count(b"\n")
    column = len(before) - before.rfind(b"\n")
    return f"at line {line + 1} column {column}"


def _kind(value: Any) -> str:
    """A JSON value as a complaint names it."""
    match value:
        case None:
            return "null"
        case bool():
            return f"boolean `{str(value).lower()}`"
        case int():
            return f"integer `{value}`"
        case str():
            return f'string "{value}"'
        case list():
            return "sequence"
        case dict():
            return "map"
        case _:
            return f"floating point `{value}`"
