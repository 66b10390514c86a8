"""From the words of a request to the order the core is asked for: what depends on the order type is checked here.

An order of a list comes with the same parameters under other names; ``Words`` says which. Source: Binance REST,
"New order" and its notes; "Error Codes".
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.context import Context
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.names import BASIS_POINT
from simexchange.dialects.binance.order_types import PEGS, SPECIAL, STOPS, TypeRule
from simexchange.dialects.binance.params import PRECISION_EXCEEDED, Args
from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import LIMIT, MARKET, PegReference, TimeInForce
from simexchange.domain.errors import RejectReason
from simexchange.domain.trigger import Peg, Trigger
from simexchange.domain.units import Quantity
from simexchange.venue.market import Market

Words: TypeAlias = Mapping[str, str]
"""Parameter of a plain order -> what this request calls it; a name that is missing is called as it is."""

AS_THEY_ARE: Final[Words] = {}
DEEPEST_PEG: Final = 100
_DECIMALS: Final = ("quantity", "quoteOrderQty", "price", "stopPrice", "icebergQty")


def order_command(
    context: Context,
    market: Market,
    args: Args,
    rule: TypeRule,
    words: Words = AS_THEY_ARE,
    *,
    sized: bool = True,
    test_only: bool = False,
) -> PlaceOrder:
    """The command for an order of this type, or the first refusal. ``sized`` False: its quantity comes later."""
    if not rule.unusual.isdisjoint(args) or (sized and not rule.needed <= args.keys()):
        _check_names(args, rule, words, sized=sized)
    quantity, price, quote_quantity = args.get("quantity"), args.get("price", 0), args.get("quoteOrderQty")
    if quantity is None and quote_quantity is None and sized:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "quantity", "quoteOrderQty")
    if quantity is not None and quote_quantity is not None:
        raise BinanceRefusal(errors.NOT_REQUIRED, "quoteOrderQty")
    if price == 0 and rule.order_type is LIMIT and ("price" in args or "pegPriceType" not in args):
        raise BinanceRefusal(errors.INVALID_PRICE)
    if quantity == 0 or quote_quantity == 0:
        raise BinanceRefusal(errors.INVALID_QUANTITY)
    if PRECISION_EXCEEDED in (quantity, price, quote_quantity):
        refuse_precision(args, words)
    trigger, peg, display = None, None, 0
    if not SPECIAL.isdisjoint(args):
        trigger, peg = _trigger(args, rule), _peg(args, rule, words)
        display = _display(args, words)
    elif rule.kind is not None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, *(words.get(name, name) for name in STOPS))
    return PlaceOrder(
        context.owner.account_id,
        market.symbol,
        args["side"],
        rule.order_type,
        args.get("newClientOrderId") or context.dialect.next_client_order_id(),
        quantity or 0,
        price,
        (quote_quantity or 0) * 10 ** (market.instrument.quote.decimals - params.DECIMALS),
        args.get("timeInForce", TimeInForce.GTC),
        rule.post_only,
        args.get("selfTradePreventionMode"),
        args.get("strategyId"),
        args.get("strategyType"),
        trigger,
        display,
        peg=peg,
        test_only=test_only,
    )


def _check_names(args: Args, rule: TypeRule, words: Words, *, sized: bool) -> None:
    """Say which parameter is one too many or missing, and which has more decimals than there are."""
    for name in rule.forbidden:
        if name in args:
            raise BinanceRefusal(errors.NOT_REQUIRED, words.get(name, name))
    pegged = "pegPriceType" in args
    if pegged and (rule.order_type is MARKET):
        raise BinanceRefusal(errors.PEG_NOT_FOR_TYPE)
    for name in rule.mandatory:
        if name not in args and not (pegged and name == "price") and (sized or name != "quantity"):
            raise BinanceRefusal(errors.MANDATORY, words.get(name, name))
    if rule.kind is not None and args.keys().isdisjoint(STOPS):
        raise BinanceRefusal(errors.EITHER_MANDATORY, *(words.get(name, name) for name in STOPS))
    refuse_precision(args, words)


def refuse_precision(args: Args, words: Words = AS_THEY_ARE) -> None:
    """-1111 for the first number with too many decimals, if there is one."""
    for name in _DECIMALS:
        if args.get(name) == PRECISION_EXCEEDED:
            raise BinanceRefusal(errors.TOO_PRECISE, words.get(name, name))


def _trigger(args: Args, rule: TypeRule) -> Trigger | None:
    if rule.kind is None:
        return None
    stop_price, delta = args.get("stopPrice"), args.get("trailingDelta")
    if stop_price == 0:
        raise BinanceRefusal(errors.REJECTS[RejectReason.PRICE_TOO_LOW])
    if delta == 0:
        raise BinanceRefusal(errors.REJECTS[RejectReason.TRAIL_OUT_OF_RANGE])
    return Trigger(rule.kind, stop_price or 0, trail_rate=(delta or 0) * BASIS_POINT)


def _display(args: Args, words: Words) -> Quantity:
    """How much of an iceberg shows; only an order that is good until canceled can be one."""
    display: Quantity = args.get("icebergQty", 0)
    if "icebergQty" in args and args.get("timeInForce", TimeInForce.GTC) is not TimeInForce.GTC:
        if words:
            raise BinanceRefusal(errors.OCO_ICEBERG, words["icebergQty"])
        raise BinanceRefusal(errors.UNSUPPORTED_COMBINATION)
    return display


def _peg(args: Args, rule: TypeRule, words: Words) -> Peg | None:
    """Where the price is taken from. "Pegged Orders Info": what may be pegged to what."""
    reference = args.get("pegPriceType")
    offset_type, levels = args.get("pegOffsetType"), args.get("pegOffsetValue")
    if reference is None:
        for name in PEGS[1:]:
            if name in args:
                raise BinanceRefusal(errors.NOT_REQUIRED, words.get(name, name))
        return None
    if (offset_type is None) is not (levels is None):
        raise BinanceRefusal(errors.NEEDED_TOGETHER, *(words.get(name, name) for name in PEGS[1:]))
    if levels is not None and levels > DEEPEST_PEG:
        raise BinanceRefusal(errors.TOO_LARGE, words.get("pegOffsetValue", "pegOffsetValue"), DEEPEST_PEG)
    if rule.post_only and reference is PegReference.MARKET:
        raise BinanceRefusal(errors.PEG_NOT_WITH_TYPE)
    if rule.word == "LIMIT" and reference is PegReference.PRIMARY and args["timeInForce"] is not TimeInForce.GTC:
        raise BinanceRefusal(errors.UNSUPPORTED_COMBINATION)
    return Peg(reference, levels or 0)
