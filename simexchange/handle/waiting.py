"""Awaiting what another thread does, on whichever event loop the caller runs: asyncio's, or any that anyio knows."""

import asyncio
from concurrent.futures import Future
from typing import TypeVar

import anyio.to_thread

ValueT = TypeVar("ValueT")


async def outcome(future: "Future[ValueT]") -> ValueT:
    """The future's result; whoever is canceled meanwhile cancels it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return await _elsewhere(future)
    return await asyncio.wrap_future(future)


async def _elsewhere(future: "Future[ValueT]") -> ValueT:
    try:
        return await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)
    except BaseException:
        future.cancel()
        raise
