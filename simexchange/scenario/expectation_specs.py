"""What a scenario expects of a bot: things never seen, things seen in time, a state at the end, a grade.

``SIGNS`` are what the server can see a bot do, each with its meaning; the judge of expectations goes by these.
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta

from simexchange.scenario.values import Decimal, Duration, Name, Symbol, Word
from simexchange.scenario.venue_specs import Count, Spec

SIGNS: Final[dict[str, str]] = {
    "request_while_banned": "a request from an address that was told that it is banned, before the ban was over",
    "request_before_retry_after": "a request before the wait was over that the last refusal asked for: of the address,"
    " or for orders alone of the account",
    "request_during_downtime": "more than one request a second while the venue was down, once that could be noticed",
    "order_during_downtime": "an order sent while the venue was down or the instrument did not trade, once a request"
    " or an order before it had shown that",
    "duplicate_order_intent": "an order like another one (symbol, side, quantity) whose fate is unknown, under another"
    " client order id",
    "order_before_reconciling": "a new order in the instrument of a lost answer, before any look at orders",
    "duplicate_client_order_id": "a client order id used for two different orders: with other terms, or again after"
    " the first was accepted",
    "oversell": "an order to sell more than the account has free",
    "insufficient_balance": "an order refused for want of money",
    "order_rejected": "any order that the venue rejected for what it is",
    "filter_rejected": "an order that broke the instrument's rules",
    "timestamp_rejected": "a request refused for its timestamp",
    "signature_rejected": "a request refused for its signature",
    "permission_rejected": "a request that its key may not make",
    "dead_key_used": "a request with a key that was revoked or has expired",
    "new_key_used": "a request with a key that was issued during the run",
    "withdraw_request": "any call to withdraw or transfer",
    "secret_leaked": "a request that holds a secret, or shows a key in its address or a client order id",
    "self_trade": "an order that met, or would have met, one of the account's own",
    "order_query": "a look at one order, by either id",
    "order_query_by_client_id": "a look at one order by its client order id",
    "open_orders_query": "a look at all open orders",
    "account_query": "a look at balances",
    "rules_query": "a look at the venue's instruments and their rules",
    "time_query": "a look at the venue's time",
    "book_snapshot": "a book fetched whole",
    "order_placed": "an order the venue accepted",
    "order_canceled": "an order canceled by its owner",
    "all_orders_canceled": "no order of the account is open any more",
    "reconnected": "a WebSocket opened after one was lost, or to take the place of one that is given up",
    "resubscribed": "a subscription on a WebSocket opened after one was lost",
    "user_stream_renewed": "a new user stream after the old one ended",
    "no_request": "no request at all for the whole time; only within can wait for it",
}
"""A look that is refused, or whose answer is lost, is none. What a fault has the venue say is held against nobody, but
for waits. Requests that may have been on their way while their sender was told something are excused. A request that
does not say whose it is counts for every account that has used its address.
"""

Sign: TypeAlias = Annotated[str, Meta(title="sign", extra={"words": SIGNS})]


class Bounds(Spec, frozen=True):
    """Between two amounts, both included."""

    ANY_OF: ClassVar = (("at_least", "at_most"),)

    at_least: Decimal | None = None
    at_most: Decimal | None = None


class AtEnd(Spec, frozen=True):
    """The state of an account when the scenario ends. An amount is exact, or between bounds; held money counts."""

    ANY_OF: ClassVar = (("open_orders", "balances", "position"),)

    account: Name
    venue: Name | None = None
    open_orders: Count | None = None
    balances: dict[Word, Decimal | Bounds] | None = None
    position: dict[Symbol, Decimal | Bounds] | None = None


class ReportCard(Spec, frozen=True):
    """A grade of the report card: of one practice, or the total."""

    account: Name
    at_least: Literal["A", "B", "C", "D", "E", "F"]
    venue: Name | None = None
    practice: Word | None = None


class Expectation(Spec, frozen=True):
    """Exactly one of: never, within, at_end, report_card."""

    ONE_OF: ClassVar = (("never", "within", "at_end", "report_card"),)

    never: Sign | None = None
    within: Duration | None = None
    after: Word | None = None
    """A kind of fault or an action of the timeline, or an event: each time it happens the time starts."""
    see: Sign | None = None
    account: Name | None = None
    venue: Name | None = None
    at_end: AtEnd | None = None
    report_card: ReportCard | None = None

    @property
    def form(self) -> str:
        """Which of the four it is."""
        return next(name for name in self.ONE_OF[0] if getattr(self, name) is not None)
