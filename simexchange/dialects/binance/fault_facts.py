"""What a request or message is about, in the neutral words that fault rules match. Asked only while a rule is armed.

Nothing is checked and nothing charged here: a request that makes no sense has facts as far as it tells them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from simexchange.dialects.base import FrameFacts, Request, StreamSession
from simexchange.dialects.binance import names, params
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.frame_facts import FrameFinder
from simexchange.dialects.binance.operations import by_method
from simexchange.dialects.binance.streams import MarketStream
from simexchange.dialects.binance.ws_requests import parse
from simexchange.services.faults.facts import Call, Purpose, Subject

if TYPE_CHECKING:
    from simexchange.dialects.binance.dialect import BinanceDialect

_PURPOSES: Final = {
    "POST /api/v3/order": Purpose.PLACE,
    "POST /api/v3/sor/order": Purpose.PLACE,
    "POST /api/v3/order/oco": Purpose.PLACE,
    "POST /api/v3/orderList/oco": Purpose.PLACE,
    "POST /api/v3/orderList/oto": Purpose.PLACE,
    "POST /api/v3/orderList/otoco": Purpose.PLACE,
    "POST /api/v3/orderList/opo": Purpose.PLACE,
    "POST /api/v3/orderList/opoco": Purpose.PLACE,
    "DELETE /api/v3/order": Purpose.CANCEL,
    "DELETE /api/v3/openOrders": Purpose.CANCEL,
    "DELETE /api/v3/orderList": Purpose.CANCEL,
    "POST /api/v3/order/cancelReplace": Purpose.REPLACE,
    "PUT /api/v3/order/amend/keepPriority": Purpose.AMEND,
    "GET /api/v3/order": Purpose.ORDER_QUERY,
    "GET /api/v3/orderList": Purpose.ORDER_QUERY,
    "GET /api/v3/openOrders": Purpose.OPEN_ORDERS,
    "GET /api/v3/openOrderList": Purpose.OPEN_ORDERS,
    "GET /api/v3/allOrders": Purpose.ORDER_HISTORY,
    "GET /api/v3/allOrderList": Purpose.ORDER_HISTORY,
    "GET /api/v3/myTrades": Purpose.FILLS,
    "GET /api/v3/account": Purpose.ACCOUNT,
    "POST /sapi/v1/capital/withdraw/apply": Purpose.WITHDRAW,
    "GET /api/v3/exchangeInfo": Purpose.RULES,
    "GET /api/v3/time": Purpose.TIME,
    "GET /api/v3/ping": Purpose.STATUS,
    "GET /sapi/v1/system/status": Purpose.STATUS,
    "POST /api/v3/userDataStream": Purpose.USER_STREAM,
    "PUT /api/v3/userDataStream": Purpose.USER_STREAM,
    "DELETE /api/v3/userDataStream": Purpose.USER_STREAM,
}
_MARKET_DATA: Final = frozenset(
    {
        "depth",
        "trades",
        "historicalTrades",
        "aggTrades",
        "klines",
        "uiKlines",
        "avgPrice",
        "ticker",
    }
)
_SIDES: Final = names.SIDES
_USER_METHODS: Final = ("userDataStream.", "session.")
_QUANTITIES: Final = ("quantity", "quoteOrderQty", "workingQuantity")
_CLIENT_IDS: Final = ("origClientOrderId", "cancelOrigClientOrderId", "newClientOrderId", "listClientOrderId")
_PROOFS: Final = ("timestamp", "recvWindow", "signature", "apiKey", "listenKey")
_BOOKS: Final = frozenset({"GET /api/v3/depth", "depth"})
_decode: Final = msgspec.json.Decoder().decode


class FactFinder:
    """Finds the facts for one venue in this dialect."""

    def __init__(self, dialect: "BinanceDialect") -> None:
        self._dialect = dialect
        self._methods = by_method(dialect.settings)
        self._frames = FrameFinder(dialect)

    def of_request(self, request: Request) -> Call:
        texts: dict[str, str] = {}
        try:
            if request.query:
                params.split_form(request.query, texts)
            if request.body and request.method != "GET":
                params.split_form(request.body.decode("latin-1"), texts, keep=True)
        except BinanceRefusal:
            pass  # the facts are those read so far; the dialect says what is wrong
        endpoint = f"{request.method} {request.path}"
        operation = self._dialect.operation_at(request.method, request.path)
        ws = operation.ws if operation is not None else None
        key = request.headers.get(b"x-mbx-apikey", b"").decode("latin-1")
        call = self._call((endpoint, ws) if ws else (endpoint,), _purpose(endpoint), key, texts)
        call.source = request.peer
        if operation is not None:
            call.weight = operation.weigh(texts)
        return call

    def of_handshake(self, request: Request) -> Call:
        path = request.path.rstrip("/")
        call = Call(self._dialect.name, (f"GET {path}", "CONNECT"), Purpose.CONNECT, request.peer)
        for word in path.split("/"):
            self._own(call, self._dialect.listen_keys.account_of(word))
        return call

    def of_message(self, session: StreamSession, text: str) -> Call | None:
        """A method of the WebSocket API, or a live request of a market stream; None for what is no request."""
        try:
            request = parse(text)
        except BinanceRefusal:
            return self._live_request(text)
        if isinstance(session, MarketStream):
            return self._live_request(text)
        operation = self._methods.get(request.method)
        if operation is None:
            purpose = Purpose.USER_STREAM if request.method.startswith(_USER_METHODS) else Purpose.OTHER
            call = self._call((request.method,), purpose, request.params.get("apiKey", ""), request.params)
        else:
            names_ = (request.method,) if operation.rest is None else (request.method, operation.rest)
            purpose = Purpose.OTHER if operation.rest is None else _purpose(operation.rest)
            call = self._call(names_, purpose, request.params.get("apiKey", ""), request.params)
            call.weight = operation.weigh(request.params)
        call.subscribes = request.method.startswith("userDataStream.subscribe")
        if call.account_id is None:
            for account_id in self._dialect.streams.accounts_of(session):
                self._own(call, account_id)
        return call

    def of_frame(self, session: StreamSession, payload: bytes) -> FrameFacts:
        return self._frames.of(session, payload)

    def _live_request(self, text: str) -> Call | None:
        try:
            message = _decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None
        method = message.get("method") if isinstance(message, dict) else None
        if not isinstance(method, str):
            return None
        call = Call(self._dialect.name, (method,), Purpose.SUBSCRIBE, subscribes=method == "SUBSCRIBE")
        stream_names = message.get("params")
        if isinstance(stream_names, list) and len(stream_names) == 1:
            market = self._dialect.symbols.find(str(stream_names[0]).partition("@")[0].upper())
            call.symbol = market.symbol if market is not None else ""
        return call

    def _call(self, names_: tuple[str, ...], purpose: Purpose, key: str, texts: Mapping[str, str]) -> Call:
        call = Call(self._dialect.name, names_, purpose, key=key)
        if names_[0] in _BOOKS:
            call.subject = Subject.BOOK
        market = self._dialect.symbols.find(texts.get("symbol", ""))
        call.symbol = market.symbol if market is not None else texts.get("symbol", "")
        call.side = _SIDES.get(texts.get("side", ""))
        order_id = texts.get("orderId") or texts.get("cancelOrderId") or ""
        call.order_id = int(order_id) if order_id.isascii() and order_id.isdigit() and len(order_id) < 19 else None
        call.asked = "&".join(f"{name}={texts[name]}" for name in sorted(texts) if name not in _PROOFS)
        call.quantity = next((texts[name] for name in _QUANTITIES if texts.get(name)), "")
        call.price = texts.get("price", "")
        call.client_order_id = next((texts[name] for name in _CLIENT_IDS if texts.get(name)), "")
        api_key = self._dialect.door.venue.keys.get(key)
        if api_key is not None:
            self._own(call, api_key.account_id)
        return call

    def _own(self, call: Call, account_id: int | None) -> None:
        if account_id is not None:
            call.account_id = account_id
            call.account = self._dialect.door.venue.accounts[account_id].name


def _purpose(endpoint: str) -> Purpose:
    purpose = _PURPOSES.get(endpoint)
    if purpose is not None:
        return purpose
    method, _, path = endpoint.partition(" ")
    if method == "POST" and path.startswith("/sapi/") and ("withdraw" in path or "transfer" in path.lower()):
        return Purpose.WITHDRAW
    if method == "GET" and path.startswith("/api/") and path.split("/")[3:4] and path.split("/")[3] in _MARKET_DATA:
        return Purpose.MARKET_DATA
    return Purpose.OTHER
