import random
import sys

import pytest

from bots.bites import NOT_FOR_A_SPOT_BOT, P0, P1, Row
from bots.mission import NO_MORE, ONE_ORDER, POSITION, TIDY, UP, Errand, Mission
from bots.naive_bot import NaiveBot
from bots.reconciling_bot import ReconcilingBot
from simexchange.domain.events import Batch
from simexchange.services.faults.kinds import load_catalogue

ROWS = P0 + P1
CATALOGUE = load_catalogue()
MONEY = {UP, ONE_ORDER, NO_MORE, TIDY, POSITION}
"""Promises that cost money when they are broken."""
TWO_EFFECTS = [
    pytest.param(row, effect.value, id=f"{row.name} {effect.value}")
    for row in ROWS
    for effect in CATALOGUE.kinds[row.kind].effects
    if len(CATALOGUE.kinds[row.kind].effects) > 1
]


def name_of(row: Row) -> str:
    return row.name


def batches(mission: Mission) -> list[Batch]:
    return [entry.batch for entry in mission.bench.world.journal.batches]


@pytest.mark.parametrize("bot", [NaiveBot, ReconcilingBot])
def test_without_a_fault_every_bot_keeps_every_promise(bot: type[NaiveBot | ReconcilingBot]) -> None:
    mission = Mission(bot, Errand()).run()
    assert mission.broken == (), mission.story


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_bot_that_reconciles_keeps_every_promise_under_every_fault(row: Row) -> None:
    mission = Mission(ReconcilingBot, row.errand).run()
    assert mission.bench.fired
    assert mission.broken == (), mission.story


@pytest.mark.parametrize(("row", "effect"), TWO_EFFECTS)
def test_a_bot_that_reconciles_does_not_care_whether_the_command_was_carried_out(row: Row, effect: str) -> None:
    mission = Mission(ReconcilingBot, row.errand.with_effect(effect)).run()
    assert {fired.effect for fired in mission.bench.fired if fired.kind == row.kind} <= {effect, ""}
    assert mission.broken == (), mission.story


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_naive_bot_breaks_the_promises_that_the_table_says(row: Row) -> None:
    mission = Mission(NaiveBot, row.errand).run()
    assert mission.bench.fired
    assert set(mission.broken) == row.naive, mission.story


@pytest.mark.parametrize("seed", range(30))
def test_two_faults_at_once_cost_a_bot_that_reconciles_no_money(seed: int) -> None:
    chance = random.Random(seed)
    rows = chance.sample([row for row in ROWS if not row.errand.excused], 2)
    rules = tuple({"ttl": "40s"} | rule for row in rows for rule in row.errand.rules)
    mission = Mission(ReconcilingBot, Errand(rules, while_resting=chance.random() < 0.5)).run()
    assert not MONEY & set(mission.broken), (rules, mission.story)


def test_every_kind_of_the_first_rank_is_judged() -> None:
    first_rank = {kind.name for kind in CATALOGUE.kinds.values() if kind.priority == "P0"}
    judged = {row.kind for row in P0}
    assert judged | set(NOT_FOR_A_SPOT_BOT) == first_rank
    assert not judged & set(NOT_FOR_A_SPOT_BOT)


def test_a_naive_bot_fails_under_most_kinds_of_the_first_rank() -> None:
    kinds = dict.fromkeys(row.kind for row in P0)
    failed = {kind: set().union(*(row.naive for row in P0 if row.kind == kind)) for kind in kinds}
    for kind, broken in failed.items():
        sys.stdout.write(f"{kind}: {', '.join(sorted(broken)) or 'survives'}\n")
    assert [kind for kind, broken in failed.items() if not broken] == ["request-lost"]


def test_a_mission_goes_the_same_way_every_time() -> None:
    row = P0[0]
    first, second = (Mission(ReconcilingBot, row.errand).run() for _ in range(2))
    assert first.bench.fired == second.bench.fired
    assert batches(first) == batches(second)
