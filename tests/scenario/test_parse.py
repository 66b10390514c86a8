"""What is wrong with a scenario is told with its place, what was sent and what would pass."""

from pathlib import Path

import pytest

from scenario_texts import CONTRACT, changed, complaints
from simexchange.scenario.parse import parse_plain, parse_scenario, read_scenario
from simexchange.scenario.problems import ScenarioError

TICK = "venues.binance.instruments[0].tick"
MARKET = "venues.binance.instruments[0].market"
ROUNDED = "is a YAML number, which may be rounded; write it as a text:"
ACTIONS = "move, fault, fill, halt, resume, delist, rules, balance, key, spread, note"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('tick: "0.01"', "tick: 0.01", f'10:15: {TICK}: 0.01 {ROUNDED} "0.01"'),
        ('tick: "0.01"', "tick: 1e-2", f'10:15: {TICK}: 1e-2 {ROUNDED} "1e-2"'),
        ('tick: "0.01"', 'tick: "0"', f"10:15: {TICK}: '0' is not a positive decimal; '0.01' would pass"),
        ('tick: "0.01"', 'tick: "-1"', f"10:15: {TICK}: '-1' is not a positive decimal; '0.01' would pass"),
        ('tick: "0.01"', "tick: [1]", f"10:15: {TICK}: a list is not a positive decimal; '0.01' would pass"),
        ('tick: "0.01"', "tick:", f"10:14: {TICK}: nothing is not a positive decimal; '0.01' would pass"),
        ('tick: "0.01"', 'tick: "0.0000000001"', f"10:15: {TICK}: '0.0000000001' has more than 8 decimals"),
        (
            "spread_ticks: 2",
            "spread_ticks: '2'",
            f"14:46: {MARKET}.spread_ticks: '2' is a text; without the quotes it may pass",
        ),
        (
            "spread_ticks: 2",
            "spread_ticks: 2.5",
            f"14:46: {MARKET}.spread_ticks: 2.5 is not a whole number such as 5",
        ),
        (
            "spread_ticks: 2",
            "spread_ticks: 010",
            f"14:46: {MARKET}.spread_ticks: 010 is not a whole number such as 5",
        ),
        (
            "spread_ticks: 2",
            "spread_ticks: 0",
            f"14:46: {MARKET}.spread_ticks: 0 is not at least 1",
        ),
        (
            "volatility: 0.6",
            "volatility: .nan",
            f"14:73: {MARKET}.volatility: .nan is not a number such as 0.6",
        ),
        (
            "volatility: 0.6",
            "volatility: 1e400",
            f"14:73: {MARKET}.volatility: 1e400 is not at most 50",
        ),
        (
            "[read, trade]",
            "[read, trad]",
            "16:41: venues.binance.accounts[0].permissions[1]: trad is not known here; did you mean 'trade'?",
        ),
        (
            "[read, trade]",
            "read",
            "16:34: venues.binance.accounts[0].permissions: read is not a list",
        ),
        ("ends_after: 10m", "ends_after: 10", "5:13: ends_after: '10' is no duration: 400ms, 7s"),
        ("ends_after: 10m", "ends_after: -10m", "5:13: ends_after: '-10m' is negative; durations here are not"),
        (
            'by: "-12%"',
            "by: -0.12",
            f'19:60: timeline[0].move.by: -0.12 {ROUNDED} "-0.12"',
        ),
        (
            'by: "-12%"',
            'by: "twelve"',
            "19:60: timeline[0].move.by: 'twelve' is no share: -12% and 0.37 pass, with 8 decimals at most",
        ),
        (
            "start: 2026-01-05T00:00:00Z",
            "start: 2026-01-05 00:00:00",
            "4:41: clock.start: '2026-01-05 00:00:00' does not say its offset from UTC: 2026-01-05T00:00:00Z passes",
        ),
        ("seed: 7", "seed: -1", "3:7: seed: -1 is not at least 0"),
        ("version: 1", "version: 2", "1:10: version: 2 is not known here; there is 1"),
        ("version: 1\n", "", "1:1: 'version' is missing; this is version 1"),
        ("name: flash-crash\n", "", "1:1: 'name' is missing"),
        ("name: flash-crash", "name: a b", "2:7: name: a b is not a name; 'alice' and 'flash-crash' would pass"),
        ("seed: 7", "sede: 7", "3:1: sede: there is no field 'sede' here; did you mean 'seed'?"),
        (
            "event: order_accepted",
            "event: order_acepted",
            "29:18: timeline[5].on.event: order_acepted is not known here; did you mean 'order_accepted'?",
        ),
        (
            "at: 60s, move:",
            "at: 60s, note: hm, move:",
            f"19:5: timeline[0]: exactly one of {ACTIONS} belongs here; there are move and note",
        ),
        (
            "at: 60s, move:",
            "move:",
            "19:5: timeline[0]: exactly one of at, on belongs here; there is none",
        ),
        (
            "never: request_while_banned",
            "never: requests_while_banned",
            "31:13: expect[0].never: requests_while_banned is not known here; did you mean 'request_while_banned'?",
        ),
        ("seed: 7", "seed: 7\nseed: 8", "4:1: 'seed' is given twice; first in line 3"),
        ("seed: 7", "seed: !!int 7", "3:7: the tag 'tag:yaml.org,2002:int': tags are not allowed in a scenario"),
        ("seed: 7", "seed: *none", "3:7: there is no anchor 'none' before this"),
        ("seed: 7", "? [a]\n: 7", "3:3: the name of a field is a text"),
        ("seed: 7", "seed: {7", "4:6: this is no YAML: did not find expected ',' or '}'"),
    ],
)
def test_one_mistake_is_one_line(old: str, new: str, complaint: str) -> None:
    (told,) = complaints(changed(old, new))
    assert told.startswith(f"bad.yaml:{complaint}")


