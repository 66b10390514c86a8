"""The ``ctl`` sub-application: its options, its commands, and plain requests for whatever has no command."""

import json
from typing import Annotated, Any

import typer

from simexchange.ctl import faults, record, trading, world
from simexchange.ctl.client import Client
from simexchange.ctl.session import EXIT_CODES, Group

app = typer.Typer(
    cls=Group,
    help=f"Control a running exchange: faults, time, snapshots, accounts, what happened.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # a pretty traceback prints local variables, and the token is among them
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _ctl(
    context: typer.Context,
    url: Annotated[
        str, typer.Option(envvar="SIMX_CONTROL_URL", help="The control address, as `simexchange serve` prints it.")
    ] = "http://127.0.0.1:8787",
    token: Annotated[
        str | None,
        typer.Option(envvar="SIMX_CONTROL_TOKEN", show_envvar=True, help="The control token, from the same place."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print answers as the JSON they came in.")] = False,
) -> None:
    """Whom to ask."""
    context.obj = Client(url, token, as_json)


for name, group in (
    ("faults", faults.app),
    ("clock", world.clock),
    ("snapshot", world.snapshot),
    ("scenario", world.scenario),
    ("accounts", trading.accounts),
    ("keys", trading.keys),
    ("orders", trading.orders),
    ("instruments", trading.instruments),
):
    app.add_typer(group, name=name)
for command in (world.reset, record.journal, record.verify, trading.halt, trading.resume, trading.delist):
    app.command(epilog=EXIT_CODES)(command)
app.command(epilog=EXIT_CODES, context_settings={"ignore_unknown_options": True})(trading.move)  # -12% is no option

Path = Annotated[str, typer.Argument(metavar="PATH", help="/faults/catalogue")]
Body = Annotated[str | None, typer.Argument(metavar="[JSON]", help="The body.")]


def _plain(context: typer.Context, method: str, path: str, body: str | None) -> None:
    client: Client = context.obj
    data: Any = None
    if body is not None:
        try:
            data = json.loads(body)
        except ValueError as error:
            raise typer.BadParameter(f"the body is not JSON: {error}") from error
    answer = client.ask(method, path if path.startswith("/") else f"/{path}", data)
    if answer is not None:
        typer.echo(answer.rstrip() if isinstance(answer, str) else json.dumps(answer, indent=None if client.raw else 2))


@app.command(epilog=EXIT_CODES)
def get(context: typer.Context, path: Path) -> None:
    """Any GET: ctl get /health/ready"""
    _plain(context, "GET", path, None)


@app.command(epilog=EXIT_CODES)
def post(context: typer.Context, path: Path, body: Body = None) -> None:
    """Any POST."""
    _plain(context, "POST", path, body)


@app.command(epilog=EXIT_CODES)
def put(context: typer.Context, path: Path, body: Body = None) -> None:
    """Any PUT."""
    _plain(context, "PUT", path, body)


@app.command(epilog=EXIT_CODES)
def patch(context: typer.Context, path: Path, body: Body = None) -> None:
    """Any PATCH."""
    _plain(context, "PATCH", path, body)


@app.command(epilog=EXIT_CODES)
def delete(context: typer.Context, path: Path) -> None:
    """Any DELETE."""
    _plain(context, "DELETE", path, None)
