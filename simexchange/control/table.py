"""Every operation of the control API, in the order in which the documentation lists them."""

from typing import Final

from simexchange.control import (
    accounts,
    activity,
    clock,
    config,
    documentation,
    faults,
    general,
    instruments,
    journal,
    keys,
    market,
    metrics,
    orders,
    scenario,
    signatures,
    snapshots,
    usage,
    verify,
)
from simexchange.control.operations import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *general.OPERATIONS,
    *scenario.OPERATIONS,
    *snapshots.OPERATIONS,
    *clock.OPERATIONS,
    *faults.OPERATIONS,
    *journal.OPERATIONS,
    *signatures.OPERATIONS,
    *verify.OPERATIONS,
    *accounts.OPERATIONS,
    *keys.OPERATIONS,
    *orders.OPERATIONS,
    *activity.OPERATIONS,
    *instruments.OPERATIONS,
    *market.OPERATIONS,
    *usage.OPERATIONS,
    *config.OPERATIONS,
    *metrics.OPERATIONS,
    *documentation.OPERATIONS,
)
"""``documentation`` describes them all, itself included."""
