"""What the parts of a scenario must say about each other."""

from typing import Any

import pytest

from scenario_texts import CONTRACT, changed, complaints
from simexchange.scenario.parse import Checks, parse_scenario


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("symbol: BTC/USDT, by", "symbol: BTC/USD, by", "19:46: timeline[0].move.symbol: this scenario has no symbol"),
        (
            "venue: binance, symbol",
            "venue: binanse, symbol",
            "19:29: timeline[0].move.venue: this scenario has no venue",
        ),
        (
            "account: bot, nth",
            "account: bob, nth",
            "29:43: timeline[5].on.account: this scenario has no account 'bob'; ",
        ),
        (
            "match: {account: bot",
            "match: {account: bott",
            "24:24: timeline[2].fault.match.account: this scenario has no account 'bott'; did you mean 'bot'?",
        ),
        (
            "banned, account: bot",
            "banned, account: me",
            "31:44: expect[0].account: this scenario has no account 'me'; ",
        ),
        ("at_end: {account: bot", "at_end: {account: me", "34:24: expect[3].at_end.account: this scenario has no "),
        (
            "after: response-lost",
            "after: respons-lost",
            "33:25: expect[2].after: 'respons-lost' is neither in the timeline nor an event",
        ),
        ("after: response-lost, ", "", "33:5: expect[2]: 'after' is missing; within, after and see belong together"),
        (
            "never: duplicate",
            "see: oversell, never: duplicate",
            "32:11: expect[1].see: see belongs to within, not to never",
        ),
        ("- {at_end: {", "- {account: bot, at_end: {", "34:15: expect[3].account: account belongs inside of at_end"),
        ("at: 120s", "at: 11m", "28:10: timeline[4].at: 11m is after the end of the scenario, which is after 10m"),
        (
            'fill: {ratio: "0.37"}',
            "for: 5s, note: x",
            "29:62: timeline[5].for: note is not something that lasts; move,",
        ),
        (
            'ratio: "0.37"',
            'ratio: "1.2"',
            "29:71: timeline[5].fill.ratio: 1.2 is out of bounds; 1e-06% to 100% would pass",
        ),
        ('by: "-12%"', 'by: "-100%"', "19:60: timeline[0].move.by: -100% is out of bounds; -99% to 9900% would pass"),
        (
            "on: {event: order_accepted, account: bot, nth: 3}",
            "at: 1s",
            "29:20: timeline[5].fill: 'account' is missing: without an event, whose orders are filled?",
        ),
        (
            "when: {count: 1}}}",
            "when: {probability: '2'}}}",
            "20:99: timeline[1].fault.when.probability: 2 is not between 0 and 1",
        ),
        (
            "when: {count: 1}}}",
            "when: {window: [9s, 3s]}}}",
            "20:94: timeline[1].fault.when.window: a window is two durations, the earlier first: [10s, 40s]",
        ),
        (
            "mode: scaled, ",
            "mode: manual, ",
            "4:30: clock.speed: a speed belongs to mode scaled, and this is mode manual",
        ),
        ("p50: 4ms", "p50: 4s", "17:39: venues.binance.latency.request.p99: p99 40ms is shorter than p50 4s"),
        (
            'mid: "60000"',
            'mid: "0.05"',
            "14:23: venues.binance.instruments[0].market.mid: 0.05 is less than ten ticks of 0.01",
        ),
        (
            'mid: "60000"',
            'mid: "2000000"',
            "14:23: venues.binance.instruments[0].market.mid: 2000000 is above max_price",
        ),
        (
            "symbol: BTC/USDT\n",
            "symbol: BTC/BTC\n",
            "9:17: venues.binance.instruments[0].symbol: BTC/BTC trades an asset for",
        ),
        (
            'BTC: "0.25"',
            'BTT: "0.25"',
            "16:106: venues.binance.accounts[0].balances.BTT: this scenario has no asset 'BTT'; did you mean 'BTC'?",
        ),
        (
            'fill: {ratio: "0.37"}',
            'rules: {symbol: BTC/USDT, tick: "0.000000001"}',
            "29:89: timeline[5].rules.tick: '0.000000001' has more than 8 decimals",
        ),
        (
            'fill: {ratio: "0.37"}',
            "rules: {symbol: BTC/USDT}",
            "29:64: timeline[5].rules: at least one of tick, lot, min_price, max_price, min_quantity, max_quantity,",
        ),
        (
            'fill: {ratio: "0.37"}',
            'balance: {account: bot, asset: USD, deposit: "1"}',
            "29:88: timeline[5].balance.asset: this scenario has no asset 'USD'; did you mean 'USDT'?",
        ),
        (
            'fill: {ratio: "0.37"}',
            'balance: {account: bot, asset: USDT, deposit: "1", withdraw: "1"}',
            "29:66: timeline[5].balance: exactly one of deposit, withdraw belongs here; there are deposit and withdraw",
        ),
        (
            '{on: {event: order_accepted, account: bot, nth: 3}, fill: {ratio: "0.37"}}',
            "{at: 90s, for: 5s, key: {account: bot, do: rotate}}",
            "29:20: timeline[5].for: rotate is for good; permissions and ip_allow can be taken back",
        ),
        (
            "never: request_while_banned",
            "never: no_request",
            "31:13: expect[0].never: no_request belongs to within: within 45s after downtime see no_request",
        ),
        (
            "open_orders: 0",
            'balances: {BTC: {at_least: "0.1"}, ETH: "1"}',
            "34:69: expect[3].at_end.balances.ETH: this scenario has no asset 'ETH'; there is BTC, USDT",
        ),
        ("name: bot", "name: house-bot", "16:16: venues.binance.accounts[0].name: 'house-bot': names that begin with"),
        ("127.0.0.1/32", "127.0.0.1/99", "16:60: venues.binance.accounts[0].ip_allow[0]: '127.0.0.1/99' is neither an"),
        (
            "    accounts:",
            "    accounts:\n      - {name: bot}",
            "17:16: venues.binance.accounts[1].name: 'bot' is there twice",
        ),
        (
            "venues:\n  binance:",
            "venues:\n  other: {instruments: []}\n  binance:",
            "7:24: venues.other.instruments: there is no",
        ),
    ],
)
def test_what_does_not_fit_is_told_where_it_stands(old: str, new: str, complaint: str) -> None:
    told = complaints(changed(old, new))
    assert told[0].startswith(f"bad.yaml:{complaint}")


