import json
from typing import Any

import pytest

from calm_market import START_NS
from simexchange.dialects.base import Request
from simexchange.dialects.binance.dialect import BinanceDialect
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.domain.commands import CancelAllOrders, PlaceOrder, RevokeKey, SetTradingStatus
from simexchange.domain.enums import OrderType, Permission, Side, TradingStatus
from simexchange.domain.events import OrderAccepted
from simexchange.domain.units import parse_units
from simexchange.scenario import build_world
from simexchange.scenario.parse import parse_scenario
from simexchange.scenario.timeline import Script, Timeline
from simexchange.services.clock import MINUTE, SECOND, ClockMode, ManualClock, WorldClock
from simexchange.venue.market import Market

BTC = "BTC/USDT"


class Play:
    """A scenario with this timeline that has begun, on a manual clock."""

    def __init__(self, *entries: str, more: str = "", clock: WorldClock | None = None) -> None:
        lines = "".join(f"  - {entry}\n" for entry in entries)
        self.scenario = parse_scenario(f"version: 1\nname: tested\n{more}\ntimeline:\n{lines}")
        self.clock = clock or ManualClock(START_NS)
        self.built = build_world(self.scenario, self.clock)
        self.world = self.built.world
        self.door = self.world.doors["binance"]
        self.script = Script(self.scenario)
        self.timeline = Timeline(self.world, self.script)
        self.world.keep(self.timeline)
        self.world.snapshots.begin()
        self.timeline.begin()

    @property
    def states(self) -> list[str]:
        return [step.state.value for step in self.timeline.steps]

    @property
    def notes(self) -> list[tuple[int, str, str]]:
        """Seconds since the start, action and detail."""
        return [((note.ts_ns - START_NS) // SECOND, note.action, note.detail) for note in self.world.journal.notes]

    def market(self, symbol: str = BTC) -> Market:
        return self.door.venue.markets[symbol]

    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds * SECOND)

    def account_id(self, name: str = "alice") -> int:
        account = self.door.venue.views.account_named(name)
        assert account is not None
        return account.account_id

    def api_keys(self, name: str = "alice") -> list[Any]:
        return [key for key in self.door.venue.keys.values() if key.account_id == self.account_id(name)]

    def place(self, client_order_id: str, price: str = "50000", name: str = "alice", symbol: str = BTC) -> int:
        """A limit order to buy 0.1 far below the market; its order id."""
        order = PlaceOrder(
            self.account_id(name),
            symbol,
            Side.BUY,
            OrderType.LIMIT,
            client_order_id,
            parse_units("0.1", 8),
            parse_units(price, 8),
        )
        accepted = self.door.submit(order).events[0]
        assert isinstance(accepted, OrderAccepted)
        return accepted.order.order_id


def test_entries_happen_at_their_instant_and_are_taken_back_when_they_have_lasted() -> None:
    play = Play("{at: 10s, for: 5s, halt: {symbol: BTC/USDT}}", "{at: 12s, note: in between}")
    play.pass_time(9)
    assert (play.states, play.market().status) == (["pending", "pending"], TradingStatus.CONTINUOUS)
    play.pass_time(1)
    assert (play.states, play.market().status) == (["active", "pending"], TradingStatus.HALTED)
    play.pass_time(5)
    assert (play.states, play.market().status) == (["done", "done"], TradingStatus.CONTINUOUS)
    assert play.notes == [
        (10, "timeline", "halt BTC/USDT for 5s"),
        (12, "note", "in between"),
        (15, "timeline", "end of halt BTC/USDT for 5s"),
    ]


def test_a_move_goes_where_it_says_and_comes_back() -> None:
    play = Play('{at: 1s, for: 60s, move: {symbol: BTC/USDT, by: "-20%"}}')
    before = play.market().last_price
    play.pass_time(20)
    fallen = play.market().last_price
    assert 0.78 < fallen / before < 0.82
    play.pass_time(80)
    assert 0.97 < play.market().last_price / before < 1.03


def test_a_fault_is_armed_under_the_entrys_name_and_ends_by_itself() -> None:
    play = Play("{at: 1s, for: 10s, fault: {kind: response-lost, match: {account: alice}}}")
    play.pass_time(1)
    (armed,) = play.world.faults.rules
    assert (armed.id, armed.spec.kind, armed.spec.match.account, armed.ends_ns) == (
        "timeline-1",
        "response-lost",
        "alice",
        START_NS + 11 * SECOND,
    )
    play.pass_time(10)
    assert (play.world.faults.rules, play.states) == ((), ["done"])


def test_the_nth_event_that_fits_sets_an_entry_off_once() -> None:
    play = Play('{on: {event: order_accepted, account: alice, nth: 2}, fill: {ratio: "0.37"}}')
    play.place("b1", name="bob")
    play.place("a1")
    assert play.states == ["pending"]
    order_id = play.place("a2")
    play.place("a3")
    assert play.states == ["done"]
    filled = {
        order.terms.client_order_id: order.cum_quantity
        for order in play.door.venue.views.orders(play.account_id(), BTC)
    }
    assert filled == {"a1": 0, "a2": parse_units("0.037", 8), "a3": 0}
    fills = play.door.venue.views.fills(play.account_id(), BTC)
    assert [fill.execution.order.order_id for fill in fills] == [order_id]


def test_an_entry_of_another_symbol_or_event_waits() -> None:
    play = Play(
        "{on: {event: order_accepted, symbol: ETH/USDT}, note: eth}", "{on: {event: order_canceled}, note: gone}"
    )
    play.place("a1")
    assert play.states == ["pending", "pending"]
    play.place("a2", "2000", symbol="ETH/USDT")
    assert play.states == ["done", "pending"]


def test_a_fill_without_an_event_fills_every_open_order_that_fits() -> None:
    play = Play("{at: 1s, fill: {account: alice, symbol: BTC/USDT}}")
    play.place("a1")
    play.place("a2")
    play.place("e1", "2000", symbol="ETH/USDT")
    play.pass_time(1)
    left = [order.terms.client_order_id for order in play.door.venue.views.open_orders(play.account_id())]
    assert (play.states, left) == (["done"], ["e1"])


@pytest.mark.parametrize("status", ["halted", "post_only", "cancel_only"])
def test_all_instruments_halt_and_those_that_are_delisted_stay_so(status: str) -> None:
    play = Play("{at: 1s, delist: {symbol: SOL/USDT}}", f"{{at: 2s, for: 3s, halt: {{status: {status}}}}}")
    play.pass_time(2)
    assert {market.status.value for market in play.door.venue.markets.values()} == {status, "delisted"}
    play.pass_time(3)
    statuses = {symbol: market.status.value for symbol, market in play.door.venue.markets.items()}
    assert statuses.pop("SOL/USDT") == "delisted"
    assert set(statuses.values()) == {"continuous"}


def test_a_resume_ends_a_halt_and_the_halts_own_end_changes_nothing_more() -> None:
    play = Play(
        "{at: 1s, for: 10s, halt: {symbol: BTC/USDT}}",
        "{at: 3s, resume: {}}",
        "{at: 5s, halt: {symbol: BTC/USDT, status: post_only}}",
    )
    play.pass_time(3)
    assert play.market().status is TradingStatus.CONTINUOUS
    play.pass_time(10)
    assert play.market().status is TradingStatus.POST_ONLY


def test_a_delisted_instruments_book_is_empty_and_stays_so() -> None:
    play = Play("{at: 1s, delist: {symbol: SOL/USDT}}")
    play.pass_time(30)
    book = play.market("SOL/USDT").book
    assert (play.states, [len(book.side(side)) for side in Side]) == (["done"], [0, 0])


def test_what_is_closed_can_still_be_delisted_and_no_halt_of_all_opens_it() -> None:
    play = Play("{at: 1s, for: 1s, halt: {}}", "{at: 3s, delist: {symbol: SOL/USDT}}")
    play.door.submit(SetTradingStatus("SOL/USDT", TradingStatus.CLOSED))
    play.pass_time(2)
    assert play.market("SOL/USDT").status is TradingStatus.CLOSED
    play.pass_time(1)
    assert (play.market("SOL/USDT").status, play.states) == (TradingStatus.DELISTED, ["done", "done"])


def test_a_delisted_instrument_is_one_that_clients_find_no_more() -> None:
    play = Play("{at: 1s, delist: {symbol: SOL/USDT}}")
    dialect = BinanceDialect(play.door, play.world.randomness, BinanceSettings())
    dialect.start()

    def listed() -> list[str]:
        reply = dialect.handle(Request("GET", "/api/v3/exchangeInfo", "", {}, b"", "127.0.0.1"))
        return [row["symbol"] for row in json.loads(reply.body)["symbols"]]

    before = listed()
    play.pass_time(1)
    assert "SOLUSDT" in before
    assert listed() == [symbol for symbol in before if symbol != "SOLUSDT"]


def test_rules_change_in_the_instruments_units_and_only_those_come_back() -> None:
    play = Play(
        '{at: 1s, for: 10s, rules: {symbol: BTC/USDT, tick: "0.1", min_notional: "50", '
        'band: {up: "1.02", down: "0.98"}}}',
        '{at: 5s, rules: {symbol: BTC/USDT, lot: "0.0001"}}',
    )
    before = play.market().rules
    play.pass_time(6)
    rules = play.market().rules
    assert (rules.tick_size, rules.lot_size, rules.min_notional) == (10**7, 10**4, 50 * 10**16)
    assert rules.price_band is not None
    assert (rules.price_band.bid_up, rules.price_band.ask_down) == (102 * 10**6, 98 * 10**6)
    play.pass_time(5)
    rules = play.market().rules
    assert (rules.tick_size, rules.lot_size, rules.min_notional) == (before.tick_size, 10**4, before.min_notional)
    assert rules.price_band == before.price_band


def test_money_comes_and_goes() -> None:
    play = Play(
        '{at: 1s, balance: {account: alice, asset: USDT, withdraw: "5000"}}',
        '{at: 1s, balance: {account: alice, asset: BTC, deposit: "0.5"}}',
    )
    balances = play.door.venue.accounts[play.account_id()].balances
    usdt, btc = balances["USDT"].free, balances["BTC"].free
    play.pass_time(1)
    assert (usdt - balances["USDT"].free, balances["BTC"].free - btc) == (5000 * 10**16, 5 * 10**15)


def test_what_the_bot_has_spent_or_has_no_order_for_is_no_fault_of_the_scenarios() -> None:
    play = Play(
        '{at: 1s, balance: {account: alice, asset: USDT, withdraw: "999999999"}}',
        "{at: 2s, fill: {account: alice}}",
        "{on: {event: order_canceled, account: alice}, fill: {}}",
    )
    play.place("a1")
    play.pass_time(1)
    balance = play.door.venue.accounts[play.account_id()].balances["USDT"]
    assert (balance.free, balance.held) == (0, 5000 * 10**16)
    play.door.submit(CancelAllOrders(play.account_id()))
    play.pass_time(1)
    assert play.states == ["done", "done", "done"]


def test_a_rotated_key_has_a_successor_that_follows_from_the_seed_and_dies_after_the_overlap() -> None:
    entry = "{at: 1s, key: {account: alice, do: rotate, overlap: 30s}}"
    play, again = Play(entry), Play(entry)
    for each in (play, again):
        each.pass_time(1)
    old, new = play.api_keys()
    assert [key.api_key for key in again.api_keys()] == [old.api_key, new.api_key]
    assert new.material.reveal() == again.api_keys()[1].material.reveal() != old.material.reveal()
    assert (new.permissions, len(new.api_key), old.revoked) == (old.permissions, 64, False)
    play.pass_time(29)
    assert not old.revoked
    play.pass_time(1)
    assert (old.revoked, new.revoked) == (True, False)


def test_a_key_may_do_less_for_a_while_and_is_revoked_for_good() -> None:
    play = Play(
        "{at: 1s, for: 10s, key: {account: alice, permissions: [read]}}", "{at: 20s, key: {account: alice, do: revoke}}"
    )
    (key,) = play.api_keys()
    play.pass_time(1)
    assert key.permissions == (Permission.READ,)
    play.pass_time(10)
    assert key.permissions == (Permission.READ, Permission.TRADE)
    play.pass_time(9)
    assert key.revoked


def test_an_account_without_a_key_that_works_gets_one_and_has_none_to_lose() -> None:
    play = Play(
        "{at: 1s, key: {account: locked, do: revoke}}",
        "{at: 2s, for: 1s, key: {account: locked, permissions: [read]}}",
        "{at: 5s, key: {account: locked, do: rotate}}",
    )
    play.door.submit(RevokeKey(play.api_keys("locked")[0].api_key))
    play.pass_time(5)
    assert play.states == ["done", "done", "done"]
    assert [key.revoked for key in play.api_keys("locked")] == [True, False]


def test_a_spread_is_reshaped_and_comes_back() -> None:
    play = Play("{at: 1s, for: 10s, spread: {symbol: BTC/USDT, ticks: 2000, levels: 3}}")
    shape = play.built.house.market("binance", BTC).shape
    play.pass_time(2)
    assert play.built.house.market("binance", BTC).shape.spread_ticks == 2000
    play.pass_time(10)
    assert play.built.house.market("binance", BTC).shape.spread_ticks == shape.spread_ticks == 2


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("{at: 1s, halt: {symbol: SOL/USDT}}", "SOL/USDT on binance is delisted for good"),
        ("{at: 1s, fault: {kind: no-such-fault}}", "fault: kind: there is no fault 'no-such-fault'"),
    ],
)
def test_an_action_that_cannot_be_done_fails_on_record(entry: str, error: str) -> None:
    play = Play(entry, "{at: 2s, note: goes on}")
    play.door.submit(SetTradingStatus("SOL/USDT", TradingStatus.DELISTED))
    play.pass_time(2)
    assert play.states == ["failed", "done"]
    (failed,) = play.timeline.failures
    assert failed.error.startswith(error)
    assert play.notes[0][1] == "timeline failed"
    assert failed.error in play.notes[0][2]


