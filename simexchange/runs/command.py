"""``simexchange run``: a world, a bot in it, and what came of it. The exit codes are those of ``result``."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final, TextIO

import msgspec
from msgspec import Struct

from simexchange import serving, signals
from simexchange.app import DEFAULT_HOST, Exchange, Options, StartFailure
from simexchange.description import read_env
from simexchange.domain.commands import CreateKey, RevokeKey
from simexchange.memory import Housekeeper
from simexchange.runs.bot import Bot, BotUnusable
from simexchange.runs.history import Story
from simexchange.runs.junit import as_junit
from simexchange.runs.result import BAD_SCENARIO, FAILED, EndedBy, Result
from simexchange.runs.runner import shown_step
from simexchange.runs.summary import as_markdown, as_text
from simexchange.services.anatomy import Role
from simexchange.services.clock import NANOSECONDS, ClockMode
from simexchange.services.durations import format_instant, parse_duration
from simexchange.services.journal import BatchEntry, Entry
from simexchange.serving import UsageError, write_private
from simexchange.transports.server import new_event_loop

ENV_FILE: Final = "SIMX_ENV_FILE"
"""Names the file that holds the addresses and keys of now; rewritten whenever a key comes or goes."""


class Asked(Struct, frozen=True):
    """The world to be run in, and for how long at most, as texts of the command line."""

    scenario: str
    seed: int | None = None
    accounts: int = 0
    port_base: int = 0
    clock: str | None = None
    speed: str | None = None
    timeout: str = "1h"
    grace: str = "5s"
    log_level: str = "warning"

    def options(self) -> Options:
        """Checked. Raises UsageError."""
        options = serving.options(
            self.seed,
            self.accounts,
            DEFAULT_HOST,
            self.port_base,
            self.scenario,
            None,
            "venue",
            self.clock,
            self.speed,
            None,
        )
        if options.clock is ClockMode.MANUAL:
            raise UsageError(
                "nobody moves a manual clock while a bot runs: --clock scaled (or real) overrides the scenario's"
            )
        return options

    @property
    def timeout_ns(self) -> int:
        """Of the machine's time. Raises UsageError."""
        return _duration("--timeout", self.timeout)

    @property
    def grace_ns(self) -> int:
        """Of the machine's time. Raises UsageError."""
        return _duration("--grace", self.grace)


def _duration(option: str, text: str) -> int:
    try:
        nanoseconds = parse_duration(text, signed=False)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
    if not nanoseconds:
        raise UsageError(f"{option} {text} leaves no time at all: 5s and 30m would pass")
    return nanoseconds


class RunOptions(Struct, frozen=True):
    """What is to be run, and where to tell what. Times are the machine's."""

    command: tuple[str, ...]
    timeout_ns: int
    grace_ns: int
    junit: Path | None = None
    report: Path | None = None
    env_out: Path | None = None
    bot_output: Path | None = None
    ignores_bot_exit: bool = False
    as_json: bool = False


def run_and_tell(
    asked: Asked,
    command: tuple[str, ...],
    junit: Path | None = None,
    report: Path | None = None,
    env_out: Path | None = None,
    bot_output: Path | None = None,
    *,
    ignores_bot_exit: bool = False,
    as_json: bool = False,
) -> int:
    """Run to the end and tell how it went: the exit code. Raises UsageError."""
    options = asked.options()
    for file in (junit, report, env_out, bot_output):
        if file is not None and not file.absolute().parent.is_dir():
            raise UsageError(f"{file}: there is no folder {file.absolute().parent}")
    chosen = RunOptions(
        command, asked.timeout_ns, asked.grace_ns, junit, report, env_out, bot_output, ignores_bot_exit, as_json
    )
    serving.log_to_stderr(asked.log_level)
    try:
        result = run(options, chosen)
    except (BotUnusable, StartFailure) as failure:
        _print(f"simexchange: {failure}\n", sys.stderr)
        return BAD_SCENARIO if isinstance(failure, BotUnusable) else FAILED
    is_told = _tell(result, chosen)
    return result.exit_code if is_told else result.exit_code or FAILED


def run(options: Options, chosen: RunOptions) -> Result:
    """Run to the end. Raises StartFailure or BotUnusable."""
    loop = new_event_loop()
    try:
        with tempfile.TemporaryDirectory(prefix="simexchange-") as folder:
            env_file = chosen.env_out or Path(folder) / "simexchange.env"
            return loop.run_until_complete(_Run(options, chosen, env_file).run())
    finally:
        loop.close()


