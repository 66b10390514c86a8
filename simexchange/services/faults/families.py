"""The families of faults, in the order in which the catalogue lists them: a module each, which ends in ``KINDS``."""

from typing import Final

from simexchange.services.faults import lost, quotas, rate_limits, wrong_time
from simexchange.services.faults.kinds import Kind

FAMILIES: Final[tuple[tuple[Kind, ...], ...]] = (lost.KINDS, rate_limits.KINDS, quotas.KINDS, wrong_time.KINDS)
