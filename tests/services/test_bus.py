from simexchange.domain.commands import RevokeKey
from simexchange.domain.events import Batch
from simexchange.services.bus import Bus, Stage

BATCH = Batch(1, 0, RevokeKey("key"), ())


def test_listeners_hear_a_batch_by_stage_then_by_arrival() -> None:
    bus, heard = Bus(), list[str]()
    order = [Stage.DASHBOARD, Stage.TAPE, Stage.PUBLIC_STREAMS, Stage.TAPE, Stage.JOURNAL]
    for number, stage in enumerate(order):
        bus.listen(stage, lambda _, name=f"{stage.name} {number}": heard.append(name))  # type: ignore[misc]
    bus.publish(BATCH)
    assert heard == ["JOURNAL 4", "TAPE 1", "TAPE 3", "PUBLIC_STREAMS 2", "DASHBOARD 0"]


def test_everybody_hears_the_same_batch() -> None:
    bus, heard = Bus(), list[Batch]()
    bus.listen(Stage.TAPE, heard.append)
    bus.listen(Stage.CANDLES, heard.append)
    bus.publish(BATCH)
    assert [batch is BATCH for batch in heard] == [True, True]


def test_who_left_hears_nothing_more_and_may_come_back_at_the_end() -> None:
    bus, heard = Bus(), list[str]()

    def first(batch: Batch) -> None:
        heard.append("first")

    def second(batch: Batch) -> None:
        heard.append("second")

    bus.listen(Stage.TAPE, first)
    bus.listen(Stage.TAPE, second)
    bus.leave(first)
    bus.leave(first)
    bus.publish(BATCH)
    bus.listen(Stage.TAPE, first)
    bus.publish(BATCH)
    assert heard == ["second", "second", "first"]


def test_a_listener_that_leaves_while_it_listens_disturbs_nobody() -> None:
    bus, heard = Bus(), list[str]()

    def once(batch: Batch) -> None:
        heard.append("once")
        bus.leave(once)

    bus.listen(Stage.TAPE, once)
    bus.listen(Stage.TAPE, lambda batch: heard.append("always"))
    bus.publish(BATCH)
    bus.publish(BATCH)
    assert heard == ["once", "always", "always"]
