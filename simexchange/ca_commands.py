"""The ``simexchange ca`` commands: the local certificate authority in the hands of whoever points clients at it.

Light to import: what handles certificates is imported inside the commands.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:
    from simexchange.transports.authority import Authority

EXIT_CODES: Final = "Exit codes: 0 all is well, 1 it is not or could not be done, 2 wrong usage."

app = typer.Typer(
    help="Show, hand out and check the certificate authority behind --tls.", no_args_is_help=True, rich_markup_mode=None
)

CaDir = Annotated[
    str | None,
    typer.Option(
        envvar="SIMX_CA_DIR",
        help="The folder of the certificate authority behind --tls, made on first use; 'none' keeps it in memory,"
        " new on every start. Your data folder by default (~/.local/share/simexchange).",
    ),
]
TlsPorts = Annotated[
    str | None,
    typer.Option(
        envvar="SIMX_TLS_PORTS",
        help="The ports of --tls: 443,9443, where clients look by default (8443 for 443 where that takes privileges); 0"
        " takes a free one.",
    ),
]


@app.command(epilog=EXIT_CODES)
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; it is printed by default.")] = None,
    append: Annotated[
        Path | None,
        typer.Option(help='Put it at the end of this bundle, once: "$(python -m certifi)" is what ccxt trusts.'),
    ] = None,
    ca_dir: CaDir = None,
) -> None:
    """Print the certificate that clients are to trust (PEM), or write it to a file. Made here if there is none yet."""
    from simexchange import trust

    pem = _authority(ca_dir).identity.certificate_pem()
    try:
        if append is not None:
            added = trust.append(append, pem)
            print(f"{append}: {'the certificate is in it now' if added else 'the certificate is in it already'}")
        if file is not None:
            file.write_text(pem, encoding="ascii")
            print(f"{file}: written")
        elif append is None:
            sys.stdout.write(pem)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")


@app.command(epilog=EXIT_CODES)
def env(
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="Write the public authorities and this one to a file, and name that: for bots that also call"
            " servers of the real world."
        ),
    ] = None,
    ca_dir: CaDir = None,
) -> None:
    """Print NAME=value lines that have client libraries trust the authority: of Python, curl, Node and others.

    They replace a client's own list of authorities, which is right for a bot that talks to the exchange alone; with
    --bundle the public ones stay. NODE_EXTRA_CA_CERTS adds to the list in any case. ccxt heeds none of them: it trusts
    certifi's file, see `simexchange ca export --append`.
    """
    from simexchange import trust

    authority = _authority(ca_dir)
    assert authority.file is not None
    trusted = authority.file
    if bundle is not None:
        try:
            trusted = bundle.absolute()
            trust.write_bundle(trusted, authority.identity.certificate_pem())
        except trust.NoPublicAuthorities as error:
            _fail(str(error))
        except OSError as error:
            _fail(f"{bundle}: {error.strerror}")
    for name, value in trust.variables(authority.file, trusted).items():
        print(f"{name}={value}")


@app.command(epilog=EXIT_CODES)
def doctor(
    host: Annotated[str, typer.Option(envvar="SIMX_HOST", help="Where the front listens.")] = "127.0.0.1",
    tls_ports: TlsPorts = None,
    venue: Annotated[list[str] | None, typer.Option(help="Only this venue's names, repeatable.")] = None,
    python: Annotated[
        Path | None, typer.Option(help="The bot's Python, whose certifi is looked at; this one's by default.")
    ] = None,
    ca_dir: CaDir = None,
) -> None:
    """Check what a bot with built-in host names needs: authority, names, front, handshake, trust. Says what to do.

    Never connects to an address beyond this machine and private networks.
    """
    from simexchange import doctor as checks
    from simexchange.serving import UsageError
    from simexchange.transports.authority import folder_of

    folder = folder_of(ca_dir)
    if folder is None:
        raise typer.BadParameter("an authority in memory (--ca-dir none) leaves nothing to check")
    try:
        findings = checks.examine(checks.Patient(folder, host, tls_ports, tuple(venue or ()), python))
    except UsageError as error:
        raise typer.BadParameter(str(error)) from error
    for finding in findings:
        print(finding)
    raise typer.Exit(1 if any(finding.is_bad for finding in findings) else 0)


def _authority(ca_dir: str | None) -> "Authority":
    from simexchange.front import all_hosts
    from simexchange.services.clock import WorldClock
    from simexchange.transports.authority import AuthorityUnusable, folder_of, open_authority

    folder = folder_of(ca_dir)
    if folder is None:
        raise typer.BadParameter(
            "an authority in memory (--ca-dir none) is in the running exchange alone: its control port has it at"
            " /ca.pem"
        )
    try:
        return open_authority(folder, all_hosts(), WorldClock().wall_ns())
    except AuthorityUnusable as unusable:
        _fail(str(unusable))


def _fail(message: str) -> NoReturn:
    print(f"simexchange: {message}", file=sys.stderr)
    raise typer.Exit(1)
