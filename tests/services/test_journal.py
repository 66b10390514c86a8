from simexchange.domain.commands import RevokeKey
from simexchange.domain.events import Batch
from simexchange.services.journal import Journal


def batch(seq: int) -> Batch:
    return Batch(seq, seq * 10, RevokeKey(f"key-{seq}"), ())


def test_batches_are_kept_oldest_first_with_their_venue() -> None:
    journal = Journal()
    journal.finish("one", batch(1))
    journal.finish("two", batch(2))
    assert list(journal) == [("one", batch(1)), ("two", batch(2))]
    assert len(journal) == 2


def test_beyond_its_capacity_the_oldest_are_forgotten() -> None:
    journal = Journal(capacity=3)
    for seq in range(1, 6):
        journal.finish("one", batch(seq))
    assert [entry.seq for _, entry in journal] == [3, 4, 5]


def test_a_command_is_on_record_while_it_is_carried_out() -> None:
    journal, command = Journal(), RevokeKey("key")
    journal.begin("one", 5, command)
    assert journal.pending == ("one", 5, command)
    assert len(journal) == 0
    journal.finish("one", batch(1))
    assert journal.pending is None
