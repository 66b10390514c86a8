"""The table of everything a client can ask for, on either face; dispatch and the fidelity table come from it."""

from typing import Final

from simexchange.dialects.base import Coverage, Fidelity
from simexchange.dialects.binance import (
    account,
    amend,
    cancel_replace,
    deposits,
    errors,
    general,
    limits,
    list_queries,
    market,
    market_rules,
    order_history,
    order_lists,
    order_types,
    sor,
    tickers,
    trading,
    wallet,
    withdrawals,
)
from simexchange.dialects.binance.context import Operation
from simexchange.dialects.binance.never_sent import NEVER_SENT
from simexchange.dialects.binance.settings import BinanceSettings

OPERATIONS: Final[tuple[Operation, ...]] = (
    *general.OPERATIONS,
    *market.OPERATIONS,
    *tickers.OPERATIONS,
    *trading.OPERATIONS,
    *cancel_replace.OPERATIONS,
    *amend.OPERATIONS,
    *order_lists.OPERATIONS,
    *sor.OPERATIONS,
    *account.OPERATIONS,
    *order_history.OPERATIONS,
    *list_queries.OPERATIONS,
    *account.LISTEN_KEY_OPERATIONS,
    *wallet.OPERATIONS,
    *deposits.OPERATIONS,
    *withdrawals.OPERATIONS,
)


def served(settings: BinanceSettings) -> tuple[Operation, ...]:
    """The operations that these settings leave switched on."""
    if settings.listen_keys:
        return OPERATIONS
    return tuple(operation for operation in OPERATIONS if operation not in account.LISTEN_KEY_OPERATIONS)


def by_method(settings: BinanceSettings) -> dict[str, Operation]:
    """The operations of the WebSocket API by their method name."""
    return {operation.ws: operation for operation in served(settings) if operation.ws is not None}


def coverage() -> list[Coverage]:
    """The fidelity table of the REST face: endpoints, their parameters, order types, errors and limits."""
    rows = []
    for operation in OPERATIONS:
        if operation.rest is None:
            continue
        rows.append(Coverage("endpoint", operation.rest, operation.fidelity, operation.note))
        rows += [
            Coverage("parameter", f"{operation.rest} {param.name}", param.fidelity, param.note)
            for param in operation.params
        ]
    rows += order_types.COVERAGE
    rows += market_rules.COVERAGE
    rows += [Coverage("error", f"{entry.code} {entry.text}", entry.fidelity, entry.note) for entry in errors.TABLE]
    rows += [Coverage("error", str(code), Fidelity.MISSING, why) for code, why in NEVER_SENT.items()]
    rows += limits.COVERAGE
    return rows