def test_several_mistakes_are_told_at_once_in_the_order_of_the_text() -> None:
    text = changed('tick: "0.01"', "tik: 0.01").replace("seed: 7", "seed: x").replace("ratio:", "ration:")
    assert complaints(text) == [
        "bad.yaml:3:7: seed: x is not a whole number such as 5",
        "bad.yaml:9:9: venues.binance.instruments[0]: 'tick' is missing",
        "bad.yaml:10:9: venues.binance.instruments[0].tik: there is no field 'tik' here; did you mean 'tick'?",
        "bad.yaml:29:64: timeline[5].fill.ration: there is no field 'ration' here; did you mean 'ratio'?",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "1:1: the text is empty; a scenario has at least a version and a name"),
        ("# nothing\n", "1:1: the text is empty; a scenario has at least a version and a name"),
        ("- 1", "1:1: a list is not a mapping with name, venues, seed"),
        ("version: 1\nname: x\n---\nversion: 1", "3:1: a second document begins here; a scenario is one"),
        ("version: 1\nname: \x01", "1:1: this is no YAML: "),
        ("x" * (1024 * 1024 + 1), "1:1: the text is longer than 1048576 bytes, the most a scenario may have"),
        ("é" * (512 * 1024 + 1), "1:1: the text is longer than 1048576 bytes, the most a scenario may have"),
        ("a: " + "[" * 70, "1:67: nested deeper than 64 levels"),
    ],
)
def test_what_is_no_scenario_at_all_is_refused(text: str, complaint: str) -> None:
    (told,) = complaints(text)
    assert told.startswith(f"bad.yaml:{complaint}")


def test_aliases_cannot_be_used_as_a_bomb() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (told,) = complaints("\n".join(lines))
    assert "more than 100000 values, aliases written out" in told
    (told,) = complaints("a: &a [x]\nb: [" + ", ".join(["*a"] * 1_001) + "]")
    assert "more than 1000 aliases" in told


def test_aliases_cannot_be_stacked_higher_than_texts_may_nest() -> None:
    tower = ["a0: &a0 x"] + [f"a{n}: &a{n} [[[[[[[[[[*a{n - 1}]]]]]]]]]]" for n in range(1, 50)]
    (told,) = complaints("\n".join(tower))
    assert "nested deeper than 64 levels" in told


