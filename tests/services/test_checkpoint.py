from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import pytest
from msgspec import Struct
from sortedcontainers import SortedDict, SortedList

from simexchange.services.anatomy import Role, UnknownState
from simexchange.services.checkpoint import Checkpoint
from simexchange.services.clock import ClockMode, ManualClock, WorldClock
from simexchange.services.journal import Journal
from simexchange.services.randomness import Randomness


class Thing:
    """An object with a dictionary."""

    state_role: ClassVar = Role.STATE

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def add(self, value: Any) -> None:
        self.held.append(value)

    held: list[Any]


class Slotted:
    __slots__ = ("__private", "left", "right")
    state_role: ClassVar = Role.STATE
    right: Any

    def __init__(self, left: Any) -> None:
        self.left = left
        self.__private = 0

    def count(self) -> int:
        self.__private += 1
        return self.__private


class Plain(Struct):
    number: int = 0
    words: tuple[str, ...] = ()


class Holder(Struct):
    held: list[Any]
    number: int = 0


class Frozen(Struct, frozen=True):
    held: list[Any]


class Stranger:
    """A class that nobody has judged."""


class Witness:
    state_role: ClassVar = Role.RECORD

    def __init__(self) -> None:
        self.seen: list[Any] = [Stranger()]


def test_every_container_gets_back_what_it_held_and_stays_itself() -> None:
    inner = [1]
    things: dict[str, Any] = {
        "list": [inner, 2],
        "dict": {"a": inner, "b": 2},
        "single": {"a": inner},
        "empty": {},
        "set": {1, 2},
        "deque": deque([1, 2], maxlen=2),
        "default": defaultdict(list, {1: [inner], 2: []}),
        "ordered": OrderedDict({2: inner, 1: 0}),
        "counter": Counter("aab"),
        "sorted dict": SortedDict({2: "b", 1: "a"}),
        "sorted list": SortedList([2, 1]),
    }
    before = {name: (id(thing), type(thing), list(thing)) for name, thing in things.items()}
    checkpoint = Checkpoint([things])
    for _ in range(2):
        things["list"][:] = [9]
        things["dict"].clear()
        things["single"]["a"] = [1]
        things["empty"][1] = 1
        things["set"] ^= {2, 3}
        things["deque"].append(3)
        things["default"][3].append(1)
        things["ordered"].move_to_end(2)
        things["counter"]["a"] += 1
        things["sorted dict"].update({0: "z", 2: "y"})
        things["sorted list"].add(0)
        inner.append(4)
        things["new"] = 5
        checkpoint.revert()
        assert {name: (id(thing), type(thing), list(thing)) for name, thing in things.items()} == before
        assert things["list"][0] is things["dict"]["a"] is things["single"]["a"] is inner
        assert inner == [1]
        assert (things["default"], things["counter"]) == ({1: [inner], 2: []}, {"a": 2, "b": 1})
        assert things["sorted dict"] == {1: "a", 2: "b"}


def test_the_order_of_a_dictionary_comes_back() -> None:
    queue = {1: "a", 2: "b", 3: "c"}
    checkpoint = Checkpoint([queue])
    queue[1] = queue.pop(1)
    assert list(queue) == [2, 3, 1]
    checkpoint.revert()
    assert list(queue) == [1, 2, 3]


def test_an_equal_container_in_its_place_gives_way_to_the_one_that_was_there() -> None:
    shared: list[int] = []
    one, other = Thing(held=shared), Holder(shared)
    checkpoint = Checkpoint([one, other])
    one.held, other.held = [], []
    checkpoint.revert()
    assert one.held is other.held is shared


def test_attributes_come_back_and_new_ones_go() -> None:
    thing, slotted = Thing(held=[], number=1), Slotted(1)
    checkpoint = Checkpoint([(thing, slotted)])
    vars(thing).update(number=2, late=3)
    slotted.left = 2
    slotted.right = 3
    assert slotted.count() == 1
    checkpoint.revert()
    assert vars(thing) == {"held": [], "number": 1}
    assert slotted.left == 1
    assert not hasattr(slotted, "right")
    assert slotted.count() == 1


def test_structs_come_back_frozen_ones_are_walked_through() -> None:
    plain, holder, frozen = Plain(1, ("a",)), Holder([1]), Frozen([1])
    checkpoint = Checkpoint([[plain, holder, frozen]])
    held = holder.held
    plain.number, plain.words = 2, ("b",)
    holder.held, holder.number = [2], 2
    held.append(2)
    frozen.held.append(2)
    checkpoint.revert()
    assert (plain, holder, frozen) == (Plain(1, ("a",)), Holder([1]), Frozen([1]))
    assert holder.held is held


def test_what_functions_hold_on_to_comes_back() -> None:
    def counter() -> tuple[Callable[[], int], list[int]]:
        count, heard = 0, list[int]()

        def step() -> int:
            nonlocal count
            count += 1
            heard.append(count)
            return count

        return step, heard

    step, heard = counter()
    thing = Thing(held=[])
    defaulted: list[int] = []
    actions: list[Any] = [
        step,
        thing.add,
        partial(thing.add, 1),
        thing.held.append,
        lambda item, into=defaulted: into.append(item),
    ]
    step()
    checkpoint = Checkpoint(actions)
    step()
    actions[1](1)
    actions[4](1)
    checkpoint.revert()
    assert (heard, thing.held, defaulted) == ([1], [], [])
    assert step() == 2


def test_randomness_goes_on_as_it_did() -> None:
    stream = Randomness(1).stream("x")
    stream.gauss(0, 1)
    checkpoint = Checkpoint([stream.gauss])
    first = [stream.gauss(0, 1), stream.random()]
    checkpoint.revert()
    assert [stream.gauss(0, 1), stream.random()] == first


def test_timers_happen_again_and_new_ones_do_not() -> None:
    clock, heard = ManualClock(0), list[str]()
    thing = Thing(held=heard, clock=clock, timer=None)
    thing.timer = clock.set_timer(10, lambda: thing.add("first"))  # type: ignore[attr-defined]
    canceled = clock.set_timer(20, lambda: thing.add("canceled"))
    checkpoint = Checkpoint([thing])
    for _ in range(2):
        canceled.cancel()
        clock.set_timer(15, lambda: thing.add("new"))
        clock.advance(30)
        assert heard == ["first", "new"]
        checkpoint.revert()
        assert (heard, clock.now_ns()) == ([], 0)
    clock.advance(30)
    assert heard == ["first", "canceled"]


def test_real_time_goes_on() -> None:
    machine = [100]
    clock = WorldClock(ClockMode.REAL, wall=lambda: machine[0])
    checkpoint = Checkpoint([clock])
    machine[0] = 200
    checkpoint.revert()
    assert clock.now_ns() == 200


def test_the_record_is_not_turned_back() -> None:
    witness, journal = Witness(), Journal()
    checkpoint = Checkpoint([witness, journal])
    witness.seen.append(1)
    journal.note(1, "something")
    checkpoint.revert()
    assert len(witness.seen) == 2
    assert len(journal.notes) == 1


@pytest.mark.parametrize("held", [Stranger(), iter([]), type("Bag", (dict,), {})()])
def test_an_unknown_kind_of_state_is_an_error(held: object) -> None:
    with pytest.raises(UnknownState, match="must know it"):
        Checkpoint([Thing(held=[held])])
