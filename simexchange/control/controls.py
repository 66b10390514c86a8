"""What the handlers of the control API lay hands on: the served exchange, and its parts by the names in a path."""

from functools import cached_property
from typing import TYPE_CHECKING

from simexchange.control.masking import Masks
from simexchange.control.problems import Problem, found, unknown
from simexchange.dialects.base import Dialect
from simexchange.domain.events import Batch, CancelRejected, CommandRejected, OrderRejected
from simexchange.services.faults.rule import plain_symbol
from simexchange.venue.accounts import Account
from simexchange.venue.market import Market
from simexchange.world import Door, World

if TYPE_CHECKING:
    from simexchange.app import Exchange
    from simexchange.control.tally import Tally
    from simexchange.domain.commands import Command


class Controls:
    """One exchange in the hands of whoever holds the token."""

    def __init__(self, exchange: "Exchange") -> None:
        self.exchange = exchange
        self._masks: dict[str, Masks] = {}

    @property
    def world(self) -> World:
        return self.exchange.world

    @cached_property
    def tally(self) -> "Tally":
        """Begins to count when somebody first asks."""
        from simexchange.control.tally import Tally

        return Tally(self)

    @property
    def now_ns(self) -> int:
        return self.world.clock.now_ns()

    @property
    def venues(self) -> tuple[str, ...]:
        return tuple(self.world.doors)

    def door(self, venue: str) -> Door:
        """A venue. Raises Problem 404."""
        return found("venue", venue, self.world.doors)

    def dialect(self, venue: str) -> Dialect:
        dialect: Dialect = self.world.stage.controls[venue].dialect
        return dialect

    def account(self, door: Door, name: str) -> Account:
        """An account of a venue, one of the house included. Raises Problem 404."""
        account = door.venue.views.account_named(name)
        if account is None:
            names = (known.name for known in door.venue.accounts.values() if not known.house)
            raise unknown("account", name, names)
        return account

    def market(self, door: Door, symbol: str) -> Market:
        """An instrument in any spelling: BTCUSDT, BTC/USDT, btc-usdt. Raises Problem 404."""
        wanted = plain_symbol(symbol)
        for known, market in door.venue.markets.items():
            if plain_symbol(known) == wanted:
                return market
        raise unknown("instrument", symbol, door.venue.markets)

    def masks(self, venue: str) -> Masks:
        """What hides this venue's secrets from whoever reads."""
        masks = self._masks.get(venue)
        if masks is None:
            names = self.dialect(venue).secret_names if venue in self.world.stage.controls else Dialect.secret_names
            masks = self._masks[venue] = Masks(names, self.door(venue).venue.keys)
            self.world.snapshots.before_turning_back.append(masks.learn)
            self.world.snapshots.on_turned_back.append(lambda _: masks.look_again())
        return masks

    def submit(self, door: Door, command: "Command") -> Batch:
        """Have the venue do it. Raises Problem 422 with the venue's reason where it says no."""
        batch = door.submit(command)
        for event in batch.events:
            if isinstance(event, CommandRejected | OrderRejected | CancelRejected):
                rule = getattr(event, "rule", "")
                raise Problem(422, rule or event.reason.value.replace("_", " "), reason=event.reason.value)
        return batch
