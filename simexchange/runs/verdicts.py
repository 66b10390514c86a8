"""What has become of one expectation."""

from typing import Any

from msgspec import Struct

from simexchange.domain.enums import Word


class VerdictState(Word):
    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"
    """Nothing is decided yet; at the end of a run: its time was not over."""
    SKIPPED = "skipped"
    """It was never put to the test, which is not passed."""


class Verdict(Struct, frozen=True):
    """One expectation: its words, what has become of it, why, and the entries of the journal that show it."""

    text: str
    state: VerdictState
    why: str = ""
    evidence: tuple[int, ...] = ()

    def shown(self) -> dict[str, Any]:
        """As plain data."""
        return {"text": self.text, "state": self.state.value, "why": self.why, "evidence": list(self.evidence)}
