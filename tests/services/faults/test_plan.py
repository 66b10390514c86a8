from typing import Any

import pytest

from simexchange.domain.commands import CreateAccount, Deposit, ListInstrument, PlaceOrder
from simexchange.domain.enums import OrderType, Side
from simexchange.domain.instrument import Asset, Instrument, Rules
from simexchange.services.anatomy import Role
from simexchange.services.clock import SECOND, ManualClock
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Frame, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.plan import MOST_RULES, FaultPlan, UnknownRule
from simexchange.services.faults.reading import RuleRefused
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.verdicts import Breakage, Delivery, Trouble, TroubleKind, Verdict
from simexchange.world import World


class TellParams(Params, frozen=True):
    says: str = "busy"


class Holds(Fault[TellParams]):
    """Holds a request for a second."""

    decides = False

    def on_call(self, call: Call) -> Verdict:
        return Verdict(hold_before_ns=SECOND)


class Says(Fault[TellParams]):
    """Answers with its own words."""

    def on_call(self, call: Call) -> Verdict:
        return Verdict(trouble=Trouble(TroubleKind.CUSTOM, message=self.params.says))

    def concerns(self, call: Call) -> bool:
        return call.client_order_id != "not-this-one"


class Repeats(Fault[TellParams]):
    def on_frame(self, frame: Frame) -> tuple[tuple[int, bytes], ...]:
        return ((0, frame.payload), (0, self.params.says.encode()))


