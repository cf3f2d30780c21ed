"""A process that one of ours starts: it says when it is ready, and dies with whoever started it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from laddnav.db.embedded import follow
from laddnav.kit.refusal import Trouble

READY = "ready "
PYTHON = (sys.executable, "-m")
READY_WITHIN = 60.0  # seconds; a machine that does so much else is given time
STOPS_WITHIN = 60.0  # seconds for what is under way; a server that sends stations away takes half of them


class DidNotStart(Trouble):
    """The process ended, or said nothing, before it was ready."""


class Process:
    """Started by `started`; `url` is what it said it answers at."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, said: Sequence[str]) -> None:
        self._process = process
        self._drain = asyncio.create_task(_drained(process))
        self.url = url
        self.said = said  # whatever stood on its standard output up to and with the ready line

    @classmethod
    async def started(
        cls,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = PYTHON,
    ) -> Process:
        """The program with these arguments, once it is ready; its standard error goes to the end of `log`.

        `environment` None is ours. A session of its own keeps it from a terminal's Ctrl-C: whoever started it ends it.
        Raises DidNotStart.
        """
        with log.open("ab") as standard_error:
            began_at = standard_error.tell()
            process = await asyncio.create_subprocess_exec(
                *(*follow("TERM"), str(os.getpid()), *program, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=standard_error,
                env=environment,
                start_new_session=True,
            )
        assert process.stdout is not None
        said: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while line := (await process.stdout.readline()).decode():
                    said.append(line.rstrip("\n"))
                    if line.startswith(READY):
                        return cls(process, line.removeprefix(READY).strip(), said)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        last_words = log.read_bytes()[began_at:].decode(errors="replace").strip().splitlines()[-5:]
        raise DidNotStart(f"{' '.join(arguments)} did not start: {' | '.join(last_words) or 'it said nothing'}")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None, "it says where it answers"
        return port

    async def ended(self) -> int:
        """Its exit status, once it has ended."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, and wait until it has; nobody waits for ever for one that does not."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOPS_WITHIN):
                return await self._gone()
        await self.kill()

    async def kill(self) -> None:
        """As a power cut would."""
        self._signal(signal.SIGKILL)
        await self._gone()

    def _signal(self, which: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(which)

    async def _gone(self) -> None:
        await self._process.wait()
        await self._drain


async def _drained(process: asyncio.subprocess.Process) -> None:
    """A full pipe would stop whoever writes into it."""
    assert process.stdout is not None
    while await process.stdout.read(65536):
        continue
