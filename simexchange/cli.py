"""The ``simexchange`` command. Light to import: what only some commands need is imported inside them."""

import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from simexchange import __version__, ca_commands, run_command, scenario_commands
from simexchange.ca_commands import CaDir, TlsPorts
from simexchange.ctl.application import app as control_commands

FAILED: Final = 1
USAGE: Final = 2

EXIT_CODES: Final = "Exit codes: 0 all went well, 1 it could not be done (a port is taken), 2 wrong usage."

app = typer.Typer(
    name="simexchange",
    help=f"A simulated crypto exchange that unmodified trading clients can talk to.\n\n{EXIT_CODES}",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # a pretty traceback prints local variables, and secrets are among them
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The entry point of the installed command."""
    app(prog_name="simexchange")


@app.callback()
def _simexchange(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    """The options every command has; without a command, help."""
    if version:
        print(f"simexchange {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


Seed = Annotated[
    int | None,
    typer.Option(
        envvar="SIMX_SEED",
        help="Everything generated follows from it: keys, market, history. The scenario's by default.",
    ),
]
Scenario = Annotated[
    str,
    typer.Option(
        envvar="SIMX_SCENARIO",
        help="The world to start: a name that `simexchange scenario list` shows, or a YAML file.",
    ),
]
PortBase = Annotated[
    int,
    typer.Option(
        envvar="SIMX_PORT_BASE",
        min=0,
        max=65_530,
        help="The control port; the venues' follow it (binance is the next). 0 takes free ports.",
    ),
]
Accounts = Annotated[
    int,
    typer.Option(envvar="SIMX_ACCOUNTS", min=0, max=10_000, help="Generated accounts, beside the scenario's."),
]


ControlHost = Annotated[
    str | None,
    typer.Option(
        envvar="SIMX_CONTROL_HOST", help="The address of the control port, where it is not that of the venues."
    ),
]
ControlToken = Annotated[
    str | None,
    typer.Option(
        envvar="SIMX_CONTROL_TOKEN", help="What guards the control port; made anew on every start, by default."
    ),
]
ControlNames = Annotated[
    list[str] | None,
    typer.Option(
        envvar="SIMX_CONTROL_ALLOW_HOST",
        help="A host name by which clients may call the control port (a container's), repeatable.",
    ),
]


Clock = Annotated[
    str | None,
    typer.Option(
        envvar="SIMX_CLOCK",
        help="How time runs: 'real', 'scaled' (--speed times as fast) or 'manual' (only when it is moved);"
        " the scenario's by default.",
    ),
]
Speed = Annotated[
    str | None,
    typer.Option(envvar="SIMX_SPEED", help="How much faster scaled time runs: 0.001 to 100000; 20 by default."),
]
Start = Annotated[
    str | None,
    typer.Option(envvar="SIMX_START", help="When time begins: 2026-01-05T00:00:00Z; now, by default."),
]
LogLevel = Annotated[
    str, typer.Option(envvar="SIMX_LOG_LEVEL", help="Logs go to stderr: debug, info, warning or error.")
]
LogFormat = Annotated[
    str | None,
    typer.Option(
        envvar="SIMX_LOG_FORMAT",
        help="console or json (an object a line); console on a terminal, json elsewhere by default.",
    ),
]
Tls = Annotated[
    bool,
    typer.Option(
        "--tls",
        envvar="SIMX_TLS",
        help="Serve the venues over TLS too, by their real host names, for clients that have those built in.",
    ),
]


@app.command(epilog=EXIT_CODES)
def serve(
    seed: Seed = None,
    accounts: Accounts = 0,
    host: Annotated[str, typer.Option(envvar="SIMX_HOST", help="The address to listen on.")] = "127.0.0.1",
    port_base: PortBase = 8787,
    scenario: Scenario = "calm",
    venue: Annotated[
        list[str] | None,
        typer.Option(envvar="SIMX_VENUE", help="A venue to open, repeatable; all of the scenario by default."),
    ] = None,
    limits: Annotated[
        str,
        typer.Option(
            envvar="SIMX_LIMITS",
            help="Rate limits: 'venue' as the scenario or the venue has them, 'off', or some of your own:"
            " 'request_weight=100,orders_10s=5'.",
        ),
    ] = "venue",
    clock: Clock = None,
    speed: Speed = None,
    start: Start = None,
    control_host: ControlHost = None,
    control_token: ControlToken = None,
    control_allow_host: ControlNames = None,
    tls: Tls = False,
    tls_ports: TlsPorts = None,
    ca_dir: CaDir = None,
    json_line: Annotated[
        bool,
        typer.Option("--json", envvar="SIMX_JSON", help="Print one line of JSON once ready, and nothing else."),
    ] = False,
    env_out: Annotated[
        Path | None,
        typer.Option(envvar="SIMX_ENV_OUT", help="Write addresses and keys as SIMX_* lines to this file (0600)."),
    ] = None,
    log_level: LogLevel = "info",
    log_format: LogFormat = None,
) -> None:
    """Start the exchange and serve it until Ctrl-C or SIGTERM; a second one ends it at once (with 128 + its number)."""
    from simexchange import serving

    try:
        serving.run(
            serving.fronted(
                serving.guarded(
                    serving.options(seed, accounts, host, port_base, scenario, venue, limits, clock, speed, start),
                    control_token,
                    control_allow_host or (),
                    control_host,
                ),
                tls,
                tls_ports,
                ca_dir,
            ),
            json_line=json_line,
            env_out=env_out,
            log_level=log_level,
            log_format=log_format,
        )
    except serving.UsageError as error:
        raise typer.BadParameter(str(error)) from error
    except serving.StartFailure as failure:
        _fail(str(failure))


@app.command(epilog=EXIT_CODES)
def config(
    client: Annotated[str, typer.Argument(help="ccxt, python-binance, binance-connector, freqtrade or env.")],
    account: Annotated[str, typer.Option(envvar="SIMX_ACCOUNT", help="Whose key to use.")] = "alice",
    venue: Annotated[str, typer.Option(help="The venue to point it at.")] = "binance",
    port_base: PortBase = 8787,
    url: Annotated[str | None, typer.Option(help="The venue's address, when it is not on this machine.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="python or json; ccxt has both.")] = None,
    seed: Seed = None,
    accounts: Accounts = 0,
    scenario: Scenario = "calm",
) -> None:
    """Print ready-made configuration for a client library, to be pasted into a program.

    Keys follow from the seed, so this needs no running exchange: give it the seed, scenario and ports of yours.
    """
    from simexchange import serving
    from simexchange.client import ConfigError, configuration, target

    try:
        options = serving.options(seed, accounts, "127.0.0.1", port_base, scenario, [venue], "venue")
        if port_base == 0 and url is None:
            raise ConfigError("free ports (--port-base 0) are known to the running exchange only: give --url")
        at = target(venue, serving.describe_offline(options, venue), account, url)
        print(configuration(client, form, at), end="")
    except (serving.UsageError, ConfigError) as error:
        raise typer.BadParameter(str(error)) from error


app.add_typer(scenario_commands.app, name="scenario")
app.add_typer(control_commands, name="ctl")
app.add_typer(ca_commands.app, name="ca")
app.command(epilog=run_command.EXIT_CODES)(run_command.run)


@app.command(epilog=EXIT_CODES)
def coverage(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Bring the table between the markers of this file up to date.")
    ] = None,
    check: Annotated[Path | None, typer.Option(help="Fail (1) unless the table of this file is up to date.")] = None,
) -> None:
    """Show how true each endpoint, parameter, stream, error and limit is: same, simplified or missing."""
    from simexchange import coverage as table

    file = check or write
    if file is None:
        print(table.as_json() if as_json else table.as_markdown())
        return
    try:
        is_stale = table.is_stale(file) if check else table.write(file)
    except table.NoMarkers as error:
        _fail(f"{file} {error}")
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    if check and is_stale:
        _fail(f"the table in {file} is stale; `simexchange coverage --write {file}` renews it")
    print(f"{file}: {'renewed' if is_stale else 'up to date'}")


@app.command(epilog=EXIT_CODES)
def locustfile(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="A journal: `ctl --json journal`'s output; - reads it.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write to this new file instead of standard output.")] = None,
    account: Annotated[str | None, typer.Option(help="Only what this account sent.")] = None,
) -> None:
    """Write a locustfile that sends what a recorded bot sent, at its pace."""
    from simexchange import locustfile as writer

    try:
        with sys.stdin if source == "-" else open(source, encoding="utf-8") as file:
            text = writer.write_locustfile(writer.read_journal(file), out.name if out else "locustfile.py", account)
        if out is None:
            print(text, end="")
        else:
            writer.save(text, out)
            print(f"{out}: written", file=sys.stderr)
    except writer.NothingRecorded as nothing:
        _fail(f"{source}: {nothing}")
    except FileExistsError:
        _fail(f"{out} exists; nothing was written")
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")


def _fail(message: str) -> NoReturn:
    print(f"simexchange: {message}", file=sys.stderr)
    raise typer.Exit(FAILED)
