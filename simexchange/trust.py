"""Where client libraries look for the authorities they trust, and how the local one gets there."""

import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import Final

REPLACING: Final = (
    "SSL_CERT_FILE",  # OpenSSL: Python's ssl, and so aiohttp, websockets, httpx; Ruby, Go
    "REQUESTS_CA_BUNDLE",  # requests: python-binance's Client, pybit, krakenex
    "CURL_CA_BUNDLE",  # curl
)
"""Variables that name the one file of authorities a client trusts."""
ADDING: Final = ("NODE_EXTRA_CA_CERTS",)
"""Variables that name a file beside a client's own."""
_SYSTEM_FILES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_SEPARATOR: Final = "\n"


class NoPublicAuthorities(Exception):
    """This machine has no list of public authorities to put ours beside."""


def variables(authority: Path, trusted: Path) -> dict[str, str]:
    """Names and values; ``trusted`` replaces a client's own list, ``authority`` is added to it."""
    return {name: str(trusted) for name in REPLACING} | {name: str(authority) for name in ADDING}


def holds(file: Path, pem: str) -> bool:
    """Whether a bundle has this certificate; one that cannot be read has not."""
    try:
        return pem.strip() in file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    except OSError:
        return False


def append(file: Path, pem: str) -> bool:
    """Put a certificate at the end of a bundle; whether it was not there before. Raises OSError."""
    before = file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    if pem.strip() in before:
        return False
    with file.open("a", encoding="utf-8") as writing:
        writing.write(("" if before.endswith(_SEPARATOR) else _SEPARATOR) + pem)
    return True


def write_bundle(file: Path, pem: str) -> None:
    """The public authorities and this one. Raises NoPublicAuthorities or OSError."""
    public = public_authorities()
    if public is None:
        raise NoPublicAuthorities(
            "this machine has no list of public authorities: install ca-certificates, or simexchange[tls] for certifi's"
        )
    text = public.read_text(encoding="utf-8", errors="replace")
    file.write_text(f"{text.rstrip()}{_SEPARATOR}{pem}", encoding="utf-8")


def public_authorities() -> Path | None:
    """The file of public authorities: certifi's where it is installed, else the system's."""
    if find_spec("certifi") is not None:
        import certifi

        return Path(certifi.where())
    return system_authorities()


def system_authorities() -> Path | None:
    """The system's own file; the variables that would replace it are not asked, since they may name ours."""
    places = (ssl.get_default_verify_paths().openssl_cafile, *_SYSTEM_FILES)
    return next((Path(place) for place in places if os.path.isfile(place)), None)