def test_the_end_is_told_once() -> None:
    play = Play("{at: 1s, note: hello}", more="ends_after: 5s")
    ends: list[int] = []
    play.script.on_end.append(lambda: ends.append(play.clock.now_ns() - START_NS))
    play.pass_time(60)
    assert (ends, play.timeline.has_ended) == ([5 * SECOND], True)


ENTRIES = (
    "{at: 10s, for: 20s, halt: {symbol: BTC/USDT}}",
    "{at: 20s, for: 20s, fault: {kind: response-lost, match: {account: alice}}}",
    "{at: 25s, key: {account: alice, do: rotate, overlap: 10s}}",
    "{on: {event: order_accepted, account: alice, nth: 3}, note: third}",
)


def life(play: Play) -> list[Any]:
    """What the world looks like every five seconds from the fifteenth on, an order of alice's each time."""
    seen = []
    for turn in range(8):
        if play.market("ETH/USDT").status is TradingStatus.CONTINUOUS:
            play.place(f"a{turn}", "2000", symbol="ETH/USDT")
        rules = [(armed.id, armed.ends_ns) for armed in play.world.faults.rules]
        keys = [(key.api_key, key.revoked) for key in play.api_keys()]
        seen.append((play.states, play.market().status, rules, keys, play.market().last_price))
        play.pass_time(5)
    return seen


