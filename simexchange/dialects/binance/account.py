"""What an account may ask about itself: balances, fees, counters and rules; and its listen keys.

Source: Binance REST, "Account Endpoints"; WebSocket API, "Account requests".
"""

from typing import Final

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, market_rules, params, shapes
from simexchange.dialects.binance.context import Context, Handler, Operation, Security, Weight
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.limits import order_count_rows
from simexchange.dialects.binance.names import amount8
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.trading import SYMBOL
from simexchange.domain.units import RATE_ONE
from simexchange.venue.market import Market

FIRST_UID: Final = 100_000_000
"""Account numbers on this venue have nine digits; ours count on from here."""


def account(context: Context, args: Args) -> object:
    """GET /api/v3/account, account.status."""
    owner = context.owner
    markets = context.symbols.all()
    maker, taker = owner.maker_fee, owner.taker_fee
    if maker is None or taker is None:
        maker, taker = (markets[0].maker_fee, markets[0].taker_fee) if markets else (0, 0)
    omit_zero = args.get("omitZeroBalances", False)
    balances = []
    for name, asset in context.venue.assets.items():
        balance = owner.balances.get(name)
        free, held = (balance.free, balance.held) if balance is not None else (0, 0)
        if not omit_zero or free or held:
            balances.append(
                {
                    "asset": name,
                    "free": amount8(free, asset.decimals),
                    "locked": amount8(held, asset.decimals),
                }
            )
    return {
        "makerCommission": maker * 10_000 // RATE_ONE,
        "takerCommission": taker * 10_000 // RATE_ONE,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": shapes.commission_by_side(maker, taker),
        "canTrade": owner.can_trade,
        "canWithdraw": owner.can_withdraw,
        "canDeposit": owner.can_deposit,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": context.time(owner.updated_ns),
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": FIRST_UID + owner.account_id,
    }


def order_counts(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """GET /api/v3/rateLimit/order, account.rateLimits.orders."""
    return order_count_rows(context.dialect.limits, context.owner.account_id, context.now_ns)


def commission(context: Context, args: Args) -> object:
    """GET /api/v3/account/commission, account.commission."""
    market = context.symbols.market(args["symbol"])
    maker, taker = context.venue.views.fees(context.owner.account_id, market.symbol)
    return {
        "symbol": args["symbol"],
        "standardCommission": shapes.commission_by_side(maker, taker),
        "specialCommission": shapes.commission_by_side(0, 0),
        "taxCommission": shapes.commission_by_side(0, 0),
        "discount": shapes.DISCOUNT,
    }


def my_filters(context: Context, args: Args) -> object:
    """GET /api/v3/myFilters, myFilters: the rules that count what an account has open."""
    market: Market = context.symbols.market(args["symbol"])
    return {
        "exchangeFilters": [],
        "symbolFilters": market_rules.account_filters(market),
        "assetFilters": [],
    }


def start_listen_key(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """POST /api/v3/userDataStream (retired), userDataStream.start."""
    return {"listenKey": context.dialect.listen_keys.start(context.owner.account_id)}


def keep_listen_key(context: Context, args: Args) -> object:
    """PUT /api/v3/userDataStream (retired), userDataStream.ping."""
    if not context.dialect.listen_keys.keep_alive(args["listenKey"], context.owner.account_id):
        raise BinanceRefusal(errors.LISTEN_KEY_UNKNOWN)
    return {}


def close_listen_key(context: Context, args: Args) -> object:
    """DELETE /api/v3/userDataStream (retired), userDataStream.stop."""
    if not context.dialect.listen_keys.close(args["listenKey"], context.owner.account_id):
        raise BinanceRefusal(errors.LISTEN_KEY_UNKNOWN)
    return {}


_LISTEN_KEY: Final = Param("listenKey", params.string, mandatory=True)
_RETIRED: Final = "retired by the venue in 2026-02; served while the setting listen_keys is on"


def _listen_key(method: str, ws: str, *parameters: Param, handler: Handler) -> Operation:
    return Operation(
        f"Listen key: {ws.rpartition('.')[2]}",
        f"{method} /api/v3/userDataStream",
        ws,
        Security.API_KEY,
        2,
        parameters,
        handler,
        fidelity=Fidelity.SAME,
        note=_RETIRED,
    )


def own(title: str, path: str, ws: str | None, weight: int | Weight, handler: Handler, *parameters: Param) -> Operation:
    """An operation by which an account asks about itself."""
    return Operation(title, f"GET /api/v3/{path}", ws, Security.USER_DATA, weight, parameters, handler)


LISTEN_KEY_OPERATIONS: Final = (
    _listen_key("POST", "userDataStream.start", handler=start_listen_key),
    _listen_key("PUT", "userDataStream.ping", _LISTEN_KEY, handler=keep_listen_key),
    _listen_key("DELETE", "userDataStream.stop", _LISTEN_KEY, handler=close_listen_key),
)

OPERATIONS: Final = (
    own(
        "Account information",
        "account",
        "account.status",
        20,
        account,
        Param("omitZeroBalances", params.boolean),
    ),
    own("Query unfilled order count", "rateLimit/order", "account.rateLimits.orders", 40, order_counts),
    own("Query commission rates", "account/commission", "account.commission", 20, commission, SYMBOL),
    own("Query relevant filters", "myFilters", "myFilters", 40, my_filters, SYMBOL),
)
