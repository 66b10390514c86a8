"""A new order: check -> price and size it -> accept -> hold -> sleep or work -> aftermath.

A reject leaves no trace; an accepted order always gets an id. The order of events is the table in ``domain.events``.
"""

from msgspec.structs import replace

from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import BUY, MARKET, NEW, PENDING, SELL, OrderStatus, SelfTradePrevention, TimeInForce
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import Event, OrderAccepted, OrderRejected, OrderTested
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import Amount, Price, Quantity, format_trimmed
from simexchange.matching.matcher import quantity_for_quote, reach
from simexchange.venue.accounts import Account
from simexchange.venue.checks import CHECKS, PLAIN_CHECKS, PRICE_CHECKS, Failure, failure_of
from simexchange.venue.holds import reserve_price
from simexchange.venue.market import Market
from simexchange.venue.pegging import with_peg
from simexchange.venue.rechecks import timing
from simexchange.venue.state import VenueState
from simexchange.venue.turn import DORMANT, Turn
from simexchange.venue.working import aftermath, begin, work


def place(state: VenueState, command: PlaceOrder, ts_ns: int) -> list[Event]:
    """A new order, or one OrderRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None:
        return _rejected(command, (RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}"))
    if account is None:
        return _rejected(command, (RejectReason.ACCOUNT_UNKNOWN, f"no account {command.account_id}"))
    mode = command.self_trade_prevention or market.rules.default_self_trade_prevention
    quantity, needed, asked_price = command.quantity, 0, 0
    plain = command.trigger is None and command.peg is None and not (command.display_quantity or command.hidden)
    if plain:
        failure = failure_of(PLAIN_CHECKS, command, market, account, ts_ns)
    else:
        asked_price = command.price if command.peg is not None else 0
        command = with_peg(market, command)
        failure = failure_of(CHECKS, command, market, account, ts_ns)
        if failure is None and asked_price:
            failure = failure_of(PRICE_CHECKS, replace(command, price=asked_price), market, account, ts_ns)
    if failure is None:
        quantity, needed, failure = size(market, command, mode)
    if failure is None:
        failure = _funds(market, account, command, needed)
    if failure is None and (command.post_only or not plain):
        failure = timing(market, command)
    if failure is not None:
        return _rejected(command, failure)
    if command.test_only:
        return [OrderTested(command.symbol, *state.fees(account, market))]
    turn = Turn(state, market, ts_ns)
    order = accept(turn, account, command, quantity, mode, asked_price=asked_price)
    order.held = needed
    state.ledger.hold(account, market.base_name if command.side is SELL else market.quote_name, needed)
    if command.trigger is None:
        work(turn, order)
    else:
        begin(turn, order)
    if turn.stirred or (len(turn.events) > 1 and market.last_triggers.count):
        aftermath(turn)
    return turn.finish()


def _rejected(command: PlaceOrder, failure: Failure) -> list[Event]:
    return [OrderRejected(command.account_id, command.symbol, *failure)]


def size(market: Market, command: PlaceOrder, mode: SelfTradePrevention) -> tuple[Quantity, Amount, Failure | None]:
    """How much the order is for, and what it may cost in the asset it pays with."""
    quantity, side, trigger = command.quantity, command.side, command.trigger
    if command.order_type is MARKET and trigger is None:
        if command.quote_quantity:
            quantity, failure = _quantity_by_quote(market, command, mode)
            if failure is not None:
                return 0, 0, failure
        if side is BUY:
            cost = reach(market.book, side, quantity, 0, command.account_id, mode).cost
            return quantity, cost * market.quote_factor, None
    elif side is BUY:
        price = command.price
        if not price and trigger is not None:
            price = reserve_price(market, trigger)
        return quantity, price * quantity * market.quote_factor, None
    return quantity, quantity * market.base_factor, None


def _quantity_by_quote(
    market: Market, command: PlaceOrder, mode: SelfTradePrevention
) -> tuple[Quantity, Failure | None]:
    rules = market.rules
    if not market.book.against(command.side).levels:
        return 0, (RejectReason.BOOK_EMPTY, "no orders on the book to take")
    lot = rules.market_lot_size or rules.lot_size
    budget = command.quote_quantity // market.quote_factor
    quantity = quantity_for_quote(market.book, command.side, budget, lot, command.account_id, mode)
    if quantity < max(rules.min_quantity, rules.market_min_quantity, 1):
        shown = format_trimmed(quantity, market.instrument.quantity_decimals)
        return 0, (RejectReason.BOOK_BELOW_LOT, f"the book and the amount allow {shown} only")
    return quantity, None


def _funds(market: Market, account: Account, command: PlaceOrder, needed: Amount) -> Failure | None:
    kind = market.instrument.base if command.side is SELL else market.instrument.quote
    balance = account.balances.get(kind.name)
    free = balance.free if balance is not None else 0
    return None if free >= needed else short_of(needed, free, kind.name, kind.decimals)


def short_of(needed: Amount, free: Amount, asset: str, decimals: int) -> Failure:
    return (
        RejectReason.INSUFFICIENT_BALANCE,
        f"needs {format_trimmed(needed, decimals)} {asset}, free {format_trimmed(free, decimals)}",
    )


def accept(
    turn: Turn,
    account: Account,
    command: PlaceOrder,
    quantity: Quantity,
    mode: SelfTradePrevention,
    list_id: int | None = None,
    status: OrderStatus = NEW,
    asked_price: Price = 0,
) -> Order:
    """The order gets its id and is known from now on; it holds nothing yet."""
    market, order_id = turn.market, turn.market.next_order_id
    market.next_order_id = order_id + 1
    terms = OrderTerms(
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
        turn.ts_ns,
        command.strategy_id,
        command.strategy_type,
        DORMANT if command.trigger is not None or status is PENDING else turn.ts_ns,
        command.trigger,
        -1,
        command.display_quantity,
        command.hidden,
        command.reduce_only,
        command.expires_ns,
        list_id,
        command.peg,
        asked_price,
    )
    order = Order(terms, quantity, 0, turn.ts_ns, status)
    if command.display_quantity or command.hidden:
        order.concealed = True
    if command.trigger is not None and status is not PENDING:
        order.reserve_price = reserve_price(market, command.trigger)
    account.add_order(order)
    if command.time_in_force is TimeInForce.GTD:
        market.expiries[order_id] = order
    turn.events.append(OrderAccepted(terms, market.take_execution_id(), status))
    return order
