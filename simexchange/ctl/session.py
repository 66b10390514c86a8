"""What every command of ``ctl`` shares: whom to ask, and how a no becomes an exit code."""

from typing import Any, Final

import typer
from typer.core import TyperGroup

from simexchange.ctl.client import Failed

EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 the exchange says no or is not there (verify: the count is wrong), 2 wrong usage."
)
SAID_NO: Final = 1


class Group(TyperGroup):
    """Tells on stderr why the exchange says no, and exits with 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failed as failed:
            typer.echo(f"simexchange: {failed}", err=True)
            raise typer.Exit(SAID_NO) from None


def group(help_: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(
        help=help_, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, epilog=EXIT_CODES
    )
