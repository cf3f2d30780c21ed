"""The embedded PostgreSQL, tried for real: killed, orphaned, shared, and started by root and by ordinary users."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import asyncpg
import pytest

import laddnav
from laddnav.db.embedded import CannotStart, Cluster
from tests.pristine import copy

OWNER = """
import asyncio, sys
from pathlib import Path
from laddnav.db.embedded import Cluster

async def main():
    cluster = Cluster(Path(sys.argv[1]))
    await cluster.start()
    await cluster.create_database("town")
    print(cluster.url("town"), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await cluster.stop()

asyncio.run(main())
"""
SOURCE = Path(laddnav.__file__).parent.parent
LIBRARIES = Path(asyncpg.__file__).parent.parent
ENVIRONMENT = {"PATH": f"{os.defpath}:/usr/sbin", "PYTHONPATH": f"{SOURCE}:{LIBRARIES}", "PYTHONDONTWRITEBYTECODE": "1"}
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


def postmaster(cluster: Cluster) -> int:
    return int((cluster.directory / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def is_alive(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.01)


async def database_at(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("select current_database()"))
    finally:
        await connection.close()


async def answers(cluster: Cluster) -> bool:
    with suppress(OSError, asyncpg.PostgresError):
        return await database_at(cluster.url("postgres")) == "postgres"
    return False


@pytest.fixture
async def cluster(pristine: Path, tmp_path: Path) -> AsyncIterator[Cluster]:
    """That one is made where there is none is shown by those who begin without this."""
    copy(pristine, tmp_path / "postgres")
    cluster = Cluster(tmp_path / "postgres")
    await cluster.start()
    yield cluster
    await cluster.stop()


async def test_a_killed_server_comes_back_with_every_committed_row(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute("create table rows (n int)")
    supervising = asyncio.create_task(cluster.supervise())
    committed = 0
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        asyncio.get_running_loop().call_later(0.3, os.kill, postmaster(cluster), signal.SIGKILL)
        while True:
            await connection.execute("insert into rows values ($1)", committed)
            committed += 1
    async with asyncio.timeout(30):
        while not await answers(cluster):
            await asyncio.sleep(0.01)
    connection = await asyncpg.connect(cluster.url("postgres"))
    # One more may be there: committed, and killed before it could say so.
    assert await connection.fetchval("select count(*) from rows") in (committed, committed + 1)
    assert committed > 0
    await connection.close()
    supervising.cancel()


async def test_a_server_killed_again_and_again_while_it_starts_comes_back_and_its_pid_is_never_its_owners(
    cluster: Cluster,
) -> None:
    """Whoever ends it by its pid file would end its owner."""
    supervising = asyncio.create_task(cluster.supervise())
    killed: list[int] = []
    async with asyncio.timeout(60):
        while len(killed) < 4:
            with suppress(FileNotFoundError, ValueError):
                found = postmaster(cluster)
                assert found != os.getpid()
                if found not in killed:
                    os.kill(found, signal.SIGKILL)
                    killed.append(found)
            await asyncio.sleep(0)
            assert not supervising.done()
        while not await answers(cluster):
            await asyncio.sleep(0.01)
    assert postmaster(cluster) not in killed
    supervising.cancel()


async def test_a_server_killed_with_its_owner_away_starts_at_once(cluster: Cluster) -> None:
    os.kill(postmaster(cluster), signal.SIGKILL)
    until(lambda: not is_alive(postmaster(cluster)))
    await cluster.start()
    assert await database_at(cluster.url("postgres")) == "postgres"


async def test_the_server_dies_with_its_owner_and_starts_again(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline()
        server = postmaster(Cluster(tmp_path))
        assert is_alive(server)
        owner.kill()
        until(lambda: not is_alive(server))
    cluster = Cluster(tmp_path)
    await cluster.start()
    assert await database_at(cluster.url("town")) == "town"
    await cluster.stop()


async def test_of_two_that_start_at_once_one_owns_it_and_both_speak_to_it(tmp_path: Path) -> None:
    one, other = Cluster(tmp_path), Cluster(tmp_path)
    await asyncio.gather(one.start(), other.start())
    assert sorted([one.owned, other.owned]) == [False, True]
    await asyncio.gather(*(cluster.create_database("town") for cluster in (one, other)))
    guest, owner = sorted([one, other], key=lambda cluster: cluster.owned)
    await guest.stop()
    connection = await asyncpg.connect(owner.url("town"))
    assert await connection.fetchval("select current_database()") == "town"
    await connection.close()
    await owner.stop()
    await guest.start()
    assert guest.owned
    await guest.stop()


def test_no_port_is_open_and_every_file_is_private(cluster: Cluster) -> None:
    listening = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    opened = [os.readlink(file) for file in Path(f"/proc/{postmaster(cluster)}/fd").iterdir()]
    assert not {f"socket:[{inode}]" for inode in listening} & set(opened)
    folder = Path(cluster.url("postgres").split("host=")[1])
    for path in (cluster.directory, cluster.directory / "data", cluster.directory / "log", folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o77 == 0, path


async def test_a_folder_too_deep_for_a_socket_borrows_a_short_one_and_gives_it_back(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / ("deep" * 30) / "postgres")
    await cluster.start()
    folder = Path(cluster.url("postgres").split("host=")[1])
    assert folder.parent == Path("/tmp")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    guest = Cluster(cluster.directory)
    await guest.start()
    assert guest.url("town") == cluster.url("town")
    await cluster.stop()
    assert not folder.exists()


async def test_a_dead_servers_pid_that_became_another_programs_does_not_stop_a_start(cluster: Cluster) -> None:
    left_behind = {
        path: path.read_text().split("\n", 1)[1]
        for path in cluster.directory.rglob("*")
        if path.name in ("postmaster.pid", ".s.PGSQL.5432.lock")
    }
    await cluster.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for path, rest in left_behind.items():
            path.write_text(f"{stranger.pid}\n{rest}")
        await cluster.start()
        stranger.kill()
    assert cluster.owned


async def test_a_server_that_died_before_it_wrote_its_pid_does_not_stop_a_start(cluster: Cluster) -> None:
    await cluster.stop()
    (cluster.directory / "data" / "postmaster.pid").touch(mode=0o600)
    await cluster.start()
    assert cluster.owned


async def test_a_start_that_fails_says_why_in_one_line(cluster: Cluster) -> None:
    await cluster.stop()
    (cluster.directory / "data" / "global" / "pg_control").write_bytes(b"x" * 8192)
    with pytest.raises(CannotStart, match="incompatible with server") as refused:
        await cluster.start()
    assert "\n" not in str(refused.value)
    assert not cluster.owned


async def test_a_data_folder_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "new" / "base").mkdir(parents=True)
    cluster = Cluster(tmp_path)
    await cluster.start()
    assert cluster.owned
    await cluster.stop()


# ---- By whom it is started

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play the others")


def python_for(words: tuple[str, ...]) -> str:
    """A Python that they may run too: root's own often lies in root's home."""
    for program in (sys.executable, "/usr/bin/python3"):
        reached = (program, laddnav.__file__, asyncpg.__file__)
        looks = ("sh", "-c", 'test -x "$0" && test -r "$1" && test -r "$2"', *reached)
        if (
            loads_us(program)
            and subprocess.run([*words, *looks], env=ENVIRONMENT, cwd="/", check=False).returncode == 0
        ):
            return program
    pytest.skip("they can run no Python that has our libraries")


@cache
def loads_us(program: str) -> bool:
    if program == sys.executable:
        return True
    with suppress(OSError):
        loading = [program, "-c", "import laddnav.db.embedded"]
        return subprocess.run(loading, env=ENVIRONMENT, cwd="/", check=False).returncode == 0
    return False


async def asks(url: str) -> tuple[str, str]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("select current_database()"), await connection.fetchval("show data_directory")
    finally:
        await connection.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that every user can reach; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="laddnav-", dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def starts_it(words: tuple[str, ...], directory: Path) -> int:
    """Start it as they do, speak to it, stop it; returns the number of the user that the server ran as."""
    command = [*words, python_for(words), "-c", OWNER, str(directory)]
    with subprocess.Popen(
        command, env=ENVIRONMENT, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        assert asyncio.run(database_at(url)) == "town"
        user = Path(f"/proc/{postmaster(Cluster(directory))}").stat().st_uid
        owner.communicate()
    assert owner.returncode == 0
    return user


@as_root
def test_an_ordinary_user_starts_it(open_folder: Path) -> None:
    assert starts_it(NOBODY, open_folder / "postgres") == 65534


@as_root
def test_a_user_without_a_name_starts_it(open_folder: Path) -> None:
    nameless = ("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--")
    assert starts_it(nameless, open_folder / "postgres") == 54321


@as_root
def test_root_starts_what_another_user_made_as_that_user(open_folder: Path) -> None:
    assert starts_it(NOBODY, open_folder / "postgres") == 65534
    assert starts_it((), open_folder / "postgres") == 65534
    assert starts_it(NOBODY, open_folder / "postgres") == 65534


@as_root
@pytest.mark.parametrize("lacking", ["-audit_read", "-dac_read_search"], ids=["of a machine", "of a container"])
def test_root_starts_it_in_a_private_folder_where_user_namespaces_are_forbidden(
    open_folder: Path, lacking: str
) -> None:
    # The kernel makes none for whoever lives under another root folder, were it the same folder seen once more.
    again = open_folder / "again"
    again.mkdir()
    forbidden = ("unshare", "--mount", "--", "sh", "-c", 'mount --rbind / "$0" && exec chroot "$0" "$@"', str(again))
    if subprocess.run([*forbidden, "true"], env=ENVIRONMENT, check=False).returncode != 0:
        pytest.skip("this machine lets root mount nothing")
    assert subprocess.run([*forbidden, "unshare", "--user", "true"], env=ENVIRONMENT, check=False).returncode != 0
    private = open_folder / "private"
    private.mkdir(mode=0o700)
    root = ("setpriv", f"--bounding-set={lacking}", "--")
    assert starts_it((*forbidden, *root), private / "postgres") != 0
