"""A bot as a process group of its own: started, waited for, asked to end, and ended; nothing of it is left behind."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Self

LOOK_S: Final = 0.01
LEFTOVERS_S: Final = 0.5
"""How long processes that the bot left behind have to end by themselves."""


class BotUnusable(Exception):
    """The command cannot be started; the message says why."""


class Bot:
    """A running command. Its output goes where this process's does, or into ``output``."""

    def __init__(self, process: asyncio.subprocess.Process, output: BinaryIO | None) -> None:
        self._process = process
        self._output = output

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Path | None = None,
        keeps_stdout_free: bool = False,
    ) -> Self:
        """Start a command. ``keeps_stdout_free``: what it prints goes to standard error. Raises BotUnusable."""
        try:
            file = output.open("wb") if output is not None else None
        except OSError as error:
            raise BotUnusable(f"cannot write {output}: {error.strerror}") from error
        try:
            out: int | BinaryIO | None = file if file is not None else (2 if keeps_stdout_free else None)
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(environment),
                stdout=out,
                stderr=file,
                start_new_session=True,  # signals reach it when they are passed on, and all that it starts
            )
        except (OSError, ValueError) as error:
            if file is not None:
                file.close()
            raise BotUnusable(f"cannot run {command[0]}: {getattr(error, 'strerror', None) or error}") from error
        return cls(process, file)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    def pass_on(self, number: int) -> None:
        """Send a signal to all of it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def end(self, grace_s: float) -> None:
        """Have it end: SIGTERM, and SIGKILL after a grace; afterwards nobody of the group runs any more."""
        if self._process.returncode is None:
            self.pass_on(signal.SIGTERM)
            try:
                async with asyncio.timeout(grace_s):
                    await self._process.wait()
            except TimeoutError:
                self.pass_on(signal.SIGKILL)
                await self._process.wait()
        await self._end_leftovers()
        if self._output is not None:
            self._output.close()

    async def _end_leftovers(self) -> None:
        self.pass_on(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        ends = loop.time() + LEFTOVERS_S
        while self._is_anybody_left() and loop.time() < ends:  # noqa: ASYNC110 - nobody tells when a grandchild ends
            await asyncio.sleep(LOOK_S)
        self.pass_on(signal.SIGKILL)

    def _is_anybody_left(self) -> bool:
        """Also true of those that have ended and whom nobody has asked how."""
        try:
            os.killpg(self._process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
