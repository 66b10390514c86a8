"""How a bot that survives talks to the venue: one way out, where waits are kept and answers are told apart.

What became of a request is one of three: done, rejected (for sure), or unknown. An answer that says "error" settles
nothing by that alone.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from bots.venue_client import Answer, NoAnswer, Refused, VenueClient
from simexchange.services.clock import MILLISECOND, MINUTE, SECOND

FIRST_BACKOFF_NS: Final = SECOND
LONGEST_BACKOFF_NS: Final = 32 * SECOND
FIREWALL_PAUSE_NS: Final = 10 * MINUTE

QUESTIONS: Final = 3
"""How often it asks the same question."""

CLOCK_WRONG: Final = -1021
SIGN_ANEW: Final = (CLOCK_WRONG, -1022)
"""Nothing was carried out, and the same request signed once more may well be good."""
KEY_LOST: Final = (-1002, -2014, -2015)
UNSETTLED: Final = (-1000, -1001, -1006, -1007, -1008, -1016)
"""Codes after which the request may have been carried out."""
T = TypeVar("T")


class Unknown(Exception):
    """Nobody can tell yet what became of a request."""


class Halted(Exception):
    """The key is lost: nothing more can be done, and trying makes it worse."""


class Rejected(Exception):
    """A definite no: nothing was carried out."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class Gate:
    """The one way out. Whoever is told to wait, all wait; who is told nothing waits longer each time."""

    def __init__(self, client: VenueClient) -> None:
        self.client = client
        self.has_lost_touch = False
        """Whether the venue was out of order since somebody last set this to False."""
        self._quiet_until_ns = 0
        self._backoff_ns = FIRST_BACKOFF_NS

    def ask(self, method: str, path: str, signed: bool = True, **params: Any) -> Any:
        """The answer's JSON. Only a question is asked again if no answer comes. Raises Unknown, Rejected or Halted."""

        def asked() -> Any:
            answer = self.client.ask(method, path, signed, **params)
            if answer.status != 200 or answer.json is None:
                raise Refused(answer)
            return answer.json

        for _ in range(QUESTIONS - 1 if method == "GET" else 0):
            with suppress(Unknown):
                return self.through(asked)
        return self.through(asked)

    def through(self, action: Callable[[], T]) -> T:
        """Do something at the venue once the wait is over; signed anew, once, if that is what it takes."""
        for is_last in (False, True):
            self.client.sleep_until(self._quiet_until_ns)
            try:
                result = action()
            except NoAnswer as silence:
                raise self._unknown(self._own_wait(), str(silence)) from None
            except Refused as refused:
                code = _code(refused.answer)
                if code in SIGN_ANEW and not is_last:
                    if code == CLOCK_WRONG:
                        self.set_clock()
                    continue
                raise self._meaning(refused.answer) from None
            self._backoff_ns = FIRST_BACKOFF_NS
            return result
        raise AssertionError("the last time round returns or raises")

    def set_clock(self) -> None:
        """Measure how far the venue's clock is ahead, half the round trip taken off."""
        before_ns = self.client.now_ns
        server_ms: int = self.ask("GET", "/api/v3/time", signed=False)["serverTime"]
        self.client.offset_ms = server_ms - (before_ns + self.client.now_ns) // 2 // MILLISECOND

    def _meaning(self, answer: Answer) -> Exception:
        code = _code(answer)
        if code in KEY_LOST:
            return Halted(f"{code}")
        if answer.status in (418, 429):
            return self._unknown(self._told_wait(answer) or self._own_wait(), f"{answer.status}")
        if answer.status == 403 and code is None:
            return self._unknown(FIREWALL_PAUSE_NS, "the firewall")
        if answer.status >= 500 or code is None or code in (*UNSETTLED, *SIGN_ANEW):
            return self._unknown(self._own_wait(), f"{answer.status} {code}")
        return Rejected(code, answer.json["msg"])

    def _unknown(self, wait_ns: int, why: str) -> Unknown:
        self._quiet_until_ns = max(self._quiet_until_ns, self.client.now_ns + wait_ns)
        self.has_lost_touch = True
        return Unknown(why)

    def _own_wait(self) -> int:
        wait_ns, self._backoff_ns = self._backoff_ns, min(2 * self._backoff_ns, LONGEST_BACKOFF_NS)
        return wait_ns

    def _told_wait(self, answer: Answer) -> int:
        """What the header and the text say, whichever is longer."""
        header_ns = int(answer.headers.get("retry-after", "0")) * SECOND
        until = re.search(r"banned until (\d+)", str(answer.json))
        now_ns = self.client.now_ns + self.client.offset_ms * MILLISECOND
        return max(header_ns, int(until[1]) * MILLISECOND - now_ns if until else 0)


def _code(answer: Answer) -> int | None:
    return answer.json.get("code") if isinstance(answer.json, dict) else None
