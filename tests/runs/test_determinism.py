"""The same scenario, seed and client give the same bytes and the same timeline, whatever process they run in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripted_client import play

TESTS = Path(__file__).resolve().parent.parent


def play_elsewhere(hash_seed: str, seed: int) -> bytes:
    return subprocess.run(
        [sys.executable, str(TESTS / "scripted_client.py"), str(seed)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"},
        cwd=TESTS.parent,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout


@pytest.fixture(scope="module")
def story() -> list[str]:
    return play(5)


def test_two_processes_with_different_hash_seeds_see_the_same_bytes_and_timeline(story: list[str]) -> None:
    assert play_elsewhere("0", 5) == play_elsewhere("4242", 5) == ("\n".join(story) + "\n").encode()


def test_another_seed_sees_another_day(story: list[str]) -> None:
    assert play(6, steps=20) != story[:20]


def test_the_story_holds_every_part_of_a_bad_day(story: list[str]) -> None:
    status = json.loads(story[-2])
    assert [entry["state"] for entry in status["entries"]] == ["done"] * 14
    assert status["ended"]
    verdicts = {one["text"]: (one["state"], one["why"]) for one in status["expectations"]}
    assert verdicts["within 30s after ws-disconnect see reconnected (alice)"][0] == "passed"
    assert verdicts["never duplicate_order_intent (alice)"] == ("passed", "")
    state, why = verdicts["never request_before_retry_after (alice)"]
    assert (state, why.partition(",")[0]) == ("failed", "seen: POST /api/v3/order BTC/USDT order-28")
    marks = {line.split(" ", 2)[1] for line in story if line[:3] == "176"}
    assert {">", "<", "!", "~"} <= marks
