"""What each fault makes an unmodified client raise: one row per fault, as the clients' own documentation has it.

Plain data, read by the tests and by the scripts that run in the clients' environments. ccxt: the manual's error
hierarchy and the ``exceptions`` table of its Binance class. python-binance: BinanceAPIException for every answer that
is not 2xx, requests' own for a cut connection. binance-connector: ClientError for 4xx, ServerError for 5xx.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One fault, the request it meets, the venue's code in the answer (None: no JSON), and each client's exception."""

    name: str
    rule: dict[str, Any]
    call: str
    code: int | None
    ccxt: str
    python_binance: str = "BinanceAPIException"
    connector: str = "ClientError"


ORDER = "POST /api/v3/order"
CANCEL = "DELETE /api/v3/order"
API, CUT = "BinanceAPIException", "ConnectionError"


def rule(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "match": {"account": "bob"}} | more


ROWS: tuple[Row, ...] = (
    Row("429 with Retry-After", rule("rate-limited", retry_after="7s"), "order", -1003, "DDoSProtection"),
    Row("429 without Retry-After", rule("rate-limit-429-no-retry-after"), "order", -1003, "DDoSProtection"),
    Row("418", rule("ip-banned", retry_after="2m"), "order", -1003, "DDoSProtection"),
    Row("too many orders", rule("order-count-limit", limit=1, interval="10s"), "orders", -1015, "DDoSProtection"),
    Row("firewall", rule("http-waf-403-html"), "order", None, "ExchangeNotAvailable"),
    Row("ahead of time", rule("clock-ahead"), "order", -1021, "InvalidNonce"),
    Row("outside of the window", rule("recvwindow-expired"), "order", -1021, "InvalidNonce"),
    Row("outside of the window in the queue", rule("recvwindow-expired-in-queue"), "order", -1021, "InvalidNonce"),
    Row("bad signature", rule("signature-rejected-sporadic"), "order", -1022, "AuthenticationError"),
    # ccxt knows -1008 by the venue's own host name alone; at any other address it is an error like any other.
    Row("overloaded", rule("http-venue-overload", code=-1008), "order", -1008, "ExchangeError", API, "ServerError"),
    Row(
        "internal error", rule("http-venue-overload", code=-1001), "order", -1001, "OperationFailed", API, "ServerError"
    ),
    Row("timeout", rule("error-after-accept", code=-1007), "order", -1007, "RequestTimeout", API, "ServerError"),
    Row("odd answer", rule("error-after-accept", code=-1006), "order", -1006, "OperationFailed", API, "ServerError"),
    Row("gateway's page", rule("html-error", status=502), "order", None, "ExchangeNotAvailable", API, "ServerError"),
    Row("gateway's timeout", rule("html-error", status=504), "order", None, "RequestTimeout", API, "ServerError"),
    Row("restricted", rule("http-451-geo"), "order", 0, "ExchangeNotAvailable"),
    Row("closed without an answer", rule("response-lost"), "order", None, "NetworkError", CUT, CUT),
    Row("reset without an answer", rule("request-lost", client_sees="rst"), "order", None, "NetworkError", CUT, CUT),
    Row("cancel's answer lost", rule("cancel-ack-lost"), "cancel", None, "NetworkError", CUT, CUT),
    Row("connection reset", rule("connection-reset"), "order", None, "NetworkError", CUT, CUT),
    Row("duplicate order", rule("duplicate-client-id"), "order", -2010, "InvalidOrder"),
    Row("would take", rule("post-only-would-cross"), "post_only", -2010, "OrderImmediatelyFillable"),
    Row("funds not free yet", rule("insufficient-balance-race"), "reorder", -2010, "InsufficientFunds"),
    Row("cancel lost to a fill", rule("cancel-lost-to-fill"), "cancel", -2011, "OrderNotFound"),
    Row("order not visible", rule("order-not-visible", lag="10m"), "query", -2013, "OrderNotFound"),
    Row("key revoked", rule("key-revoked"), "order", -2015, "AuthenticationError"),
    Row("permission lost", rule("permission-lost"), "order", -2015, "AuthenticationError"),
    Row("address not allowed", rule("key-ip-not-allowlisted"), "order", -2015, "AuthenticationError"),
    Row("key expired", rule("key-expired"), "order", -2015, "AuthenticationError"),
    Row("account locked", rule("account-locked"), "order", -2010, "PermissionDenied"),
    Row("maintenance", rule("maintenance"), "order", -1016, "BadRequest", API, "ServerError"),
    Row("instrument halted", rule("symbol-halt-delist", match={"symbol": "BTCUSDT"}), "order", -1013, "MarketClosed"),
)
"""-2015 is AuthenticationError in ccxt until a request has succeeded; then it takes it for a ban (DDoSProtection)."""
