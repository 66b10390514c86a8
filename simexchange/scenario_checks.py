"""What every part of the program has to say about a scenario, for whoever reads one to serve or to judge it."""

from simexchange.scenario.parse import Checks
from simexchange.venues import VENUES, check_limits


def all_checks() -> Checks:
    """Venues there are, and their limits."""
    return Checks(limits=lambda venue, text: check_limits(text, (venue,)), venues=tuple(VENUES))
