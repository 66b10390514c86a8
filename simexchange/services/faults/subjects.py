"""Whether there is anything a rule could be about: an account or an instrument that no venue has is a slip of the pen.

Asked when a rule is armed from outside. A scenario's rules are checked against the scenario as a whole, and may speak
of what comes and goes in it.
"""

from collections.abc import Mapping

from simexchange.services.faults.reading import RuleRefused, nearest_hint
from simexchange.services.faults.rule import Match, plain_symbol
from simexchange.services.faults.stage import FaultyDoor


def check_subjects(match: Match, doors: Mapping[str, FaultyDoor]) -> None:
    """Raises RuleRefused for an account or a symbol that none of the venues meant has."""
    meant = [door for name, door in doors.items() if match.venue is None or match.venue == name]
    if match.account is not None:
        accounts = [account.name for door in meant for account in door.venue.accounts.values() if not account.house]
        if match.account not in accounts:
            hint = nearest_hint(match.account, accounts)
            raise RuleRefused("match.account", f"there is no account {match.account!r}{hint}")
    if match.symbol is not None:
        symbols = [symbol for door in meant for symbol in door.venue.markets]
        if plain_symbol(match.symbol) not in map(plain_symbol, symbols):
            hint = nearest_hint(match.symbol, symbols)
            raise RuleRefused("match.symbol", f"there is no instrument {match.symbol!r}{hint}")
