"""API keys that stop working while they are in use: gone, expired, allowed less, or from elsewhere only.

All of it is put back when the rule goes.
"""

from typing import Final, Literal

from simexchange.domain.commands import NEVER, ChangeKey, RestoreKey, RevokeKey
from simexchange.domain.enums import Permission
from simexchange.services.faults.fault import Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.on_accounts import MATCHES, OnAccounts
from simexchange.services.faults.quantities import Source
from simexchange.services.faults.stage import FaultyDoor
from simexchange.venue.accounts import Account

POLICY_VIOLATION: Final = 1008


class KeyRevokedParams(Params, frozen=True):
    close_ws: bool = False
    """Whether the account's sockets end with the key: its stream is ended in the venue's words, then closed (1008)."""


class KeyRevoked(OnAccounts[KeyRevokedParams]):
    def act(self, door: FaultyDoor, account: Account) -> None:
        for key in self.keys(door, account):
            self.change(door, (key.api_key, "life"), RevokeKey(key.api_key), RestoreKey(key.api_key))
        if not self.params.close_ws:
            return
        for socket in tuple(self.stage.controls[door.name].sockets()):
            if account.account_id in socket.accounts():
                socket.end_private()
                socket.close(POLICY_VIOLATION, "")


class KeyExpired(OnAccounts[Params]):
    def act(self, door: FaultyDoor, account: Account) -> None:
        for key in self.keys(door, account):
            undone = ChangeKey(key.api_key, expires_ns=NEVER if key.expires_ns is None else key.expires_ns)
            done = ChangeKey(key.api_key, expires_ns=self.stage.clock.now_ns())
            self.change(door, (key.api_key, "expiry"), done, undone)


class PermissionLostParams(Params, frozen=True):
    which: Literal["trade", "withdraw", "read"] = "trade"
    """What the key may not do any more."""


class PermissionLost(OnAccounts[PermissionLostParams]):
    def act(self, door: FaultyDoor, account: Account) -> None:
        lost = Permission(self.params.which)
        for key in self.keys(door, account):
            kept = tuple(permission for permission in key.permissions if permission is not lost)
            done, undone = ChangeKey(key.api_key, kept), ChangeKey(key.api_key, key.permissions)
            self.change(door, (key.api_key, "permissions"), done, undone)


class NotListedParams(Params, frozen=True):
    allow: tuple[Source, ...] = (Source("203.0.113.7/32"),)
    """The addresses and networks from which the key works now."""


class NotListed(OnAccounts[NotListedParams]):
    def act(self, door: FaultyDoor, account: Account) -> None:
        allowed = tuple(str(source) for source in self.params.allow)
        for key in self.keys(door, account):
            done, undone = ChangeKey(key.api_key, ip_allow=allowed), ChangeKey(key.api_key, ip_allow=key.ip_allow)
            self.change(door, (key.api_key, "addresses"), done, undone)


_HALT: Final = "Stops trading, tells its operator, keeps what it knows of its orders; does not ask again in a loop."
_HALTING: Final = ("taniman/profit-trailer#1977", "ccxt/binance-trade-bot#50", "ccxt/ccxt#14993")

KINDS: Final = (
    Kind(
        name="key-revoked",
        family="account",
        priority="P0",
        summary="The API key is deleted while the bot runs.",
        correct_bot=_HALT,
        params=KeyRevokedParams,
        make=KeyRevoked,
        matches=MATCHES,
        aliases=("key-revoked-midrun",),
        evidence=_HALTING,
    ),
    Kind(
        name="key-expired",
        family="account",
        priority="P1",
        summary="The API key comes to its end while the bot runs.",
        correct_bot=_HALT,
        params=Params,
        make=KeyExpired,
        matches=MATCHES,
        evidence=_HALTING,
    ),
    Kind(
        name="permission-lost",
        family="account",
        priority="P1",
        summary="The key may not trade any more (or not withdraw, or not read); the rest works.",
        correct_bot="Goes on reading only, and leaves the way out to its operator.",
        params=PermissionLostParams,
        make=PermissionLost,
        matches=MATCHES,
        aliases=("key-permission-lost",),
        evidence=("ccxt/binance-trade-bot#425", "sammchardy/python-binance#1336"),
    ),
    Kind(
        name="key-ip-not-allowlisted",
        family="account",
        priority="P1",
        summary="The key works from other addresses only.",
        correct_bot="Tells its operator, with the address it came from; tries a few times at most.",
        params=NotListedParams,
        make=NotListed,
        matches=MATCHES,
        evidence=("bybit-exchange/docs-legacy#217", "Drakkar-Software/OctoBot-Tentacles#1564"),
    ),
)
