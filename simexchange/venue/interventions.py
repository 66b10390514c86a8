"""What the venue does to orders and trades that nobody asked it for: fill one out of its turn, annul a trade, say no.

The same rooms settle it as settle everything else, so fees, lists, triggers, books and balances follow by themselves.
"""

from bisect import bisect_left
from typing import TypeAlias

from simexchange.domain.commands import (
    AmendOrder,
    BustTrade,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    FillOrder,
    PlaceOrder,
    PlaceOrderList,
    RejectRequest,
)
from simexchange.domain.enums import BUY, CONTINUOUS, FILLED, IOC, LIMIT, SelfTradePrevention
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    AmendRejected,
    CancelRejected,
    CommandRejected,
    Event,
    OrderListRejected,
    OrderRejected,
    TradeBusted,
)
from simexchange.domain.ids import EXTERNAL_ACCOUNT, OrderId, TradeId
from simexchange.domain.order import Order
from simexchange.domain.units import Amount, Price, format_trimmed
from simexchange.matching.matcher import fill_one
from simexchange.venue.accounts import Fill
from simexchange.venue.holds import needed_for
from simexchange.venue.market import Market
from simexchange.venue.placing import accept
from simexchange.venue.settlement import settle
from simexchange.venue.state import VenueState
from simexchange.venue.turn import DORMANT, Turn
from simexchange.venue.working import aftermath

Failure: TypeAlias = tuple[RejectReason, str]
_RULE = "the venue says so"


