"""Faults that trading bots know from elsewhere, and that no venue served here can have: their names, and why not.

A rule of such a name is refused with the reason; the fidelity table lists them as missing. A kind that comes to be
leaves this table.
"""

from typing import Final

_NO_POSITIONS: Final = "spot has no positions"

ELSEWHERE: Final[dict[str, str]] = {
    "dns-failure": "a name is looked up before anything reaches the exchange",
    "http-200-error-body": "Binance spot says no with 4xx or 5xx, never with 200",
    "kraken-counter-lockout": "Binance spot has no such counter; rate-limited and ip-banned are what it does",
    "nonce-invalid": "Binance spot signs with timestamps, not nonces; see recvwindow-expired and clock-ahead",
    "batch-partial-success": "Binance spot takes no batches of orders; cancel-replace-half succeeds by halves",
    "self-trade-prevention": "no rule is needed: the engine does it, as an order's selfTradePreventionMode has it",
    "reduce-only-rejected": _NO_POSITIONS,
    "position-liquidated": _NO_POSITIONS,
    "position-adl": _NO_POSITIONS,
    "funding-settlement": _NO_POSITIONS,
    "dead-man-switch-fires": "Binance spot has no countdown that cancels orders",
}
