"""``simexchange ctl clock``, ``reset``, ``snapshot``, ``scenario``: the world as a whole."""

from pathlib import Path
from typing import Annotated, Any

import typer

from simexchange.ctl.client import Client, Failed, place
from simexchange.ctl.output import fields, table, tell
from simexchange.ctl.session import group

clock = group("The world's time.")
snapshot = group("States of the whole world to come back to.")
scenario = group("The scenario that is played.")
Id = Annotated[str, typer.Argument(metavar="ID", help="The snapshot's id.")]


@clock.command("show")
def show_clock(context: typer.Context) -> None:
    """How time runs, and what time it is."""
    client: Client = context.obj
    tell(client, client.ask("GET", "/clock"), fields)


@clock.command()
def advance(
    context: typer.Context,
    by: Annotated[str | None, typer.Argument(help="How far: 5s, 1m30s, 24h.")] = None,
    to: Annotated[str | None, typer.Option(help="An instant instead: 2026-01-05T00:00:00Z.")] = None,
) -> None:
    """Move time; answers once all that was due has happened."""
    client: Client = context.obj
    body = {name: value for name, value in (("by", by), ("to", to)) if value is not None}
    tell(
        client,
        client.ask("POST", "/clock/advance", body),
        lambda moved: typer.echo(f"now {moved['now']}; {moved['ran']} timers ran"),
    )


@clock.command("set")
def set_clock(
    context: typer.Context,
    mode: Annotated[str, typer.Argument(help="real, scaled or manual.")],
    speed: Annotated[str | None, typer.Option(help="Of scaled time.")] = None,
) -> None:
    """Go on in another way from the present instant."""
    client: Client = context.obj
    body = {"mode": mode} | ({} if speed is None else {"speed": speed})
    tell(client, client.ask("PATCH", "/clock", body), fields)


def reset(context: typer.Context) -> None:
    """Back to the scenario's start: rules, snapshots and streams end."""
    client: Client = context.obj
    tell(client, client.ask("POST", "/reset"), lambda back: typer.echo(f"back at the start; now {back['now']}"))


@snapshot.command()
def take(context: typer.Context) -> None:
    """Remember the present state."""
    client: Client = context.obj
    tell(client, client.ask("POST", "/snapshots"), lambda taken: typer.echo(taken["id"]))


@snapshot.command("list")
def list_snapshots(context: typer.Context) -> None:
    """All snapshots, the oldest first."""
    client: Client = context.obj
    columns = {"id": lambda one: one["id"], "taken": lambda one: one["taken"]}
    tell(client, client.ask("GET", "/snapshots"), lambda rows: table(rows, columns, "no snapshots"))


@snapshot.command()
def revert(context: typer.Context, snapshot_id: Id) -> None:
    """Go back to one; younger ones are dropped."""
    client: Client = context.obj
    back = client.ask("POST", place("snapshots", snapshot_id, "revert"))
    tell(client, back, lambda answer: typer.echo(f"back at {snapshot_id}; now {answer['now']}"))


@snapshot.command()
def drop(context: typer.Context, snapshot_id: Id) -> None:
    """Forget one."""
    client: Client = context.obj
    client.ask("DELETE", place("snapshots", snapshot_id))
    tell(client, None, lambda _: typer.echo(f"{snapshot_id} dropped"))


@scenario.command("show")
def show_scenario(context: typer.Context) -> None:
    """The scenario, as data."""
    client: Client = context.obj
    tell(client, client.ask("GET", "/scenario"), fields)


@scenario.command()
def status(context: typer.Context) -> None:
    """How far it has come; what is expected, and what of it is passed."""
    client: Client = context.obj
    tell(client, client.ask("GET", "/scenario/status"), fields)


@scenario.command()
def load(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped scenario, or a YAML file.")],
) -> None:
    """Play another one on the same world, from the start."""
    from simexchange.scenario.library import is_path

    client: Client = context.obj
    body: dict[str, Any] = {"name": name}
    if is_path(name):
        try:
            body = {"yaml": Path(name).read_text(encoding="utf-8")}
        except (OSError, UnicodeError) as error:
            raise Failed(f"{name}: {error}") from None
    tell(client, client.ask("PUT", "/scenario", body), lambda answer: typer.echo(f"{answer['name']} has begun"))
