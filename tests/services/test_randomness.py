import os
import subprocess
import sys

from simexchange.services.randomness import ALPHANUMERIC, Randomness


def test_a_stream_depends_on_the_seed_and_its_name_only() -> None:
    def numbers(seed: int, name: str) -> list[int]:
        chooser = Randomness(seed).stream(name)
        return [chooser.randrange(10**9) for _ in range(5)]

    assert numbers(1, "maker") == numbers(1, "maker")
    assert numbers(1, "maker") != numbers(1, "noise")
    assert numbers(1, "maker") != numbers(2, "maker")
    assert numbers(1, "1/maker") != numbers(11, "maker")


def test_using_one_stream_leaves_the_others_as_they_were() -> None:
    source = Randomness(7)
    expected = source.stream("noise").random()
    source.stream("maker").random()
    assert source.stream("noise").random() == expected


def test_a_token_has_the_length_and_alphabet_asked_for() -> None:
    source = Randomness(7)
    token = source.token("key", 64)
    assert len(token) == 64
    assert set(token) <= set(ALPHANUMERIC)
    assert token == Randomness(7).token("key", 64)
    assert token != source.token("secret", 64)
    assert set(source.token("bits", 200, "01")) == {"0", "1"}


def test_another_process_draws_the_same_numbers() -> None:
    code = (
        "from simexchange.services.randomness import Randomness;"
        "source = Randomness(5); print(source.token('key', 32), source.stream('maker').random())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "99"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    source = Randomness(5)
    assert printed == [source.token("key", 32), repr(source.stream("maker").random())]
