import hashlib
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from msgspec.structs import replace

from calm_market import START_NS, SYMBOL, CalmMarket, calm_with
from simexchange.domain.enums import Contingency, OrderType, Permission, SelfTradePrevention, Side, TriggerKind
from simexchange.domain.units import RATE_ONE, format_trimmed
from simexchange.scenario import (
    AccountSpec,
    BuiltWorld,
    InstrumentSpec,
    MarketSpec,
    Scenario,
    UnknownScenario,
    VenueSpec,
    build_world,
)
from simexchange.services.clock import HOUR, MINUTE, SECOND, ManualClock, monotonic_ns
from simexchange.services.market_data import live, tape
from simexchange.services.market_data.candles import Interval
from simexchange.world import Door

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def built() -> BuiltWorld:
    return build_world("calm", ManualClock(START_NS))


@pytest.fixture(scope="module")
def door(built: BuiltWorld) -> Door:
    return built.world.doors["binance"]


def test_the_calm_world_has_five_instruments_at_sensible_prices(door: Door) -> None:
    prices = {symbol: format_trimmed(market.last_price, 8) for symbol, market in door.venue.markets.items()}
    assert prices == {
        "BTC/USDT": "60000",
        "ETH/USDT": "3000",
        "SOL/USDT": "150",
        "ETH/BTC": "0.05",
        "BNB/USDT": "600",
    }


def test_every_book_is_deep_before_any_time_passes(door: Door) -> None:
    for market in door.venue.markets.values():
        assert len(market.book.bids) >= 100
        assert len(market.book.asks) >= 100
        spread = market.book.best(Side.SELL)[0] - market.book.best(Side.BUY)[0]
        assert 0 < spread <= 2 * market.rules.tick_size


def test_the_default_accounts_hold_money_and_keys(built: BuiltWorld, door: Door) -> None:
    read, trade, withdraw = Permission.READ, Permission.TRADE, Permission.WITHDRAW
    accounts = built.accounts["binance"]
    assert [(account.name, account.permissions, account.ip_allow) for account in accounts] == [
        ("alice", (read, trade), ()),
        ("bob", (read, trade), ()),
        ("reader", (read,), ()),
        ("mallory", (read, trade, withdraw), ()),
        ("locked", (read, trade), ("203.0.113.7/32",)),
    ]
    for account in accounts:
        assert account.balances == {"USDT": "100000", "BTC": "2", "ETH": "20", "SOL": "500", "BNB": "10"}
        held = door.venue.accounts[account.account_id].balances
        assert {name: format_trimmed(balance.free, 16) for name, balance in held.items()} == account.balances
        key = door.venue.keys[account.api_key]
        assert (key.account_id, key.material, key.permissions) == (
            account.account_id,
            account.secret,
            account.permissions,
        )
        assert len(account.api_key) == len(account.secret.reveal()) == 64
        assert (account.api_key + account.secret.reveal()).isalnum()
    assert len({account.api_key for account in accounts} | {account.secret.reveal() for account in accounts}) == 10


def test_secrets_do_not_show_in_what_is_printed(built: BuiltWorld) -> None:
    for account in built.accounts["binance"]:
        assert account.secret.reveal() not in f"{built!r} {account} {built.world.journal!r}"


def test_keys_follow_the_seed_and_nothing_else() -> None:
    def keys(seed: int, symbol: str, accounts: int = 0) -> list[tuple[str, str]]:
        world = build_world(calm_with(symbol), ManualClock(START_NS + seed), seed, accounts=accounts)
        return [(account.api_key, account.secret.reveal()) for account in world.accounts["binance"]]

    assert keys(1, "BTC/USDT") == keys(1, "SOL/USDT") == keys(1, "BTC/USDT", 3)[:5]
    assert not set(keys(1, "BTC/USDT")) & set(keys(2, "BTC/USDT"))


def test_generated_accounts_have_names_of_their_own_and_money() -> None:
    world = build_world(calm_with(SYMBOL), ManualClock(START_NS), accounts=200)
    accounts = world.accounts["binance"]
    assert len(accounts) == len({account.name for account in accounts}) == 205
    assert all(account.balances["USDT"] == "100000" for account in accounts)
    again = build_world(calm_with(SYMBOL), ManualClock(START_NS), accounts=200).accounts["binance"]
    assert again == accounts


