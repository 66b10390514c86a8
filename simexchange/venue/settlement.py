"""What the steps of a match mean: fills in money and fees, preventions, ends of orders; each as events.

Fees are charged in what an order receives, rounded down to the asset's quantum: the one place where money rounds.
"""

from simexchange.domain.enums import BUY, FILLED, MAKER, PARTIALLY_FILLED, TAKER, ExpireReason, Liquidity
from simexchange.domain.events import Execution, Trade, TradePrevented
from simexchange.domain.order import Order
from simexchange.domain.units import RATE_ONE, Amount, Rate
from simexchange.matching.matcher import Fill, Prevention, Step
from simexchange.venue import accounts
from simexchange.venue.accounts import Account
from simexchange.venue.turn import Turn


def settle(turn: Turn, taker: Order, steps: list[Step]) -> bool:
    """Account for every step of one incoming order; True if prevention ended the incoming order."""
    ended = False
    account = turn.account_of(taker)
    taker_rate = turn.state.fees(account, turn.market)[1]
    for step in steps:
        if isinstance(step, Fill):
            _fill(turn, account, taker, step, taker_rate)
        else:
            ended = _prevention(turn, account, taker, step)
    return ended


def _fee(received: Amount, rate: Rate, quantum: Amount) -> Amount:
    fee = received * rate // RATE_ONE
    return fee - fee % quantum


def _fill(turn: Turn, account: Account, taker: Order, step: Fill, taker_rate: Rate) -> None:
    market, state, maker, price, quantity = turn.market, turn.state, step.maker, step.price, step.quantity
    maker_account = state.accounts[maker.terms.account_id]
    maker_rate = state.fees(maker_account, market)[0]
    quote = price * quantity * market.quote_factor
    base = quantity * market.base_factor
    base_asset, quote_asset = market.instrument.base, market.instrument.quote
    side = taker.terms.side
    paid, paying = (quote, quote_asset) if side is BUY else (base, base_asset)
    got, getting = (base, base_asset) if side is BUY else (quote, quote_asset)
    taker_fee, maker_fee = _fee(got, taker_rate, getting.quantum), _fee(paid, maker_rate, paying.quantum)
    state.ledger.settle(account, maker_account, paying.name, paid, maker_fee)
    state.ledger.settle(maker_account, account, getting.name, got, taker_fee)
    taker.held -= paid
    maker.held -= got
    taker_execution = _execute(turn, taker, TAKER, step, step.taker_leaves, quote, taker_fee, getting.name)
    maker_execution = _execute(turn, maker, MAKER, step, step.maker_leaves, quote, maker_fee, paying.name)
    trade_id = market.next_trade_id
    market.next_trade_id = trade_id + 1
    market.note_trade(turn.ts_ns, price, quantity)
    symbol = market.symbol
    turn.events.append(Trade(symbol, trade_id, price, quantity, quote, side, taker_execution, maker_execution))
    if step.maker_leaves == 0:
        maker_account.close_order(maker, FILLED, turn.ts_ns)
    if maker.terms.list_id is not None:
        turn.stirred.append(maker)
    if not account.house:
        terms = maker.terms
        fill = accounts.Fill(turn.ts_ns, trade_id, terms.order_id, taker_execution, terms.account_id, maker_fee)
        account.fills.setdefault(symbol, []).append(fill)
    if not maker_account.house:
        terms = taker.terms
        fill = accounts.Fill(turn.ts_ns, trade_id, terms.order_id, maker_execution, terms.account_id, taker_fee)
        maker_account.fills.setdefault(symbol, []).append(fill)


def _execute(
    turn: Turn, order: Order, liquidity: Liquidity, step: Fill, leaves: int, quote: Amount, fee: Amount, fee_asset: str
) -> Execution:
    order.cum_quantity += step.quantity
    order.cum_quote += quote
    order.cum_fee += fee
    order.updated_ns = turn.ts_ns
    order.status = FILLED if leaves == 0 else PARTIALLY_FILLED
    return Execution(
        order.terms,
        liquidity,
        order.status,
        turn.market.take_execution_id(),
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


def _prevention(turn: Turn, account: Account, taker: Order, step: Prevention) -> bool:
    maker, market = step.maker, turn.market
    prevented_id = market.next_prevented_id
    market.next_prevented_id = prevented_id + 1
    for order, lost in ((maker, step.maker_prevented), (taker, step.taker_prevented)):
        if lost:
            order.prevented_quantity += lost
            order.prevented_id = prevented_id
            order.updated_ns = turn.ts_ns
    event = TradePrevented(
        market.symbol,
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
    turn.events.append(event)
    if not account.house:
        account.prevented.setdefault(market.symbol, []).append(accounts.Prevented(turn.ts_ns, event))
    if step.maker_expires:
        turn.expire(maker, ExpireReason.SELF_TRADE)
    elif step.maker_prevented:
        turn.release_surplus(maker)
    return step.taker_expires
