from run_bench import RunBench
from simexchange.runs.verdicts import VerdictState
from simexchange.services.journal import NoteEntry

SECOND_ORDER = "timeline: [{on: {event: order_accepted, account: alice, nth: 2}, note: the second}]"


def notes(bench: RunBench) -> list[str]:
    """What was noted since the start or the last reset."""
    told: list[str] = []
    for entry in bench.world.journal.entries():
        if isinstance(entry, NoteEntry):
            told = [] if entry.action == "reset" else [*told, entry.detail]
    return told


def test_after_a_reset_events_are_counted_anew_and_heard_once() -> None:
    bench = RunBench(SECOND_ORDER)
    for _ in range(3):
        bench.world.reset()
        bench.place("a1")
        assert notes(bench) == []
        bench.place("a2")
        bench.place("a3")
        assert notes(bench) == ["the second"]


def test_after_a_revert_events_are_counted_on_from_there() -> None:
    bench = RunBench(SECOND_ORDER)
    bench.place("a1")
    snapshot = bench.world.snapshot().snapshot_id
    for count in (1, 2, 3):
        bench.place("a2")
        bench.place("a3")
        assert notes(bench).count("the second") == count
        bench.world.revert(snapshot)


def test_a_run_that_is_over_is_heard_again_after_a_reset_and_not_after_a_revert() -> None:
    bench = RunBench.expecting("{never: order_placed}")
    bench.runner.judge.close()
    snapshot = bench.world.snapshot().snapshot_id
    bench.world.revert(snapshot)
    bench.place("a1")
    assert bench.states == [VerdictState.PASSED]
    assert (bench.gate.is_observed, bench.world.journal.listeners) == (False, ())
    bench.world.reset()
    assert (bench.gate.is_observed, len(bench.world.journal.listeners)) == (True, 1)
    bench.place("a1")
    assert bench.states == [VerdictState.FAILED]
