"""Order lists: what a fill, a trigger or an end of one leg does to the others.

OCO: as soon as one leg is triggered or filled, even in part, or ends, the other expires. OTO: the complete fill of
the working order releases the pending ones (two form an OCO); any other end of it ends them, and theirs ends it.
Canceling one leg cancels the list. The legs of a pair share their money (``venue.holds``). Where one pays the other,
what the working order receives is kept for the pending ones. Source: Binance REST, "New Order list" and its notes;
"One Pays the Other (OPO)".
"""

from msgspec.structs import replace

from simexchange.domain.enums import FILLED, CancelReason, ExpireReason, OrderStatus
from simexchange.domain.events import OrderCanceled, OrderListEnded, OrderListUpdated
from simexchange.domain.order import Order
from simexchange.venue.list_state import ListState
from simexchange.venue.turn import Turn


def react(turn: Turn) -> list[ListState]:
    """Do what the stirred orders mean for their lists; the lists whose pending orders are to be released now."""
    release: list[ListState] = []
    while turn.stirred:
        order = turn.stirred.pop(0)
        found = state_of(turn, order)
        if found.ended:
            continue
        if found.working is None:
            if order.cum_quantity or not order.status.is_open:
                expire_siblings(turn, order)
        else:
            if order is found.working and found.pays_other:
                _keep_receipt(turn, found, order)
            if order is found.working and order.status is FILLED:
                found.released = True
                release.append(found)
            elif not order.status.is_open:
                _expire_rest(turn, found)
        end_if_done(turn, found)
    return release


def state_of(turn: Turn, order: Order) -> ListState:
    list_id = order.terms.list_id
    assert list_id is not None, "not part of a list"
    return turn.state.order_lists[list_id]


def together(turn: Turn, order: Order) -> list[Order]:
    """The order, and with it the open one of its pair: the two always ask for the same quantity."""
    if order.terms.list_id is None:
        return [order]
    pair = state_of(turn, order).pair()
    if order not in pair:
        return [order]
    return [order, *(leg for leg in pair if leg is not order and leg.status.is_open)]


def rename(turn: Turn, order: Order) -> None:
    """A leg has a new client order id: so says the list."""
    found = state_of(turn, order)
    names = tuple((leg.terms.order_id, leg.terms.client_order_id) for leg in found.legs)
    found.order_list = replace(found.order_list, orders=names)
    turn.events.append(OrderListUpdated(found.order_list))


def expire_siblings(turn: Turn, order: Order) -> None:
    """One of a pair works: the other goes, and leaves its money to the one that still needs it."""
    found = state_of(turn, order)
    pair = found.pair()
    if found.working is not None or order not in pair:
        return
    for sibling in pair:
        if sibling is order or not sibling.status.is_open:
            continue
        order.held += sibling.held
        sibling.held = 0
        turn.take_out(sibling)
        turn.expire(sibling, ExpireReason.SIBLING_WORKED)
        if order.status.is_open:
            turn.release_surplus(order)
        elif order.held:
            turn.release(order, order.held)


def _expire_rest(turn: Turn, found: ListState) -> None:
    """An order ended before the working one was filled: so do the others."""
    for leg in found.legs:
        if leg.status.is_open:
            turn.take_out(leg)
            reason = ExpireReason.SIBLING_WORKED if leg is found.working else ExpireReason.WORKING_ORDER_ENDED
            turn.expire(leg, reason)


def _keep_receipt(turn: Turn, found: ListState, working: Order) -> None:
    """Hold what the working order received since the last look: all of it if other free money covers its fees.

    That money may be the receipt of another list filled by the same sweep; what is left is what that one keeps.
    """
    received = (working.cum_quantity - found.receipt_quantity) * turn.market.base_factor
    fee = working.cum_fee - found.receipt_fee
    found.receipt_quantity, found.receipt_fee = working.cum_quantity, working.cum_fee
    account = turn.account_of(working)
    free = account.balance(turn.market.base_name).free
    kept = received if free >= received else min(received - fee, free)
    turn.state.ledger.hold(account, turn.market.base_name, kept)
    found.receipt += kept


def free_receipt(turn: Turn, found: ListState) -> None:
    """What was kept for the pending orders becomes free: for them to hold, or because the list is over."""
    if found.receipt:
        turn.state.ledger.release(turn.account_of(found.legs[0]), turn.market.base_name, found.receipt)
        found.receipt = 0


def end_if_done(turn: Turn, found: ListState) -> None:
    if found.ended or any(leg.status.is_open for leg in found.legs):
        return
    found.ended = True
    free_receipt(turn, found)
    account_id, client_list_id = found.order_list.account_id, found.order_list.client_list_id
    turn.state.open_lists.get(account_id, {}).pop(client_list_id, None)
    turn.events.append(OrderListEnded(found.order_list))


def cancel_order(turn: Turn, order: Order, reason: CancelReason, request_id: str) -> None:
    """Cancel an open order wherever it is, free its money, and with it the rest of its list."""
    _cancel_one(turn, order, reason, request_id)
    if order.terms.list_id is None:
        return
    found = state_of(turn, order)
    for leg in found.legs:
        if leg.status.is_open:
            _cancel_one(turn, leg, CancelReason.LIST_CANCELED, request_id)
    end_if_done(turn, found)


def _cancel_one(turn: Turn, order: Order, reason: CancelReason, request_id: str) -> None:
    turn.take_out(order)
    turn.close(order, OrderStatus.CANCELED)
    turn.events.append(
        OrderCanceled(
            order.terms,
            turn.market.take_execution_id(),
            order.cum_quantity,
            order.cum_quote,
            order.prevented_quantity,
            reason,
            request_id,
        )
    )