def test_a_revert_in_the_middle_goes_on_as_if_nothing_had_happened_since() -> None:
    play = Play(*ENTRIES)
    play.pass_time(15)
    play.place("first", "2000", symbol="ETH/USDT")
    snapshot = play.world.snapshot()
    once = life(play)
    assert once[-1][0] == ["done", "done", "done", "done"]
    for _ in range(2):
        play.world.revert(snapshot.snapshot_id)
        assert play.timeline.turned_back(snapshot.taken_ns) == 0
        assert life(play) == once


def test_a_rehearsal_sets_nothing_off() -> None:
    play = Play("{on: {event: order_accepted, account: alice}, note: heard}")
    play.door.rehearse(lambda: play.place("a1"))
    assert play.states == ["pending"]
    play.place("a2")
    assert play.states == ["done"]


class Wall:
    """The machine's time, moved by hand."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def __call__(self) -> int:
        return self.now_ns


def test_in_real_time_a_revert_moves_what_is_still_to_come() -> None:
    wall = Wall()
    clock = WorldClock(ClockMode.REAL, wall=wall)
    play = Play("{at: 10s, note: first}", "{at: 60s, note: second}", more="ends_after: 90s", clock=clock)
    wall.now_ns += 30 * SECOND
    clock.run_due(1_000_000)
    snapshot = play.world.snapshot()
    wall.now_ns += 10 * MINUTE
    clock.run_due(1_000_000)
    assert play.states == ["done", "done"]
    play.world.revert(snapshot.snapshot_id)
    assert play.timeline.turned_back(snapshot.taken_ns) == 10 * MINUTE
    assert play.states == ["done", "pending"]
    wall.now_ns += 29 * SECOND
    clock.run_due(1_000_000)
    assert play.states == ["done", "pending"]
    wall.now_ns += 1 * SECOND
    clock.run_due(1_000_000)
    assert play.states == ["done", "done"]


def test_steps_tell_themselves_in_words() -> None:
    play = Play(*ENTRIES, "{at: 30s, key: {account: bob, permissions: [read, trade]}}")
    told = [(step.when, step.what) for step in play.timeline.steps]
    assert told == [
        ("10s", "halt BTC/USDT for 20s"),
        ("20s", "response-lost for 20s"),
        ("25s", "key alice rotate 10s"),
        ("on order_accepted 3", "note: third"),
        ("30s", "key bob read, trade"),
    ]