def test_faker_is_imported_only_for_generated_accounts() -> None:
    code = (
        "import sys; from simexchange.scenario import build_world; from simexchange.services.clock import ManualClock;"
        "build_world('calm', ManualClock(10**18)); assert 'faker' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_history_ends_at_the_price_the_market_starts_from(door: Door) -> None:
    for symbol, market in door.venue.markets.items():
        candles = door.market_data.feed(symbol).candles
        for interval in Interval:
            assert candles.query(interval, limit=1)[0].close == market.last_price


def test_live_trading_continues_the_size_and_the_moves_of_history() -> None:
    market = CalmMarket()
    market.clock.advance(HOUR)
    candles = market.door.market_data.feed(SYMBOL).candles
    past = candles.query(Interval.MINUTE_1, START_NS - 5 * HOUR, START_NS - MINUTE, 1_000)
    live = candles.query(Interval.MINUTE_1, START_NS + MINUTE, START_NS + 59 * MINUTE, 1_000)

    def mean(values: list[int]) -> int:
        return sum(values) // len(values)

    for of_past, of_live in (
        (mean([candle.volume for candle in past]), mean([candle.volume for candle in live])),
        (mean([candle.trades for candle in past]), mean([candle.trades for candle in live])),
        (
            mean([candle.high - candle.low for candle in past]),
            mean([candle.high - candle.low for candle in live]),
        ),
    ):
        assert of_past < 4 * of_live
        assert of_live < 4 * of_past


FINGERPRINT = """
import sys
sys.path.insert(0, {tests!r})
from scenario_fingerprint import fingerprint
print(fingerprint())
"""


def test_two_processes_make_the_same_world() -> None:
    seen = set()
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", FINGERPRINT.format(tests=str(TESTS))],
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        seen.add(done.stdout)
    assert len(seen) == 1
    assert len(seen.pop().strip()) == hashlib.sha256().digest_size * 2


def test_a_long_calm_does_not_gather_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEPT", (100, 20, 10, 10, 10))
    monkeypatch.setattr(tape, "KEPT_TRADES", 100)
    market = CalmMarket()
    tracemalloc.start()
    try:
        market.clock.advance(40 * MINUTE)  # every ring has turned over, the journal's too
        before, _ = tracemalloc.get_traced_memory()
        market.clock.advance(30 * MINUTE)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(market.built.world.journal.house) == 10_000
    assert after - before < 300_000


def test_half_an_hour_of_calm_takes_seconds() -> None:
    market = CalmMarket()
    began_ns = monotonic_ns()
    market.clock.advance(HOUR // 2)
    assert monotonic_ns() - began_ns < 20 * SECOND


def test_an_unknown_scenario_or_venue_is_named() -> None:
    with pytest.raises(UnknownScenario, match="there is no scenario 'storm'; there is calm"):
        build_world("storm", ManualClock(START_NS))
    with pytest.raises(ValueError, match="scenario calm has no venue mtgox"):
        build_world("calm", ManualClock(START_NS), venues=["mtgox"])


def test_money_in_assets_that_the_venue_does_not_know_is_left_out() -> None:
    owner = AccountSpec("a", balances={"DOGE": "1", "BTC": "0.5"})
    spec = replace(calm_with(SYMBOL).venues["binance"], accounts=(owner,))
    (account,) = build_world(Scenario("x", {"binance": spec}), ManualClock(START_NS)).accounts["binance"]
    assert account.balances == {"BTC": "0.5"}


def test_a_scenario_that_makes_no_sense_is_refused_with_its_reason() -> None:
    venue = calm_with(SYMBOL).venues["binance"]
    twice = replace(venue, instruments=venue.instruments * 2)
    with pytest.raises(ValueError, match="binance: ListInstrument: BTC/USDT is listed"):
        build_world(Scenario("x", {"binance": twice}), ManualClock(START_NS))


def test_a_venue_without_models_has_an_empty_book_and_no_timers() -> None:
    spec = VenueSpec((InstrumentSpec("AAA/USD", "0.01", "0.1", MarketSpec("10", model="none")),))
    clock = ManualClock(START_NS)
    world = build_world(Scenario("quiet", {"somewhere": spec}), clock).world
    assert len(world.doors["somewhere"].venue.markets["AAA/USD"].book.bids) == 0
    assert clock.next_due_ns() is None


def test_every_venue_of_a_scenario_sees_the_same_prices() -> None:
    venue = calm_with(SYMBOL).venues["binance"]
    world = build_world(Scenario("two", {"one": venue, "other": venue}), ManualClock(START_NS)).world
    one, other = (door.market_data.feed(SYMBOL).candles for door in world.doors.values())
    months, same = (candles.query(Interval.MONTH_1, limit=12) for candles in (one, other))
    assert [candle.close for candle in months] == [candle.close for candle in same]


def test_the_calm_instruments_take_every_kind_of_order(door: Door) -> None:
    for market in door.venue.markets.values():
        rules = market.rules
        assert set(rules.triggers) == {(kind, order_type) for kind in TriggerKind for order_type in OrderType}
        assert rules.trail_above == rules.trail_below == (RATE_ONE // 1_000, RATE_ONE // 5)
        assert (rules.max_triggered_orders, rules.max_iceberg_parts, rules.max_order_lists) == (5, 100, 20)
        assert (rules.order_lists, rules.pays_other) == ((Contingency.OCO, Contingency.OTO), True)
        assert (rules.amend, rules.max_amends, rules.pegs) == (True, 10, True)
        assert SelfTradePrevention.NONE not in rules.self_trade_prevention
        assert len(rules.self_trade_prevention) == 5
