"""Changing an open order in place.

Keeping priority allows a smaller quantity only (Binance "Order Amend Keep Priority"); without it the order leaves its
place and meets the book again under its own id, as other venues amend.
"""

from msgspec.structs import replace

from simexchange.domain.commands import AmendOrder
from simexchange.domain.enums import PENDING, SELL
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import AmendRejected, Event, OrderAmended
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import Amount, Quantity, format_trimmed
from simexchange.venue import order_lists
from simexchange.venue.accounts import Account
from simexchange.venue.canceling import find_open
from simexchange.venue.checks import Failure, client_order_id, failure_of
from simexchange.venue.holds import needed_for
from simexchange.venue.placing import short_of
from simexchange.venue.rechecks import REPRICE_CHECKS, RESIZE_CHECKS, as_asked, timing
from simexchange.venue.state import VenueState
from simexchange.venue.turn import DORMANT, Turn
from simexchange.venue.working import aftermath, work


def amend(state: VenueState, command: AmendOrder, ts_ns: int) -> list[Event]:
    """An OrderAmended (and what follows where priority is lost), or one AmendRejected."""
    market = state.markets.get(command.symbol)
    account = state.accounts.get(command.account_id)
    if market is None:
        return _rejected(command, (RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}"))
    if account is None:
        return _rejected(command, (RejectReason.ACCOUNT_UNKNOWN, f"no account {command.account_id}"))
    order = find_open(account, command.symbol, command.order_id, command.client_order_id)
    if isinstance(order, RejectReason):
        return _rejected(command, (order, "no such open order"))
    turn = Turn(state, market, ts_ns)
    terms = _amended(order, command)
    failure = _change_failure(turn, order, terms, command) or _rule_failure(turn, account, order, terms)
    if failure is not None:
        return _rejected(command, failure)
    if command.keep_priority:
        _shrink(turn, account, order, terms)
    else:
        _move(turn, account, order, terms)
    return turn.finish()


def _rejected(command: AmendOrder, failure: Failure) -> list[Event]:
    return [AmendRejected(command.account_id, command.symbol, *failure)]


def _amended(order: Order, command: AmendOrder) -> OrderTerms:
    terms = order.terms
    quantity = command.quantity or terms.quantity
    return replace(
        terms,
        quantity=quantity,
        price=command.price or terms.price,
        display_quantity=min(terms.display_quantity, quantity),
        client_order_id=command.new_client_order_id or terms.client_order_id,
    )


def _change_failure(turn: Turn, order: Order, terms: OrderTerms, command: AmendOrder) -> Failure | None:
    """Whether this order may change like this at all."""
    rules, previous = turn.market.rules, order.terms
    decimals = turn.market.instrument.quantity_decimals
    if not rules.amend:
        return RejectReason.AMEND_UNSUPPORTED, f"{terms.symbol} takes no amendments"
    if rules.max_amends and order.amends >= rules.max_amends:
        return RejectReason.AMENDS_EXCEEDED, f"{order.amends} amendments, at most {rules.max_amends}"
    waits_for_size = previous.list_id is not None and order.status is PENDING and not previous.quantity
    moves_in_place = not command.keep_priority and (previous.working_ns == DORMANT or previous.list_id is not None)
    if waits_for_size or moves_in_place:
        return RejectReason.AMEND_NOT_POSSIBLE, "a dormant order or a leg of a list keeps its place, an unsized leg all"
    if (terms.quantity, terms.price) == (previous.quantity, previous.price):
        return RejectReason.AMEND_WITHOUT_CHANGE, "quantity and price are what they were"
    if command.keep_priority and (terms.quantity > previous.quantity or terms.price != previous.price):
        return RejectReason.AMEND_NOT_SMALLER, f"quantity must be below {format_trimmed(previous.quantity, decimals)}"
    done = max(leg.cum_quantity + leg.prevented_quantity for leg in order_lists.together(turn, order))
    if terms.quantity <= done:
        return RejectReason.AMEND_BELOW_FILLED, f"{format_trimmed(done, decimals)} is done already"
    return None


def _rule_failure(turn: Turn, account: Account, order: Order, terms: OrderTerms) -> Failure | None:
    """Whether the order as amended keeps the rules for new orders."""
    market, asked = turn.market, as_asked(terms)
    repriced = terms.price != order.terms.price
    failure = failure_of(REPRICE_CHECKS if repriced else RESIZE_CHECKS, asked, market, account, turn.ts_ns)
    for leg in order_lists.together(turn, order):
        if failure is None and leg is not order:
            also = as_asked(_resized(leg, terms.quantity))
            failure = failure_of(RESIZE_CHECKS, also, market, account, turn.ts_ns)
    if failure is None and terms.client_order_id != order.terms.client_order_id:
        failure = client_order_id(asked, market, account, turn.ts_ns)
    if failure is None:
        failure = _funds(turn, account, order, terms)
    if failure is None and repriced:
        failure = timing(market, asked)
    return failure


def _resized(order: Order, quantity: Quantity) -> OrderTerms:
    terms = order.terms
    return replace(terms, quantity=quantity, display_quantity=min(terms.display_quantity, quantity))


def _missing(turn: Turn, order: Order, terms: OrderTerms) -> Amount:
    """What the order would need with these terms beyond what it holds."""
    leaves = order.leaves_quantity + terms.quantity - order.terms.quantity
    return needed_for(turn.market, replace(order, terms=terms, leaves_quantity=leaves)) - order.held


def _funds(turn: Turn, account: Account, order: Order, terms: OrderTerms) -> Failure | None:
    if terms.quantity <= order.terms.quantity and terms.price == order.terms.price:
        return None
    instrument = turn.market.instrument
    asset = instrument.base if terms.side is SELL else instrument.quote
    missing, free = _missing(turn, order, terms), account.balance(asset.name).free
    return None if missing <= free else short_of(missing, free, asset.name, asset.decimals)


def _change(turn: Turn, account: Account, order: Order, terms: OrderTerms) -> None:
    """The order has new terms, and under its new name is found."""
    previous = order.terms
    if terms.client_order_id != previous.client_order_id:
        del account.by_client_order_id[terms.symbol, previous.client_order_id]
        account.by_client_order_id[terms.symbol, terms.client_order_id] = order
    order.terms = terms
    order.amends += 1
    order.updated_ns = turn.ts_ns
    turn.events.append(
        OrderAmended(
            terms,
            previous,
            turn.market.take_execution_id(),
            order.status,
            order.leaves_quantity,
            order.cum_quantity,
            order.cum_quote,
            order.prevented_quantity,
        )
    )


def _shrink(turn: Turn, account: Account, order: Order, terms: OrderTerms) -> None:
    """Less of it, in its place; both of a pair, for only one of them will trade."""
    renamed = terms.client_order_id != order.terms.client_order_id
    for leg in order_lists.together(turn, order):
        less = leg.terms.quantity - terms.quantity
        if leg.terms.working_ns != DORMANT:
            side = turn.market.book.side(leg.terms.side)
            level = side.level(leg.terms.price)
            assert level is not None, "a working order rests"
            side.shrink(level, leg, less)
        else:
            leg.leaves_quantity -= less
        _change(turn, account, leg, terms if leg is order else _resized(leg, terms.quantity))
    if renamed and terms.list_id is not None:
        order_lists.rename(turn, order)
    turn.release_surplus(order)


def _move(turn: Turn, account: Account, order: Order, terms: OrderTerms) -> None:
    turn.take_out(order)
    missing = _missing(turn, order, terms)
    if missing > 0:
        turn.state.ledger.hold(account, turn.paying_asset(terms.side), missing)
        order.held += missing
    order.leaves_quantity += terms.quantity - order.terms.quantity
    _change(turn, account, order, terms)
    turn.release_surplus(order)
    work(turn, order)
    aftermath(turn)
