"""`laddnav serve` as a process: it says when it is ready, lives through being killed, and ends in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
import websockets

from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sim import network
from tests.cli.conftest import Command

FIRST = network.feed().splitlines()[0]


class Served:
    """A process that serves; `url` is what it said."""

    def __init__(self, command: Command, *words: str, loaded: bool = True) -> None:
        self.process, stdout, stderr = command.begun("serve", "--port", "0", *words, loaded=loaded)
        self.said: list[str] = []
        lines: Queue[str] = Queue()
        self._log: list[str] = []
        _reader(stdout, lines.put)
        self._errors = _reader(stderr, self._log.append)
        while not self.said or not self.said[-1].startswith("ready "):
            self.said.append(lines.get(timeout=60).rstrip())
            assert self.said[-1], self._log
        self.url = self.said[-1].removeprefix("ready ")

    def get(self, path: str, key: str | None = None) -> Any:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=10) as answer:
            return answer.read().decode()

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        """Its status, and what it said on standard error."""
        status = self.process.wait(30)
        self._errors.join(timeout=10)
        return status, [json.loads(line) for line in self._log if line.strip()]


def _reader(stream: Any, take: Any) -> threading.Thread:
    def read() -> None:
        for line in stream:
            take(line.decode())
        take("")
        stream.close()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


@contextmanager
def serving(command: Command, *words: str, loaded: bool = True) -> Iterator[Served]:
    served = Served(command, *words, loaded=loaded)
    try:
        yield served
    finally:
        # Not killed, so that it takes along the folder that its socket may have borrowed.
        served.process.send(signal.SIGTERM)
        served.process.wait(30)


def test_it_comes_up_on_nothing_and_says_once_how_to_sign_in(laddnav: Command) -> None:
    with serving(laddnav, loaded=False) as served:
        assert served.said[0].startswith("sign in as operator with the password ")
        assert served.get("/healthz") == "alive\n"
        assert served.get("/readyz") == "ready\n"
        assert 'laddnav_jobs{state="dead"} 0.0' in served.get("/metrics")
        assert json.loads(served.get("/api/v1/openapi.json"))["servers"] == [{"url": f"{served.url}/api/v1"}]
        assert "<form" in served.get("/")
        served.process.send(signal.SIGTERM)
        assert served.ended() == (0, [])
    with serving(laddnav) as served:
        assert served.said == [f"ready {served.url}"]
        served.process.send(signal.SIGINT)
        assert served.ended() == (0, [])


def test_other_commands_speak_to_the_process_that_serves(founded: Command) -> None:
    with serving(founded) as served:
        founded("party", "add", "SE*LAD", "--roles", "CPO", "--name", "Laddnav AB")
        key = founded.json("api-key", "create", "--role", "viewer", "--json")["key"]
        founded("import", "locations", "-", "--party", "SE*LAD", "--quiet", given=FIRST)
        (location,) = json.loads(served.get("/api/v1/locations", key))["items"]
        assert location["id"] == json.loads(FIRST)["id"]
        invited = founded.json("partner", "invite", "--our-party", "SE*LAD", "--our-role", "CPO", "--json")
        assert invited["versions_url"] == f"{served.url}/ocpi/versions"
        asked = urllib.request.Request(invited["versions_url"], headers={"Authorization": f"Token {invited['token']}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert [one["version"] for one in json.loads(answer.read())["data"]] == list(VERSIONS)


def test_a_killed_process_comes_back_with_every_row_that_was_committed(founded: Command) -> None:
    founded("party", "add", "SE*LAD", "--roles", "CPO", "--name", "Laddnav AB")
    key = founded.json("api-key", "create", "--role", "operator", "--json")["key"]
    for number in range(2):
        with serving(founded) as served:
            path = f"{served.url}/api/v1/tokens/SE/LAD/RFID/AA0{number}"
            request = urllib.request.Request(path, method="PUT", data=b'{"contract_id": "C"}')
            request.add_header("Authorization", f"Bearer {key}")
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.status == 200
            os.kill(served.process.pid, signal.SIGKILL)
            assert served.process.wait(10) == -signal.SIGKILL
    assert [one["uid"] for one in founded.lines("export", "tokens")] == ["AA00", "AA01"]


def test_a_database_that_dies_is_started_again_and_served_on(founded: Command) -> None:
    founded("party", "add", "SE*LAD", "--roles", "CPO", "--name", "Laddnav AB")
    with serving(founded) as served:
        postmaster = founded.data / "postgres" / "data" / "postmaster.pid"
        before = postmaster.read_text().split("\n", 1)[0]
        os.kill(int(before), signal.SIGKILL)
        give_up_at = time.monotonic() + 30
        while _status(served, "/readyz") != 200 or postmaster.read_text().split("\n", 1)[0] == before:
            assert time.monotonic() < give_up_at
        assert [one["holder"] for one in founded.lines("party", "list", "--json")] == ["SE*LAD"]
        founded("import", "locations", "-", "--party", "SE*LAD", "--quiet", given=FIRST)
        while 'laddnav_jobs{state="waiting"} 0.0' not in served.get("/metrics"):
            assert time.monotonic() < give_up_at
        served.process.send(signal.SIGTERM)
        assert served.ended()[0] == 0


def _status(served: Served, path: str) -> int:
    try:
        with urllib.request.urlopen(served.url + path, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_the_same_data_is_served_once_under_one_name_and_a_taken_port_is_named(founded: Command) -> None:
    with serving(founded) as served:
        assert "runs on" in founded.wrong("serve", "--port", "0")
        port = served.url.rsplit(":", 1)[1]
        taken = founded.wrong("serve", "--port", port, "--name", "other")
        assert f"Cannot listen at 127.0.0.1:{port}: Address already in use" in taken
        with serving(founded, "--name", "other", "--only", "web") as other:
            assert other.get("/readyz") == "ready\n"
            with pytest.raises(urllib.error.HTTPError, match="404"):
                other.get("/ocpi/versions")
        assert served.get("/readyz") == "ready\n"


async def test_stations_and_followers_hear_when_it_goes(founded: Command) -> None:
    founded("party", "add", "SE*LAD", "--roles", "CPO", "--name", "Laddnav AB")
    founded("station", "add", "ST-7", "--security-profile", "0")
    key = founded.json("api-key", "create", "--role", "viewer", "--json")["key"]
    with serving(founded) as served:
        follower = await asyncio.to_thread(_follow, served, key)
        socket = served.url.replace("http", "ws") + "/ocpp/ST-7"
        async with websockets.connect(socket, subprotocols=[websockets.Subprotocol("ocpp1.6")]) as station:
            await station.send('[2,"1","Heartbeat",{}]')
            assert json.loads(await asyncio.wait_for(station.recv(), 10))[:2] in ([3, "1"], [4, "1"])
            served.process.send(signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosed):
                await asyncio.wait_for(station.recv(), 20)
            assert station.close_code == 1001
        await asyncio.to_thread(follower.join, 20)
        assert not follower.is_alive()
        status, said = await asyncio.to_thread(served.ended)
    assert status == 0
    assert [one["event"] for one in said] == ["station_connected", "station_disconnected"]


def _follow(served: Served, key: str) -> threading.Thread:
    """Reads the event stream to its end."""
    request = urllib.request.Request(f"{served.url}/api/v1/events", headers={"Authorization": f"Bearer {key}"})
    answer = urllib.request.urlopen(request, timeout=60)
    assert answer.readline() == b": laddnav\n"

    def read() -> None:
        with answer:
            answer.read()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread
