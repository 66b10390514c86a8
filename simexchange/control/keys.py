"""API keys: issued, changed, rotated and revoked. A secret is told once, by the answer that makes its key.

In a path a key goes by its label, by its short name (``key:3f2a9c`` or ``3f2a9c``) or by itself.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from simexchange.control.masking import key_name
from simexchange.control.operations import Asked, Made, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Body, instant
from simexchange.domain.commands import NEVER, ChangeKey, CreateKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret
from simexchange.services.durations import format_instant
from simexchange.services.likeness import did_you_mean
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey
from simexchange.world import Door

if TYPE_CHECKING:
    from simexchange.control.controls import Controls

Permissions: TypeAlias = tuple[Literal["read", "trade", "withdraw"], ...]
USUAL_LENGTH: Final = 64


class KeyView(Struct, frozen=True):
    id: str
    """Its short name: a hash, by which it is known everywhere here."""
    label: str
    kind: str
    """hmac, rsa or ed25519."""
    permissions: list[str]
    ip_allow: list[str]
    """Empty: any address."""
    created: str
    expires: str | None
    alive: bool
    """Neither revoked nor expired."""
    revoked: bool


class KeyMade(KeyView, frozen=True):
    """A new key, with what is told now and never again."""

    api_key: str
    api_secret: str | None
    """Null for a key whose owner keeps the private half."""

    def __repr__(self) -> str:
        return f"KeyMade({self.id!r})"


class NewKey(Body, frozen=True):
    permissions: Permissions = ("read", "trade")
    """read, trade and withdraw pass."""
    ip_allow: tuple[str, ...] = ()
    """Addresses or networks it may be used from; empty for any."""
    expires: Annotated[str, Meta(examples=["2026-01-05T00:00:00Z"])] | None = None
    """When it ends; never, by default."""
    kind: Literal["hmac", "rsa", "ed25519"] = "hmac"
    public_key: str | None = None
    """Of an rsa or ed25519 pair, as PEM."""
    label: Annotated[str, Meta(max_length=64)] = ""


class KeyChange(Body, frozen=True):
    """At least one of them."""

    permissions: Permissions | None = None
    """read, trade and withdraw pass."""
    ip_allow: tuple[str, ...] | None = None
    """Addresses or networks it may be used from; empty for any."""
    expires: str | UnsetType | None = UNSET
    """When it ends; null for never."""


def list_all(asked: Asked) -> list[KeyView]:
    door, account = _place(asked)
    return of_account(asked.controls, door, account)


def issue(asked: Asked) -> Made:
    door, account = _place(asked)
    made = issue_key(asked.controls, door, account, asked.body)
    return Made(made, f"/venues/{door.name}/accounts/{account.name}/keys/{made.id.removeprefix('key:')}")


def show(asked: Asked) -> KeyView:
    door, account = _place(asked)
    return _view(_known(door, account, asked.path["key"]), door.clock.now_ns())


def change(asked: Asked) -> KeyView:
    door, account = _place(asked)
    key, body = _known(door, account, asked.path["key"]), asked.body
    if body == KeyChange():
        raise bad("", "nothing is to be changed", passes=", ".join(KeyChange.__struct_fields__))
    permissions = None if body.permissions is None else _permissions(body.permissions)
    allowed = None if body.ip_allow is None else addresses("ip_allow", body.ip_allow)
    expires_ns = NEVER if body.expires is None else None
    if isinstance(body.expires, str):
        expires_ns = instant("expires", body.expires)
    asked.controls.submit(door, ChangeKey(key.api_key, permissions, allowed, expires_ns))
    return _view(key, door.clock.now_ns())


def rotate(asked: Asked) -> Made:
    """A key like this one, which is revoked."""
    door, account = _place(asked)
    key = _known(door, account, asked.path["key"])
    if key.kind is not KeyKind.HMAC:
        raise Problem(409, f"the owner of an {key.kind.value} key keeps its private half: issue another one instead")
    expires = None if key.expires_ns is None else format_instant(key.expires_ns)
    names = tuple(permission.value for permission in key.permissions)
    made = issue_key(
        asked.controls,
        door,
        account,
        NewKey(names, key.ip_allow, expires, label=key.label),  # type: ignore[arg-type]
    )
    asked.controls.submit(door, RevokeKey(key.api_key))
    return Made(made, f"/venues/{door.name}/accounts/{account.name}/keys/{made.id.removeprefix('key:')}")


def revoke(asked: Asked) -> KeyView:
    door, account = _place(asked)
    key = _known(door, account, asked.path["key"])
    asked.controls.submit(door, RevokeKey(key.api_key))
    return _view(key, door.clock.now_ns())


def issue_key(controls: "Controls", door: Door, account: Account, wanted: NewKey) -> KeyMade:
    """A new key for an account. The same calls in the same world give the same keys. Raises Problem."""
    if (wanted.kind == "hmac") is not (wanted.public_key is None):
        raise bad("public_key", f"an {wanted.kind} key {'has none' if wanted.kind == 'hmac' else 'needs one'}")
    allowed = addresses("ip_allow", wanted.ip_allow)
    expires_ns = None if wanted.expires is None else instant("expires", wanted.expires)
    known = door.venue.keys
    length = max((len(api_key) for api_key in known), default=USUAL_LENGTH)
    randomness, place = controls.world.randomness, f"{door.name}/issued/{len(known)}"
    api_key = randomness.token(f"{place}/key", length)
    secret = randomness.token(f"{place}/secret", length) if wanted.public_key is None else None
    material = Secret(secret if secret is not None else wanted.public_key or "")
    controls.submit(
        door,
        CreateKey(
            account.account_id,
            api_key,
            KeyKind(wanted.kind),
            material,
            _permissions(wanted.permissions),
            allowed,
            expires_ns,
            wanted.label,
        ),
    )
    view = _view(known[api_key], door.clock.now_ns())
    members = {name: getattr(view, name) for name in view.__struct_fields__}
    return KeyMade(**members, api_key=api_key, api_secret=secret)


def of_account(controls: "Controls", door: Door, account: Account) -> list[KeyView]:
    """An account's keys, the oldest first."""
    return by_owner(controls, door).get(account.account_id, [])


