"""Every operation of the control API, in the order in which the documentation lists them."""

from typing import Final

from simexchange.control import clock, faults, general, journal, snapshots
from simexchange.control.operations import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *general.OPERATIONS,
    *snapshots.OPERATIONS,
    *clock.OPERATIONS,
    *faults.OPERATIONS,
    *journal.OPERATIONS,
)
