import json

from msgspec.structs import replace

from scenario_texts import CONTRACT
from simexchange.domain.units import RATE_ONE
from simexchange.scenario import Scenario, calm
from simexchange.scenario.parse import parse_plain, parse_scenario
from simexchange.scenario.specs import AccountSpec, EventSpec, FaultSpec, FillSpec, MoveSpec, VenueSpec, to_plain
from simexchange.scenario.values import Share
from simexchange.services.clock import MILLISECOND, MINUTE, SECOND
from simexchange.services.durations import Duration, parse_instant


def test_the_scenario_of_the_contract_becomes_its_values() -> None:
    scenario = parse_scenario(CONTRACT)
    assert (scenario.name, scenario.seed, scenario.ends_after) == ("flash-crash", 7, 10 * MINUTE)
    clock = scenario.clock
    assert (clock.mode, clock.speed, clock.start) == ("scaled", 20, parse_instant("2026-01-05T00:00:00Z"))
    venue = scenario.venues["binance"]
    (instrument,) = venue.instruments
    assert (instrument.symbol, instrument.tick, instrument.fees.maker) == ("BTC/USDT", "0.01", "0.0010")
    assert (instrument.market.mid, instrument.market.trades_per_second) == ("60000", 4)
    assert venue.accounts == (
        AccountSpec("bot", ("read", "trade"), {"USDT": "10000", "BTC": "0.25"}, ("127.0.0.1/32",)),
    )
    assert venue.latency is not None
    assert venue.latency.request is not None
    assert (venue.latency.request.p50, venue.latency.request.p99) == (4 * MILLISECOND, 40 * MILLISECOND)


def test_entries_of_a_timeline_know_their_one_action() -> None:
    move, _, lost, limited, _, fill = parse_scenario(CONTRACT).timeline
    assert (move.at, move.action) == (60 * SECOND, ("move", move.move))
    assert move.move == MoveSpec("BTC/USDT", Share("-12%"), Duration("90s"), "binance")
    assert (int(move.move.by), move.move.over) == (-12 * RATE_ONE // 100, 90 * SECOND)
    assert lost.fault is not None
    assert lost.fault.as_rule() == {
        "kind": "response-lost",
        "match": {"account": "bot", "endpoint": "POST /api/v3/order"},
        "when": {"count": 1},
        "effect": "apply",
    }
    assert limited.for_ == 10 * SECOND
    assert limited.fault is not None
    assert limited.fault.as_rule() == {"kind": "rate-limited", "match": {"venue": "binance"}, "retry_after": "10s"}
    assert (fill.at, fill.on) == (None, EventSpec("order_accepted", account="bot", nth=3))
    assert fill.action == ("fill", FillSpec(Share("0.37")))


def test_expectations_know_their_form() -> None:
    expect = parse_scenario(CONTRACT).expect
    assert [one.form for one in expect] == ["never", "never", "within", "at_end", "report_card"]
    assert (expect[2].within, expect[2].after, expect[2].see) == (
        5 * SECOND,
        "response-lost",
        "order_query_by_client_id",
    )


def test_what_a_fault_has_of_its_own_is_kept_without_rounding() -> None:
    text = CONTRACT.replace("retry_after: 10s", "a: 1, b: 0.10, c: true, d: [x, {y: null}], e: 007, f: 'false'")
    fault = parse_scenario(text).timeline[3].fault
    assert fault is not None
    assert fault.params == {"a": 1, "b": "0.10", "c": True, "d": ["x", {"y": None}], "e": "007", "f": "false"}


def test_a_venue_that_names_nothing_has_the_usual_instruments_and_accounts() -> None:
    for text in ("version: 1\nname: x", "version: 1\nname: x\nvenues: {binance: {}}"):
        assert parse_scenario(text).venues == calm().venues
    venue = parse_scenario("version: 1\nname: x\nvenues: {binance: {accounts: []}}").venues["binance"]
    assert venue.accounts == ()
    assert [account.name for account in calm().venues["binance"].accounts] == [
        "alice",
        "bob",
        "reader",
        "mallory",
        "locked",
    ]


def test_an_instrument_takes_every_kind_of_order_unless_it_says_otherwise() -> None:
    mine = parse_scenario(CONTRACT).venues["binance"].instruments[0]
    usual = VenueSpec().instruments[0]
    for name in ("order_types", "triggers", "trailing", "max_iceberg_parts", "order_lists", "pegs", "amend", "band"):
        assert getattr(mine, name) == getattr(usual, name)


def test_limits_are_said_as_serve_takes_them() -> None:
    assert VenueSpec().limits_text == "venue"
    assert VenueSpec(limits="off").limits_text == "off"
    assert VenueSpec(limits={"request_weight": 100, "orders_10s": 5}).limits_text == "request_weight=100,orders_10s=5"


def test_values_survive_a_round_trip_through_plain_data() -> None:
    scenario = parse_scenario(CONTRACT)
    for one in (scenario, calm(), replace(scenario, expect=(), venues={"a": VenueSpec(limits="off")}, timeline=())):
        assert parse_plain(to_plain(one)) == one
        assert parse_scenario(json.dumps(to_plain(one))) == one


def test_a_fault_of_code_is_the_same_as_one_of_a_file() -> None:
    fault = FaultSpec("rate-limited", params={"retry_after": "10s"})
    assert fault.as_rule() == {"kind": "rate-limited", "retry_after": "10s"}
    assert isinstance(Scenario("x").venues["binance"], VenueSpec)
