"""States of the whole world to come back to, and the way back to the scenario's start."""

from typing import Final

from msgspec import Struct

from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Made, Operation
from simexchange.control.problems import Problem
from simexchange.control.reading import Query
from simexchange.services.durations import format_instant
from simexchange.services.likeness import did_you_mean
from simexchange.services.snapshots import Snapshot, TooManySnapshots


class SnapshotView(Struct, frozen=True):
    id: str
    taken: str
    """The world's time when it was taken."""
    taken_ns: int


class HashQuery(Query, frozen=True):
    state_hash: bool = False
    """Whether to answer with a digest of the whole state, equal for equal states; takes a moment."""


class BackAt(Struct, frozen=True):
    now: str
    """The world's time from now on."""
    now_ns: int
    state_hash: str | None
    """A digest of the whole state, where it was asked for."""


def reset(asked: Asked) -> BackAt:
    asked.controls.world.reset()
    return _back(asked)


def take(asked: Asked) -> Made:
    try:
        view = _view(asked.controls.world.snapshot())
    except TooManySnapshots as error:
        raise Problem(409, str(error)) from None
    return Made(view, f"/snapshots/{view.id}")


def list_all(asked: Asked) -> list[SnapshotView]:
    return [_view(snapshot) for snapshot in asked.controls.world.snapshots.list()]


def show(asked: Asked) -> SnapshotView:
    return _view(_known(asked.controls, asked.path["id"]))


def revert(asked: Asked) -> BackAt:
    asked.controls.world.revert(_known(asked.controls, asked.path["id"]).snapshot_id)
    return _back(asked)


def drop(asked: Asked) -> None:
    asked.controls.world.drop(_known(asked.controls, asked.path["id"]).snapshot_id)


def _known(controls: Controls, snapshot_id: str) -> Snapshot:
    snapshots = {snapshot.snapshot_id: snapshot for snapshot in controls.world.snapshots.list()}
    if snapshot_id not in snapshots:
        raise Problem(404, f"there is no snapshot {snapshot_id!r}; {did_you_mean(snapshot_id, snapshots)}")
    return snapshots[snapshot_id]


def _view(snapshot: Snapshot) -> SnapshotView:
    return SnapshotView(snapshot.snapshot_id, format_instant(snapshot.taken_ns), snapshot.taken_ns)


def _back(asked: Asked) -> BackAt:
    now_ns = asked.controls.now_ns
    return BackAt(format_instant(now_ns), now_ns, asked.controls.world.state_hash() if asked.query.state_hash else None)


OPERATIONS: Final = (
    Operation(
        "POST",
        "/reset",
        "Back to the scenario's start; rules, snapshots and streams end",
        reset,
        BackAt,
        query=HashQuery,
    ),
    Operation("GET", "/snapshots", "All snapshots, the oldest first", list_all, list[SnapshotView]),
    Operation(
        "POST",
        "/snapshots",
        "Remember the present state of the whole world",
        take,
        SnapshotView,
        201,
        problems=(409,),
    ),
    Operation("GET", "/snapshots/{id}", "One snapshot", show, SnapshotView, problems=(404,)),
    Operation(
        "POST",
        "/snapshots/{id}/revert",
        "Go back to it, as often as one likes; younger ones are dropped",
        revert,
        BackAt,
        query=HashQuery,
        problems=(404,),
    ),
    Operation("DELETE", "/snapshots/{id}", "Forget it", drop, problems=(404,)),
)