def test_the_fault_engine_judges_every_fault_and_names_the_field() -> None:
    class Refused(ValueError):
        def __init__(self, field: str, message: str) -> None:
            super().__init__(f"{field}: {message}")
            self.field, self.message = field, message

    seen: list[dict[str, Any]] = []

    def check(rule: dict[str, Any]) -> None:
        seen.append(rule)
        if rule["kind"] == "rate-limited":
            raise Refused("retry_after", "'10s' will not do")

    told = complaints(CONTRACT, Checks(fault=check))
    assert told == ["bad.yaml:27:91: timeline[3].fault.retry_after: '10s' will not do"]
    assert [rule["kind"] for rule in seen] == ["ws-drop", "response-lost", "rate-limited", "downtime"]


def test_venues_and_their_limits_are_judged_by_those_who_know_them() -> None:
    def check(venue: str, text: str) -> None:
        if text != "venue":
            raise ValueError(f"{venue} has no limit {text}")

    checks = Checks(limits=check, venues=("binance", "kraken"))
    assert parse_scenario(CONTRACT, checks=checks).name == "flash-crash"
    text = changed("    accounts:", "    limits: {weight: 5}\n    accounts:")
    assert complaints(text, checks) == ["bad.yaml:15:13: venues.binance.limits: binance has no limit weight=5"]
    text = "version: 1\nname: x\nvenues:\n  krakn: {}"
    assert complaints(text, checks) == [
        "bad.yaml:4:10: venues.krakn: there is no venue 'krakn'; did you mean 'kraken'?"
    ]


def test_a_symbol_belongs_to_the_venue_that_is_named() -> None:
    venues = "venues: {a: {}, b: {instruments: [{symbol: X/Y, tick: '1', lot: '1', market: {mid: '50'}}]}}"
    text = f"version: 1\nname: x\n{venues}\ntimeline:\n  - {{at: 1s, halt: {{symbol: X/Y, venue: %s}}}}"
    assert parse_scenario(text % "b").timeline[0].halt is not None
    assert complaints(text % "a")[0].startswith(
        "bad.yaml:5:29: timeline[0].halt.symbol: this scenario has no symbol 'X/Y'"
    )
