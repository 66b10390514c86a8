"""What the steps of a match mean: fills in money and fees, preventions, ends of orders; each as events.

Fees are charged in what an order receives, rounded down to the asset's quantum: the one place where money rounds.
"""

from simexchange.domain.enums import (
    BUY,
    EXPIRED,
    FILLED,
    MAKER,
    PARTIALLY_FILLED,
    SELL,
    TAKER,
    ExpireReason,
    Liquidity,
    Side,
)
from simexchange.domain.events import Event, Execution, OrderExpired, Trade, TradePrevented
from simexchange.domain.order import Order
from simexchange.domain.units import RATE_ONE, Amount, Rate
from simexchange.matching.matcher import Fill, Prevention, Step
from simexchange.venue import accounts
from simexchange.venue.accounts import Account
from simexchange.venue.market import Market
from simexchange.venue.state import VenueState


def settle(
    state: VenueState,
    market: Market,
    account: Account,
    taker: Order,
    steps: list[Step],
    ts_ns: int,
    events: list[Event],
) -> bool:
    """Account for every step of one incoming order; True if prevention ended the incoming order."""
    ended = False
    taker_rate = state.fees(account, market)[1]
    for step in steps:
        if isinstance(step, Fill):
            _fill(state, market, account, taker, step, taker_rate, ts_ns, events)
        else:
            ended = _prevention(state, market, account, taker, step, ts_ns, events)
    return ended


def _fee(received: Amount, rate: Rate, quantum: Amount) -> Amount:
    fee = received * rate // RATE_ONE
    return fee - fee % quantum


def _fill(
    state: VenueState,
    market: Market,
    account: Account,
    taker: Order,
    step: Fill,
    taker_rate: Rate,
    ts_ns: int,
    events: list[Event],
) -> None:
    maker, price, quantity = step.maker, step.price, step.quantity
    maker_account = state.accounts[maker.terms.account_id]
    maker_rate = state.fees(maker_account, market)[0]
    quote = price * quantity * market.quote_factor
    base = quantity * market.base_factor
    base_asset, quote_asset = market.instrument.base, market.instrument.quote
    settle_payment = state.ledger.settle
    if taker.terms.side is BUY:
        taker_fee, taker_asset = _fee(base, taker_rate, base_asset.quantum), base_asset.name
        maker_fee, maker_asset = _fee(quote, maker_rate, quote_asset.quantum), quote_asset.name
        settle_payment(account, maker_account, quote_asset.name, quote, maker_fee)
        settle_payment(maker_account, account, base_asset.name, base, taker_fee)
        taker.held -= quote
        maker.held -= base
    else:
        taker_fee, taker_asset = _fee(quote, taker_rate, quote_asset.quantum), quote_asset.name
        maker_fee, maker_asset = _fee(base, maker_rate, base_asset.quantum), base_asset.name
        settle_payment(account, maker_account, base_asset.name, base, maker_fee)
        settle_payment(maker_account, account, quote_asset.name, quote, taker_fee)
        taker.held -= base
        maker.held -= quote
    taker_execution = _execute(market, taker, TAKER, step, step.taker_leaves, quote, taker_fee, taker_asset, ts_ns)
    maker_execution = _execute(market, maker, MAKER, step, step.maker_leaves, quote, maker_fee, maker_asset, ts_ns)
    trade_id = market.next_trade_id
    market.next_trade_id = trade_id + 1
    market.note_trade(ts_ns, price, quantity)
    symbol = taker.terms.symbol
    events.append(Trade(symbol, trade_id, price, quantity, quote, taker.terms.side, taker_execution, maker_execution))
    if step.maker_leaves == 0:
        maker_account.close_order(maker, FILLED, ts_ns)
    if not account.house:
        account.fills.setdefault(symbol, []).append(
            accounts.Fill(ts_ns, trade_id, maker.terms.order_id, taker_execution)
        )
    if not maker_account.house:
        maker_account.fills.setdefault(symbol, []).append(
            accounts.Fill(ts_ns, trade_id, taker.terms.order_id, maker_execution)
        )


def _execute(
    market: Market,
    order: Order,
    liquidity: Liquidity,
    step: Fill,
    leaves: int,
    quote: Amount,
    fee: Amount,
    fee_asset: str,
    ts_ns: int,
) -> Execution:
    order.cum_quantity += step.quantity
    order.cum_quote += quote
    order.updated_ns = ts_ns
    order.status = FILLED if leaves == 0 else PARTIALLY_FILLED
    return Execution(
        order.terms,
        liquidity,
        order.status,
        market.take_execution_id(),
        step.quantity,
        step.price,
        quote,
        leaves,
        order.cum_quantity,
        order.cum_quote,
        order.prevented_quantity,
        fee,
        fee_asset,
    )


def _prevention(
    state: VenueState,
    market: Market,
    account: Account,
    taker: Order,
    step: Prevention,
    ts_ns: int,
    events: list[Event],
) -> bool:
    maker = step.maker
    prevented_id = market.next_prevented_id
    market.next_prevented_id = prevented_id + 1
    for order, lost in ((maker, step.maker_prevented), (taker, step.taker_prevented)):
        if lost:
            order.prevented_quantity += lost
            order.prevented_id = prevented_id
            order.updated_ns = ts_ns
    event = TradePrevented(
        taker.terms.symbol,
        prevented_id,
        taker.terms.self_trade_prevention,
        step.price,
        taker.terms,
        maker.terms,
        market.take_execution_id(),
        market.take_execution_id(),
        step.taker_prevented,
        step.maker_prevented,
        step.taker_leaves,
        step.maker_leaves,
        taker.cum_quantity,
        maker.cum_quantity,
        taker.cum_quote,
        maker.cum_quote,
        taker.prevented_quantity,
        maker.prevented_quantity,
    )
    events.append(event)
    if not account.house:
        account.prevented.setdefault(taker.terms.symbol, []).append(accounts.Prevented(ts_ns, event))
    release_surplus(state, market, account, maker)
    if step.maker_expires:
        events.append(expire(market, account, maker, ExpireReason.SELF_TRADE, ts_ns))
    return step.taker_expires


def expire(market: Market, account: Account, order: Order, reason: ExpireReason, ts_ns: int) -> OrderExpired:
    """The venue ends an order; it is already out of the book."""
    account.close_order(order, EXPIRED, ts_ns)
    return OrderExpired(
        order.terms,
        market.take_execution_id(),
        order.leaves_quantity,
        order.cum_quantity,
        order.cum_quote,
        order.prevented_quantity,
        reason,
        order.prevented_id if reason is ExpireReason.SELF_TRADE else None,
    )


def release_surplus(state: VenueState, market: Market, account: Account, order: Order, *, ended: bool = False) -> None:
    """Free what an order holds beyond what its open quantity needs (all of it once it has ended)."""
    if ended:
        needed = 0
    elif order.terms.side is SELL:
        needed = order.leaves_quantity * market.base_factor
    else:
        needed = order.terms.price * order.leaves_quantity * market.quote_factor
    surplus = order.held - needed
    if surplus:
        assert surplus > 0, "an order holds less than it needs"
        order.held = needed
        state.ledger.release(account, paying_asset(market, order.terms.side), surplus)


def paying_asset(market: Market, side: Side) -> str:
    return market.base_name if side is SELL else market.quote_name
