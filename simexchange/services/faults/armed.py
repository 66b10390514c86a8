"""A rule that is armed: its counts, its life, and the record of what it did."""

from collections.abc import Callable
from typing import Final

from simexchange.services.clock import Timer
from simexchange.services.faults.facts import Call, Facts, Frame
from simexchange.services.faults.rule import Counts, RuleSpec, draw_ppb
from simexchange.services.faults.timeline import Fired, Timeline, fired_on

MOST_KEYS: Final = 10_000
"""That a rule once for each key has acted on; whoever makes up more of them meets no fault."""


class Armed:
    """One rule from the moment it was armed. ``fires`` is the only way to count."""

    def __init__(self, rule_id: str, spec: RuleSpec, seed: int, now_ns: Callable[[], int], timeline: Timeline) -> None:
        self.id = rule_id
        self.spec = spec
        self.counts = Counts(awake=spec.when.on_event is None)
        self.armed_ns = now_ns()
        self.expiry: Timer | None = None
        self._seed = seed
        self._now_ns = now_ns
        self._timeline = timeline

    @property
    def now_ns(self) -> int:
        return self._now_ns()

    @property
    def ends_ns(self) -> int | None:
        """When it ends by itself."""
        return None if self.spec.ttl is None else self.armed_ns + self.spec.ttl

    def is_live(self) -> bool:
        """Whether it may act at this instant: awake, inside its window, and not spent."""
        when, counts = self.spec.when, self.counts
        if not counts.awake or when.is_spent(counts.fired):
            return False
        if when.window is None:
            return True
        since_ns = self._now_ns() - self.armed_ns
        return when.window[0] <= since_ns < when.window[1]

    def draw(self, purpose: str) -> int:
        """A number of this match's own, 0..10^9-1: the same whatever other rules and other matches draw."""
        return draw_ppb(self._seed, f"{self.id}/{purpose}", self.counts.matched)

    def fires(self, facts: Facts | None, effect: str = "", detail: str = "") -> Fired | None:
        """Count one match; the record of the firing if ``when`` chose it, else None."""
        if not self.is_live():
            return None
        when, counts = self.spec.when, self.counts
        counts.matched += 1
        ordinal = counts.matched
        if not when.chooses(ordinal, counts.fired, lambda: draw_ppb(self._seed, self.id, ordinal)):
            return None
        if when.once_per_key and isinstance(facts, Call | Frame):
            if facts.key in counts.keys or len(counts.keys) >= MOST_KEYS:
                return None
            counts.keys.add(facts.key)
        counts.fired += 1
        fired = fired_on(facts, self._now_ns(), self.id, self.spec.kind, ordinal)
        fired.effect = effect or (self.spec.effect.value if self.spec.effect is not None else "")
        fired.detail = detail
        self._timeline.note(fired)
        return fired
