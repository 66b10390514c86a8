"""Whether the exchange of this machine is ready: ``python -m simexchange.health`` exits 0 if it is, else 1.

For a container's health check: it asks the control port, whose place follows from the same SIMX_* variables as the
exchange's own. Imports next to nothing, since it runs every few seconds.
"""

import http.client
import os
import sys
from collections.abc import Mapping
from typing import Final

TIMEOUT_S: Final = 2.0
_ANY: Final = ("0.0.0.0", "::")
_LOOPBACK: Final = "127.0.0.1"


def address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Host and port of the control API, as ``simexchange serve`` reads them."""
    host = environment.get("SIMX_CONTROL_HOST") or environment.get("SIMX_HOST") or _LOOPBACK
    return _LOOPBACK if host in _ANY else host, int(environment.get("SIMX_PORT_BASE") or 8787)


def is_ready(host: str, port: int) -> tuple[bool, str]:
    """Whether the exchange there is ready, and what it or the system said."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready", headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        return answer.status == 200, answer.read(1000).decode("utf-8", "replace")
    except OSError as error:
        return False, f"nobody answers on {host}:{port}: {error}"
    finally:
        connection.close()


def main() -> int:
    ready, said = is_ready(*address(os.environ))
    print(said, file=sys.stdout if ready else sys.stderr)
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
