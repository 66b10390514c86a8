"""Order lists: what a fill, a trigger or an end of one leg does to the others.

OCO: as soon as one leg is triggered or filled, even in part, or ends, the other expires. OTO: the complete fill of
the working order releases the pending ones (two form an OCO); any other end of it ends them. Canceling one leg cancels
the list. The legs of a pair share their money: the one that rests holds all it needs, the other only what it would
need beyond that. Source: Binance REST, "New Order list" and its notes.
"""

from simexchange.domain.enums import FILLED, PENDING, CancelReason, ExpireReason, OrderStatus
from simexchange.domain.events import OrderCanceled, OrderListEnded
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
        if found.working is not None:
            if order is found.working and order.status is FILLED:
                found.released = True
                release.append(found)
            elif order is found.working and not order.status.is_open:
                for leg in found.legs[1:]:
                    if leg.status.is_open:
                        turn.expire(leg, ExpireReason.WORKING_ORDER_ENDED)
        elif order in found.pair() and (order.cum_quantity or not order.status.is_open):
            expire_siblings(turn, order)
        end_if_done(turn, found)
    return release


def state_of(turn: Turn, order: Order) -> ListState:
    list_id = order.terms.list_id
    assert list_id is not None, "not part of a list"
    return turn.state.order_lists[list_id]


def expire_siblings(turn: Turn, order: Order) -> None:
    """One of a pair works: the other goes, and leaves its money to the one that still needs it."""
    for sibling in state_of(turn, order).pair():
        if sibling is order or not sibling.status.is_open:
            continue
        turn.take_out(sibling)
        turn.expire(sibling, ExpireReason.SIBLING_WORKED)
        order.held += sibling.held
        sibling.held = 0
        turn.release_surplus(order, ended=not order.status.is_open)


def end_if_done(turn: Turn, found: ListState) -> None:
    if found.ended or any(leg.status.is_open for leg in found.legs):
        return
    found.ended = True
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
    if order.status is not PENDING:
        turn.take_out(order)
    turn.account_of(order).close_order(order, OrderStatus.CANCELED, turn.ts_ns)
    if order.held:
        turn.release_surplus(order, ended=True)
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
