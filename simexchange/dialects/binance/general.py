"""The venue itself: connectivity, time, instruments with their rules; and how public questions are declared.

Source: Binance REST, "General endpoints" and "Query Reference Price"; WebSocket API, "General requests".
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, market_rules, params
from simexchange.dialects.binance.context import Context, Handler, Operation, Security, Weight
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.limits import rate_limit_rows
from simexchange.dialects.binance.names import TRADING_STATUS_WORDS
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.trading import SYMBOL
from simexchange.venue.market import Market

STATUSES: Final = {word: word for word in ("TRADING", "HALT", "BREAK", "CANCEL_ONLY")}


def one_market(context: Context, args: Args) -> Market:
    """The market asked for; -1220 if it does not have the status asked for."""
    market = context.symbols.market(args["symbol"])
    status = args.get("symbolStatus")
    if status is not None and TRADING_STATUS_WORDS[market.status] != status:
        raise BinanceRefusal(errors.STATUS_MISMATCH)
    return market


def ping(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    return {}


def server_time(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    return {"serverTime": context.time(context.door.gateway.said_ns())}


def exchange_info(context: Context, args: Args) -> object:
    """GET /api/v3/exchangeInfo: all symbols, those named, those of a status, or those a permission may trade."""
    show = args.get("showPermissionSets", True)
    return {
        "timezone": "UTC",
        "serverTime": context.time(context.door.gateway.now_ns()),
        "rateLimits": rate_limit_rows(context.dialect.settings.limits),
        "exchangeFilters": [],
        "symbols": [market_rules.symbol_row(market, show_permissions=show) for market in _wanted(context, args)],
    }


def _wanted(context: Context, args: Args) -> list[Market]:
    named = [name for name in ("symbol", "symbols") if name in args]
    if len(named) == 2:
        raise BinanceRefusal(errors.NOT_TOGETHER, *named)
    for name in ("permissions", "symbolStatus"):
        if named and name in args:
            raise BinanceRefusal(errors.NOT_TOGETHER, name, named[0])
    if named:
        words = [args["symbol"]] if "symbol" in args else args["symbols"]
        return [context.symbols.market(word) for word in words]
    markets = context.symbols.all()
    if market_rules.PERMISSION not in args.get("permissions", (market_rules.PERMISSION,)):
        return []
    status = args.get("symbolStatus")
    return [market for market in markets if status is None or TRADING_STATUS_WORDS[market.status] == status]


def _permissions(name: str, text: str) -> list[str]:
    """One permission, or a JSON list of them."""
    if text.startswith("["):
        try:
            words = msgspec.json.decode(text.encode(), type=list[str])
        except (msgspec.DecodeError, UnicodeEncodeError):
            raise BinanceRefusal(errors.BAD_VALUE, name) from None
    else:
        words = [text]
    if not market_rules.PERMISSIONS.issuperset(words):
        raise BinanceRefusal(errors.BAD_VALUE, name)
    return words


def execution_rules(context: Context, args: Args) -> object:
    """No symbol here has execution rules; the documented forms of asking are read all the same."""
    if len(args) > 1:
        raise BinanceRefusal(errors.BAD_COMBINATION)
    for word in [args["symbol"]] if "symbol" in args else args.get("symbols", []):
        context.symbols.market(word)
    return {"symbolRules": []}


def no_reference_price(context: Context, args: Args) -> object:
    one_market(context, args)
    raise BinanceRefusal(errors.NO_REFERENCE_PRICE)


def _rules_weight(texts: Mapping[str, str]) -> int:
    if "symbol" in texts:
        return 2
    return min(2 * (texts["symbols"].count(",") + 1), 40) if "symbols" in texts else 40


STATUS: Final = Param("symbolStatus", params.choice(STATUSES, errors.BAD_SYMBOL_STATUS))
OPTIONAL_SYMBOL: Final = Param("symbol", params.symbol)
SYMBOLS: Final = Param("symbols", params.symbols)


def public(
    title: str, path: str, ws: str | None, weight: int | Weight, handler: Handler, *parameters: Param, note: str = ""
) -> Operation:
    """An operation that anybody may ask for."""
    return Operation(
        title,
        f"GET /api/v3/{path}",
        ws,
        Security.NONE,
        weight,
        parameters,
        handler,
        fidelity=Fidelity.SIMPLIFIED if note else Fidelity.SAME,
        note=note,
    )


OPERATIONS: Final = (
    public("Test connectivity", "ping", "ping", 1, ping),
    public("Check server time", "time", "time", 1, server_time),
    public(
        "Exchange information",
        "exchangeInfo",
        "exchangeInfo",
        20,
        exchange_info,
        OPTIONAL_SYMBOL,
        SYMBOLS,
        Param("permissions", _permissions),
        Param("showPermissionSets", params.boolean),
        STATUS,
    ),
    public(
        "Query execution rules",
        "executionRules",
        "executionRules",
        _rules_weight,
        execution_rules,
        OPTIONAL_SYMBOL,
        SYMBOLS,
        STATUS,
        note="no symbol has any",
    ),
    public(
        "Query reference price",
        "referencePrice",
        "referencePrice",
        2,
        no_reference_price,
        SYMBOL,
        note="no symbol has one",
    ),
    public(
        "Query reference price calculation",
        "referencePrice/calculation",
        "referencePrice.calculation",
        2,
        no_reference_price,
        SYMBOL,
        STATUS,
        note="no symbol has one",
    ),
)
