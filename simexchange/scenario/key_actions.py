"""What a scenario does to API keys: narrowed for a while, revoked, or replaced by the next one.

The next key of an account follows from the seed, the account's place and how many keys it has had, so it is the same on
every machine. Whoever runs the bot tells it; the venue never does.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from simexchange.domain.commands import ChangeKey, Command, CreateKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret
from simexchange.scenario.timeline_specs import KeySpec
from simexchange.services.randomness import Randomness
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey
from simexchange.world import Door

Submit: TypeAlias = Callable[[Door, Command], object]


def keys_of(door: Door, account: Account) -> list[ApiKey]:
    """Every key the account ever had, the oldest first."""
    return [key for key in door.venue.keys.values() if key.account_id == account.account_id]


def live_keys(door: Door, account: Account) -> list[ApiKey]:
    """Those that work now."""
    now_ns = door.clock.now_ns()
    return [key for key in keys_of(door, account) if key.is_alive(now_ns)]


def change_keys(
    door: Door, account: Account, spec: KeySpec, randomness: Randomness, submit: Submit
) -> Callable[[], None]:
    """Do to all live keys of an account what is said; what takes a narrowing back.

    A bot may have lost its keys already, which leaves nothing to be narrowed or revoked, and a new one to be issued.
    Raises ValueError for an account that never had any.
    """
    known, keys = keys_of(door, account), live_keys(door, account)
    if not known:
        raise ValueError(f"{account.name} on {door.name} never had a key")
    if spec.do == "revoke":
        _revoke(door, keys, submit)
        return partial(_restore, door, [], submit)
    if spec.do == "rotate":
        submit(door, _successor(door, account, known, randomness))
        if spec.overlap > 0:
            door.clock.after(spec.overlap, partial(_revoke, door, keys, submit))
        else:
            _revoke(door, keys, submit)
        return partial(_restore, door, [], submit)
    before = [(key.api_key, key.permissions, key.ip_allow) for key in keys]
    permissions = None if spec.permissions is None else tuple(Permission(name) for name in spec.permissions)
    for key in keys:
        submit(door, ChangeKey(key.api_key, permissions, spec.ip_allow))
    return partial(_restore, door, before, submit)


def _successor(door: Door, account: Account, known: list[ApiKey], randomness: Randomness) -> CreateKey:
    """A key like the last one. Only secrets the venue knows can be replaced by ones it can tell: HMAC."""
    key = known[-1]
    name, length = f"{door.name}/{account.account_id}/{len(known)}", len(key.api_key)
    secret = Secret(randomness.token(f"{name}/secret", length))
    token = randomness.token(f"{name}/key", length)
    return CreateKey(account.account_id, token, KeyKind.HMAC, secret, key.permissions, key.ip_allow, label=key.label)


def _revoke(door: Door, keys: list[ApiKey], submit: Submit) -> None:
    for key in keys:
        if not key.revoked:
            submit(door, RevokeKey(key.api_key))


def _restore(door: Door, before: list[tuple[str, tuple[Permission, ...], tuple[str, ...]]], submit: Submit) -> None:
    for api_key, permissions, ip_allow in before:
        submit(door, ChangeKey(api_key, permissions, ip_allow))
