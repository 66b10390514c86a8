"""Withdrawals: one that obeys the key, and the list of those there were, whoever asked for them.

Source: Binance "Wallet" documentation, its capital section.
"""

from datetime import UTC, datetime
from typing import Final

from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.chronicle import Withdrawal
from simexchange.dialects.binance.context import Context, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.names import amount8
from simexchange.dialects.binance.params import DECIMALS, PRECISION_EXCEEDED, Args, Param
from simexchange.dialects.binance.wallet import SIMPLE, sapi
from simexchange.domain.commands import Withdraw
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CommandRejected
from simexchange.domain.units import format_trimmed
from simexchange.services.clock import DAY, SECOND

COMPLETED: Final = 6
SPAN_NS: Final = 90 * DAY
WITHDRAW_REJECTS: Final = {
    RejectReason.INSUFFICIENT_BALANCE: errors.WITHDRAW_NOT_ENOUGH,
    RejectReason.ACCOUNT_DISABLED: errors.WITHDRAW_DISABLED,
    RejectReason.ASSET_UNKNOWN: errors.WITHDRAW_BAD_ASSET,
}


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
    account_id = context.owner.account_id
    batch = context.door.submit(Withdraw(account_id, asset.name, units, address=args["address"]))
    event = batch.events[0]
    if isinstance(event, CommandRejected):
        raise BinanceRefusal(WITHDRAW_REJECTS.get(event.reason, errors.WITHDRAW_BAD_AMOUNT))
    return {"id": context.dialect.chronicle.withdrawals(account_id)[-1].withdrawal_id}


def withdraw_history(context: Context, args: Args) -> object:
    """The account's withdrawals of the last 90 days or of a time, the latest first; all of them are completed."""
    end_ns = args.get("endTime", context.now_ns)
    start_ns = args.get("startTime", end_ns - SPAN_NS)
    found = [
        _row(context, withdrawal)
        for withdrawal in reversed(context.dialect.chronicle.withdrawals(context.owner.account_id))
        if start_ns <= withdrawal.ts_ns <= end_ns
        and args.get("coin", withdrawal.asset) == withdrawal.asset
        and args.get("status", COMPLETED) == COMPLETED
    ]
    first = args.get("offset", 0)
    return found[first : first + args.get("limit", _MOST)]


def _row(context: Context, withdrawal: Withdrawal) -> dict[str, object]:
    decimals = context.venue.assets[withdrawal.asset].decimals
    at = datetime.fromtimestamp(withdrawal.ts_ns // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "id": withdrawal.withdrawal_id,
        "amount": amount8(withdrawal.amount - withdrawal.fee, decimals),
        "transactionFee": format_trimmed(withdrawal.fee, decimals),
        "coin": withdrawal.asset,
        "status": COMPLETED,
        "address": withdrawal.address,
        "txId": withdrawal.withdrawal_id,
        "applyTime": at,
        "network": withdrawal.asset,
        "transferType": 0,
        "info": "",
        "confirmNo": 1,
        "walletType": 0,
        "txKey": "",
        "completeTime": at,
    }


_MOST: Final = 1_000
OPERATIONS: Final = (
    sapi(
        "Withdraw",
        "POST /sapi/v1/capital/withdraw/apply",
        600,
        withdraw,
        Param("coin", params.string, mandatory=True),
        Param("address", params.string, mandatory=True),
        Param("amount", params.decimal, mandatory=True),
        Param("network", params.string, fidelity=SIMPLE, note="any network will do"),
        Param("addressTag", params.string, fidelity=SIMPLE, note="ignored"),
        Param("withdrawOrderId", params.string, fidelity=SIMPLE, note="ignored"),
        Param("transactionFeeFlag", params.boolean, fidelity=SIMPLE, note="ignored: withdrawals are free"),
        Param("name", params.string, fidelity=SIMPLE, note="ignored"),
        Param("walletType", params.long, fidelity=SIMPLE, note="there is one wallet"),
        security=Security.WITHDRAW,
        note="the amount leaves the account at once",
    ),
    sapi(
        "Withdraw history",
        "GET /sapi/v1/capital/withdraw/history",
        1,
        withdraw_history,
        Param("coin", params.string),
        Param("status", params.long),
        Param("offset", params.long),
        Param("limit", params.limit(_MOST, _MOST)),
        Param("startTime", params.start_time),
        Param("endTime", params.end_time),
        security=Security.USER_DATA,
        note="all are completed at once; their own weight per account is not counted, and no withdrawOrderId kept",
    ),
)
