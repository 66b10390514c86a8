"""What every part of the program has to say about a scenario, for whoever reads one to serve or to judge it."""

from typing import Any

from simexchange.scenario.parse import Checks
from simexchange.services.faults.kinds import load_catalogue
from simexchange.services.faults.reading import read_rule
from simexchange.venues import VENUES, check_limits


def all_checks() -> Checks:
    """Faults as the fault engine reads them, the venues there are, and their limits."""
    catalogue = load_catalogue()

    def check_fault(rule: dict[str, Any]) -> None:
        read_rule(rule, catalogue, VENUES)

    return Checks(check_fault, lambda venue, text: check_limits(text, (venue,)), tuple(VENUES))
