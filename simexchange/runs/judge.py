"""What becomes of a scenario's expectations: trackers that hear of signs and causes, and a verdict for each.

The judge is plain state of the world: a revert takes back what was seen since. It listens to the journal only if a
scenario expects something.
"""

from typing import ClassVar, Final

from simexchange.dialects.gate import Gate
from simexchange.domain.secret import MASK, mask_runs
from simexchange.runs.at_end import judge_state
from simexchange.runs.signs.seen import Heard, Sighting
from simexchange.runs.trackers import ALL_CANCELED, NEW_KEY, Never, Within, describe
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.runs.witness import Cause, Witness
from simexchange.scenario.expectation_specs import Expectation
from simexchange.scenario.key_actions import live_keys
from simexchange.scenario.timeline import Script, Step, Timeline
from simexchange.services.anatomy import Role
from simexchange.services.journal import Entry
from simexchange.world import World

NO_REPORT_CARD: Final = "no report card in this version"


class Judge:
    """``begin`` with the scenario, ``close`` once it is over; ``verdicts`` at any time."""

    def __init__(self, world: World, script: Script, timeline: Timeline, gates: tuple[Gate, ...]) -> None:
        self.closed_ns = 0
        """When the run was over; 0 while it is not."""
        self._world = world
        self._script = script
        self._timeline = timeline
        self._gates = gates
        self._ear = _Ear(self, world, gates)
        self._witness: Witness | None = None
        self._trackers: list[Never | Within | None] = []
        self._settled: list[Verdict | None] = []
        script.on_done.append(self._ear.heard_step)
        script.on_end.append(self._ear.heard_end)

    def begin(self) -> None:
        """Nothing has been seen yet."""
        expect = self._script.scenario.expect
        self.closed_ns = 0
        self._settled = [None] * len(expect)
        self._trackers = [self._tracker(one) for one in expect]
        wanted = [one for one in self._trackers if one is not None]
        self._witness = None
        if wanted:
            secrets = any(
                one.expectation.never == "secret_leaked" or one.expectation.see == "secret_leaked" for one in wanted
            )
            self._witness = Witness(self._world, self._gates, self._see, self._happened, self._heard, secrets)
        self._ear.listen(bool(wanted))

    def turned_back(self, by_ns: int) -> None:
        """The world has gone back to the middle of a run; real time has gone on by so much, the scenario has not."""
        self._ear.listen(self._witness is not None and not self.closed_ns)
        for tracker in self._trackers:
            if isinstance(tracker, Within):
                tracker.shift(by_ns)

    def close(self) -> None:
        """The run is over: nothing that is seen from now on counts. States at the end are taken as they are now."""
        if not self.closed_ns:
            self.closed_ns = self._world.clock.now_ns()
            self._ear.listen(False)
        self.settle()

    def settle(self) -> None:
        """Look at states at the end once more: a bot may have put things in order on its way out."""
        for place, expectation in enumerate(self._script.scenario.expect):
            if expectation.at_end is not None:
                self._settled[place] = judge_state(self._world, expectation.at_end, describe(expectation))

    def verdicts(self) -> tuple[Verdict, ...]:
        """What has become of every expectation so far."""
        expect = self._script.scenario.expect
        if not self._trackers and expect:
            return tuple(Verdict(describe(one), VerdictState.PENDING, "the scenario has not begun") for one in expect)
        return tuple(self._verdict(place, one) for place, one in enumerate(expect))

    def hear(self, entry: Entry) -> None:
        """One entry of the journal."""
        if self._witness is not None and not self.closed_ns:
            self._witness.hear(entry)

    def heard_step(self, step: Step) -> None:
        """An action of the timeline was done."""
        action, spec = step.entry.action
        if self.closed_ns or action == "fault":
            return  # a fault counts whenever it strikes
        venue, account = getattr(spec, "venue", None) or "", getattr(spec, "account", None) or ""
        self._happened(Cause(action, step.done_ns, self._world.journal.seq, venue, account))

    def _verdict(self, place: int, expectation: Expectation) -> Verdict:
        text = describe(expectation)
        if expectation.report_card is not None:
            return Verdict(text, VerdictState.SKIPPED, NO_REPORT_CARD)
        if expectation.at_end is not None:
            settled = self._settled[place]
            return settled if settled is not None else Verdict(text, VerdictState.PENDING, "judged in the end")
        tracker = self._trackers[place]
        assert tracker is not None, "every other form has a tracker"
        now_ns = self.closed_ns or self._world.clock.now_ns()
        verdict = tracker.verdict(text, now_ns, bool(self.closed_ns))
        return self._masked(verdict) if verdict.state is VerdictState.FAILED else verdict

    def _tracker(self, expectation: Expectation) -> Never | Within | None:
        if expectation.never is not None:
            return Never(expectation)
        if expectation.within is None:
            return None
        assert expectation.after is not None, "within, after and see belong together"
        kind = self._world.faults.catalogue.find(expectation.after)
        return Within(expectation, expectation.after if kind is None else kind.name)

    # What happens.

    def _see(self, sighting: Sighting) -> None:
        for tracker in self._trackers:
            if tracker is not None:
                tracker.see(sighting)

    def _happened(self, cause: Cause) -> None:
        for tracker in self._trackers:
            if isinstance(tracker, Within) and tracker.starts_with(cause) and self._is_possible(tracker, cause):
                tracker.open(cause)
                if tracker.expectation.see == ALL_CANCELED:
                    self._look_at_orders(tracker, cause)

    def _heard(self, heard: Heard) -> None:
        for tracker in self._trackers:
            if isinstance(tracker, Within):
                tracker.heard(heard)

    def _is_possible(self, tracker: Within, cause: Cause) -> bool:
        """No time starts for the use of a new key where the account has no key left that works."""
        if tracker.expectation.see != NEW_KEY:
            return True
        name = tracker.expectation.account or cause.account
        owned = [(door, door.venue.views.account_named(name)) for door in self._world.doors.values()]
        return any(live_keys(door, account) for door, account in owned if account is not None)

    def _look_at_orders(self, tracker: Within, cause: Cause) -> None:
        """Who has no open order when the time starts, has canceled all there were."""
        account, venue = tracker.expectation.account, tracker.expectation.venue
        for door in self._world.doors.values():
            found = door.venue.views.account_named(account or cause.account)
            if venue in (None, door.name) and found is not None and door.venue.views.open_orders(found.account_id):
                return
        tracker.see(Sighting(ALL_CANCELED, cause.ts_ns, (cause.seq,), venue or cause.venue, account or cause.account))

    def _masked(self, verdict: Verdict) -> Verdict:
        """No secret is told, wherever a bot has put it."""
        why = verdict.why
        for door in self._world.doors.values():
            for key in door.venue.keys.values():
                for text in (key.material.reveal(), key.api_key):
                    why = why.replace(text, MASK)
        return Verdict(verdict.text, verdict.state, mask_runs(why), verdict.evidence)


class _Ear:
    """Listens to the journal and the timeline for a judge, as long as it is asked to; never turned back itself."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, judge: Judge, world: World, gates: tuple[Gate, ...]) -> None:
        self._judge = judge
        self._journal = world.journal
        self._gates = gates
        self._hear = self.hear

    def listen(self, listens: bool) -> None:
        self._journal.leave(self._hear)
        if listens:
            self._journal.listen(self._hear)
        for gate in self._gates:
            gate.is_observed = listens

    def hear(self, entry: Entry) -> None:
        self._judge.hear(entry)

    def heard_step(self, step: Step) -> None:
        self._judge.heard_step(step)

    def heard_end(self) -> None:
        self._judge.close()
