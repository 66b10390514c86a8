"""Ends that somebody asks for: cancel one, a list, all; and the time that runs out."""

from simexchange.domain.commands import CancelAllOrders, CancelOrder, CancelOrderList, ExpireOrders
from simexchange.domain.enums import CancelReason, ExpireReason
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CancelRejected, Event
from simexchange.domain.order import Order
from simexchange.venue.accounts import Account
from simexchange.venue.order_lists import cancel_order
from simexchange.venue.state import VenueState
from simexchange.venue.turn import Turn
from simexchange.venue.working import aftermath


def cancel(state: VenueState, command: CancelOrder, ts_ns: int) -> list[Event]:
    """Cancel one open order and with it the rest of its list, or one CancelRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.INSTRUMENT_UNKNOWN)]
    if account is None:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.ACCOUNT_UNKNOWN)]
    found = find_open(account, command.symbol, command.order_id, command.client_order_id)
    if isinstance(found, RejectReason):
        return [CancelRejected(command.account_id, command.symbol, found)]
    turn = Turn(state, market, ts_ns)
    cancel_order(turn, found, command.reason, command.request_id)
    return turn.finish()


def find_open(account: Account, symbol: str, order_id: int | None, client_order_id: str | None) -> Order | RejectReason:
    """The open order that the ids name (both must name the same one), or why there is none."""
    order: Order | None
    if order_id is not None:
        order = account.open_orders.get(symbol, {}).get(order_id)
        if order is not None and client_order_id is not None and order.terms.client_order_id != client_order_id:
            return RejectReason.CLIENT_ORDER_ID_MISMATCH
    else:
        order = account.by_client_order_id.get((symbol, client_order_id or ""))
    return order if order is not None and order.status.is_open else RejectReason.ORDER_UNKNOWN


def cancel_list(state: VenueState, command: CancelOrderList, ts_ns: int) -> list[Event]:
    """Cancel every open leg of an order list, or one CancelRejected."""
    own = state.open_lists.get(command.account_id, {})
    if command.client_list_id is not None:
        found = own.get(command.client_list_id)
    else:
        found = next((one for one in own.values() if one.order_list.list_id == command.list_id), None)
    if found is not None and command.list_id not in (None, found.order_list.list_id):
        found = None
    if found is None or found.order_list.symbol != command.symbol:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.ORDER_LIST_UNKNOWN)]
    turn = Turn(state, state.markets[command.symbol], ts_ns)
    leg = next(leg for leg in found.legs if leg.status.is_open)
    cancel_order(turn, leg, CancelReason.REQUESTED, command.request_id)
    return turn.finish()


def cancel_all(state: VenueState, command: CancelAllOrders, ts_ns: int) -> list[Event]:
    """Cancel all open orders of an account, instrument by instrument; CancelRejected if there are none."""
    account = state.accounts.get(command.account_id)
    if command.symbol is not None and command.symbol not in state.markets:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.INSTRUMENT_UNKNOWN)]
    if account is None:
        return [CancelRejected(command.account_id, command.symbol, RejectReason.ACCOUNT_UNKNOWN)]
    events: list[Event] = []
    for symbol in list(account.open_orders) if command.symbol is None else [command.symbol]:
        turn = Turn(state, state.markets[symbol], ts_ns)
        for order in list(account.open_orders.get(symbol, {}).values()):
            if order.status.is_open:
                cancel_order(turn, order, CancelReason.REQUESTED, command.request_id)
        events.extend(turn.finish())
    return events or [CancelRejected(command.account_id, command.symbol, RejectReason.ORDER_UNKNOWN)]


def expire_due(state: VenueState, command: ExpireOrders, ts_ns: int) -> list[Event]:
    """End every open order of the instrument whose time is up."""
    market = state.markets.get(command.symbol)
    if market is None:
        return [CancelRejected(0, command.symbol, RejectReason.INSTRUMENT_UNKNOWN)]
    turn = Turn(state, market, ts_ns)
    for order_id, order in list(market.expiries.items()):
        due = order.terms.expires_ns
        if not order.status.is_open:
            del market.expiries[order_id]
        elif due is not None and due <= ts_ns:
            del market.expiries[order_id]
            turn.take_out(order)
            turn.expire(order, ExpireReason.TIME_REACHED)
    aftermath(turn)
    return turn.finish()