class _Run:
    state_role: ClassVar = Role.RECORD

    def __init__(self, options: Options, chosen: RunOptions, env_file: Path) -> None:
        self._options = options
        self._chosen = chosen
        self._env_file = env_file.absolute()
        self._exchange = Exchange(options)
        self._scenario_over = asyncio.Event()
        self._interrupted = asyncio.Event()
        self._signal = 0
        self._bot: Bot | None = None
        self._story = Story(0)

    async def run(self) -> Result:
        housekeeper = Housekeeper(asyncio.get_running_loop())
        with signals.heard(self._on_signal):
            async with self._exchange as exchange:
                self._write_env()
                exchange.runner.script.on_end.append(self._scenario_over.set)
                self._story = Story(exchange.runner.timeline.started_ns)
                exchange.world.journal.listen(self._on_entry)
                housekeeper.start()
                self._bot = bot = await Bot.start(
                    self._chosen.command, self._environment(), self._chosen.bot_output, self._chosen.as_json
                )
                try:
                    ended_by = await self._end_of(bot)
                    bot_exit = bot.exit_code
                    exchange.runner.judge.close()
                finally:
                    await bot.end(self._chosen.grace_ns / NANOSECONDS)
                    housekeeper.stop()
                exchange.runner.judge.settle()
                return self._result(ended_by, bot_exit if ended_by is EndedBy.BOT else None)

    async def _end_of(self, bot: Bot) -> EndedBy:
        """Whatever ends the run first; of several at once, in this order."""
        waits = {
            EndedBy.SIGNAL: asyncio.ensure_future(self._interrupted.wait()),
            EndedBy.BOT: asyncio.ensure_future(bot.wait()),
            EndedBy.SCENARIO: asyncio.ensure_future(self._scenario_over.wait()),
        }
        try:
            done, _ = await asyncio.wait(
                waits.values(),
                timeout=self._chosen.timeout_ns / NANOSECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for wait in waits.values():
                wait.cancel()
        return next((ended_by for ended_by, wait in waits.items() if wait in done), EndedBy.TIMEOUT)

    def _on_signal(self, number: int) -> None:
        """The first one ends the run in good order, a second one the bot at once."""
        if self._bot is not None:
            self._bot.pass_on(signal.SIGKILL if self._interrupted.is_set() else number)
        self._signal = self._signal or number
        self._interrupted.set()

    def _on_entry(self, entry: Entry) -> None:
        self._story.hear(entry)
        if isinstance(entry, BatchEntry) and isinstance(entry.batch.command, CreateKey | RevokeKey):
            self._write_env()
            _print(f"simexchange: keys have changed; {self._env_file} holds those of now\n", sys.stderr)

    def _lines(self) -> list[str]:
        return [*self._exchange.describe().as_env(), f"{ENV_FILE}={self._env_file}"]

    def _write_env(self) -> None:
        write_private(self._env_file, "".join(f"{line}\n" for line in self._lines()))

    def _environment(self) -> dict[str, str]:
        return dict(os.environ) | without_proxy(os.environ) | read_env(self._lines())

    def _result(self, ended_by: EndedBy, bot_exit: int | None) -> Result:
        exchange = self._exchange
        runner = exchange.runner
        started_ns = runner.timeline.started_ns
        return Result(
            scenario=runner.scenario.name,
            seed=self._options.seed,
            started=format_instant(started_ns),
            elapsed_ns=runner.judge.closed_ns - started_ns,
            ended_by=ended_by,
            signal=self._signal,
            bot_exit=bot_exit,
            ignores_bot_exit=self._chosen.ignores_bot_exit,
            requests=self._story.requests,
            entries=tuple(shown_step(step, started_ns) for step in runner.timeline.steps),
            happenings=self._story.happenings(),
            verdicts=runner.verdicts(),
        )


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """What keeps a bot from asking a proxy for this machine's own addresses, where it is told to use one."""
    if not any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in environment):
        return {}
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if exempt != "*":
        exempt = ",".join(part for part in (exempt, "127.0.0.1", "localhost") if part)
    return {"no_proxy": exempt, "NO_PROXY": exempt}


def _tell(result: Result, chosen: RunOptions) -> bool:
    """The summary on standard error, so that what the bot prints can be piped on, and files; whether all is written."""
    _print(as_text(result), sys.stderr)
    if chosen.as_json:
        _print(msgspec.json.encode(result.plain()).decode() + "\n", sys.stdout)
    is_written = True
    for file, make in ((chosen.junit, as_junit), (chosen.report, lambda one: as_markdown(one).encode())):
        if file is not None:
            try:
                file.write_bytes(make(result))
            except OSError as error:
                is_written = False
                _print(f"simexchange: cannot write {file}: {error.strerror}\n", sys.stderr)
    return is_written


def _print(text: str, stream: TextIO) -> None:
    stream.write(text)
    stream.flush()