class Stands(Fault[TellParams]):
    """Stands there from when it is armed until it is removed."""

    state_role = Role.STATE
    standing: list[str] = []  # noqa: RUF012 (shared on purpose: a test looks from outside)

    def __init__(self, params: TellParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        if params.says == "too much":
            raise RuleRefused("says", "too much: less passes")

    def arm(self) -> None:
        self.standing.append(self.params.says)

    def disarm(self) -> None:
        self.standing.remove(self.params.says)

    def resume(self) -> None:
        self.standing.append(self.params.says)


def kind(name: str, make: Any) -> Kind:
    return Kind(name, "test", "P0", "A kind for a test.", "Passes.", TellParams, make)


@pytest.fixture
def world() -> World:
    Stands.standing.clear()
    world = World(ManualClock(1_000 * SECOND), seed=7)
    door = world.open_venue("binance")
    world.faults.catalogue.add(
        kind("holds", Holds), kind("says", Says), kind("repeats", Repeats), kind("stands", Stands)
    )
    door.submit(ListInstrument(Instrument("BTC/USDT", Asset("BTC"), Asset("USDT")), Rules(1, 1), 0, 0))
    for account_id, name in ((2, "alice"), (3, "bob")):
        door.submit(CreateAccount(account_id, name))
        door.submit(Deposit(account_id, "USDT", 10**30))
    return world


@pytest.fixture
def plan(world: World) -> FaultPlan:
    return world.faults


def call(**facts: Any) -> Call:
    return Call("binance", ("POST /api/v3/order",), Purpose.PLACE, account=facts.pop("account", "alice"), **facts)


def words(verdict: Verdict | None) -> str | None:
    return None if verdict is None or verdict.trouble is None else verdict.trouble.message


def place(world: World, account_id: int, client_order_id: str = "o1") -> None:
    order = PlaceOrder(account_id, "BTC/USDT", Side.BUY, OrderType.LIMIT, client_order_id, 10, 10)
    world.doors["binance"].submit(order)


def test_without_rules_nothing_is_judged(plan: FaultPlan) -> None:
    assert (plan.judges_calls, plan.judges_frames) == (False, False)
    assert plan.judge(call()) is None


def test_what_is_looked_at_depends_on_the_rules_there_are(plan: FaultPlan) -> None:
    says, repeats = plan.add({"kind": "says"}), plan.add({"kind": "repeats"})
    assert (plan.judges_calls, plan.judges_frames) == (True, True)
    plan.remove(says.id)
    assert (plan.judges_calls, plan.judges_frames) == (False, True)
    plan.remove(repeats.id)
    assert (plan.judges_calls, plan.judges_frames) == (False, False)


def test_watchers_hear_of_every_change(plan: FaultPlan) -> None:
    seen: list[int] = []
    plan.watchers.append(lambda: seen.append(len(plan.rules)))
    rule = plan.add({"kind": "says"})
    plan.remove(rule.id)
    assert seen == [1, 0]


def test_delays_add_up_and_the_first_to_decide_has_decided(plan: FaultPlan) -> None:
    first_hold = plan.add({"kind": "holds"})
    first = plan.add({"kind": "says", "says": "first"})
    second = plan.add({"kind": "says", "says": "second"})
    plan.add({"kind": "holds"})
    verdict = plan.judge(call())
    assert verdict is not None
    assert (words(verdict), verdict.hold_before_ns) == ("first", 2 * SECOND)
    assert [rule.counts.matched for rule in (first_hold, first, second)] == [1, 1, 0]


def test_once_the_first_is_spent_the_second_decides(plan: FaultPlan) -> None:
    plan.add({"kind": "says", "says": "first", "when": {"count": 1}})
    plan.add({"kind": "says", "says": "second"})
    assert [words(plan.judge(call())) for _ in range(3)] == ["first", "second", "second"]


def test_a_rule_counts_only_what_fits_it_and_concerns_it(plan: FaultPlan) -> None:
    rule = plan.add({"kind": "says", "match": {"account": "alice"}, "when": {"every_nth": 2}})
    answers = [
        words(plan.judge(call())),
        words(plan.judge(call(account="bob"))),
        words(plan.judge(call(client_order_id="not-this-one"))),
        words(plan.judge(call())),
    ]
    assert answers == [None, None, None, "busy"]
    assert (rule.counts.matched, rule.counts.fired) == (2, 1)


def test_the_same_seed_gives_the_same_choices_whatever_others_do(world: World) -> None:
    def choices(disturbed: bool) -> list[bool]:
        other = World(ManualClock(1_000 * SECOND), seed=7)
        other.open_venue("binance")
        other.faults.catalogue.add(kind("says", Says))
        other.doors["binance"].submit(CreateAccount(2, "alice"))
        other.faults.add({"kind": "says", "match": {"account": "alice"}, "when": {"probability": 0.3}})
        found = []
        for _ in range(200):
            if disturbed:
                other.faults.judge(call(account="bob"))
            found.append(other.faults.judge(call()) is not None)
        return found

    assert choices(disturbed=False) == choices(disturbed=True)
    assert 40 <= sum(choices(disturbed=False)) <= 80


def test_every_firing_is_on_the_timeline(plan: FaultPlan, world: World) -> None:
    plan.add({"kind": "says", "id": "mine", "when": {"skip": 1}})
    plan.judge(call(request=5))
    plan.judge(call(request=6, connection=2, symbol="BTC/USDT", client_order_id="c1"))
    (fired,) = plan.timeline
    assert fired.shown() == {
        "ts_ns": 1_000 * SECOND,
        "rule": "mine",
        "kind": "says",
        "ordinal": 2,
        "venue": "binance",
        "account": "alice",
        "symbol": "BTC/USDT",
        "connection": 2,
        "request": 6,
        "endpoint": "POST /api/v3/order",
        "client_order_id": "c1",
        "seq": world.journal.seq,
    }


def test_once_per_key_fires_for_each_key_once(plan: FaultPlan) -> None:
    plan.add({"kind": "says", "when": {"once_per_key": True}})
    assert [words(plan.judge(call(key=key))) for key in "aabab"] == ["busy", None, "busy", None, None]


def test_a_rule_with_a_ttl_ends_by_itself(plan: FaultPlan, world: World) -> None:
    plan.add({"kind": "stands", "ttl": "5s"})
    world.clock.advance(5 * SECOND - 1)
    assert Stands.standing == ["busy"]
    world.clock.advance(1)
    assert (Stands.standing, plan.rules) == ([], ())


def test_a_removed_rule_does_not_end_another_of_its_name(plan: FaultPlan, world: World) -> None:
    plan.add({"kind": "stands", "id": "it", "ttl": "5s"})
    plan.remove("it")
    plan.add({"kind": "stands", "id": "it"})
    world.clock.advance(10 * SECOND)
    assert [rule.id for rule in plan.rules] == ["it"]


def test_a_window_opens_and_closes_a_standing_fault(plan: FaultPlan, world: World) -> None:
    plan.add({"kind": "stands", "when": {"window": ["10s", "40s"]}})
    seen = []
    for _ in range(5):
        seen.append(list(Stands.standing))
        world.clock.advance(10 * SECOND)
    assert seen == [[], ["busy"], ["busy"], ["busy"], []]
    plan.clear()
    assert Stands.standing == []


def test_a_rule_of_the_moment_that_is_gone_back_to_does_again_what_lies_outside_of_the_world(world: World) -> None:
    plan = world.faults
    plan.add({"kind": "stands", "says": "then"})
    plan.add({"kind": "stands", "says": "later", "when": {"window": ["10s", "20s"]}})
    then = world.snapshot()
    plan.clear()
    plan.add({"kind": "stands", "says": "since"})
    world.revert(then.snapshot_id)
    assert Stands.standing == ["then"]
    assert len(plan.rules) == 2


def test_requests_are_judged_inside_the_window_alone(plan: FaultPlan, world: World) -> None:
    plan.add({"kind": "says", "when": {"window": ["10s", "20s"]}})
    seen = []
    for _ in range(3):
        seen.append(words(plan.judge(call())))
        world.clock.advance(10 * SECOND)
    assert seen == [None, "busy", None]


def test_a_rule_sleeps_until_its_event_has_happened_to_whom_it_is_about(plan: FaultPlan, world: World) -> None:
    plan.add({"kind": "stands", "match": {"account": "alice"}, "when": {"on_event": "order_accepted"}})
    place(world, 3)
    assert Stands.standing == []
    place(world, 2)
    assert Stands.standing == ["busy"]
    plan.clear()
    assert Stands.standing == []


def test_a_changed_rule_goes_on_counting_in_its_place(plan: FaultPlan) -> None:
    first = plan.add({"kind": "says", "says": "first", "when": {"count": 3}})
    plan.add({"kind": "says", "says": "second"})
    plan.judge(call())
    changed = plan.change(first.id, {"says": "changed", "when": {"count": 2}})
    assert (changed.counts.matched, [rule.id for rule in plan.rules]) == (1, ["fault-1", "fault-2"])
    assert [words(plan.judge(call())) for _ in range(2)] == ["changed", "second"]


def test_a_change_that_makes_no_sense_leaves_the_rule_as_it_was(plan: FaultPlan) -> None:
    rule = plan.add({"kind": "stands"})
    with pytest.raises(RuleRefused):
        plan.change(rule.id, {"when": {"count": 0}})
    with pytest.raises(RuleRefused, match="keeps its kind"):
        plan.change(rule.id, {"kind": "says"})
    with pytest.raises(RuleRefused, match="keeps its id"):
        plan.change(rule.id, {"id": "other"})
    assert (plan.get(rule.id), Stands.standing) == (rule, ["busy"])


def test_a_change_that_the_world_cannot_have_leaves_the_rule_as_it_was(plan: FaultPlan) -> None:
    rule = plan.add({"kind": "stands"})
    with pytest.raises(RuleRefused, match="too much"):
        plan.change(rule.id, {"says": "too much"})
    assert (plan.get(rule.id), Stands.standing) == (rule, ["busy"])


def test_an_unknown_rule_is_said_to_be_unknown(plan: FaultPlan) -> None:
    for act in (plan.get, plan.remove, lambda rule_id: plan.change(rule_id, {})):
        with pytest.raises(UnknownRule):
            act("nobody")


def test_two_rules_cannot_have_one_name_and_there_is_a_most(plan: FaultPlan) -> None:
    plan.add({"kind": "says", "id": "fault-2"})
    with pytest.raises(RuleRefused, match="armed already"):
        plan.add({"kind": "says", "id": "fault-2"})
    ids = [plan.add({"kind": "says"}).id for _ in range(MOST_RULES - 1)]
    assert len({*ids, "fault-2"}) == MOST_RULES
    with pytest.raises(RuleRefused, match="the most there may be"):
        plan.add({"kind": "says"})


def test_of_rules_about_messages_the_first_that_fires_acts_alone(plan: FaultPlan) -> None:
    plan.add({"kind": "repeats", "says": "one", "when": {"every_nth": 2}})
    plan.add({"kind": "repeats", "says": "two"})
    frame = Frame("binance", 1, b"x", lambda payload: None, channel="trade")
    assert [plan.judge_frame(frame) for _ in range(2)] == [((0, b"x"), (0, b"two")), ((0, b"x"), (0, b"one"))]


def test_answers_to_requests_are_no_business_of_rules_about_messages(plan: FaultPlan) -> None:
    plan.add({"kind": "repeats"})
    assert plan.judge_frame(Frame("binance", 1, b"x", lambda payload: None, is_reply=True)) is None


def test_joined_verdicts_act_in_turn_and_chain_their_edits() -> None:
    seen: list[str] = []
    first = Verdict(before=lambda _: seen.append("one"), edit=lambda body: body + b"1")
    second = Verdict(
        delivery=Delivery(Breakage.RESET), before=lambda _: seen.append("two"), edit=lambda body: body + b"2"
    )
    joined = first.joined(second)
    assert joined.before is not None
    assert joined.edit is not None
    joined.before(call())
    assert (seen, joined.edit(b"0"), joined.delivery) == (["one", "two"], b"012", second.delivery)
