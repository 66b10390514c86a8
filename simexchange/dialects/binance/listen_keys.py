"""Listen keys: the retired way to a user data stream, valid for 60 minutes from the last sign of interest.

Source: Binance REST before 2026-02, "User data stream endpoints".
"""

from collections.abc import Callable
from typing import Final

from simexchange.domain.ids import AccountId
from simexchange.services.clock import MINUTE, Clock, Timer
from simexchange.services.randomness import Randomness

VALIDITY: Final = 60 * MINUTE
LENGTH: Final = 64


class ListenKeys:
    """Keys of one venue, at most one alive per account. ``on_end`` hears of every key that expires or is closed."""

    def __init__(self, clock: Clock, randomness: Randomness, scope: str) -> None:
        self._clock = clock
        self._randomness = randomness
        self._scope = scope
        self._count = 0
        self._by_key: dict[str, AccountId] = {}
        self._by_account: dict[AccountId, str] = {}
        self._timers: dict[str, Timer] = {}
        self.on_end: Callable[[str, AccountId], None] | None = None

    def start(self, account_id: AccountId) -> str:
        """The account's key: the one it has, good for another 60 minutes, or a new one."""
        key = self._by_account.get(account_id)
        if key is None:
            self._count += 1
            key = self._randomness.token(f"{self._scope}/listen-key/{self._count}", LENGTH)
            self._by_key[key] = account_id
            self._by_account[account_id] = key
        self._arm(key)
        return key

    def account_of(self, key: str) -> AccountId | None:
        """Whose key this is, or None for one that is unknown, expired or closed."""
        return self._by_key.get(key)

    def keep_alive(self, key: str, account_id: AccountId) -> bool:
        """Another 60 minutes; False if it is not that account's living key."""
        if self._by_key.get(key) != account_id:
            return False
        self._arm(key)
        return True

    def close(self, key: str, account_id: AccountId) -> bool:
        if self._by_key.get(key) != account_id:
            return False
        self._timers[key].cancel()
        self._end(key)
        return True

    @property
    def owners(self) -> tuple[AccountId, ...]:
        """The accounts that have a living key, oldest key first."""
        return tuple(self._by_account)

    def withdraw(self, account_id: AccountId) -> str | None:
        """End the account's key, if it has one, before its time; the key that was. ``on_end`` does not hear of it."""
        key = self._by_account.pop(account_id, None)
        if key is not None:
            del self._by_key[key]
            self._timers.pop(key).cancel()
        return key

    def _arm(self, key: str) -> None:
        timer = self._timers.get(key)
        if timer is not None:
            timer.cancel()
        self._timers[key] = self._clock.after(VALIDITY, lambda: self._end(key))

    def _end(self, key: str) -> None:
        account_id = self._by_key.pop(key)
        del self._by_account[account_id], self._timers[key]
        if self.on_end is not None:
            self.on_end(key, account_id)
