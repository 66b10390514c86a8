"""A secret goes in and comes out only where it is asked for by name."""

import copy
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from builders import Exchange
from properties.encoding import encode
from simexchange.domain.commands import CreateKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret
from simexchange.services.journal import Journal

CANARY = "canary-3f9b-never-shown"
SHOWN: tuple[Callable[[Any], str], ...] = (repr, str, "{}".format, "%s".__mod__, ascii, "{!r}".format)


def create_key() -> CreateKey:
    return CreateKey(2, "key-1", KeyKind.HMAC, Secret(CANARY), (Permission.READ,))


def test_only_reveal_gives_a_secret_back() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize("show", SHOWN)
def test_a_secret_shows_as_a_mask(show: Callable[[Any], str]) -> None:
    assert show(Secret(CANARY)) in {"***", "Secret(***)"}
    assert f"{Secret(CANARY):>40}" == "***"


@pytest.mark.parametrize("show", SHOWN)
def test_nothing_the_core_keeps_of_a_key_shows_its_secret(show: Callable[[Any], str]) -> None:
    exchange = Exchange()
    exchange.trader("alice")
    journal = Journal()
    command = create_key()
    journal.begin("test", 0, command)
    pending = show((journal.pending,))
    batch = exchange.execute(command)
    journal.finish("test", batch)
    rejected = exchange.execute(command)
    for thing in (command, batch, rejected, exchange.venue.keys["key-1"], exchange.venue.keys, list(journal)):
        text = show((thing,))
        assert CANARY not in text
        assert "key-1" in text or "***" in text
    assert "***" in pending
    assert CANARY not in pending


def test_an_encoded_batch_holds_a_mask() -> None:
    exchange = Exchange()
    exchange.trader("alice")
    text = encode(exchange.execute(create_key()))
    assert CANARY.encode() not in text
    assert b'"***"' in text


@pytest.mark.parametrize("encode_plainly", [msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins])
def test_a_secret_is_never_encoded_by_accident(encode_plainly: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        encode_plainly(create_key())
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_never_pickled_or_copied(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        duplicate(Secret(CANARY))
    assert CANARY not in str(caught.value)


def test_secrets_are_equal_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
