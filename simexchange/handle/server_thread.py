"""An exchange on an event loop of its own, in one thread: whoever calls may have a loop, or none.

All that touches the exchange runs on that loop. The thread is no daemon: it ends, with every port and task, when
``stop`` is called, and not before.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from simexchange.app import Exchange, Options
from simexchange.handle.backend import SimxError, Stopped
from simexchange.transports.server import new_event_loop

ValueT = TypeVar("ValueT")
STOP_PATIENCE_S: Final = 10.0
"""Many times what stopping takes; a thread that is later than this hangs."""


class ServerThread:
    """From ``start`` to ``stop``, both of which may be called from any thread but its own."""

    def __init__(self, options: Options) -> None:
        self.exchange = Exchange(options)
        self._loop = new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simexchange", daemon=False)
        self._ready: Future[None] = Future()
        self._over: Future[None] = Future()
        self._stopping = asyncio.Event()
        self._lock = threading.Lock()
        self._is_open = False
        """Whether calls are taken; what was taken before is ended properly."""

    def start(self) -> None:
        """Serve; raises what the exchange raises when it cannot, StartFailure above all."""
        self._thread.start()
        try:
            self._ready.result()
        except BaseException:
            self._thread.join(STOP_PATIENCE_S)
            raise
        self._is_open = True

    def stop(self) -> None:
        """End the exchange and the thread; once more is no error."""
        self.ask_to_stop()
        self.join()

    def ask_to_stop(self) -> "Future[None]":
        """Begin to end it; the future is done once nothing is served any more."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._loop.call_soon_threadsafe(self._stopping.set)
        return self._over

    def join(self) -> None:
        """Wait for the thread that was asked to stop."""
        self._refuse_own_thread()
        self._thread.join(STOP_PATIENCE_S)
        assert not self._thread.is_alive(), "bug: the exchange does not stop"

    def submit(self, coroutine: Coroutine[Any, Any, ValueT]) -> "Future[ValueT]":
        """Have a coroutine run on the exchange's loop. Raises Stopped."""
        with self._lock:
            if self._is_open and threading.current_thread() is not self._thread:
                return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        coroutine.close()
        self._refuse_own_thread()
        raise Stopped("the exchange is served no more")

    def _refuse_own_thread(self) -> None:
        if threading.current_thread() is self._thread:
            raise SimxError("the handle may not be used from the exchange's own thread: it would wait for itself")

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()
            self._over.set_result(None)

    async def _serve(self) -> None:
        try:
            await self.exchange.start()
        except BaseException as error:  # noqa: BLE001 - told to whoever starts it
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        try:
            await self._stopping.wait()
        finally:
            await self.exchange.stop()
            await self._end_tasks()

    async def _end_tasks(self) -> None:
        """Calls that are still under way end with the exchange."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
