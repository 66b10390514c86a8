"""What a fault has this venue say: a trouble becomes the status, code, text and headers that the venue would send.

Sources: Binance REST, "HTTP Return Codes", "LIMITS"; "Error Codes", 10xx and 20xx. Texts that the documentation does
not hold (pages of a firewall or content delivery network) are those seen in public logs.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from simexchange.dialects.base import Reply, Request, StreamSession
from simexchange.dialects.binance import errors, pages, stream_requests
from simexchange.dialects.binance.context import Context
from simexchange.dialects.binance.dialect import refusal_reply
from simexchange.dialects.binance.errors import BinanceRefusal, Entry
from simexchange.dialects.binance.stream_requests import Complaint
from simexchange.dialects.binance.streams import CONNECTIONS_EXCEEDED, MarketStream
from simexchange.dialects.binance.ws_api import ApiSession
from simexchange.dialects.binance.ws_requests import parse
from simexchange.services.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from simexchange.services.faults.facts import Call
from simexchange.services.faults.verdicts import Trouble, TroubleKind

if TYPE_CHECKING:
    from simexchange.dialects.binance.dialect import BinanceDialect

PLAIN: Final[dict[TroubleKind, Entry]] = {
    TroubleKind.OVERLOADED: errors.OVERLOADED,
    TroubleKind.INTERNAL: errors.INTERNAL,
    TroubleKind.UNEXPECTED_RESPONSE: errors.UNEXPECTED_RESPONSE,
    TroubleKind.TIMEOUT: errors.TIMEOUT,
    TroubleKind.UNAVAILABLE: errors.SHUTTING_DOWN,
    TroubleKind.MAINTENANCE: errors.SHUTTING_DOWN,
    TroubleKind.AHEAD_OF_TIME: errors.AHEAD_OF_SERVER,
    TroubleKind.TOO_LATE: errors.OUTSIDE_RECV_WINDOW,
    TroubleKind.KEY_INVALID: errors.BAD_KEY,
    TroubleKind.SIGNATURE_INVALID: errors.BAD_SIGNATURE,
    TroubleKind.ACCOUNT_LOCKED: errors.REJECTED_ACCOUNT,
    TroubleKind.ORDER_UNKNOWN: errors.ORDER_UNKNOWN,
    TroubleKind.CANCEL_UNKNOWN: errors.CANCEL_REJECTED,
    TroubleKind.DUPLICATE_ORDER: errors.REJECTED_DUPLICATE,
    TroubleKind.INSUFFICIENT_BALANCE: errors.REJECTED_BALANCE,
    TroubleKind.WOULD_TAKE: errors.REJECTED_WOULD_TAKE,
    TroubleKind.MARKET_CLOSED: errors.MARKET_CLOSED,
    TroubleKind.POST_ONLY_TIME: errors.MARKET_CLOSED,
    TroubleKind.CANCEL_ONLY_TIME: errors.MARKET_CLOSED,
}
"""Troubles that are one line of the error table."""
_OF_CODE: Final = {entry.code: entry for entry in reversed(errors.TABLE) if "{}" not in entry.text}
"""The first line of the table for each code whose text is whole."""
NOT_FOUND: Final = 404
STATUS_PATH: Final = "/sapi/v1/system/status"
UNDER_MAINTENANCE: Final = b'{"status":1,"msg":"system_maintenance"}'
_AT_THE_EDGE: Final = (TroubleKind.FIREWALL, TroubleKind.EDGE_ERROR, TroubleKind.RESTRICTED, TroubleKind.RAW)
"""Answered before the venue's own servers: none of its headers, no weight."""
_INTERVALS: Final = ((DAY, "DAY"), (HOUR, "HOUR"), (MINUTE, "MINUTE"))


