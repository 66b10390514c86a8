"""``executionReport``: what happened to one order, with every key in its documented slot.

One function per fact of the core gives what differs from report to report (``Progress``); ``execution_report`` joins
it with the order's terms. Conditional keys are there only when the documentation says so; those without a documented
slot follow after ``V``. Source: "User Data Streams for Binance", order update and its conditional fields.
"""

from typing import Any, TypeAlias

from msgspec import Struct

from simexchange.dialects.binance.names import (
    BASIS_POINT,
    EXPIRED_IN_MATCH,
    EXPIRY_REASON_WORDS,
    PEG_OFFSET,
    PEG_REFERENCE_WORDS,
    SELF_TRADE_PREVENTION_WORDS,
    SIDE_WORDS,
    STATUS_WORDS,
    TIME_IN_FORCE_WORDS,
    amount8,
    order_type_word,
    text8,
    wire_symbol,
)
from simexchange.domain.enums import ExpireReason, Liquidity, OrderStatus
from simexchange.domain.events import (
    Execution,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderReleased,
    OrderTriggered,
    Trade,
    TradePrevented,
)
from simexchange.domain.order import OrderTerms
from simexchange.domain.trigger import Peg
from simexchange.domain.units import Amount, Price, Quantity

Payload: TypeAlias = dict[str, Any]

NO_LIST = -1
NO_TRADE_GROUP = -1
SPOT_DECIMALS = 16
"""Decimals of a quote amount: price and quantity have eight each."""
ZERO = "0.00000000"


class Progress(Struct, frozen=True, gc=False):
    """What of an executionReport differs from report to report; the defaults are those of a report without a trade."""

    execution_type: str
    status: str
    execution_id: int
    cum_quantity: Quantity = 0
    cum_quote: Amount = 0
    client_order_id: str = ""
    """Empty for the order's own; a cancel's own id on a cancel."""
    original_client_order_id: str = ""
    working: bool = False
    working_ns: int = -1
    """Since when it works, for a report that is made before the order's terms say so."""
    reject_reason: str = "NONE"
    last_quantity: Quantity = 0
    last_price: Price = 0
    last_quote: Amount = 0
    fee: str = "0"
    fee_asset: str | None = None
    trade_id: int = -1
    maker: bool = False
    traded: bool = False
    prevented_id: int | None = None
    tail: tuple[tuple[str, Any], ...] = ()
    """Conditional keys that come after all others."""


def execution_report(terms: OrderTerms, progress: Progress, ts_ns: int, unit: int) -> Payload:
    """The whole report. ``f`` is GTC and ``p`` zero for a market order, as the venue has it."""
    at = ts_ns // unit
    report: Payload = {
        "e": "executionReport",
        "E": at,
        "s": wire_symbol(terms.symbol),
        "c": progress.client_order_id or terms.client_order_id,
        "S": SIDE_WORDS[terms.side],
        "o": order_type_word(terms),
        "f": TIME_IN_FORCE_WORDS[terms.time_in_force],
        "q": text8(terms.quantity),
        "p": text8(terms.price if terms.peg is None else terms.asked_price),
        "P": ZERO if terms.trigger is None else text8(terms.trigger.price),
    }
    if terms.trigger is not None and terms.trigger.is_trailing:
        report["d"] = terms.trigger.trail_rate // BASIS_POINT
    report |= {
        "F": text8(terms.display_quantity),
        "g": NO_LIST if terms.list_id is None else terms.list_id,
        "C": progress.original_client_order_id,
        "x": progress.execution_type,
        "X": progress.status,
        "r": progress.reject_reason,
        "i": terms.order_id,
        "l": text8(progress.last_quantity),
        "z": text8(progress.cum_quantity),
        "L": text8(progress.last_price),
        "n": progress.fee,
        "N": progress.fee_asset,
        "T": at,
        "t": progress.trade_id,
    }
    if progress.prevented_id is not None:
        report["v"] = progress.prevented_id
    report |= {
        "I": progress.execution_id,
        "w": progress.working,
        "m": progress.maker,
        "M": progress.traded,
        "O": terms.created_ns // unit,
        "Z": amount8(progress.cum_quote),
        "Y": amount8(progress.last_quote),
        "Q": amount8(terms.quote_quantity),
    }
    _add_conditional(report, terms, progress, unit)
    return report


def _add_conditional(report: Payload, terms: OrderTerms, progress: Progress, unit: int) -> None:
    """The keys from the trailing time on, most of which only some orders have."""
    if terms.trailing_ns >= 0:
        report["D"] = terms.trailing_ns // unit
    if terms.strategy_id is not None:
        report["j"] = terms.strategy_id
    if terms.strategy_type is not None:
        report["J"] = terms.strategy_type
    working_ns = max(terms.working_ns, progress.working_ns)
    if working_ns >= 0:
        report["W"] = working_ns // unit
    report["V"] = SELF_TRADE_PREVENTION_WORDS[terms.self_trade_prevention]
    if terms.peg is not None:
        _add_peg(report, terms.peg, terms.price)
    report.update(progress.tail)


