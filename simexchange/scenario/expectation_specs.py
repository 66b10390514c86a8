"""What a scenario expects of a bot: things never seen, things seen in time, a state at the end, a grade.

``SIGNS`` are what the server can see a bot do, each with its meaning; the judge of expectations goes by these.
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta

from simexchange.scenario.values import Decimal, Duration, Name, Symbol, Word
from simexchange.scenario.venue_specs import Count, Spec

SIGNS: Final[dict[str, str]] = {
    "request_while_banned": "a request from an address or account that was told to wait, before the wait was over",
    "request_before_retry_after": "a request before the Retry-After of the last refusal had passed",
    "request_during_downtime": "more than one request a second while the venue was down",
    "order_during_downtime": "an order sent while the venue was down or the instrument did not trade",
    "duplicate_order_intent": "an order like another one (symbol, side, quantity) whose fate is unknown",
    "order_before_reconciling": "a new order after a lost answer and before any look at orders",
    "duplicate_client_order_id": "a client order id used for two different orders",
    "oversell": "an order to sell more than the account has",
    "insufficient_balance": "an order refused for want of money",
    "order_rejected": "any order that the venue rejected",
    "filter_rejected": "an order that broke the instrument's rules",
    "timestamp_rejected": "a request refused for its timestamp",
    "signature_rejected": "a request refused for its signature",
    "permission_rejected": "a request the key may not make",
    "dead_key_used": "a request with a key that was revoked",
    "new_key_used": "a request with the key that replaced the old one",
    "withdraw_request": "any call to withdraw or transfer",
    "secret_leaked": "a secret or a signature where it does not belong",
    "self_trade": "an order that would have met one of the account's own",
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
    "reconnected": "a WebSocket opened after one was lost",
    "resubscribed": "a subscription on a WebSocket opened after one was lost",
    "user_stream_renewed": "a new user stream after the old one ended",
    "no_request": "no request at all for the whole time",
}

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
