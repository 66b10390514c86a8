"""API keys, and that what they are made of is never shown."""

import pytest

from builders import Exchange
from simexchange.domain.commands import NEVER, ChangeKey, CreateKey, RestoreKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CommandRejected, KeyChanged, KeyCreated, KeyRestored, KeyRevoked
from simexchange.domain.secret import Secret
from simexchange.venue.keys import ApiKey

READ, TRADE, WITHDRAW = Permission.READ, Permission.TRADE, Permission.WITHDRAW


def create(account_id: int = 2, api_key: str = "key-1", kind: KeyKind = KeyKind.HMAC) -> CreateKey:
    return CreateKey(account_id, api_key, kind, Secret("canary"), (READ, TRADE), ("10.0.0.0/8",), 500, "bot")


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_is_created_with_all_it_was_given(kind: KeyKind) -> None:
    exchange = Exchange()
    exchange.trader("alice")
    batch = exchange.execute(create(kind=kind))
    assert batch.events == (KeyCreated(2, "key-1", kind, (READ, TRADE), ("10.0.0.0/8",), 500),)
    assert exchange.venue.keys["key-1"] == ApiKey(
        "key-1",
        2,
        kind,
        Secret("canary"),
        (READ, TRADE),
        ("10.0.0.0/8",),
        created_ns=batch.ts_ns,
        expires_ns=500,
        revoked=False,
        label="bot",
    )


def test_an_account_may_have_several_keys_of_different_names() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    exchange.execute(create())
    exchange.execute(create(api_key="key-2"))
    assert set(exchange.venue.keys) == {"key-1", "key-2"}
    assert exchange.execute(create()).events == (CommandRejected(RejectReason.ALREADY_EXISTS, "that API key exists"),)


def test_a_key_needs_an_account() -> None:
    assert Exchange().execute(create(account_id=99)).events == (
        CommandRejected(RejectReason.ACCOUNT_UNKNOWN, "no account 99"),
    )


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    exchange.execute(create())
    assert exchange.execute(ChangeKey("key-1", permissions=(WITHDRAW,))).events == (
        KeyChanged(2, "key-1", (WITHDRAW,), ("10.0.0.0/8",), 500),
    )
    assert exchange.execute(ChangeKey("key-1", ip_allow=())).events == (KeyChanged(2, "key-1", (WITHDRAW,), (), 500),)
    assert exchange.execute(ChangeKey("key-1", expires_ns=900)).events == (
        KeyChanged(2, "key-1", (WITHDRAW,), (), 900),
    )


def test_a_revoked_key_is_dead_and_stays_known() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    exchange.execute(create())
    key = exchange.venue.keys["key-1"]
    assert key.is_alive(499)
    assert exchange.execute(RevokeKey("key-1")).events == (KeyRevoked(2, "key-1"),)
    assert not key.is_alive(0)
    assert exchange.execute(create()).events == (CommandRejected(RejectReason.ALREADY_EXISTS, "that API key exists"),)


def test_a_revocation_and_an_expiry_can_be_taken_back() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    exchange.execute(create())
    key = exchange.venue.keys["key-1"]
    exchange.execute(RevokeKey("key-1"))
    assert exchange.execute(RestoreKey("key-1")).events == (KeyRestored(2, "key-1"),)
    assert (key.is_alive(499), key.is_alive(500)) == (True, False)
    assert exchange.execute(ChangeKey("key-1", expires_ns=NEVER)).events == (
        KeyChanged(2, "key-1", (READ, TRADE), ("10.0.0.0/8",), None),
    )
    assert key.is_alive(500)


def test_commands_about_an_unknown_key_are_rejected() -> None:
    exchange = Exchange()
    expected = (CommandRejected(RejectReason.KEY_UNKNOWN, "no such API key"),)
    assert exchange.execute(ChangeKey("nobody")).events == expected
    assert exchange.execute(RevokeKey("nobody")).events == expected
    assert exchange.execute(RestoreKey("nobody")).events == expected


def test_a_key_expires_at_its_instant_and_never_without_one() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    exchange.execute(create())
    key = exchange.venue.keys["key-1"]
    assert (key.is_alive(499), key.is_alive(500)) == (True, False)
    key.expires_ns = None
    assert key.is_alive(10**20)


def test_a_key_allows_what_its_permissions_name() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    exchange.execute(create())
    key = exchange.venue.keys["key-1"]
    assert [key.allows(permission) for permission in (READ, TRADE, WITHDRAW)] == [True, True, False]
