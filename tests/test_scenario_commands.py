import json
from pathlib import Path
from urllib.request import urlopen

import pytest

from command_line import PATIENCE_S, running, simexchange
from scenario_texts import CONTRACT, changed
from simexchange.app import Options
from simexchange.scenario import library
from simexchange.scenario.parse import parse_scenario, read_scenario
from simexchange.services.clock import ClockMode, Speed
from simexchange.services.durations import parse_instant
from simexchange.serving import UsageError, options


def offline(scenario: str, **changes: object) -> Options:
    """The options of a server that is asked for a scenario and nothing else, apart from the changes."""
    usual: dict[str, object] = {"seed": None, "accounts": 0, "host": "127.0.0.1", "port_base": 0, "venues": None}
    return options(**(usual | {"limits": "venue", "scenario": scenario} | changes))  # type: ignore[arg-type]


def test_list_shows_every_scenario_in_one_line() -> None:
    ended = simexchange("scenario", "list")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert [line.split()[0] for line in lines] == library.names()
    assert lines[0] == "calm                  Nothing special happens"
    assert all(len(line) < 120 for line in lines)


def test_show_prints_the_file() -> None:
    ended = simexchange("scenario", "show", "flash-crash")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, library.text_of("flash-crash"), "")
    ended = simexchange("scenario", "show", "flash-crahs")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "there is no scenario 'flash-crahs'; did you mean 'flash-crash'?" in ended.stderr


def test_check_tells_every_mistake_of_every_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(CONTRACT)
    bad.write_text(changed("seed: 7", "sede: 7").replace("    accounts:", "    limits: {weight: 5}\n    accounts:"))
    ended = simexchange("scenario", "check", str(good), str(bad), "calm", "none.yaml")
    assert ended.returncode == 2
    assert ended.stdout == f"{good}: good\ncalm: good\n"
    assert ended.stderr == (
        f"{bad}:3:1: sede: there is no field 'sede' here; did you mean 'seed'?\n"
        "none.yaml:1:1: cannot be read: No such file or directory\n"
    )
    bad.write_text(changed("    accounts:", "    limits: {weight: 5}\n    accounts:"))
    ended = simexchange("scenario", "check", str(bad))
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        f"{bad}:15:13: venues.binance.limits: binance has no limit 'weight'; it has request_"
    )
    ended = simexchange("scenario", "check", str(good))
    assert (ended.returncode, ended.stderr) == (0, "")


def test_new_writes_a_scenario_that_is_good_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "my-storm.yaml"
    ended = simexchange("scenario", "new", str(path))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{path}: written; ")
    scenario = read_scenario(path)
    assert (scenario.name, len(scenario.timeline), len(scenario.expect)) == ("my-storm", 4, 4)
    assert simexchange("scenario", "check", str(path)).returncode == 0
    path.write_text("mine")
    ended = simexchange("scenario", "new", str(path))
    assert ended.returncode == 2
    assert "exists, and is left as it is" in ended.stderr
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "code", "complaint"), [("a b", 2, "'a b' cannot be a scenario's name"), ("none/x", 1, "No such file")]
)
def test_new_says_what_is_wrong_with_a_name(tmp_path: Path, name: str, code: int, complaint: str) -> None:
    ended = simexchange("scenario", "new", str(tmp_path / name))
    assert ended.returncode == code
    assert complaint in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_schema_is_what_editors_take() -> None:
    ended = simexchange("scenario", "schema")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["title"] == "simexchange scenario"


def test_a_server_is_as_its_scenario_says_unless_told_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(changed("    accounts:", "    limits: {request_weight: 77}\n    accounts:"))
    chosen = offline(str(file))
    assert (chosen.scenario, chosen.seed, chosen.venues) == ("flash-crash", 7, ("binance",))
    assert (chosen.clock, chosen.speed) == (ClockMode.SCALED, Speed.parse("20"))
    assert chosen.start_ns == parse_instant("2026-01-05T00:00:00Z")
    assert chosen.limits_of("binance") == "request_weight=77"
    assert chosen.spec == parse_scenario(file.read_text())
    told = offline(str(file), seed=5, limits="off", clock="manual", start="2027-01-01T00:00:00Z")
    assert (told.seed, told.limits_of("binance"), told.clock) == (5, "off", ClockMode.MANUAL)
    assert told.start_ns == parse_instant("2027-01-01T00:00:00Z")
    assert offline(str(file), clock="scaled", speed="3").speed == Speed.parse("3")
    calm = offline("calm")
    assert (calm.seed, calm.clock, calm.start_ns, calm.limits_of("binance")) == (42, ClockMode.REAL, None, "venue")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("version: 1\nname: x\nsed: 1", r"x.yaml:3:1: sed: there is no field 'sed' here; did you mean 'seed'\?"),
        (
            "version: 1\nname: x\ntimeline:\n  - {at: 1s, fault: {kind: rate-limited, retry_after: soon}}",
            r"x.yaml:4:55: timeline\[0\].fault.retry_after: 'soon' is no duration: ",
        ),
        ("version: 1\nname: x\nvenues: {kraken: {}}", "there is no venue 'kraken'; there is binance"),
        ("version: 1\nname: x\nvenues: {binance: {limits: {weight: 1}}}", "binance has no limit 'weight'"),
    ],
)
def test_a_bad_scenario_is_never_served(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        offline(str(file))


def test_a_file_is_served(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(CONTRACT.replace("name: flash-crash", "name: mine").replace("127.0.0.1/32", "127.0.0.0/8"))
    with running(tmp_path, "--scenario", str(file)) as exchange:
        assert (exchange.described["scenario"], exchange.described["seed"]) == ("mine", 7)
        assert exchange.venue["symbols"] == ["BTCUSDT"]
        (account,) = exchange.venue["accounts"]
        assert (account["name"], account["balances"]) == ("bot", {"USDT": "10000", "BTC": "0.25"})
        with urlopen(f"{exchange.venue['rest_url']}/api/v3/time", timeout=PATIENCE_S) as response:
            served_ms = json.load(response)["serverTime"]
        assert 0 <= served_ms - parse_instant("2026-01-05T00:00:00Z") // 1_000_000 < 20 * 60_000
