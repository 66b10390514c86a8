"""The wallet's corner of the venue: what clients call at start, and a withdrawal that obeys the key.

Unlike /api, /sapi ignores parameters it does not know. Source: Binance "Wallet" documentation, its capital, asset,
account and others sections.
"""

from typing import Final

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.context import Context, Handler, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.names import amount8
from simexchange.dialects.binance.params import DECIMALS, PRECISION_EXCEEDED, Args, Param
from simexchange.domain.commands import Withdraw
from simexchange.domain.enums import Permission
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CommandRejected
from simexchange.domain.instrument import Asset
from simexchange.domain.units import RATE_DECIMALS, format_trimmed
from simexchange.services.clock import MILLISECOND

WITHDRAW_REJECTS: Final = {
    RejectReason.INSUFFICIENT_BALANCE: errors.WITHDRAW_NOT_ENOUGH,
    RejectReason.ACCOUNT_DISABLED: errors.WITHDRAW_DISABLED,
    RejectReason.ASSET_UNKNOWN: errors.WITHDRAW_BAD_ASSET,
}


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


def withdraw(context: Context, args: Args) -> object:
    """Money leaves the account at once; no chain confirms anything."""
    amount = args["amount"]
    asset = context.venue.assets.get(args["coin"])
    if asset is None:
        raise BinanceRefusal(errors.WITHDRAW_BAD_ASSET)
    if amount == PRECISION_EXCEEDED:
        raise BinanceRefusal(errors.TOO_PRECISE, "amount")
    if amount == 0:
        raise BinanceRefusal(errors.WITHDRAW_BAD_AMOUNT)
    units = amount * 10 ** (asset.decimals - DECIMALS)
    batch = context.door.submit(Withdraw(context.owner.account_id, asset.name, units))
    event = batch.events[0]
    if isinstance(event, CommandRejected):
        raise BinanceRefusal(WITHDRAW_REJECTS.get(event.reason, errors.WITHDRAW_BAD_AMOUNT))
    return {"id": context.dialect.next_withdrawal_id()}


def futures_exchange_info(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """The futures venues, which some clients ask at start: they exist and list nothing."""
    return {
        "timezone": "UTC",
        "serverTime": context.now_ns // MILLISECOND,
        "rateLimits": [],
        "exchangeFilters": [],
        "assets": [],
        "symbols": [],
    }


_SIMPLE: Final = Fidelity.SIMPLIFIED


def _sapi(
    title: str, rest: str, weight: int, handler: Handler, *parameters: Param, security: Security, note: str = ""
) -> Operation:
    return Operation(
        title, rest, None, security, weight, parameters, handler, fidelity=_SIMPLE if note else Fidelity.SAME, note=note
    )


_USER: Final = Security.USER_DATA
OPERATIONS: Final = (
    _sapi("System status", "GET /sapi/v1/system/status", 1, system_status, security=Security.NONE),
    _sapi("API key permission", "GET /sapi/v1/account/apiRestrictions", 1, api_restrictions, security=_USER),
    _sapi("Account status", "GET /sapi/v1/account/status", 1, account_status, security=_USER),
    _sapi(
        "All coins' information",
        "GET /sapi/v1/capital/config/getall",
        10,
        all_coins,
        security=_USER,
        note="one network per asset, named after it, with a free withdrawal",
    ),
    _sapi("Trade fee", "GET /sapi/v1/asset/tradeFee", 1, trade_fee, Param("symbol", params.symbol), security=_USER),
    _sapi(
        "User asset",
        "POST /sapi/v3/asset/getUserAsset",
        5,
        user_assets,
        Param("asset", params.string),
        security=_USER,
        note="no valuation in BTC",
    ),
    _sapi("All margin pairs", "GET /sapi/v1/margin/allPairs", 1, nothing, security=Security.API_KEY),
    _sapi(
        "All isolated margin symbols", "GET /sapi/v1/margin/isolated/allPairs", 10, nothing, security=Security.API_KEY
    ),
    _sapi(
        "Withdraw",
        "POST /sapi/v1/capital/withdraw/apply",
        600,
        withdraw,
        Param("coin", params.string, mandatory=True),
        Param("address", params.string, mandatory=True),
        Param("amount", params.decimal, mandatory=True),
        Param("network", params.string, fidelity=_SIMPLE, note="any network will do"),
        Param("addressTag", params.string, fidelity=_SIMPLE, note="ignored"),
        Param("withdrawOrderId", params.string, fidelity=_SIMPLE, note="ignored"),
        Param("transactionFeeFlag", params.boolean, fidelity=_SIMPLE, note="ignored: withdrawals are free"),
        Param("name", params.string, fidelity=_SIMPLE, note="ignored"),
        Param("walletType", params.long, fidelity=_SIMPLE, note="there is one wallet"),
        security=Security.WITHDRAW,
        note="the amount leaves the account at once",
    ),
    _sapi(
        "USD-M futures exchange information",
        "GET /fapi/v1/exchangeInfo",
        1,
        futures_exchange_info,
        security=Security.NONE,
        note="no symbols",
    ),
    _sapi(
        "COIN-M futures exchange information",
        "GET /dapi/v1/exchangeInfo",
        1,
        futures_exchange_info,
        security=Security.NONE,
        note="no symbols",
    ),
)