class Troubles:
    """One venue's troubles."""

    def __init__(self, dialect: "BinanceDialect") -> None:
        self._dialect = dialect

    def reply(self, trouble: Trouble, request: Request, call: Call) -> Reply:
        """The trouble as an HTTP answer. What the venue itself says costs the request's weight like any answer."""
        now_ns = self._dialect.door.clock.now_ns()
        if trouble.kind in _AT_THE_EDGE:
            return pages.page(trouble, now_ns)
        if trouble.kind is TroubleKind.RETIRED and trouble.status == NOT_FOUND:
            return self._dialect.not_found(request)
        if not call.handled:
            self._charge(request.path, call, now_ns)
        headers = self._dialect.headers_at(request.path, call.source, now_ns)
        if trouble.kind is TroubleKind.MAINTENANCE and request.path == STATUS_PATH:
            return Reply(200, UNDER_MAINTENANCE, headers)
        return refusal_reply(self._refusal(trouble), now_ns, headers)

    def message(self, trouble: Trouble, session: StreamSession, text: str, call: Call) -> bytes | None:
        """The trouble as the answer to a message. A socket has no pages: the edge's troubles are overload there.

        Market streams have no such answers in the documentation: theirs are their own errors', with this code and text.
        """
        if isinstance(session, MarketStream):
            return self._market_message(trouble, text)
        now_ns = self._dialect.door.clock.now_ns()
        if not call.handled:
            self._dialect.limits.charge(call.source, call.weight, now_ns)
        try:
            request = parse(text)
        except BinanceRefusal:
            return None
        if trouble.kind is TroubleKind.ACKNOWLEDGED and isinstance(session, ApiSession):
            return session.forgetful(request)
        refusal = BinanceRefusal(errors.OVERLOADED) if trouble.kind in _AT_THE_EDGE else self._refusal(trouble)
        if not isinstance(session, ApiSession):
            return msgspec.json.encode(refusal.body | {"id": request.request_id})
        owner = None if call.account_id is None else self._dialect.door.venue.accounts[call.account_id]
        return session.refused(request, refusal, context=Context(self._dialect, now_ns, session.peer, account=owner))

    def _market_message(self, trouble: Trouble, text: str) -> bytes:
        """On a market stream, which weighs nothing; in the form of its own complaints."""
        try:
            request_id = stream_requests.parse(text).request_id
        except Complaint as complaint:
            if trouble.kind is TroubleKind.ACKNOWLEDGED:
                return complaint.encode()
            request_id = complaint.request_id
        if trouble.kind is TroubleKind.ACKNOWLEDGED:
            return msgspec.json.encode({"result": None, "id": request_id})
        refusal = BinanceRefusal(errors.OVERLOADED) if trouble.kind in _AT_THE_EDGE else self._refusal(trouble)
        return Complaint(refusal.code, refusal.text, request_id).encode()

    def _charge(self, path: str, call: Call, now_ns: int) -> None:
        limits = self._dialect.limits
        if path.startswith("/sapi/"):
            limits.sapi_weight.add(call.source, now_ns, call.weight)
        else:
            limits.charge(call.source, call.weight, now_ns)

    def _refusal(self, trouble: Trouble) -> BinanceRefusal:
        special = _SPECIAL.get(trouble.kind)
        if special is not None:
            return special(self._dialect, trouble)
        entry = PLAIN[trouble.kind]
        if isinstance(trouble.code, int) and trouble.code != entry.code:
            entry = _OF_CODE.get(trouble.code) or Entry(entry.status, trouble.code, trouble.message or entry.text)
        return BinanceRefusal(entry, status=trouble.status, retry_after_ns=trouble.retry_at_ns)


def interval_words(length_ns: int) -> str:
    """A length of time as the venue's limits name it: "10 SECOND", "1 MINUTE", "1 DAY"."""
    for unit_ns, word in _INTERVALS:
        if length_ns % unit_ns == 0:
            return f"{length_ns // unit_ns} {word}"
    return f"{-(-length_ns // SECOND)} SECOND"


def _rate_limited(dialect: "BinanceDialect", trouble: Trouble) -> BinanceRefusal:
    limit = trouble.limit or dialect.settings.limits.request_weight
    interval = interval_words(trouble.interval_ns or MINUTE)
    return BinanceRefusal(errors.WEIGHT_EXCEEDED, limit, interval, retry_after_ns=trouble.retry_at_ns)


def _banned(dialect: "BinanceDialect", trouble: Trouble) -> BinanceRefusal:
    until_ns = trouble.retry_at_ns or dialect.door.clock.now_ns()
    return BinanceRefusal(errors.IP_BANNED, until_ns // MILLISECOND, retry_after_ns=until_ns)


def _orders_exceeded(dialect: "BinanceDialect", trouble: Trouble) -> BinanceRefusal:
    limit = trouble.limit or dialect.settings.limits.orders_10s
    interval = interval_words(trouble.interval_ns or 10 * SECOND)
    return BinanceRefusal(errors.ORDERS_EXCEEDED, limit, interval, retry_after_ns=trouble.retry_at_ns)


def _connections_exceeded(dialect: "BinanceDialect", trouble: Trouble) -> BinanceRefusal:
    limit = trouble.limit or dialect.settings.streams.connections
    interval = interval_words(trouble.interval_ns or dialect.settings.streams.connection_window_ns)
    return BinanceRefusal(
        CONNECTIONS_EXCEEDED, limit, interval, retry_after_ns=trouble.retry_at_ns, status=trouble.status
    )


def _retired(_dialect: "BinanceDialect", trouble: Trouble) -> BinanceRefusal:
    return BinanceRefusal(errors.UNSUPPORTED_OPERATION, status=None if trouble.status == NOT_FOUND else trouble.status)


def _custom(_dialect: "BinanceDialect", trouble: Trouble) -> BinanceRefusal:
    code = trouble.code if isinstance(trouble.code, int) else -1000
    entry = Entry(trouble.status or 400, code, trouble.message)
    return BinanceRefusal(entry, retry_after_ns=trouble.retry_at_ns)


_SPECIAL: Final[dict[TroubleKind, Callable[["BinanceDialect", Trouble], BinanceRefusal]]] = {
    TroubleKind.RATE_LIMITED: _rate_limited,
    TroubleKind.IP_BANNED: _banned,
    TroubleKind.ORDERS_EXCEEDED: _orders_exceeded,
    TroubleKind.CONNECTIONS_EXCEEDED: _connections_exceeded,
    TroubleKind.RETIRED: _retired,
    TroubleKind.CUSTOM: _custom,
}
