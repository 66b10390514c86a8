"""Where the local certificate authority lives: made on first use in a folder of its owner's, then used again.

``ca-key.pem`` (0600) holds the private key and the certificate and is the one source; ``ca.pem`` is the certificate
alone, for clients. Both are written whole at once, so that two exchanges that start together agree on one authority.
An authority that has ended, or lacks a host of this version's venues, is replaced, and whoever asks is told.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from cryptography import x509
from msgspec import Struct

from simexchange.transports.certificates import BadIdentity, Identity, ends_soon, is_own, make_authority, uncovered

KEY_FILE: Final = "ca-key.pem"
CERTIFICATE_FILE: Final = "ca.pem"
NO_FOLDER: Final = "none"
"""Instead of a folder: an authority that lives as long as the exchange, in memory only."""
_APPLICATION: Final = "simexchange"


class AuthorityUnusable(Exception):
    """There is no authority here and none can be made; the message is for the person who tried."""


class Authority(Struct, frozen=True):
    """The authority in use. ``file`` is its certificate; None where it lives in memory."""

    identity: Identity
    file: Path | None
    renewed: str | None = None
    """Why an earlier one was replaced, if one was: clients that took a copy need the new one."""

    def __repr__(self) -> str:
        return f"Authority({self.identity!r})"


def default_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder for data of this user's programs, as the platform has it."""
    if platform == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"], _APPLICATION)
    if platform == "darwin":
        return Path(environment.get("HOME", "~"), "Library", "Application Support", _APPLICATION).expanduser()
    chosen = environment.get("XDG_DATA_HOME", "")
    if os.path.isabs(chosen):  # the specification has relative ones ignored
        return Path(chosen, _APPLICATION)
    return Path(environment.get("HOME", "~"), ".local", "share", _APPLICATION).expanduser()


def folder_of(chosen: str | None) -> Path | None:
    """The folder that ``--ca-dir`` means; None for ``none``."""
    if chosen == NO_FOLDER:
        return None
    return default_folder() if chosen is None else Path(chosen).expanduser().absolute()


def open_authority(folder: Path | None, names: Iterable[str], now_ns: int) -> Authority:
    """The folder's authority, made or replaced where need be; one of its own without a folder.

    ``names`` are the hosts it must cover. Raises AuthorityUnusable.
    """
    hosts = sorted(names)
    if folder is None:
        return Authority(make_authority(hosts, now_ns), None)
    try:
        return _opened(folder, hosts, now_ns)
    except OSError as error:
        raise AuthorityUnusable(
            f"the certificate authority cannot be kept in {folder}: {error.strerror or error}; --ca-dir (SIMX_CA_DIR)"
            f" names another folder, and '{NO_FOLDER}' keeps it in memory"
        ) from error


def read_certificate(folder: Path) -> x509.Certificate | None:
    """The certificate that clients are given, if there is one. Raises AuthorityUnusable."""
    file = folder / CERTIFICATE_FILE
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise AuthorityUnusable(
            f"{file} is no certificate that can be read; `simexchange ca export` renews it"
        ) from error


def _opened(folder: Path, hosts: list[str], now_ns: int) -> Authority:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _read(folder / KEY_FILE)
    renewed = None if kept is None else _reason_to_renew(kept, hosts, now_ns)
    if kept is None or renewed is not None:
        _write(folder / KEY_FILE, make_authority(hosts, now_ns).reveal_pem(), 0o600, replaces=renewed is not None)
        kept = _read(folder / KEY_FILE)
        assert kept is not None, "it was written just now"
    certificate = folder / CERTIFICATE_FILE
    pem = kept.certificate_pem().encode("ascii")
    if not (certificate.is_file() and certificate.read_bytes() == pem):
        _write(certificate, pem, 0o644, replaces=True)
    return Authority(kept, certificate, renewed)


def _read(file: Path) -> Identity | None:
    try:
        kept = Identity.from_pem(file.read_bytes())
        if not is_own(kept.certificate):
            raise BadIdentity("this is somebody's own authority, and no simexchange's")
    except FileNotFoundError:
        return None
    except BadIdentity as error:
        raise AuthorityUnusable(f"{file}: {error}; move it away, and the next start makes another") from error
    return kept


def _reason_to_renew(kept: Identity, hosts: list[str], now_ns: int) -> str | None:
    if ends_soon(kept.certificate, now_ns):
        return f"it ends on {kept.certificate.not_valid_after_utc:%Y-%m-%d}"
    missing = uncovered(kept.certificate, hosts)
    return f"it may not vouch for {', '.join(missing)}" if missing else None


def _write(file: Path, content: bytes, mode: int, replaces: bool) -> None:
    """Put a whole file in place; without ``replaces`` somebody who was quicker wins."""
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as writing:
            writing.write(content)
        os.chmod(part, mode)
        if replaces:
            os.replace(part, file)
        else:
            _link(part, file)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def _link(part: str, file: Path) -> None:
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    except OSError:  # not every file system knows links
        os.replace(part, file)
