"""The same seed and commands give the same bytes, whatever process they run in."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from properties.digest_run import run

TESTS = Path(__file__).resolve().parent.parent
COMMANDS = 3_000


def run_elsewhere(hash_seed: str, seed: int = 1) -> str:
    return subprocess.run(
        [sys.executable, str(TESTS / "properties" / "digest_run.py"), str(seed), str(COMMANDS)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"},
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


def test_two_processes_with_different_hash_seeds_give_the_same_bytes() -> None:
    here = run(1, COMMANDS)
    expected = f"{len(here)} {hashlib.sha256(here).hexdigest()}"
    assert [run_elsewhere("0"), run_elsewhere("4242")] == [expected, expected]


def test_another_seed_gives_other_bytes() -> None:
    assert run(1, 100) != run(2, 100)


def test_the_encoded_run_holds_every_command_and_no_secret() -> None:
    text = run(1, 500)
    assert text.count(b"\n") == 500 + 2 + 4 * 5 + 1
    assert b"never shown" not in text
    assert b'"***"' in text
