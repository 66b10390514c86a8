"""What became of a request in neutral words, as its answer tells it: what whoever judges a client goes by."""

from typing import Final

from msgspec import Struct

from simexchange.domain.enums import Word


class Answer(Word):
    """Every kind of answer that makes a difference to what a client should do next."""

    DONE = "done"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    ORDERS_EXCEEDED = "orders_exceeded"
    """Too many orders of one account; everything else goes on."""
    OVERLOADED = "overloaded"
    """Certainly not carried out."""
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    """The answer does not say whether the request was carried out."""
    TIMESTAMP = "timestamp"
    SIGNATURE = "signature"
    PERMISSION = "permission"
    """The key does not exist, not any more, not from there, or may not do that."""
    FILTER = "filter"
    """An order that breaks the instrument's rules."""
    BALANCE = "balance"
    NOT_TRADING = "not_trading"
    ORDER_UNKNOWN = "order_unknown"
    DUPLICATE = "duplicate"
    ORDER_REJECTED = "order_rejected"
    """An order or a cancel that the venue rejects for another reason."""
    MALFORMED = "malformed"
    REFUSED = "refused"
    """Anything else."""


ORDER_FAULTS: Final = frozenset(
    {Answer.FILTER, Answer.BALANCE, Answer.DUPLICATE, Answer.ORDER_REJECTED, Answer.NOT_TRADING, Answer.MALFORMED}
)
"""Answers that reject an order for what it is."""


class Outcome(Struct, frozen=True):
    """One answer. The wait is what the client is told: a length of time, or the end of it as an instant (ns)."""

    answer: Answer
    wait_ns: int | None = None
    until_ns: int | None = None

    def waits_until(self, told_ns: int) -> int | None:
        """When the client may come back, having been told at that instant; the earlier one of two that differ."""
        ends = [told_ns + self.wait_ns] if self.wait_ns is not None else []
        if self.until_ns is not None:
            ends.append(self.until_ns)
        return min(ends, default=None)
