"""The ``simexchange scenario`` commands. Light to import: the reader of scenarios is imported inside them."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

BAD_SCENARIO: Final = 2

app = typer.Typer(help="List, check, show and begin scenarios.", no_args_is_help=True, rich_markup_mode=None)

EXIT_CODES: Final = "Exit codes: 0 all is well, 1 it could not be done, 2 a bad scenario or wrong usage."


@app.command("list", epilog=EXIT_CODES)
def list_() -> None:
    """List the shipped scenarios, each with what it is about."""
    from simexchange.scenario import library

    for name in library.names():
        print(f"{name:<22}{library.summary(library.load(name))}")


@app.command(epilog=EXIT_CODES)
def check(
    files: Annotated[list[str], typer.Argument(help="YAML files, or names of shipped scenarios.", metavar="FILE...")],
) -> None:
    """Check scenario files; every mistake is told as path:line:column: what is wrong and what would pass."""
    from simexchange.scenario import library
    from simexchange.scenario.parse import parse_scenario, read_scenario
    from simexchange.scenario.problems import ScenarioError
    from simexchange.scenario_checks import all_checks

    checks, bad = all_checks(), False
    shipped = library.names()
    for file in files:
        try:
            if file in shipped and not Path(file).is_file():
                parse_scenario(library.text_of(file), file, checks)
            else:
                read_scenario(Path(file), checks)
        except ScenarioError as error:
            bad = True
            print(error, file=sys.stderr)
        else:
            print(f"{file}: good")
    if bad:
        raise typer.Exit(BAD_SCENARIO)


@app.command(epilog=EXIT_CODES)
def new(
    name: Annotated[str, typer.Argument(help="The scenario's name, or a path that ends in .yaml.")],
) -> None:
    """Write a commented scenario to begin with: NAME.yaml in this folder. Never overwrites."""
    from simexchange.scenario.problems import ScenarioError
    from simexchange.scenario.starter import starter

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    try:
        text = starter(path.stem)
    except ScenarioError as error:
        raise typer.BadParameter(f"{path.stem!r} cannot be a scenario's name; letters, digits and - pass") from error
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise typer.BadParameter(f"{path} exists, and is left as it is") from error
    except OSError as error:
        print(f"simexchange: {path}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(1) from error
    print(f"{path}: written; `simexchange scenario check {path}` checks it, `simexchange serve --scenario` starts it")


@app.command(epilog=EXIT_CODES)
def show(name: Annotated[str, typer.Argument(help="The name of a shipped scenario.")]) -> None:
    """Print the file of a shipped scenario."""
    from simexchange.scenario import library

    try:
        print(library.text_of(name), end="")
    except library.UnknownScenario as error:
        raise typer.BadParameter(str(error)) from error


@app.command(epilog=EXIT_CODES)
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors that help to write YAML."""
    from simexchange.scenario.schema import schema_text

    print(schema_text(), end="")
