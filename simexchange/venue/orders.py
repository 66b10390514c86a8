"""Placing and canceling: check -> hold -> match -> settle -> events.

The order of events is the table in ``domain.events``. A reject leaves no trace; an accepted order always gets an id.
"""

from simexchange.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from simexchange.domain.enums import (
    BUY,
    CANCELED,
    FILLED,
    FOK,
    IOC,
    MARKET,
    NEW,
    SELL,
    CancelReason,
    ExpireReason,
    SelfTradePrevention,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    BookUpdated,
    CancelRejected,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderTested,
)
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import Amount, Quantity, format_trimmed
from simexchange.matching.matcher import match, quantity_for_quote, reach
from simexchange.venue.accounts import Account
from simexchange.venue.checks import Failure, first_failure
from simexchange.venue.market import Market
from simexchange.venue.settlement import expire, paying_asset, release_surplus, settle
from simexchange.venue.state import VenueState


def place(state: VenueState, command: PlaceOrder, ts_ns: int) -> list[Event]:
    """A new order, or one OrderRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None:
        return _rejected(command, (RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}"))
    if account is None:
        return _rejected(command, (RejectReason.ACCOUNT_UNKNOWN, f"no account {command.account_id}"))
    failure = first_failure(command, market, account, ts_ns)
    if failure is not None:
        return _rejected(command, failure)
    mode = command.self_trade_prevention or market.rules.default_self_trade_prevention
    quantity, needed, failure = _size(market, command, mode)
    if failure is None:
        failure = _funds(market, account, command, needed)
    if failure is None and command.post_only and market.book.crosses(command.side, command.price):
        failure = (RejectReason.POST_ONLY_WOULD_TAKE, f"{command.side.value} would take from the book")
    if failure is not None:
        return _rejected(command, failure)
    if command.test_only:
        return [OrderTested(command.symbol, *state.fees(account, market))]
    return _work(state, market, account, _terms(market, command, quantity, mode, ts_ns), needed)


def _rejected(command: PlaceOrder, failure: Failure) -> list[Event]:
    return [OrderRejected(command.account_id, command.symbol, *failure)]


def _size(market: Market, command: PlaceOrder, mode: SelfTradePrevention) -> tuple[Quantity, Amount, Failure | None]:
    """How much the order is for, and what it may cost in the asset it pays with."""
    quantity, side = command.quantity, command.side
    if command.order_type is MARKET:
        if command.quote_quantity:
            rules = market.rules
            if not market.book.against(side).levels:
                return 0, 0, (RejectReason.BOOK_EMPTY, "no orders on the book to take")
            lot = rules.market_lot_size or rules.lot_size
            budget = command.quote_quantity // market.quote_factor
            quantity = quantity_for_quote(market.book, side, budget, lot, command.account_id, mode)
            if quantity < max(rules.min_quantity, rules.market_min_quantity, 1):
                shown = format_trimmed(quantity, market.instrument.quantity_decimals)
                return 0, 0, (RejectReason.BOOK_BELOW_LOT, f"the book and the amount allow {shown} only")
        if side is BUY:
            cost = reach(market.book, side, quantity, 0, command.account_id, mode).cost
            return quantity, cost * market.quote_factor, None
    elif side is BUY:
        return quantity, command.price * quantity * market.quote_factor, None
    return quantity, quantity * market.base_factor, None


def _funds(market: Market, account: Account, command: PlaceOrder, needed: Amount) -> Failure | None:
    asset = paying_asset(market, command.side)
    balance = account.balances.get(asset)
    free = balance.free if balance is not None else 0
    if free >= needed:
        return None
    kind = market.instrument.quote if command.side is BUY else market.instrument.base
    return (
        RejectReason.INSUFFICIENT_BALANCE,
        f"needs {format_trimmed(needed, kind.decimals)} {asset}, free {format_trimmed(free, kind.decimals)}",
    )


def _terms(
    market: Market, command: PlaceOrder, quantity: Quantity, mode: SelfTradePrevention, ts_ns: int
) -> OrderTerms:
    order_id = market.next_order_id
    market.next_order_id = order_id + 1
    return OrderTerms(
        order_id,
        command.client_order_id,
        command.account_id,
        command.symbol,
        command.side,
        command.order_type,
        command.time_in_force,
        command.price,
        quantity,
        command.quote_quantity,
        command.post_only,
        mode,
        ts_ns,
        command.strategy_id,
        command.strategy_type,
    )


def _work(state: VenueState, market: Market, account: Account, terms: OrderTerms, needed: Amount) -> list[Event]:
    """An accepted order meets the book."""
    ts_ns = terms.created_ns
    order = Order(terms, terms.quantity, needed, ts_ns)
    events: list[Event] = [OrderAccepted(terms, market.take_execution_id())]
    state.ledger.hold(account, paying_asset(market, terms.side), needed)
    account.add_order(order)
    prevented = False
    fillable = terms.time_in_force is not FOK or _fills_whole(market, order)
    steps = match(market.book, order) if fillable else []
    if steps:
        prevented = settle(state, market, account, order, steps, ts_ns, events)
    if prevented:
        events.append(expire(market, account, order, ExpireReason.SELF_TRADE, ts_ns))
    elif order.leaves_quantity == 0:
        account.close_order(order, FILLED, ts_ns)
    elif not fillable:
        events.append(expire(market, account, order, ExpireReason.FOK_UNFILLED, ts_ns))
    elif terms.order_type is MARKET:
        events.append(expire(market, account, order, ExpireReason.NO_LIQUIDITY, ts_ns))
    elif terms.time_in_force is IOC:
        events.append(expire(market, account, order, ExpireReason.IOC_REMAINDER, ts_ns))
    else:
        market.book.side(terms.side).add(order)
    if steps or order.status is not NEW:
        release_surplus(state, market, account, order, ended=not order.status.is_open)
    publish_book(market, events)
    return events


def _fills_whole(market: Market, order: Order) -> bool:
    terms = order.terms
    found = reach(market.book, terms.side, terms.quantity, terms.price, terms.account_id, terms.self_trade_prevention)
    return found.quantity + found.decremented >= terms.quantity


def publish_book(market: Market, events: list[Event]) -> None:
    """One BookUpdated for everything the command did to the book, if it did anything."""
    book = market.book
    bids, asks = book.bids.take_changes(), book.asks.take_changes()
    if bids or asks:
        book.update_id += 1
        events.append(
            BookUpdated(
                market.instrument.symbol,
                book.update_id,
                bids,
                asks,
                *book.best(BUY),
                *book.best(SELL),
            )
        )


def cancel(state: VenueState, command: CancelOrder, ts_ns: int) -> list[Event]:
    """Cancel one open order, or one CancelRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.INSTRUMENT_UNKNOWN)]
    if account is None:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.ACCOUNT_UNKNOWN)]
    order: Order | None
    if command.order_id is not None:
        order = account.open_orders.get(command.symbol, {}).get(command.order_id)
        if (
            order is not None
            and command.client_order_id is not None
            and order.terms.client_order_id != command.client_order_id
        ):
            return [CancelRejected(command.account_id, command.symbol, RejectReason.CLIENT_ORDER_ID_MISMATCH)]
    else:
        order = account.by_client_order_id.get((command.symbol, command.client_order_id or ""))
    if order is None or not order.status.is_open:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.ORDER_UNKNOWN)]
    events: list[Event] = []
    end(state, market, account, order, CancelReason.REQUESTED, command.request_id, ts_ns, events)
    publish_book(market, events)
    return events


