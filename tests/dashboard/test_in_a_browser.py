"""The dashboard as a person has it: a served exchange, a real browser, and nothing between them.

One browser plays all stories (``drive.py``); each test says what one of them should have seen. The pictures it takes
stay in pytest's own folder for temporary files, whose path the report prints with ``-rA``.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from client_environments import client_python
from conformance.harness import TESTS, clean_environment, serve

DRIVER = Path(__file__).with_name("drive.py")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STORIES = (
    *("price_moves", "fault_by_click", "fault_refused", "clock", "signature", "journal_search", "orders", "panels"),
    *("keyboard", "names", "resumed", "busy", "locked", "pictures", "narrow"),
)
LONGEST_S = 240
Seen = dict[str, Any]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    python = client_python("browser")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"there is no browser here: none of {', '.join(BROWSERS)}")
    folder = tmp_path_factory.mktemp("dashboard")
    with serve(folder / "exchange.log", "--clock", "manual", "--seed", "7", "--scenario", "calm") as served:
        asked = {"served": json.loads(served.line), "browser": browser, "folder": str(folder), "stories": STORIES}
        driver = subprocess.run(
            [str(python), str(DRIVER)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            env=clean_environment(PYTHONPATH=str(TESTS)),
            timeout=LONGEST_S,
            check=False,
        )
    assert driver.returncode == 0, driver.stderr
    sys.stdout.write(f"pictures of the dashboard: {folder}\n")
    told: dict[str, Seen] = json.loads(driver.stdout)
    return told


def seen(stories: dict[str, Seen], name: str) -> Seen:
    facts = stories[name]
    assert "error" not in facts, facts["error"]
    return facts


pytestmark = [pytest.mark.conformance, pytest.mark.slow]


def test_a_price_that_moves_is_seen_to_move(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "price_moves")
    assert facts["after"] > facts["before"] * 1.03
    assert facts["candles"] > 0


def test_a_fault_armed_by_click_fires_on_a_clients_request_and_is_removed(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "fault_by_click")
    match = {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order"}
    assert {name: facts["rule"][name] for name in ("kind", "match", "retry_after")} == {
        "kind": "rate-limited",
        "match": match,
        "retry_after": "9s",
    }
    assert (facts["status"], facts["code"]) == (429, -1003)
    assert "fired 1 of 1" in facts["armed"]
    assert "rate-limited" in facts["fired"]
    assert "POST /api/v3/order · alice" in facts["fired"]
    assert facts["left"] == []


def test_a_fault_that_makes_no_sense_is_refused_where_it_was_said(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "fault_refused")
    assert facts["said"].startswith("retry_after: 'soon' is no duration")
    assert facts["focus"] == "fault-own-retry_after"
    assert facts["armed"] == []


def test_the_clock_is_advanced_stepped_paused_and_sped_up(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "clock")
    assert facts["advanced"] == 5_000_000_000
    assert facts["stepped"] > 0
    assert facts["modes"] == ["real", "manual", "scaled", "20"]


def test_a_refused_signature_is_explained_and_no_secret_is_on_the_page(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "signature")
    assert (facts["status"], facts["code"]) == (400, -1022)
    assert "the parameters were sorted to be signed" in facts["verdict"]
    assert facts["expected"].startswith("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&timestamp=")
    assert facts["signed"] == "&".join(sorted(facts["expected"].split("&")))
    assert facts["leaks"] == []


def test_the_journal_is_searched(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "journal_search")
    assert sorted(facts["found"]) == ["batch", "request"]
    assert facts["none"] == 0
    assert facts["count"].startswith("0 of ")


def test_an_order_is_followed_from_the_queue_to_its_end(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "orders")
    own, ahead = facts["own"].split(" · ")
    assert own == "0.5"
    assert float(ahead) > 0
    assert facts["partly"] == ["NEW", "PARTIALLY_FILLED 40%"]
    assert facts["path"] == ["NEW", "PARTIALLY_FILLED 40%", "CANCELED"]


def test_limits_sockets_accounts_and_scenario_have_their_panels(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "panels")
    assert facts["limits"].startswith("Requests a second refused")
    assert "127.0.0.1 request weight, 1 minute" in facts["limits"]
    assert "/ 6000" in facts["limits"]
    assert "keeps up trade BTC/USDT" in facts["sockets"]
    assert "127.0.0.1 alice key:" in facts["accounts"]
    assert "only from 203.0.113.7/32" in facts["accounts"]
    assert "This scenario expects nothing." in facts["scenario"]


def test_everything_is_done_by_keyboard_and_focus_is_always_seen(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "keyboard")
    where = [[pressed, focus] for pressed, focus, _ in facts["seen"]]
    assert where[:2] == [["f", "fault-search"], ["Tab", "fault-kind"]]
    assert [step for step in where if step[0] in ("2", "ArrowRight", "/", "j")] == [
        ["2", "tab-limits"],
        ["ArrowRight", "tab-sockets"],
        ["/", "journal-search"],
        ["j", "journal-view"],
    ]
    assert facts["detail"] == [True, True]
    assert facts["themes"][0] != facts["themes"][1]
    assert "search the journal" in facts["help"]
    assert facts["help_closed"]
    order = [step for step in facts["order"] if step[0] != "BODY"]  # behind the last comes the browser itself
    assert [focus for focus, is_seen in order if not is_seen] == []
    assert [focus for focus, _ in order][:6] == ["A", "pause", "step", "advance-by", "advance", "speed"]


def test_everything_that_can_be_used_has_a_name(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "names")
    assert facts["nameless"] == []
    assert facts["roles"] == {"tab": 5, "tabpanel": 5, "grid": 1, "status": 2, "alert": 1}


def test_a_cut_socket_is_resumed_where_it_was(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "resumed")
    assert facts["since"][1] == f"since={facts['last']}"


def test_a_thousand_entries_a_second_leave_the_page_smooth_and_small(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "busy")
    figures = {name: facts[name] for name in ("idle_frames", "frames_per_second", "median_gap_ms", "longest_gap_ms")}
    sys.stdout.write(f"{figures}\n")
    assert facts["sent_per_second"] > 500
    assert facts["frames_per_second"] > facts["idle_frames"] / 2
    assert facts["rows"] < 60
    assert facts["elements"] < 2_500


def test_without_the_token_there_is_only_a_page_that_says_how_to_get_in(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "locked")
    assert "simexchange serve prints when it starts" in facts["text"]
    assert facts["scripts"] == []


def test_it_is_light_or_dark_as_the_system_is(stories: dict[str, Seen]) -> None:
    facts = seen(stories, "pictures")
    assert len(facts["pictures"]) == 10
    assert facts["colors"][0] != facts["colors"][1]


def test_a_narrow_window_needs_no_scrolling_sideways(stories: dict[str, Seen]) -> None:
    widths = seen(stories, "narrow")["widths"]
    assert {int(width): width_ for width, width_ in widths.items()} == {1000: 1000, 700: 700, 400: 400}


EXPECTED_COMPLAINTS = {"fault_refused": "422", "locked": "401"}
"""What a browser says of an answer that was meant to be a refusal."""


def test_nothing_is_asked_of_anybody_else_and_the_browser_has_nothing_to_complain_of(stories: dict[str, Seen]) -> None:
    places = {place for facts in stories.values() for place in facts["places"]}
    assert len(places) == 1
    for name, facts in stories.items():
        expected = EXPECTED_COMPLAINTS.get(name)
        assert [said for said in facts["complaints"] if expected is None or expected not in said] == [], name
