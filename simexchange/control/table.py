"""Every operation of the control API, in the order in which the documentation lists them."""

from typing import Final

from simexchange.control import (
    accounts,
    clock,
    config,
    documentation,
    faults,
    general,
    instruments,
    journal,
    keys,
    orders,
    scenario,
    snapshots,
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
    *verify.OPERATIONS,
    *accounts.OPERATIONS,
    *keys.OPERATIONS,
    *orders.OPERATIONS,
    *instruments.OPERATIONS,
    *config.OPERATIONS,
    *documentation.OPERATIONS,
)
"""``documentation`` describes them all, itself included."""
