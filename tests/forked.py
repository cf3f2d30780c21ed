"""`laddnav` as real processes that begin at once: forks of one that has loaded the house, which takes a second.

Each has its own words, environment, streams and end, and can be killed. That it also begins from nothing is for
tests/cli/test_serve.py and tests/cli/test_start.py to show, which do without this file.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
READY = "ready "
READY_WITHIN = 60.0  # seconds; a machine that does much else needs some
REQUEST_MAX = 1 << 17  # bytes

# What most commands need. Loading some of it would start threads, which a fork does not take along.
LOADED = (
    *(f"laddnav.cli.{name}" for name in ("main", "serve", "parties", "partners", "stations", "keys", "imports")),
    *("laddnav.cli.exports", "laddnav.cli.report", "laddnav.server.installation", "laddnav.server.http"),
    "pydantic.type_adapter",  # by which Typer reads a word, once there is one
)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def outside() -> dict[str, str]:
    """The environment of this process without what is said to Laddnav in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LADDNAV_")}


class Fork:
    """A process that was begun here."""

    def __init__(self, pid: int, end: int) -> None:
        self.pid = pid
        self._end = end
        self._status: int | None = None

    def wait(self, timeout: float) -> int:
        """Its exit status, negative where a signal ended it. Raises TimeoutError."""
        if self._status is None:
            ended = select.poll()  # where a thousand files are open, `select` knows no more
            ended.register(self._end, select.POLLIN)
            if not ended.poll(timeout * 1000):
                raise TimeoutError(f"process {self.pid} has not ended")
            self._status = int(os.read(self._end, 16))
            os.close(self._end)
        return self._status

    def send(self, which: signal.Signals) -> None:
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, which)


class Nursery:
    """The process that has loaded the house, and its forks, which go with it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=outside() | ONE_THREAD,
            )

    def begin(
        self, words: Sequence[str], environment: Mapping[str, str], streams: Sequence[int], *, alone: bool = False
    ) -> Fork:
        """`laddnav` with these words, and these as its standard input, output and error.

        `alone` keeps it from a terminal's Ctrl-C.
        """
        end, ends = os.pipe()
        said = json.dumps([list(words), dict(environment), alone]).encode()
        assert len(said) < REQUEST_MAX
        socket.send_fds(self._socket, [said], [*streams, ends])
        os.close(ends)
        return Fork(int(self._socket.recv(16)), end)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(30)


class Serving:
    """`laddnav serve` that is ready, as laddnav.sim.process.Process is one; `url` is what it said."""

    def __init__(self, fork: Fork, url: str) -> None:
        self._fork = fork
        self.url = url

    @classmethod
    async def started(cls, nursery: Nursery, words: Sequence[str], *, log: Path) -> Serving:
        """What it says goes to the end of `log`. Raises TimeoutError, with that."""
        with log.open("ab") as file, open(os.devnull, "rb") as nothing:
            began_at = file.tell()
            streams = (nothing.fileno(), file.fileno(), file.fileno())
            fork = nursery.begin(["serve", *words], outside(), streams, alone=True)
        give_up_at = asyncio.get_running_loop().time() + READY_WITHIN
        while True:
            said = log.read_bytes()[began_at:].decode()
            for line in said.splitlines(keepends=True):
                if line.startswith(READY) and line.endswith("\n"):
                    return cls(fork, line.removeprefix(READY).strip())
            if asyncio.get_running_loop().time() > give_up_at:
                fork.send(signal.SIGKILL)
                raise TimeoutError(f"it did not start: {said}")
            await asyncio.sleep(0.01)

    @property
    def pid(self) -> int:
        return self._fork.pid

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None, "it says where it answers"
        return port

    async def ended(self) -> int:
        """Its exit status, once it has ended."""
        return await asyncio.to_thread(self._fork.wait, READY_WITHIN)

    async def stop(self) -> None:
        self._fork.send(signal.SIGTERM)
        await self.ended()

    async def kill(self) -> None:
        """As a power cut would."""
        self._fork.send(signal.SIGKILL)
        await self.ended()


# ---- In the process that forks


def fork_as_asked(asked: socket.socket) -> list[str] | None:
    """In each fork its words; in the process that forks None, once nobody asks any more."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ends: dict[int, int] = {}
    both: list[socket.socket | int] = [asked, woken]
    while True:
        readable, _, _ = select.select(both, [], [])
        if woken in readable:
            os.read(woken, 4096)
            _tell_ends(ends)
        if asked not in readable:
            continue
        said, files, _, _ = socket.recv_fds(asked, REQUEST_MAX, 4)
        if not said:
            for pid in ends:
                os.kill(pid, signal.SIGKILL)
            return None
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            for to, file in enumerate(files[:3]):
                os.dup2(file, to)
            for file in (*files, *ends.values(), woken, wakes):
                os.close(file)
            words, environment, alone = json.loads(said)
            os.environ.clear()
            os.environ.update(environment)
            if alone:
                os.setsid()
            return list(words)
        for file in files[:3]:
            os.close(file)
        ends[pid] = files[3]
        asked.send(str(pid).encode())


def _tell_ends(ends: dict[int, int]) -> None:
    for pid, end in list(ends.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with suppress(BrokenPipeError):  # nobody waits for it
                os.write(end, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(ends.pop(pid))


def end_as_told(words: list[str]) -> NoReturn:
    """Without taking the loaded house down object by object, which takes longer than most commands."""
    from laddnav.cli.main import main

    sys.argv = ["laddnav", *words]
    status: object = 1
    try:
        main()
    except SystemExit as end:
        status = end.code
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


if __name__ == "__main__":
    for module in LOADED:
        import_module(module)
    assert threads() == 1, "a fork takes no other thread along"
    gc.freeze()
    words = fork_as_asked(socket.socket(fileno=int(sys.argv[1])))
    if words is not None:
        end_as_told(words)
