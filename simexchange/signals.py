"""Signals that ask a command to end in good order, heard on its event loop."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SIGNALED: Final = 128
"""Added to the number of the signal that ended a process, as shells do."""
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard(on_signal: Callable[[int], None]) -> Iterator[None]:
    """Call ``on_signal`` on the running loop with the number of every SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    try:
        for number in _ENDING:
            loop.add_signal_handler(number, on_signal, number)
    except NotImplementedError:  # not every platform's loop hears signals
        before = {
            number: signal.signal(number, lambda number, _: loop.call_soon_threadsafe(on_signal, number))
            for number in _ENDING
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return
    try:
        yield
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