def by_owner(_: "Controls", door: Door) -> dict[int, list[KeyView]]:
    """Every key of a venue by its account."""
    views: dict[int, list[KeyView]] = {}
    now_ns = door.clock.now_ns()
    for key in door.venue.keys.values():
        views.setdefault(key.account_id, []).append(_view(key, now_ns))
    return views


def addresses(field: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Networks in CIDR notation. Raises Problem."""
    networks = []
    for text in texts:
        try:
            networks.append(str(ip_network(text, strict=False)))
        except ValueError:
            passes = "10.0.0.7 and 10.0.0.0/8 pass"
            raise bad(field, f"{text!r} is neither an address nor a network", sent=text, passes=passes) from None
    return tuple(networks)


def _permissions(names: Iterable[str]) -> tuple[Permission, ...]:
    return tuple(Permission(name) for name in dict.fromkeys(names))


def _place(asked: Asked) -> tuple[Door, Account]:
    door = asked.controls.door(asked.path["venue"])
    return door, asked.controls.account(door, asked.path["account"])


def _known(door: Door, account: Account, name: str) -> ApiKey:
    """The latest of that name. Raises Problem 404."""
    own = [key for key in door.venue.keys.values() if key.account_id == account.account_id]
    for key in reversed(own):
        if name in (key.api_key, key_name(key.api_key), key_name(key.api_key).removeprefix("key:"), key.label or None):
            return key
    shown = name if len(name) < USUAL_LENGTH else "***"
    names = [key_name(key.api_key) for key in own]
    raise Problem(404, f"{account.name} has no key {shown!r}; {did_you_mean(name, names)}")


def _view(key: ApiKey, now_ns: int) -> KeyView:
    return KeyView(
        key_name(key.api_key),
        key.label,
        key.kind.value,
        [permission.value for permission in key.permissions],
        list(key.ip_allow),
        format_instant(key.created_ns),
        None if key.expires_ns is None else format_instant(key.expires_ns),
        key.is_alive(now_ns),
        key.revoked,
    )


_ALL: Final = "/venues/{venue}/accounts/{account}/keys"
_ONE: Final = "/venues/{venue}/accounts/{account}/keys/{key}"
OPERATIONS: Final = (
    Operation("GET", _ALL, "An account's keys, without their secrets", list_all, list[KeyView], problems=(404,)),
    Operation(
        "POST",
        _ALL,
        "Issue a key; its secret is told in this answer alone",
        issue,
        KeyMade,
        201,
        body=NewKey,
        problems=(404,),
        example={"permissions": ["read"]},
    ),
    Operation("GET", _ONE, "One key", show, KeyView, problems=(404,)),
    Operation(
        "PATCH",
        _ONE,
        "Change what a key may do, from where, and until when",
        change,
        KeyView,
        body=KeyChange,
        problems=(404,),
        example={"permissions": ["read"]},
    ),
    Operation(
        "POST",
        f"{_ONE}/rotate",
        "Issue a key like this one and revoke this one; the new secret is told in this answer alone",
        rotate,
        KeyMade,
        201,
        problems=(404, 409),
    ),
    Operation("DELETE", _ONE, "Revoke a key", revoke, KeyView, problems=(404,)),
)
