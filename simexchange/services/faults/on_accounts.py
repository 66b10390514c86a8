"""What faults about accounts share: whom they are about, doing something to each, and taking it back.

A rule acts when it is armed, on every account that it matches, and counts one firing for each. One that is changed has
acted on those accounts already: what it sets is set anew, as it says now, and counted no more; what it does once
for all, as money moves, it does not do again, unless ``when.count`` has one left.
"""

from collections.abc import Hashable, Iterator
from typing import ClassVar, Final, Generic, TypeVar

from simexchange.domain.commands import Command
from simexchange.domain.ids import AccountId
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Place
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.reading import RuleRefused, nearest_hint
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey

MATCHES: Final = ("venue", "account", "key")
"""What a rule about accounts may match."""
AccountT = TypeVar("AccountT", bound=Params)


class OnAccounts(Fault[AccountT], Generic[AccountT]):
    """Acts once on each account that the rule matches, and undoes what it did.

    Of several rules that set the same thing the latest decides; any of them may go first. ``lasts`` says whether what
    it does is set until the rule goes, or done once for all.
    """

    lasts: ClassVar[bool] = True

    def __init__(self, params: AccountT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.changed: list[tuple[str, Hashable]] = []
        self.acted: set[tuple[str, AccountId]] = set()
        name = armed.spec.match.account
        known = [account.name for venue in self.venues for account in self.owners(venue)]
        if name is not None and name not in known:
            raise RuleRefused("match.account", f"there is no account {name!r}{nearest_hint(name, known)}")

    def act(self, door: FaultyDoor, account: Account) -> None:
        """Do it to one account; ``change`` is how."""
        raise NotImplementedError

    def change(self, door: FaultyDoor, what: Hashable, done: Command, undone: Command) -> None:
        """Set something, until the rule goes, by a command; ``undone`` is the one that sets it to what it is now."""
        layers, name = self.stage.layers, (door.name, what)
        layers.put(name, self.armed.id, done, layers.top(name, undone))
        self.changed.append(name)
        door.submit(done)

    def owners(self, venue: str) -> list[Account]:
        """The accounts of a venue, the house's left out."""
        return [account for account in self.stage.door(venue).venue.accounts.values() if not account.house]

    def matched(self) -> Iterator[tuple[FaultyDoor, Account]]:
        """The accounts that the rule is about; the house's are never."""
        match = self.armed.spec.match
        for venue in self.venues:
            door = self.stage.door(venue)
            for account in self.owners(venue):
                owns_key = match.key is None or self.keys(door, account)
                if match.fits_place(venue, account=account.name) and owns_key:
                    yield door, account

    def keys(self, door: FaultyDoor, account: Account) -> list[ApiKey]:
        """The living keys of an account that the rule is about."""
        wanted, now_ns = self.armed.spec.match.key, self.stage.clock.now_ns()
        return [
            key
            for key in door.venue.keys.values()
            if key.account_id == account.account_id and wanted in (None, key.api_key) and key.is_alive(now_ns)
        ]

    def arm(self) -> None:
        for door, account in self.matched():
            if (door.name, account.account_id) not in self.acted:
                self._begin_with(door, account)
            elif self.lasts:
                self.act(door, account)
            elif self.armed.spec.when.count is not None:
                self._begin_with(door, account)

    def _begin_with(self, door: FaultyDoor, account: Account) -> None:
        """Count one firing and act, if ``when`` has it so."""
        refusal = self.refusal(door, account)
        if self.armed.fires(Place(door.name, account.name), detail=refusal) is not None:
            self.acted.add((door.name, account.account_id))
            if not refusal:
                self.act(door, account)

    def refusal(self, door: FaultyDoor, account: Account) -> str:  # noqa: ARG002
        """Why it comes to nothing with an account, for the record; "" where it does not."""
        return ""

    def take_over(self, before: Fault[AccountT]) -> None:
        if isinstance(before, OnAccounts):
            self.acted |= before.acted

    def disarm(self) -> None:
        layers = self.stage.layers
        while self.changed:
            name = self.changed.pop()
            now = layers.top(name, None)
            command = layers.take(name, self.armed.id, now)
            if command is not now:
                self.stage.door(name[0]).submit(command)
