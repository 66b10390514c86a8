"""One expectation each, being tracked: a sign that must never be seen, or one that must be seen in time."""

from typing import Final

from msgspec.structs import replace

from simexchange.runs.signs.seen import IN_FLIGHT_NS, Heard, Sighting, same_order
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.runs.witness import Cause
from simexchange.scenario.expectation_specs import AtEnd, Bounds, Expectation
from simexchange.services.clock import MILLISECOND
from simexchange.services.durations import format_duration

NO_REQUEST: Final = "no_request"
ALL_CANCELED: Final = "all_orders_canceled"
NEW_KEY: Final = "new_key_used"
MOST_PENDING: Final = 1_000
_OF_AN_ORDER: Final = ("order_query", "order_query_by_client_id")
"""Signs that must be about the very order that the time started for, where it started for one."""


class Never:
    """Fails at the first sight."""

    def __init__(self, expectation: Expectation) -> None:
        self.expectation = expectation
        self._first: Sighting | None = None
        self._count = 0

    def see(self, sighting: Sighting) -> None:
        wanted = self.expectation
        if sighting.sign == wanted.never and sighting.is_of(wanted.account, wanted.venue):
            self._count += 1
            self._first = self._first or sighting

    def verdict(self, text: str, now_ns: int, is_over: bool) -> Verdict:  # noqa: ARG002
        if self._first is None:
            return Verdict(text, VerdictState.PASSED if is_over else VerdictState.PENDING, "" if is_over else "so far")
        times = f", {self._count} times in all" if self._count > 1 else ""
        why = f"seen: {self._first.text}{times}" if self._first.text else f"seen{times}"
        return Verdict(text, VerdictState.FAILED, why, self._first.evidence)


class Within:
    """Starts the time whenever its cause happens, and fails once a time is over without the sign."""

    def __init__(self, expectation: Expectation, after: str) -> None:
        self.expectation = expectation
        self._after = after
        self._pending: dict[tuple[str, int | None], Cause] = {}
        self._failed: tuple[str, tuple[int, ...]] | None = None
        self._opened = 0
        self._passed = 0
        self._latest: tuple[int, ...] = ()

    @property
    def _within_ns(self) -> int:
        assert self.expectation.within is not None
        return self.expectation.within

    def starts_with(self, cause: Cause) -> bool:
        """Whether the time starts with something that happened."""
        wanted = self.expectation
        if cause.what != self._after or (wanted.venue is not None and cause.venue not in ("", wanted.venue)):
            return False
        return wanted.account is None or cause.account in ("", wanted.account)

    def open(self, cause: Cause) -> None:
        """Of several that wait for the same sign the first decides: what comes in time for it is in time for all."""
        self._fail_overdue(cause.ts_ns)
        self._opened += 1
        is_about_order = self.expectation.see in _OF_AN_ORDER and len(self._pending) < MOST_PENDING
        key = (cause.client_order_id, cause.order_id) if is_about_order else ("", None)
        self._pending.setdefault(key, cause)

    def see(self, sighting: Sighting) -> None:
        wanted = self.expectation
        if sighting.sign != wanted.see or not self._pending or not sighting.is_of(wanted.account, wanted.venue):
            return
        self._fail_overdue(sighting.ts_ns)
        for key, cause in list(self._pending.items()):
            if sighting.ts_ns < cause.ts_ns:
                continue
            if wanted.see in _OF_AN_ORDER and not same_order(
                cause.order_id, cause.client_order_id, sighting.order_id, sighting.client_order_id
            ):
                continue
            del self._pending[key]
            self._passed += 1
            self._latest = (cause.seq, sighting.evidence[-1])

    def heard(self, heard: Heard) -> None:
        """Any request at all: what ``no_request`` must not see."""
        wanted = self.expectation
        if wanted.see != NO_REQUEST or not self._pending:
            return
        if not heard.sighting(NO_REQUEST).is_of(wanted.account, wanted.venue):
            return
        self._fail_overdue(heard.ts_ns)
        for key, cause in list(self._pending.items()):
            if heard.ts_ns > cause.ts_ns + IN_FLIGHT_NS * heard.scale and heard.seq > cause.seq:
                del self._pending[key]
                since = _since(heard.ts_ns - cause.ts_ns)
                self._fail(f"{heard.call.names[0]} came {since} after it", (cause.seq, heard.seq))

    def shift(self, by_ns: int) -> None:
        """Real time has gone on by so much while the scenario has not."""
        self._pending = {key: replace(one, ts_ns=one.ts_ns + by_ns) for key, one in self._pending.items()}

    def verdict(self, text: str, now_ns: int, is_over: bool) -> Verdict:
        self._fail_overdue(now_ns)
        if self._failed is not None:
            why, evidence = self._failed
            return Verdict(text, VerdictState.FAILED, why, evidence)
        if self._pending:
            left_ns = min(cause.ts_ns for cause in self._pending.values()) + self._within_ns - now_ns
            evidence = tuple(cause.seq for cause in self._pending.values())[:10]
            return Verdict(text, VerdictState.PENDING, f"{_since(left_ns)} were left", evidence)
        if not self._opened:
            state = VerdictState.SKIPPED if is_over else VerdictState.PENDING
            return Verdict(text, state, f"{self._after} did not happen" if is_over else f"no {self._after} so far")
        times = "once" if self._passed == 1 else f"{self._passed} times"
        return Verdict(text, VerdictState.PASSED, f"seen {times}", self._latest)

    def _fail_overdue(self, now_ns: int) -> None:
        for key, cause in list(self._pending.items()):
            if cause.ts_ns + self._within_ns >= now_ns:
                continue
            del self._pending[key]
            if self.expectation.see == NO_REQUEST:
                self._passed += 1
                self._latest = (cause.seq,)
            else:
                order = f" {cause.client_order_id}" if cause.client_order_id else ""
                self._fail(f"not seen in time after {cause.what}{order}", (cause.seq,))

    def _fail(self, why: str, evidence: tuple[int, ...]) -> None:
        self._failed = self._failed or (why, evidence)


def describe(expectation: Expectation) -> str:
    """An expectation as people read it."""
    whose = " ".join(part for part in (expectation.account, expectation.venue) if part)
    suffix = f" ({whose})" if whose else ""
    if expectation.never is not None:
        return f"never {expectation.never}{suffix}"
    if expectation.within is not None:
        return f"within {expectation.within} after {expectation.after} see {expectation.see}{suffix}"
    if expectation.at_end is not None:
        return f"at the end {_state(expectation.at_end)}"
    card = expectation.report_card
    assert card is not None, "an expectation has one of four forms"
    return f"report card of {card.account}: {card.practice or 'the total'} at least {card.at_least}"


def _state(state: AtEnd) -> str:
    parts = [] if state.open_orders is None else [f"{state.open_orders} open orders"]
    for amounts, word in ((state.balances, ""), (state.position, "a position in ")):
        parts += [f"{amount_words(amount)} {word}{name}" for name, amount in (amounts or {}).items()]
    where = f" on {state.venue}" if state.venue else ""
    return f"{state.account}{where} has {', '.join(parts)}"


def amount_words(amount: str | Bounds) -> str:
    """``5``, ``at least 5``, ``5 to 7``."""
    if isinstance(amount, str):
        return amount
    if amount.at_least is not None and amount.at_most is not None:
        return f"{amount.at_least} to {amount.at_most}"
    return f"at least {amount.at_least}" if amount.at_least is not None else f"at most {amount.at_most}"


def _since(nanoseconds: int) -> str:
    return format_duration(nanoseconds // MILLISECOND * MILLISECOND)
