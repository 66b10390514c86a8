"""--simx-keep: the exchange of a failed test goes on running, and its address is told, until Ctrl-C."""

import threading
from contextlib import suppress

import pytest

from simexchange.handle.simx import Simx


def keep_running(config: pytest.Config, nodeid: str, simx: Simx) -> None:
    """Say how to look at it, and wait."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("")
        for line in how_to_look(nodeid, simx):
            reporter.write_line(line)
        reporter._tw.flush()
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    if capture is not None:
        capture.resume_global_capture()


def how_to_look(nodeid: str, simx: Simx) -> list[str]:
    """Addresses, and commands to copy."""
    bearer = f"Authorization: Bearer {simx.control_token}"
    return [
        f"simexchange keeps the exchange of {nodeid} running. Ctrl-C ends it.",
        *(f"  {name}: {venue.rest_url} {venue.ws_url}" for name, venue in simx.venues.items()),
        f"  control: {simx.control_url}",
        f"  journal: curl -H '{bearer}' '{simx.control_url}/journal?kind=request'",
        f"  faults:  curl -H '{bearer}' '{simx.control_url}/faults/fired'",
    ]
