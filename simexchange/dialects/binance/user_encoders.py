"""Events of the user data stream in the venue's words: key order and conditional keys as documented.

One function per event; each takes the core's event and a time unit, and gives a plain dict to be encoded once for all
who listen to the account. Source: "User Data Streams for Binance"; the slots of conditional keys from its samples.
"""

from typing import Any, TypeAlias

from msgspec import Struct

from simexchange.dialects.binance.names import (
    EXPIRED_IN_MATCH,
    EXPIRY_REASON_WORDS,
    SELF_TRADE_PREVENTION_WORDS,
    SIDE_WORDS,
    STATUS_WORDS,
    TIME_IN_FORCE_WORDS,
    amount8,
    order_type_word,
    text8,
    wire_symbol,
)
from simexchange.domain.enums import CancelReason, ExpireReason, Liquidity, OrderStatus
from simexchange.domain.events import (
    BalanceAdjusted,
    BalancesChanged,
    Execution,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    Trade,
    TradePrevented,
)
from simexchange.domain.order import OrderTerms
from simexchange.domain.units import Amount, Price, Quantity

Payload: TypeAlias = dict[str, Any]

NO_TRADE_GROUP = -1
SPOT_DECIMALS = 16
"""Decimals of a quote amount: price and quantity have eight each."""


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
    created = terms.created_ns // unit
    report: Payload = {
        "e": "executionReport",
        "E": at,
        "s": wire_symbol(terms.symbol),
        "c": progress.client_order_id or terms.client_order_id,
        "S": SIDE_WORDS[terms.side],
        "o": order_type_word(terms),
        "f": TIME_IN_FORCE_WORDS[terms.time_in_force],
        "q": text8(terms.quantity),
        "p": text8(terms.price),
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": progress.original_client_order_id,
        "x": progress.execution_type,
        "X": progress.status,
        "r": "NONE",
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
        "O": created,
        "Z": amount8(progress.cum_quote),
        "Y": amount8(progress.last_quote),
        "Q": amount8(terms.quote_quantity),
    }
    if terms.strategy_id is not None:
        report["j"] = terms.strategy_id
    if terms.strategy_type is not None:
        report["J"] = terms.strategy_type
    report["W"] = created
    report["V"] = SELF_TRADE_PREVENTION_WORDS[terms.self_trade_prevention]
    report.update(progress.tail)
    return report


def accepted(event: OrderAccepted) -> Progress:
    return Progress("NEW", "NEW", event.execution_id, working=True)


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


def canceled(event: OrderCanceled) -> Progress:
    """By its owner: CANCELED, under the cancel's own id. By the venue: EXPIRED, with the reason."""
    if event.reason is not CancelReason.REQUESTED:
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


def account_position(event: BalancesChanged, ts_ns: int, unit: int) -> Payload:
    at = ts_ns // unit
    balances = [{"a": asset, "f": amount8(free), "l": amount8(held)} for asset, free, held in event.balances]
    return {"e": "outboundAccountPosition", "E": at, "u": at, "B": balances}


def balance_update(event: BalanceAdjusted, ts_ns: int, unit: int) -> Payload:
    at = ts_ns // unit
    return {"e": "balanceUpdate", "E": at, "a": event.asset, "d": amount8(event.delta), "T": at}


def stream_terminated(ts_ns: int, unit: int) -> Payload:
    return {"e": "eventStreamTerminated", "E": ts_ns // unit}


def listen_key_expired(listen_key: str, ts_ns: int, unit: int) -> Payload:
    return {"e": "listenKeyExpired", "E": ts_ns // unit, "listenKey": listen_key}
