"""After going back the venue is what it was: the same commands give the same batches, however far it had gone."""

import pytest

from builders import START_NS
from properties.random_commands import RandomCommands, opening
from simexchange.domain.commands import Command
from simexchange.domain.events import Batch
from simexchange.services.checkpoint import Checkpoint
from simexchange.services.state_hash import state_hash
from simexchange.venue.venue import Venue

ROUNDS = 6
COMMANDS = 150


@pytest.mark.parametrize("seed", range(6))
def test_a_venue_lives_the_same_life_again_from_any_point(seed: int) -> None:
    venue, generator, now_ns = Venue("test"), RandomCommands(seed), START_NS
    for command in opening():
        venue.execute(command, now_ns)
    points: list[tuple[Checkpoint, str, list[tuple[Command, int]], list[Batch]]] = []
    for _ in range(ROUNDS):
        commands: list[tuple[Command, int]] = []
        batches: list[Batch] = []
        points.append((Checkpoint([venue]), state_hash({"venue": venue}), commands, batches))
        for _ in range(COMMANDS):
            command, pause_ns = generator.next()
            now_ns += pause_ns
            batch = venue.execute(command, now_ns)
            generator.observe(batch)
            commands.append((command, now_ns))
            batches.append(batch)
    for checkpoint, digest, commands, batches in reversed(points):
        for _ in range(2):
            checkpoint.revert()
            assert state_hash({"venue": venue}) == digest
            assert set(venue.ledger.trial_balance().values()) <= {0}
            assert [venue.execute(command, ts_ns) for command, ts_ns in commands] == batches
