"""The built-in scenario: a quiet, liquid market, and accounts to use and to misuse."""

from simexchange.scenario.specs import Scenario

DESCRIPTION = """\
Nothing special happens. Prices wander, spreads are tight, books are deep, and every instrument trades about once a
second. The place to get a bot to run at all, and the market that most tests want.
"""


def calm() -> Scenario:
    """The usual instruments and accounts, left in peace."""
    return Scenario("calm", description=DESCRIPTION)
