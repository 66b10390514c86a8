"""A new order list: every leg is checked before any is accepted; then the legs that work at once begin.

Source: Binance REST, "New Order list - OCO / OTO / OTOCO / OPO / OPOCO".
"""

from simexchange.domain.commands import PlaceOrder, PlaceOrderList
from simexchange.domain.enums import (
    BUY,
    LIMIT,
    NEW,
    PENDING,
    SELL,
    Contingency,
    SelfTradePrevention,
    TriggerKind,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import Event, OrderList, OrderListPlaced, OrderListRejected
from simexchange.domain.order import Order
from simexchange.domain.units import Price
from simexchange.venue.accounts import Account
from simexchange.venue.checks import (
    CHECKS,
    PRICE_CHECKS,
    SIZE_CHECKS,
    Check,
    Failure,
    failure_of,
    room_for,
)
from simexchange.venue.list_state import ListState
from simexchange.venue.market import Market
from simexchange.venue.pegging import with_peg
from simexchange.venue.placing import accept, short_of, size
from simexchange.venue.rechecks import timing
from simexchange.venue.state import VenueState
from simexchange.venue.turn import Turn
from simexchange.venue.working import aftermath, begin


def place_list(state: VenueState, command: PlaceOrderList, ts_ns: int) -> list[Event]:
    """A new order list, or one OrderListRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None:
        return _rejected(command, None, (RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}"))
    if account is None:
        return _rejected(command, None, (RejectReason.ACCOUNT_UNKNOWN, f"no account {command.account_id}"))
    at_once = len(command.legs) if command.contingency is Contingency.OCO else 1
    legs = tuple(with_peg(market, leg) if index < at_once else leg for index, leg in enumerate(command.legs))
    failure = _shape_failure(market, account, command, legs)
    if failure is not None:
        return _rejected(command, None, failure)
    for index, leg in enumerate(legs):
        failure = _leg_failure(market, account, leg, command.pays_other and index > 0, ts_ns, index < at_once)
        if failure is not None:
            return _rejected(command, index, failure)
    failure = _relation_failure(state, market, account, command, legs)
    if failure is not None:
        return _rejected(command, None, failure)
    return _begin_list(state, market, account, command, legs, ts_ns)


def _rejected(command: PlaceOrderList, leg: int | None, failure: Failure) -> list[Event]:
    return [OrderListRejected(command.account_id, command.symbol, failure[0], leg, failure[1])]


def _shape_failure(
    market: Market, account: Account, command: PlaceOrderList, legs: tuple[PlaceOrder, ...]
) -> Failure | None:
    """Whether the instrument takes such lists, and whether this is one at all."""
    rules, oco = market.rules, command.contingency is Contingency.OCO
    if not account.can_trade:
        return RejectReason.ACCOUNT_DISABLED, f"{account.name} may not trade"
    wanted = {command.contingency} | ({Contingency.OCO} if len(legs) == 3 else set())
    if not wanted <= set(rules.order_lists) or (command.pays_other and not rules.pays_other):
        return RejectReason.ORDER_LIST_UNSUPPORTED, f"{market.symbol} takes no such order list"
    first, pending = legs[0], legs[1:]
    pair = legs if oco else pending
    alike = len({leg.side for leg in pair}) == 1 and len({leg.quantity for leg in pair}) == 1
    immediate = [leg for leg in pair if leg.trigger is None]
    possible = (
        len(legs) in ((2,) if oco else (2, 3))
        and (oco or first.order_type is LIMIT)
        and not any(leg.quote_quantity for leg in legs)
        and (len(pair) == 1 or (alike and [leg.order_type for leg in immediate] in ([], [LIMIT])))
        and not (command.pays_other and (first.side is not BUY or any(leg.side is BUY for leg in pending)))
    )
    return None if possible else (RejectReason.ORDER_LIST_UNSUPPORTED, "these orders do not make such an order list")


def _leg_failure(
    market: Market, account: Account, leg: PlaceOrder, is_unsized: bool, now_ns: int, at_once: bool
) -> Failure | None:
    """What is wrong with one order; its size and the price of its peg are looked at when they are known."""
    unknown: tuple[Check, ...] = SIZE_CHECKS if is_unsized else ()
    if not at_once and leg.peg is not None and not leg.price:
        unknown += PRICE_CHECKS
    checks = tuple(check for check in CHECKS if check not in unknown)
    return failure_of(checks, leg, market, account, now_ns)


def _relation_failure(
    state: VenueState, market: Market, account: Account, command: PlaceOrderList, legs: tuple[PlaceOrder, ...]
) -> Failure | None:
    """What is wrong with the orders taken together."""
    failure = room_for(legs, market, account)
    if failure is not None:
        return failure
    rules, own = market.rules, state.open_lists.get(account.account_id, {})
    if rules.max_order_lists and not account.house:
        count = sum(1 for found in own.values() if found.order_list.symbol == market.symbol)
        if count >= rules.max_order_lists:
            return RejectReason.ORDER_LISTS_EXCEEDED, f"{count} open order lists, at most {rules.max_order_lists}"
    if command.client_list_id in own or len({leg.client_order_id for leg in legs}) != len(legs):
        return RejectReason.CLIENT_ORDER_ID_DUPLICATE, "a client id is used twice"
    pair = legs if command.contingency is Contingency.OCO else legs[1:]
    if len(pair) != 2:
        return None
    above, below = _reference(pair[command.below_first]), _reference(pair[not command.below_first])
    last = market.last_price if command.contingency is Contingency.OCO else 0
    if above and below and above <= below:
        return RejectReason.LIST_PRICES_WRONG, "the order above is not above the order below"
    if last and ((above and above <= last) or (below and below >= last)):
        return RejectReason.LIST_PRICES_WRONG, "the last price does not lie between the two orders"
    return None


def _reference(leg: PlaceOrder) -> Price:
    """The price of a leg that has to lie on its side of the market; 0 if it has none yet.

    Source: Binance REST, "New Order list - OCO", price restrictions.
    """
    if leg.trigger is None or (leg.trigger.kind is TriggerKind.TAKE_PROFIT and leg.order_type is LIMIT):
        return leg.price
    return leg.trigger.price


def _begin_list(
    state: VenueState,
    market: Market,
    account: Account,
    command: PlaceOrderList,
    legs: tuple[PlaceOrder, ...],
    ts_ns: int,
) -> list[Event]:
    """Every order is accepted, then those that work at once begin: all of a pair, else the first."""
    turn = Turn(state, market, ts_ns)
    oco = command.contingency is Contingency.OCO
    at_once = legs if oco else legs[:1]
    needed = max(size(market, leg, SelfTradePrevention.NONE)[1] for leg in at_once)
    asset = market.instrument.base if legs[0].side is SELL else market.instrument.quote
    free = account.balance(asset.name).free
    if free < needed:
        return _rejected(command, None, short_of(needed, free, asset.name, asset.decimals))
    for index, leg in enumerate(at_once):
        failure = timing(market, leg)
        if failure is not None:
            return _rejected(command, index, failure)
    list_id = state.next_list_id
    state.next_list_id = list_id + 1
    orders: list[Order] = []
    for asked, leg in zip(command.legs, legs, strict=True):
        mode = leg.self_trade_prevention or market.rules.default_self_trade_prevention
        status = NEW if oco or not orders else PENDING
        asked_price = asked.price if leg.peg is not None else 0
        orders.append(accept(turn, account, leg, leg.quantity, mode, list_id, status, asked_price))
    names = tuple((order.terms.order_id, order.terms.client_order_id) for order in orders)
    order_list = OrderList(
        list_id, command.client_list_id, account.account_id, market.symbol, command.contingency, names, ts_ns
    )
    turn.events.insert(0, OrderListPlaced(order_list))
    found = ListState(order_list, orders, command.pays_other)
    state.order_lists[list_id] = found
    state.open_lists.setdefault(account.account_id, {})[command.client_list_id] = found
    working = orders if oco else orders[:1]
    held = turn.hold(working)
    assert held, "funds were checked"
    for order in working:
        if order.status.is_open:
            begin(turn, order)
    aftermath(turn)
    return turn.finish()