def test_plain_data_is_read_like_a_text_and_may_not_nest_deeper() -> None:
    data: dict[str, object] = {"version": 1, "name": "x", "seed": 7, "clock": {"mode": "scaled", "speed": 2.5}}
    scenario = parse_plain(data)
    assert (scenario.name, scenario.seed, scenario.clock.speed) == ("x", 7, 2.5)
    with pytest.raises(ScenarioError, match="1:1: seed: '7' is a text; without the quotes it may pass"):
        parse_plain(data | {"seed": "7"})
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ScenarioError, match="nested deeper than 64 levels"):
        parse_plain(data | {"venues": deep})


def test_an_anchor_and_its_aliases_are_the_same_value_twice() -> None:
    text = changed("mid: ", "mid: &price ").replace("max_", "max_").replace('min_notional: "5"', 'max_price: "70000"')
    again = text.replace('max_price: "70000"', 'max_price: "70000"\n        max_notional: "70000"')
    assert parse_scenario(again).venues["binance"].instruments[0].market.mid == "60000"
    shared = CONTRACT.replace("{p50: 4ms, p99: 40ms}", "&slow {p50: 4ms, p99: 40ms}").replace(
        "{p50: 2ms, p99: 15ms}", "*slow"
    )
    latency = parse_scenario(shared).venues["binance"].latency
    assert latency is not None
    assert latency.stream == latency.request


@pytest.mark.parametrize("word", ["yes", "on", "True", "1", "'true'"])
def test_only_true_and_false_are_true_and_false(word: str) -> None:
    (told,) = complaints(changed('tick: "0.01"', f'tick: "0.01"\n        pegs: {word}'))
    assert told.startswith("bad.yaml:11:15: venues.binance.instruments[0].pegs: ")


@pytest.mark.parametrize("name", ["no", "on", "null-ish", "2026-01-05", "0x1F", "1_000", "12:30"])
def test_texts_stay_the_texts_that_were_written(name: str) -> None:
    text = changed("name: flash-crash", f"name: flash-crash\ndescription: {name}")
    assert parse_scenario(text).description == name


def test_a_file_is_read_with_its_name_in_every_complaint(tmp_path: Path) -> None:
    good, bad, worse = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "worse.yaml"
    good.write_bytes(b"\xef\xbb\xbf" + CONTRACT.encode())
    assert read_scenario(good) == parse_scenario(CONTRACT)
    bad.write_text(changed("seed: 7", "seed: x"))
    with pytest.raises(ScenarioError) as caught:
        read_scenario(bad)
    assert str(caught.value) == f"{bad}:3:7: seed: x is not a whole number such as 5"
    worse.write_bytes(b"version: 1\nname: \xff\xfe")
    with pytest.raises(ScenarioError, match=r"worse.yaml:2:1: this is no UTF-8 text"):
        read_scenario(worse)
    with pytest.raises(ScenarioError, match=r"absent.yaml:1:1: cannot be read: No such file"):
        read_scenario(tmp_path / "absent.yaml")


def test_a_long_or_unprintable_name_is_shown_briefly() -> None:
    (told,) = complaints(CONTRACT + f"{'x' * 900}: 1\n")
    assert told.startswith(f"bad.yaml:36:1: '{'x' * 60}'...: there is no field '{'x' * 60}'... here; there is name,")
    (told,) = complaints(changed("ends_after: 10m", f"ends_after: '{'x' * 200_000}'"))
    assert told == f"bad.yaml:5:13: ends_after: '{'x' * 60}'... is not a duration such as 10s"
    with pytest.raises(ScenarioError) as caught:
        parse_plain({"version": 1, "name": "x", "a\x1b[2J\ud800": 1})
    assert str(caught.value).startswith("1:1: 'a\\x1b[2J\\ud800': there is no field 'a\\x1b[2J\\ud800' here")
