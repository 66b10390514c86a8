"""The wallet's corner of the venue: what clients call at start.

Unlike /api, /sapi ignores parameters it does not know. Source: Binance "Wallet" documentation, its capital, asset,
account and others sections.
"""

from typing import Final

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import params
from simexchange.dialects.binance.context import Context, Handler, Operation, Security
from simexchange.dialects.binance.names import amount8
from simexchange.dialects.binance.params import Args, Param
from simexchange.domain.enums import Permission
from simexchange.domain.instrument import Asset
from simexchange.domain.units import RATE_DECIMALS, format_trimmed
from simexchange.services.clock import MILLISECOND


def system_status(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    return {"status": 0, "msg": "normal"}


def account_status(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    return {"data": "Normal"}


def api_restrictions(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """What the very key that signed may do."""
    key = context.key
    assert key is not None, "the operation is signed"
    trades = Permission.TRADE in key.permissions
    return {
        "ipRestrict": bool(key.ip_allow),
        "createTime": key.created_ns // MILLISECOND,
        "enableReading": Permission.READ in key.permissions,
        "enableWithdrawals": Permission.WITHDRAW in key.permissions,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": trades,
        "enablePortfolioMarginTrading": False,
    }


def all_coins(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """Every asset with the account's balance and one network to move it over."""
    return [_coin(context, asset) for asset in context.venue.assets.values()]


def _coin(context: Context, asset: Asset) -> dict[str, object]:
    balance = context.owner.balances.get(asset.name)
    free, held = (balance.free, balance.held) if balance is not None else (0, 0)
    return {
        "coin": asset.name,
        "depositAllEnable": True,
        "withdrawAllEnable": True,
        "name": asset.name,
        "free": format_trimmed(free, asset.decimals),
        "locked": format_trimmed(held, asset.decimals),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": False,
        "trading": True,
        "networkList": [
            {
                "network": asset.name,
                "coin": asset.name,
                "withdrawIntegerMultiple": format_trimmed(1, asset.precision),
                "isDefault": True,
                "depositEnable": True,
                "withdrawEnable": True,
                "depositDesc": "",
                "withdrawDesc": "",
                "specialTips": "",
                "specialWithdrawTips": "",
                "name": asset.name,
                "resetAddressStatus": False,
                "addressRegex": "",
                "memoRegex": "",
                "withdrawFee": "0",
                "withdrawMin": format_trimmed(1, asset.precision),
                "withdrawMax": "9999999999",
                "withdrawInternalMin": format_trimmed(1, asset.precision),
                "depositDust": format_trimmed(1, asset.precision),
                "minConfirm": 1,
                "unLockConfirm": 0,
                "sameAddress": False,
                "withdrawTag": False,
                "estimatedArrivalTime": 1,
                "busy": False,
                "contractAddressUrl": "",
                "contractAddress": "",
            }
        ],
    }


def trade_fee(context: Context, args: Args) -> object:
    """Fee rates of one symbol or of all, as short decimals."""
    symbols = context.symbols
    markets = [symbols.market(args["symbol"])] if "symbol" in args else symbols.all()
    rows = []
    for market in markets:
        maker, taker = context.venue.views.fees(context.owner.account_id, market.symbol)
        rows.append(
            {
                "symbol": symbols.word(market.symbol),
                "makerCommission": format_trimmed(maker, RATE_DECIMALS),
                "takerCommission": format_trimmed(taker, RATE_DECIMALS),
            }
        )
    return rows


def user_assets(context: Context, args: Args) -> object:
    """Assets the account has any of, or the one asked for."""
    rows = []
    for name, balance in context.owner.balances.items():
        if not (balance.free or balance.held) or args.get("asset", name) != name:
            continue
        decimals = context.venue.assets[name].decimals
        rows.append(
            {
                "asset": name,
                "free": amount8(balance.free, decimals),
                "locked": amount8(balance.held, decimals),
                "freeze": "0",
                "withdrawing": "0",
                "ipoable": "0",
                "btcValuation": "0",
            }
        )
    return rows


def nothing(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    return []


def futures_exchange_info(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """The futures venues, which some clients ask at start: they exist and list nothing."""
    return {
        "timezone": "UTC",
        "serverTime": context.door.gateway.now_ns() // MILLISECOND,
        "rateLimits": [],
        "exchangeFilters": [],
        "assets": [],
        "symbols": [],
    }


SIMPLE: Final = Fidelity.SIMPLIFIED


def sapi(
    title: str, rest: str, weight: int, handler: Handler, *parameters: Param, security: Security, note: str = ""
) -> Operation:
    return Operation(
        title, rest, None, security, weight, parameters, handler, fidelity=SIMPLE if note else Fidelity.SAME, note=note
    )


USER: Final = Security.USER_DATA
OPERATIONS: Final = (
    sapi("System status", "GET /sapi/v1/system/status", 1, system_status, security=Security.NONE),
    sapi("API key permission", "GET /sapi/v1/account/apiRestrictions", 1, api_restrictions, security=USER),
    sapi("Account status", "GET /sapi/v1/account/status", 1, account_status, security=USER),
    sapi(
        "All coins' information",
        "GET /sapi/v1/capital/config/getall",
        10,
        all_coins,
        security=USER,
        note="one network per asset, named after it, with a free withdrawal",
    ),
    sapi("Trade fee", "GET /sapi/v1/asset/tradeFee", 1, trade_fee, Param("symbol", params.symbol), security=USER),
    sapi(
        "User asset",
        "POST /sapi/v3/asset/getUserAsset",
        5,
        user_assets,
        Param("asset", params.string),
        security=USER,
        note="no valuation in BTC",
    ),
    sapi("All margin pairs", "GET /sapi/v1/margin/allPairs", 1, nothing, security=Security.API_KEY),
    sapi(
        "All isolated margin symbols", "GET /sapi/v1/margin/isolated/allPairs", 10, nothing, security=Security.API_KEY
    ),
    sapi(
        "USD-M futures exchange information",
        "GET /fapi/v1/exchangeInfo",
        1,
        futures_exchange_info,
        security=Security.NONE,
        note="no symbols",
    ),
    sapi(
        "COIN-M futures exchange information",
        "GET /dapi/v1/exchangeInfo",
        1,
        futures_exchange_info,
        security=Security.NONE,
        note="no symbols",
    ),
)
