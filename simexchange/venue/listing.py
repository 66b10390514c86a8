"""A new order list: every leg is checked before any is accepted; then the legs that work at once begin.

Source: Binance REST, "New Order list - OCO / OTO / OTOCO / OPO / OPOCO".
"""

from simexchange.domain.commands import PlaceOrder, PlaceOrderList
from simexchange.domain.enums import NEW, PENDING, Contingency
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import Event, OrderList, OrderListPlaced, OrderListRejected
from simexchange.domain.units import Price
from simexchange.venue.accounts import Account
from simexchange.venue.checks import Failure, first_failure
from simexchange.venue.list_state import ListState
from simexchange.venue.market import Market
from simexchange.venue.placing import accept, short_of, size, timing, with_peg
from simexchange.venue.state import VenueState
from simexchange.venue.turn import Turn
from simexchange.venue.working import aftermath, begin, hold_for


def place_list(state: VenueState, command: PlaceOrderList, ts_ns: int) -> list[Event]:
    """A new order list, or one OrderListRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None or account is None:
        return _rejected(command, None, (RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}"))
    legs = tuple(with_peg(market, leg) for leg in command.legs)
    failure = _relation_failure(state, market, account, command, legs)
    if failure is not None:
        return _rejected(command, None, failure)
    first_to_work = len(legs) if command.contingency is Contingency.OCO else 1
    for index, leg in enumerate(legs):
        if command.pays_other and index and not leg.quantity:
            continue
        failure = first_failure(leg, market, account, ts_ns)
        if failure is None and index < first_to_work:
            failure = timing(market, leg)
        if failure is not None:
            return _rejected(command, index, failure)
    return _begin_list(state, market, account, command, legs, ts_ns)


def _rejected(command: PlaceOrderList, leg: int | None, failure: Failure) -> list[Event]:
    return [OrderListRejected(command.account_id, command.symbol, failure[0], leg, failure[1])]


def _begin_list(
    state: VenueState,
    market: Market,
    account: Account,
    command: PlaceOrderList,
    legs: tuple[PlaceOrder, ...],
    ts_ns: int,
) -> list[Event]:
    turn = Turn(state, market, ts_ns)
    oco = command.contingency is Contingency.OCO
    begin_now = legs if oco else legs[:1]
    needs = [size(market, leg, leg.self_trade_prevention or market.rules.default_self_trade_prevention) for leg in legs]
    for index in range(len(begin_now)):
        failure = needs[index][2]
        if failure is not None:
            return _rejected(command, index, failure)
    asset = market.instrument.base if turn.paying_asset(legs[0].side) == market.base_name else market.instrument.quote
    needed = max(needs[index][1] for index in range(len(begin_now)))
    free = account.balance(asset.name).free
    if free < needed:
        return _rejected(command, None, short_of(needed, free, asset.name, asset.decimals))
    list_id = state.next_list_id
    state.next_list_id = list_id + 1
    orders = []
    for index, leg in enumerate(legs):
        mode = leg.self_trade_prevention or market.rules.default_self_trade_prevention
        status = NEW if oco or index == 0 else PENDING
        orders.append(accept(turn, account, leg, needs[index][0], mode, list_id, status))
    order_list = OrderList(
        list_id,
        command.client_list_id,
        account.account_id,
        market.symbol,
        command.contingency,
        tuple((order.terms.order_id, order.terms.client_order_id) for order in orders),
        ts_ns,
    )
    turn.events.insert(0, OrderListPlaced(order_list))
    found = ListState(order_list, orders, command.pays_other)
    state.order_lists[list_id] = found
    state.open_lists.setdefault(account.account_id, {})[command.client_list_id] = found
    working = orders if oco else orders[:1]
    if oco:
        held = hold_for(turn, working)
        assert held, "funds were checked"
    else:
        state.ledger.hold(account, asset.name, needed)
        orders[0].held = needed
    for order in working:
        if order.status.is_open:
            begin(turn, order)
    aftermath(turn)
    return turn.finish()


def _relation_failure(
    state: VenueState, market: Market, account: Account, command: PlaceOrderList, legs: tuple[PlaceOrder, ...]
) -> Failure | None:
    """What is wrong with the list as a whole."""
    rules = market.rules
    if not account.can_trade:
        return RejectReason.ACCOUNT_DISABLED, f"{account.name} may not trade"
    wanted = {command.contingency} | ({Contingency.OCO} if len(legs) == 3 else set())
    if not wanted <= set(rules.order_lists) or (command.pays_other and not rules.pays_other):
        return RejectReason.ORDER_LIST_UNSUPPORTED, f"{market.symbol} takes no such order list"
    own = state.open_lists.get(account.account_id, {})
    if command.client_list_id in own or len({leg.client_order_id for leg in legs}) != len(legs):
        return RejectReason.CLIENT_ORDER_ID_DUPLICATE, "a client id is used twice"
    if rules.max_order_lists and not account.house:
        open_here = sum(1 for found in own.values() if found.order_list.symbol == market.symbol)
        if open_here >= rules.max_order_lists:
            return RejectReason.ORDER_LISTS_EXCEEDED, f"{open_here} open order lists, at most {rules.max_order_lists}"
    pair = legs if command.contingency is Contingency.OCO else legs[1:]
    if len(pair) != 2:
        return None
    above, below = _reference(pair[0]), _reference(pair[1])
    last = market.last_price if command.contingency is Contingency.OCO else 0
    if above and below and above <= below:
        return RejectReason.LIST_PRICES_WRONG, "the order above is not above the order below"
    if last and ((above and above <= last) or (below and below >= last)):
        return RejectReason.LIST_PRICES_WRONG, "the last price does not lie between the two orders"
    return None


def _reference(leg: PlaceOrder) -> Price:
    """The price at which a leg comes into play; 0 for a trailing one without an activation price."""
    return leg.trigger.price if leg.trigger is not None else leg.price