def _add_peg(report: Payload, peg: Peg, price: Price) -> None:
    """``gp`` is the price taken from the book, as soon as it is taken; ``p`` stays what the owner named."""
    report["gP"] = PEG_REFERENCE_WORDS[peg.reference]
    if peg.levels:
        report["gOT"] = PEG_OFFSET
        report["gOV"] = peg.levels
    if price:
        report["gp"] = text8(price)


def accepted(event: OrderAccepted) -> Progress:
    """On the book, dormant (not working yet), or pending (PENDING_NEW)."""
    return Progress("NEW", STATUS_WORDS[event.status], event.execution_id, working=event.order.working_ns >= 0)


def triggered(event: OrderTriggered) -> Progress:
    """A dormant order begins to work."""
    return Progress("NEW", "NEW", event.execution_id, event.cum_quantity, working=True)


def released(event: OrderReleased, ts_ns: int) -> Progress:
    """A pending order is NEW: it works from now on, or sleeps if it has a trigger."""
    works = event.order.trigger is None
    return Progress("NEW", "NEW", event.execution_id, working=works, working_ns=ts_ns if works else -1)


def amended(event: OrderAmended) -> Progress:
    """The order as it is now, under its new id if it got one; ``C`` is the id it had."""
    return Progress(
        "REPLACED",
        STATUS_WORDS[event.status],
        event.execution_id,
        event.cum_quantity,
        event.cum_quote,
        original_client_order_id=event.previous.client_order_id,
        working=event.order.working_ns >= 0,
    )


def traded(event: Trade, execution: Execution) -> Progress:
    """One side of a match. A taker is never on the book while it takes; a filled maker no longer."""
    maker = execution.liquidity is Liquidity.MAKER
    return Progress(
        "TRADE",
        STATUS_WORDS[execution.status],
        execution.execution_id,
        execution.cum_quantity,
        execution.cum_quote,
        working=maker and execution.status is OrderStatus.PARTIALLY_FILLED,
        last_quantity=execution.last_quantity,
        last_price=execution.last_price,
        last_quote=execution.last_quote,
        fee=amount8(execution.fee),
        fee_asset=execution.fee_asset,
        trade_id=event.trade_id,
        maker=maker,
        traded=True,
    )


def canceled(event: OrderCanceled, *, by_owner: bool) -> Progress:
    """By its owner: CANCELED, under the cancel's own id. By the venue: EXPIRED, with the reason."""
    if not by_owner:
        return Progress(
            "EXPIRED",
            "EXPIRED",
            event.execution_id,
            event.cum_quantity,
            event.cum_quote,
            tail=(("eR", "EXCHANGE_CANCELED"),),
        )
    return Progress(
        "CANCELED",
        "CANCELED",
        event.execution_id,
        event.cum_quantity,
        event.cum_quote,
        client_order_id=event.request_id,
        original_client_order_id=event.order.client_order_id,
    )


def expired(event: OrderExpired, prevented: TradePrevented | None) -> Progress:
    """``prevented`` is the meeting that ended the order, for one that self-trade prevention ended."""
    if event.reason is not ExpireReason.SELF_TRADE:
        return Progress(
            "EXPIRED",
            "EXPIRED",
            event.execution_id,
            event.cum_quantity,
            event.cum_quote,
            tail=(("eR", EXPIRY_REASON_WORDS[event.reason]),),
        )
    assert prevented is not None, "a self-trade expiry follows its prevention"
    return Progress(
        "TRADE_PREVENTION",
        EXPIRED_IN_MATCH,
        event.execution_id,
        event.cum_quantity,
        event.cum_quote,
        prevented_id=prevented.prevented_id,
        tail=_prevention(prevented, taker=event.order.order_id == prevented.taker.order_id),
    )


def decremented(event: TradePrevented, *, taker: bool) -> Progress:
    """A side that lost quantity to prevention and lives on."""
    cum_quantity = event.taker_cum_quantity if taker else event.maker_cum_quantity
    return Progress(
        "TRADE_PREVENTION",
        "PARTIALLY_FILLED" if cum_quantity else "NEW",
        event.taker_execution_id if taker else event.maker_execution_id,
        cum_quantity,
        event.taker_cum_quote if taker else event.maker_cum_quote,
        working=not taker,
        prevented_id=event.prevented_id,
        tail=_prevention(event, taker=taker),
    )


def _prevention(event: TradePrevented, *, taker: bool) -> tuple[tuple[str, Any], ...]:
    """The keys that only self-trade prevention brings, for one side of the meeting."""
    would_trade = min(
        event.taker_leaves_quantity + event.taker_prevented_quantity,
        event.maker_leaves_quantity + event.maker_prevented_quantity,
    )
    total, last = event.maker_total_prevented, event.maker_prevented_quantity
    counter = event.taker
    if taker:
        total, last = event.taker_total_prevented, event.taker_prevented_quantity
        counter = event.maker
    return (
        ("A", text8(total)),
        ("B", text8(last)),
        ("u", NO_TRADE_GROUP),
        ("U", counter.order_id),
        ("Cs", wire_symbol(event.symbol)),
        ("pl", text8(would_trade)),
        ("pL", text8(event.price)),
        ("pY", amount8(would_trade * event.price, SPOT_DECIMALS)),
    )
