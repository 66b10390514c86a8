"""Deposits: the list of those there were. There is no address to deposit to, so that nobody sends anything real to one.

Source: Binance "Wallet" documentation, its capital section.
"""

from typing import Final

from simexchange.dialects.binance import params
from simexchange.dialects.binance.chronicle import Arrival
from simexchange.dialects.binance.context import Context, Security
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.wallet import SIMPLE, sapi
from simexchange.domain.units import format_trimmed
from simexchange.services.clock import DAY, MILLISECOND

SUCCESS: Final = 1
SPAN_NS: Final = 90 * DAY
_MOST: Final = 1_000


def deposit_history(context: Context, args: Args) -> object:
    """What was paid in to the account in the last 90 days or in a time, the latest first; all of it has arrived."""
    end_ns = args.get("endTime", context.now_ns)
    start_ns = args.get("startTime", end_ns - SPAN_NS)
    found = [
        _row(context, arrival)
        for arrival in reversed(context.dialect.chronicle.deposits(context.owner.account_id))
        if start_ns <= arrival.ts_ns <= end_ns
        and args.get("coin", arrival.asset) == arrival.asset
        and args.get("status", SUCCESS) == SUCCESS
        and args.get("txId", _transaction(arrival)) == _transaction(arrival)
    ]
    first = args.get("offset", 0)
    return found[first : first + args.get("limit", _MOST)]


def _transaction(arrival: Arrival) -> str:
    return f"{arrival.number:064X}"


def _row(context: Context, arrival: Arrival) -> dict[str, object]:
    return {
        "id": str(arrival.number),
        "amount": format_trimmed(arrival.amount, context.venue.assets[arrival.asset].decimals),
        "coin": arrival.asset,
        "network": arrival.asset,
        "status": SUCCESS,
        "address": "",
        "addressTag": "",
        "txId": _transaction(arrival),
        "insertTime": arrival.ts_ns // MILLISECOND,
        "transferType": 0,
        "confirmTimes": "1/1",
        "unlockConfirm": 0,
        "walletType": 0,
    }


OPERATIONS: Final = (
    sapi(
        "Deposit history",
        "GET /sapi/v1/capital/deposit/hisrec",
        1,
        deposit_history,
        Param("coin", params.string),
        Param("status", params.long),
        Param("startTime", params.start_time),
        Param("endTime", params.end_time),
        Param("offset", params.long),
        Param("limit", params.limit(_MOST, _MOST)),
        Param("txId", params.string),
        Param("includeSource", params.boolean, fidelity=SIMPLE, note="ignored: money comes from nowhere"),
        security=Security.USER_DATA,
        note="all have arrived at once, at no address; what the scenario's accounts begin with is none of them",
    ),
)