def cancel_all(state: VenueState, command: CancelAllOrders, ts_ns: int) -> list[Event]:
    """Cancel all open orders of an account, instrument by instrument; CancelRejected if there are none."""
    account = state.accounts.get(command.account_id)
    if command.symbol is not None and command.symbol not in state.markets:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.INSTRUMENT_UNKNOWN)]
    if account is None:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.ACCOUNT_UNKNOWN)]
    events: list[Event] = []
    for symbol in list(account.open_orders) if command.symbol is None else [command.symbol]:
        market = state.markets[symbol]
        for order in list(account.open_orders.get(symbol, {}).values()):
            end(state, market, account, order, CancelReason.REQUESTED, command.request_id, ts_ns, events)
        publish_book(market, events)
    return events or [CancelRejected(command.account_id, command.symbol, RejectReason.ORDER_UNKNOWN)]


def end(
    state: VenueState,
    market: Market,
    account: Account,
    order: Order,
    reason: CancelReason,
    request_id: str,
    ts_ns: int,
    events: list[Event],
) -> None:
    """Take a resting order out of the book, free its money, and say so."""
    market.book.side(order.terms.side).remove(order)
    account.close_order(order, CANCELED, ts_ns)
    release_surplus(state, market, account, order, ended=True)
    events.append(
        OrderCanceled(
            order.terms,
            market.take_execution_id(),
            order.cum_quantity,
            order.cum_quote,
            order.prevented_quantity,
            reason,
            request_id,
        )
    )
