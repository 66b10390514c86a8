"""What clients of this venue see of each kind of fault, in a line; shown by the fault catalogue."""

from collections.abc import Iterator
from typing import Final

from simexchange.dialects.base import Coverage, Fidelity
from simexchange.services.faults.elsewhere import ELSEWHERE

FORMS: Final[dict[str, str]] = {
    "rate-limited": "429 -1003 'Too much request weight used ...' with Retry-After in s, error.data.retryAfter in ms",
    "rate-limit-429-no-retry-after": "the same 429 -1003 without the header, and without error.data",
    "ip-banned": "418 -1003 'Way too much request weight used; IP banned until <ms> ...', Retry-After; close 1008",
    "http-waf-403-html": "403 with CloudFront's page (seen in public logs); status, page and Retry-After are switches",
    "overload-disguised-as-429": "429 -1008: other venues do so; not documented here, and status is a switch",
    "order-count-limit": "429 -1015 'Too many new orders; current limit is 100 orders per 10 SECOND.', Retry-After",
    "endpoint-limit": "429 -1003 naming this limit and interval; the venue itself has one weight for all endpoints",
    "abuse-revokes-key": "429 -1003, then 401 -2015 on whatever the key signs; that it comes to this is not documented",
    "ws-inbound-limit": "close 1008 'Too many requests' (the code is not documented), or 429 -1003 as an answer",
    "ws-connect-limit": "429 -1003 on the handshake, which is not documented (a switch); 403 the firewall's page",
    "clock-skew": "serverTime off by that much; 400 -1021 for timestamps right by true time; order times stay true",
    "clock-drift": "the same, more with every second",
    "server-clock-step": "serverTime jumps; unless endpoint_only 400 -1021 follows",
    "clock-ahead": '''400 -1021 "Timestamp for this request was 1000ms ahead of the server's time."''',
    "recvwindow-expired": "400 -1021 'Timestamp for this request is outside of the recvWindow.'",
    "recvwindow-expired-in-queue": "the same, and X-MBX-ORDER-COUNT-* counts the order",
    "latency": "everything later; a request on its way for longer than its recvWindow gets 400 -1021",
    "bandwidth": "the same bytes, so many in a second",
    "slow-body": "status line and headers at once, the body byte by byte",
    "connection-reset": "RST or FIN without a byte; over the WebSocket API the socket goes",
    "http-hang": "no byte, no end",
    "http-keepalive-reset": "RST as the next request is sent on a connection that was kept open",
    "duplicate-answer": "the same answer a second time, on HTTP as on the WebSocket API",
    "html-error": "500 to 504, 520 to 525 with nginx's, Cloudflare's or CloudFront's page, and no X-MBX header",
    "http-venue-overload": "503 -1008; -1001 is 500 and -1016 is 503 by default, none documented: status is a switch",
    "error-after-accept": "-1007 is 504, -1006 and -1001 are 500, -1008 is 503 by default: status is a switch",
    "http-malformed-json": "the true status with a body that is empty, noise, HTML, marked, or falsely labeled",
    "truncated-body": "headers that promise the whole body, a part of it, FIN",
    "signature-rejected-sporadic": "400 -1022 'Signature for this request is not valid.'",
    "http-451-geo": "451 code 0 'Service unavailable from a restricted location ...' (public logs), handshakes too",
    "endpoint-retired": "404 as at any unknown path; 400 or 410 with -1020 if so told: not settled",
    "downtime": "connection refused; or reset, no answer, 503 -1016, or a 503 page; all WebSockets cut",
    "maintenance": "503 -1016 (status not documented); /sapi/v1/system/status 1 'system_maintenance'; streams closed",
    "cancel-only-mode": "symbol status CANCEL_ONLY; orders get 400 -1013 'Market is closed.'",
    "post-only-mode": "orders that are not LIMIT_MAKER get 400 -1013 'Market is closed.'; it names no such status",
    "server-restart": "serverShutdown on every socket (its lead is not documented), close 1001, refused connections",
    "tcp-connect-refused": "ECONNREFUSED; open connections go on",
    "tcp-connect-blackhole": "no SYN-ACK: connect hangs (on Linux); open connections go on",
    "reconnect-refused": "handshakes get 502 with nginx's page; 403 the firewall's, 429 -1003: constructed",
    "response-lost": "the connection ends (or stays silent) without a byte of an answer; the order may be there",
    "request-lost": "the same, and no order",
    "cancel-ack-lost": "the same, and the order canceled or not",
    "tls-handshake-failure": (
        "CERTIFICATE_VERIFY_FAILED (certificate has expired, Hostname mismatch), or a RST behind the ClientHello; over "
        "serve --tls alone"
    ),
    "ws-drop": "one message fewer, raw or wrapped; nothing tells of it but ids, where the stream has any",
    "ws-gap": "a depthUpdate whose U is more than the u before it + 1",
    "ws-duplicate": "the same text frame again: the same trade id, the same U and u, the same executionReport",
    "ws-corrupt": "a text frame that is no JSON; with not_utf8 one that RFC 6455 has the client close with 1007",
    "unknown-enum-or-field": "an event with a key more, or another value at a path: /X for an order's status",
    "ws-frame-edge": "a text message in several frames; not huge ones, nor compressed: this server offers no deflate",
    "ws-delay": "messages late, event times (E, T) as they were",
    "delayed-fill-event": "executionReport with x TRADE late; outboundAccountPosition and all else in time",
    "ws-reorder": "a message behind a later one of its stream: depthUpdate with a lower U after a higher one",
    "user-event-out-of-order": "executionReports of an order out of order: NEW after TRADE, TRADE after CANCELED",
    "ws-slow-consumer-cut": "messages late, then close 1008 'slow consumer', or gaps; the venue documents no rule",
    "stale-book": "depthUpdate, partial depth and bookTicker with old levels, ids and E, or old E, or old best levels",
    "book-crossed": "a bid above the best ask in b, bids or b/B; a client's book keeps it until it is renewed",
    "book-delta-before-snapshot": "GET /api/v3/depth, and depth over a socket, with a lastUpdateId of the past",
    "book-service-reset": "U, u and lastUpdateId begin at 1, or leap, in streams and answers; back when the rule goes",
    "bad-checksum": "cannot happen: no message of this venue holds a checksum",
    "ws-silent": "no message of the matching streams; pings every 20 s go on, pongs too unless told not to",
    "private-dead-public-alive": "no user data event any more on listenKey sockets and WebSocket API subscriptions",
    "ws-disconnect": "a close frame with that code and reason, or a RST",
    "ws-abrupt-drop": "the end of the connection without a close frame: 1006 in the client's library",
    "ws-halfopen-blackhole": "nothing: no event, no ping, no pong; a RST once the rule is gone",
    "reconnect-snapshot-diverges": "a RST, then a depth snapshot without the levels that were near the old price",
    "ws-lifetime": "close 1001 at that age; the venue documents 24 hours and no code",
    "ws-shutdown-notice": "serverShutdown, wrapped where all is; close 1001 after a lead, which is not documented",
    "ws-pong-timeout": "pings that often; close 1008 'Pong timeout' for a late pong (20 s and 60 s as documented)",
    "ws-subscribe-lost": "the result withheld; or an error in its place (-1001, undocumented); or sent, and no data",
    "listenkey-expiry": "listenKeyExpired, then silence; PUT answers -1125; that the venue closes is not documented",
    "ws-token-expired": "eventStreamTerminated under its subscriptionId, then no events; the socket stays",
    "order-not-visible": (
        "400 -2013 'Order does not exist.' by id, missing in openOrders and allOrders, 400 -2011 'Unknown order "
        "sent.' on a cancel"
    ),
    "order-vanishes-after-terminal": (
        "400 -2013 by id and missing in allOrders for a while after its end; myTrades and the streams know"
    ),
    "rest-ws-divergence": (
        "200 with a body up to lag old on order, account, fill and market data requests over REST; the streams are "
        "current"
    ),
    "slow-ack": "the true answer, late; executionReports leave at once",
    "cancel-acknowledged-late": (
        "the true answer to the cancel, late; executionReport CANCELED long before it (applied) or with it (pending)"
    ),
    "request-reordered": "the true answer of a later moment: orderIds in another order than the requests",
    "duplicate-client-id": (
        "400 -2010 'Duplicate order sent.' without order count headers; executionReport NEW all the same (apply)"
    ),
    "post-only-would-cross": "400 -2010 'Order would immediately match and take.' to a LIMIT_MAKER",
    "insufficient-balance-race": (
        "400 -2010 'Account has insufficient balance for requested action.' though outboundAccountPosition shows "
        "the money free"
    ),
    "cancel-replace-half": (
        "409 -2021 with cancelResult SUCCESS and newOrderResult FAILURE (new), or 400 -2022 / 409 -2021 with "
        "cancelResult FAILURE (cancel)"
    ),
    "async-reject": "200 with status NEW, then executionReport x=EXPIRED X=EXPIRED eR=EXCHANGE_CANCELED",
    "fill-before-ack": "executionReport x=TRADE X=FILLED, then 200 with status NEW and executedQty 0",
    "cancel-lost-to-fill": (
        "executionReport X=FILLED, then 400 -2011 'Unknown order sent.'; with a part filled CANCELED and "
        "executedQty above 0"
    ),
    "partial-fill": (
        "executionReport x=TRADE X=PARTIALLY_FILLED; an order that takes answers with just that executedQty, "
        "MARKET and IOC end EXPIRED"
    ),
    "partial-fill-then-cancel": (
        "X=PARTIALLY_FILLED, then x=EXPIRED X=EXPIRED eR=EXCHANGE_CANCELED with z above 0: the venue's own cancels "
        "are EXPIRED on this wire"
    ),
    "partial-fill-dust": (
        "X=PARTIALLY_FILLED with a lot left; selling that gets 400 -1013 'Filter failure: NOTIONAL' or LOT_SIZE"
    ),
    "fill-plan": "executionReport x=TRADE at each of the set times",
    "key-revoked": (
        "401 -2015 'Invalid API-key, IP, or permissions for action.' to every signed request; with close_ws "
        "eventStreamTerminated, then close 1008"
    ),
    "key-expired": "401 -2015, the same as for a key that is gone",
    "permission-lost": (
        "401 -2015 to requests that need the permission (from /sapi withdrawals -1002), 200 to the others"
    ),
    "key-ip-not-allowlisted": "401 -2015, the same as for a key that is gone: the venue does not say which it was",
    "account-locked": (
        "400 -2010 'This account may not place or cancel orders.' to orders, -2011 with the same text to cancels; "
        "canTrade is false"
    ),
    "balance-external-change": "balanceUpdate and outboundAccountPosition",
    "stolen-key-withdrawal": "balanceUpdate, outboundAccountPosition and a row in /sapi/v1/capital/withdraw/history",
    "fee-change": (
        "other rates in account, account/commission and tradeFee, other commissions in fills; no event tells of it"
    ),
    "flash-crash": "trades, depth, klines and tickers as the price falls and comes back; nothing says why",
    "spread-blowout": "bookTicker and depth with a wide gap, on one side or both",
    "thin-book": "depth with a few levels, little in each",
    "volume-burst": "many times as many trade, aggTrade, bookTicker and depth messages",
    "symbol-halt-delist": (
        "400 -1013 'Market is closed.'; exchangeInfo status HALT (halt) or BREAK, orders EXPIRED "
        "eR=EXCHANGE_CANCELED; once delisted -1121"
    ),
    "filters-change-runtime": (
        "400 -1013 'Filter failure: PRICE_FILTER', LOT_SIZE or NOTIONAL; exchangeInfo shows the new filters, no "
        "event tells of them"
    ),
    "price-band-reject": "400 -1013 'Filter failure: PERCENT_PRICE_BY_SIDE', with exchangeInfo as ever",
    "trade-bust": (
        "balanceUpdate for each asset and outboundAccountPosition, the trade gone from myTrades; the order stays "
        "FILLED (the venue documents no form)"
    ),
}
_UNSETTLED: Final = ("not documented", "none documented", "switch", "public logs", "not settled", "not in the docs")
"""Words by which a line owns that the documentation does not say it all."""


def coverage() -> Iterator[Coverage]:
    """A row of the fidelity table per kind of fault, and per fault that bots know from elsewhere."""
    for kind, form in FORMS.items():
        is_settled = not any(word in form for word in _UNSETTLED)
        yield Coverage("fault", kind, Fidelity.SAME if is_settled else Fidelity.SIMPLIFIED, form)
    for kind, reason in ELSEWHERE.items():
        yield Coverage("fault", kind, Fidelity.MISSING, reason)