def fill_order(state: VenueState, command: FillOrder, ts_ns: int) -> list[Event]:
    """One trade of a resting order with an order from outside, or one CommandRejected."""
    market = state.markets.get(command.symbol)
    if market is None:
        return [CommandRejected(RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}")]
    maker = _resting(state, market, command.order_id)
    if maker is None:
        return [CommandRejected(RejectReason.ORDER_UNKNOWN, f"no order {command.order_id} rests")]
    price = command.price or maker.terms.price
    failure = _fill_failure(market, maker, command, price)
    if failure is not None:
        return [CommandRejected(*failure)]
    turn = Turn(state, market, ts_ns)
    taker = _from_outside(turn, maker, command, price)
    settle(turn, taker, [fill_one(market.book, maker, command.quantity, price)])
    turn.close(taker, FILLED)
    if price != maker.terms.price:
        _free_saving(turn, maker)
    aftermath(turn)
    return turn.finish()


def _resting(state: VenueState, market: Market, order_id: OrderId) -> Order | None:
    for account in state.accounts.values():
        order = account.open_orders.get(market.symbol, {}).get(order_id)
        if order is not None:
            return order if order.terms.working_ns != DORMANT else None
    return None


def _fill_failure(market: Market, maker: Order, command: FillOrder, price: Price) -> Failure | None:
    if market.status is not CONTINUOUS:
        return RejectReason.INSTRUMENT_NOT_TRADING, f"{market.symbol} is {market.status.value}"
    if command.quantity <= 0:
        return RejectReason.QUANTITY_TOO_SMALL, "a fill is above 0"
    if command.quantity > maker.leaves_quantity:
        shown = format_trimmed(maker.leaves_quantity, market.instrument.quantity_decimals)
        return RejectReason.QUANTITY_TOO_LARGE, f"the order still wants {shown} only"
    if price <= 0 or (maker.terms.side is not BUY and price < maker.terms.price):
        return RejectReason.PRICE_TOO_LOW, "a fill is at the order's price or a better one"
    if maker.terms.side is BUY and price > maker.terms.price:
        return RejectReason.PRICE_TOO_HIGH, "a fill is at the order's price or a better one"
    return None


def _from_outside(turn: Turn, maker: Order, command: FillOrder, price: Price) -> Order:
    """The order that takes, with its money held: the outside has as much as it needs."""
    market, terms = turn.market, maker.terms
    account = turn.state.accounts[EXTERNAL_ACCOUNT]
    asked = PlaceOrder(
        EXTERNAL_ACCOUNT,
        market.symbol,
        terms.side.opposite,
        LIMIT,
        f"outside-{market.next_order_id}",
        command.quantity,
        price,
        time_in_force=IOC,
    )
    taker = accept(turn, account, asked, command.quantity, SelfTradePrevention.NONE)
    taker.held = needed_for(market, taker)
    turn.state.ledger.hold(account, turn.paying_asset(asked.side), taker.held)
    taker.leaves_quantity = 0
    return taker


def _free_saving(turn: Turn, maker: Order) -> None:
    """It traded at a better price than its own: what it held for its own is not needed."""
    if maker.status.is_open:
        turn.release_surplus(maker)
    elif maker.held:
        turn.release(maker, maker.held)


def bust_trade(state: VenueState, command: BustTrade, ts_ns: int) -> list[Event]:  # noqa: ARG001  (a handler takes it)
    """Both sides give back what they got, or one CommandRejected: where one of them has not got it any more, too."""
    market = state.markets.get(command.symbol)
    if market is None:
        return [CommandRejected(RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}")]
    fill = _fill_of(state, market, command.trade_id)
    if fill is None:
        return [CommandRejected(RejectReason.TRADE_UNKNOWN, f"no trade {command.trade_id} of {market.symbol} is kept")]
    busted = _busted(market, fill)
    buyer, seller = state.accounts[busted.buyer], state.accounts[busted.seller]
    base = busted.quantity * market.base_factor
    ways = (
        (buyer, seller, market.instrument.base, base, busted.buyer_fee),
        (seller, buyer, market.instrument.quote, busted.quote, busted.seller_fee),
    )
    for giver, _, asset, amount, fee in ways:
        free = giver.balance(asset.name).free
        if giver.account_id != EXTERNAL_ACCOUNT and free < amount - fee:
            lacking = f"has to give back {format_trimmed(amount - fee, asset.decimals)} {asset.name}"
            shown = format_trimmed(free, asset.decimals)
            return [CommandRejected(RejectReason.INSUFFICIENT_BALANCE, f"{giver.name} {lacking}, free {shown}")]
    for giver, owner, asset, amount, fee in ways:
        state.ledger.give_back(giver, owner, asset.name, amount, fee)
    for account in (buyer, seller):
        fills = account.fills.get(market.symbol, [])
        fills[:] = [kept for kept in fills if kept.trade_id != command.trade_id]
    return [busted]


def _fill_of(state: VenueState, market: Market, trade_id: TradeId) -> Fill | None:
    for account in state.accounts.values():
        fills = account.fills.get(market.symbol, [])
        place = bisect_left(fills, trade_id, key=_trade_id)
        if place < len(fills) and fills[place].trade_id == trade_id:
            return fills[place]
    return None


def _trade_id(fill: Fill) -> TradeId:
    return fill.trade_id


def _busted(market: Market, fill: Fill) -> TradeBusted:
    execution, counter_fee = fill.execution, fill.counter_fee
    terms = execution.order
    sides: tuple[tuple[int, Amount], tuple[int, Amount]] = (
        (terms.account_id, execution.fee),
        (fill.counter_account_id, counter_fee),
    )
    (buyer, buyer_fee), (seller, seller_fee) = sides if terms.side is BUY else sides[::-1]
    return TradeBusted(
        market.symbol,
        fill.trade_id,
        execution.last_price,
        execution.last_quantity,
        execution.last_quote,
        buyer,
        seller,
        buyer_fee,
        seller_fee,
    )


def reject(state: VenueState, command: RejectRequest, ts_ns: int) -> list[Event]:  # noqa: ARG001  (a handler takes them)
    """The no that the request would get for that reason, and nothing else."""
    request, reason = command.request, command.reason
    match request:
        case PlaceOrder():
            return [OrderRejected(request.account_id, request.symbol, reason, _RULE)]
        case PlaceOrderList():
            return [OrderListRejected(request.account_id, request.symbol, reason, None, _RULE)]
        case AmendOrder():
            return [AmendRejected(request.account_id, request.symbol, reason, _RULE)]
        case CancelOrder() | CancelOrderList() | CancelAllOrders():
            return [CancelRejected(request.account_id, request.symbol, reason)]
