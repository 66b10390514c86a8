"""The ``simexchange run`` command. Light to import: what it needs is imported inside it."""

from pathlib import Path
from typing import Annotated, Final

import typer

EXIT_CODES: Final = (
    "Exit codes: 0 passed, 1 an expectation failed, the bot failed or the run took too long, 2 bad scenario or wrong"
    " usage, 3 the bot never connected, 130 and 143 interrupted."
)


def run(
    scenario: Annotated[str, typer.Argument(help="A name that `simexchange scenario list` shows, or a YAML file.")],
    command: Annotated[list[str], typer.Argument(help="The bot, after --: python my_bot.py", metavar="-- COMMAND...")],
    seed: Annotated[
        int | None, typer.Option(envvar="SIMX_SEED", help="Everything generated follows from it; the scenario's.")
    ] = None,
    accounts: Annotated[
        int, typer.Option(envvar="SIMX_ACCOUNTS", min=0, max=10_000, help="Generated accounts, beside the scenario's.")
    ] = 0,
    port_base: Annotated[
        int, typer.Option(min=0, max=65_530, help="The control port; the venues' follow it. 0 takes free ones.")
    ] = 0,
    clock: Annotated[
        str | None, typer.Option(envvar="SIMX_CLOCK", help="How time runs: real or scaled; the scenario's by default.")
    ] = None,
    speed: Annotated[
        str | None, typer.Option(envvar="SIMX_SPEED", help="How much faster scaled time runs; 20 by default.")
    ] = None,
    timeout: Annotated[str, typer.Option(help="Cut the run off after so much of the machine's time: 30m, 1h.")] = "1h",
    grace: Annotated[
        str, typer.Option(help="How long the bot has to end by itself after SIGTERM, in the machine's time.")
    ] = "5s",
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML, a test case for each expectation.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the summary as Markdown.")] = None,
    env_out: Annotated[
        Path | None,
        typer.Option(help="Write addresses and keys as SIMX_* lines to this file (0600), again when keys change."),
    ] = None,
    bot_output: Annotated[
        Path | None, typer.Option(help="Write what the bot prints to this file instead of passing it through.")
    ] = None,
    ignore_bot_exit: Annotated[
        bool, typer.Option("--ignore-bot-exit", help="A bot that exits with something else than 0 has not failed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON in the end; what the bot prints goes to stderr.")
    ] = False,
    log_level: Annotated[
        str, typer.Option(envvar="SIMX_LOG_LEVEL", help="Logs go to stderr: debug, info, warning or error.")
    ] = "warning",
) -> None:
    """Run a bot in a scenario: start the world, run the command with SIMX_* in its environment, and judge it.

    The run ends when the bot exits, or when the scenario is over: the bot then gets SIGTERM, and SIGKILL when the
    grace is over. The bot's output passes through; the summary goes to standard error. SIMX_ENV_FILE names a file with
    the addresses and keys of now, for scenarios that replace keys.
    """
    from simexchange.runs.command import Asked, run_and_tell

    asked = Asked(scenario, seed, accounts, port_base, clock, speed, timeout, grace, log_level)
    try:
        code = run_and_tell(
            asked, tuple(command), junit, report, env_out, bot_output, ignores_bot_exit=ignore_bot_exit, as_json=as_json
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(code)
