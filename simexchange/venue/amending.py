"""Changing an open order in place.

Keeping priority allows a smaller quantity only (Binance "Order Amend Keep Priority"); without it the order leaves its
place and meets the book again under its own id, as other venues amend.
"""

from msgspec.structs import replace

from simexchange.domain.commands import AmendOrder
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import AmendRejected, Event, OrderAmended
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import format_trimmed
from simexchange.venue.accounts import Account
from simexchange.venue.canceling import find_open
from simexchange.venue.checks import Failure
from simexchange.venue.market import Market
from simexchange.venue.state import VenueState
from simexchange.venue.turn import DORMANT, Turn, needed_for
from simexchange.venue.working import aftermath, work


def amend(state: VenueState, command: AmendOrder, ts_ns: int) -> list[Event]:
    """An OrderAmended (and what follows where priority is lost), or one AmendRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None or account is None:
        return _rejected(command, (RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}"))
    order = find_open(account, command.symbol, command.order_id, command.client_order_id)
    if isinstance(order, RejectReason):
        return _rejected(command, (order, "no such open order"))
    failure = _failure(market, account, order, command)
    if failure is not None:
        return _rejected(command, failure)
    turn = Turn(state, market, ts_ns)
    if command.keep_priority:
        _shrink(turn, account, order, command)
    else:
        _move(turn, account, order, command)
    return turn.finish()


def _rejected(command: AmendOrder, failure: Failure) -> list[Event]:
    return [AmendRejected(command.account_id, command.symbol, *failure)]


def _failure(market: Market, account: Account, order: Order, command: AmendOrder) -> Failure | None:
    rules, terms = market.rules, order.terms
    decimals = market.instrument.quantity_decimals
    if not rules.amend:
        return RejectReason.AMEND_UNSUPPORTED, f"{market.symbol} takes no amendments"
    if rules.max_amends and order.amends >= rules.max_amends:
        return RejectReason.AMENDS_EXCEEDED, f"{order.amends} amendments, at most {rules.max_amends}"
    quantity = command.quantity or terms.quantity
    if quantity < rules.min_quantity:
        return RejectReason.QUANTITY_TOO_SMALL, f"quantity {format_trimmed(quantity, decimals)} is below the minimum"
    if rules.lot_size and (quantity - rules.min_quantity) % rules.lot_size:
        return RejectReason.QUANTITY_OFF_LOT, f"quantity {format_trimmed(quantity, decimals)} is off the lot size"
    if command.keep_priority and (quantity >= terms.quantity or command.price):
        return RejectReason.AMEND_NOT_SMALLER, f"quantity must be below {format_trimmed(terms.quantity, decimals)}"
    if quantity <= order.cum_quantity + order.prevented_quantity:
        return RejectReason.AMEND_BELOW_FILLED, f"{format_trimmed(order.cum_quantity, decimals)} is filled already"
    price = command.price or terms.price
    if rules.tick_size and (price - rules.min_price) % rules.tick_size:
        return RejectReason.PRICE_OFF_TICK, "price is off the tick size"
    if price * quantity * market.quote_factor < rules.min_notional and terms.price:
        return RejectReason.NOTIONAL_TOO_SMALL, "the amended order is too small"
    if terms.post_only and price != terms.price and market.book.crosses(terms.side, price):
        return RejectReason.POST_ONLY_WOULD_TAKE, "the amended order would take"
    if not command.keep_priority and (terms.working_ns == DORMANT or terms.list_id is not None):
        return RejectReason.AMEND_NOT_POSSIBLE, "a dormant order or a leg of a list keeps its place"
    grown = (price * quantity - terms.price * terms.quantity) * market.quote_factor
    if terms.side.value == "sell":
        grown = (quantity - terms.quantity) * market.base_factor
    asset = market.base_name if terms.side.value == "sell" else market.quote_name
    if grown > account.balance(asset).free:
        return RejectReason.INSUFFICIENT_BALANCE, "the amended order needs more than is free"
    return None


def _rename(account: Account, order: Order, terms: OrderTerms) -> None:
    if terms.client_order_id != order.terms.client_order_id:
        account.by_client_order_id[terms.symbol, terms.client_order_id] = order
    order.terms = terms


def _note(turn: Turn, order: Order, previous: OrderTerms) -> None:
    order.amends += 1
    order.updated_ns = turn.ts_ns
    turn.events.append(
        OrderAmended(
            order.terms,
            previous,
            turn.market.take_execution_id(),
            order.status,
            order.leaves_quantity,
            order.cum_quantity,
            order.cum_quote,
            order.prevented_quantity,
        )
    )


def _shrink(turn: Turn, account: Account, order: Order, command: AmendOrder) -> None:
    previous = order.terms
    less = previous.quantity - command.quantity
    level = None
    if previous.working_ns >= 0:
        side = turn.market.book.side(previous.side)
        level = side.level(previous.price)
        assert level is not None, "a working order rests"
        side.shrink(level, order, less)
    else:
        order.leaves_quantity -= less
    name = command.new_client_order_id or previous.client_order_id
    _rename(account, order, replace(previous, quantity=command.quantity, client_order_id=name))
    _note(turn, order, previous)
    turn.release_surplus(order)


def _move(turn: Turn, account: Account, order: Order, command: AmendOrder) -> None:
    previous = order.terms
    quantity = command.quantity or previous.quantity
    turn.take_out(order)
    name = command.new_client_order_id or previous.client_order_id
    terms = replace(previous, quantity=quantity, price=command.price or previous.price, client_order_id=name)
    order.leaves_quantity += quantity - previous.quantity
    _rename(account, order, terms)
    missing = needed_for(turn.market, order) - order.held
    if missing > 0:
        turn.state.ledger.hold(account, turn.paying_asset(terms.side), missing)
        order.held += missing
    _note(turn, order, previous)
    work(turn, order)
    turn.release_surplus(order, ended=not order.status.is_open)
    aftermath(turn)
