import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from fake_venue import run
from simexchange.memory import TIDIES_PER_FULL, Housekeeper


class Knot:
    """Garbage that only a collector finds."""

    def __init__(self) -> None:
        self.itself = self


def knot() -> "weakref.ref[Knot]":
    return weakref.ref(Knot())


@pytest.fixture(autouse=True)
def settings_are_restored() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    gc.enable()


def test_tidying_frees_what_is_young_and_sets_the_rest_aside() -> None:
    async def work() -> None:
        housekeeper = Housekeeper(asyncio.get_running_loop())
        housekeeper.start()
        kept = Knot()
        lost = knot()
        housekeeper.tidy()
        assert lost() is None
        assert gc.get_freeze_count() > 0
        old = weakref.ref(kept)
        del kept
        for _ in range(TIDIES_PER_FULL - 2):
            housekeeper._tidies += 1
        housekeeper.tidy()
        assert old() is None
        housekeeper.stop()

    run(work())


def test_nothing_old_is_looked_at_on_the_go() -> None:
    async def work() -> None:
        housekeeper = Housekeeper(asyncio.get_running_loop())
        housekeeper.start()
        full_before = gc.get_stats()[2]["collections"]
        hoard = [[] for _ in range(200_000)]  # type: ignore[var-annotated]
        assert len(hoard) == 200_000
        assert gc.get_stats()[2]["collections"] == full_before
        housekeeper.stop()

    run(work())
