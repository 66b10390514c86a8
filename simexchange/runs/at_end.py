"""The state of an account against what a scenario expects of it in the end."""

from collections.abc import Iterator

from simexchange.domain.enums import Side
from simexchange.domain.units import format_trimmed, parse_units
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.scenario.expectation_specs import AtEnd, Bounds
from simexchange.venue.accounts import Account
from simexchange.world import Door, World

_FINEST = 18
"""Decimals that amounts are compared at; no asset has more."""


def judge_state(world: World, wanted: AtEnd, text: str) -> Verdict:
    """On every venue that is meant and has the account. Money that is held for orders counts."""
    found = [
        (door, account)
        for door in world.doors.values()
        if wanted.venue in (None, door.name) and (account := door.venue.views.account_named(wanted.account)) is not None
    ]
    if not found:
        return Verdict(text, VerdictState.FAILED, f"there is no account {wanted.account}")
    wrong = [what for door, account in found for what in _differences(door, account, wanted)]
    return Verdict(text, VerdictState.FAILED if wrong else VerdictState.PASSED, "; ".join(wrong))


def _differences(door: Door, account: Account, wanted: AtEnd) -> Iterator[str]:
    if wanted.open_orders is not None:
        orders = door.venue.views.open_orders(account.account_id)
        if len(orders) != wanted.open_orders:
            names = ", ".join(order.terms.client_order_id for order in orders[:5])
            more = ", ..." if len(orders) > 5 else ""
            yield f"{len(orders)} are open on {door.name}" + (f": {names}{more}" if names else "")
    for asset, amount in (wanted.balances or {}).items():
        balance = account.balances.get(asset)
        decimals = door.venue.assets[asset].decimals if asset in door.venue.assets else 0
        has = format_trimmed(balance.free + balance.held, decimals) if balance is not None else "0"
        if not _fits(has, amount):
            yield f"{has} {asset} on {door.name}"
    for symbol, amount in (wanted.position or {}).items():
        has = position_of(door, account, symbol)
        if not _fits(has, amount):
            yield f"a position of {has} in {symbol} on {door.name}"


def position_of(door: Door, account: Account, symbol: str) -> str:
    """What an account has bought of an instrument less what it has sold, as a decimal; fees are left out."""
    market = door.venue.markets.get(symbol)
    if market is None:
        return "0"
    total = 0
    for fill in door.venue.views.fills(account.account_id, symbol):
        execution = fill.execution
        total += execution.last_quantity if execution.order.side is Side.BUY else -execution.last_quantity
    return format_trimmed(total, market.instrument.quantity_decimals)


def _fits(has: str, wanted: str | Bounds) -> bool:
    amount = parse_units(has, _FINEST)
    if isinstance(wanted, str):
        return amount == parse_units(wanted, _FINEST)
    if wanted.at_least is not None and amount < parse_units(wanted.at_least, _FINEST):
        return False
    return wanted.at_most is None or amount <= parse_units(wanted.at_most, _FINEST)
