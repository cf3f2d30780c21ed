"""A line to a broker that hangs up at each awkward byte: on each loop it is known at once, and the line comes back."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from laddnav.mqtt import line
from laddnav.mqtt.client import Client
from laddnav.mqtt.line import Line
from laddnav.mqtt.model import Broker
from tests.clock import SetClock
from tests.ports import PATIENCE
from tests.things import US

CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: what was not sent or read is thrown away, and the other side is reset


def packet(first: int, body: bytes) -> bytes:
    return bytes((first, len(body))) + body


CONNACK = packet(0x20, b"\0\0")
ONCE = packet(0x30, struct.pack("!H", 1) + b"a" + b"b")
ANSWERED = packet(0x32, struct.pack("!H", 1) + b"a" + struct.pack("!H", 1) + b"b")  # it waits for a PUBACK

# What it is asked when it hangs up, and what it still says
AWKWARD = {
    "before it answers": (CONNECT, b""),
    "amid its answer": (CONNECT, CONNACK[:2]),
    "when it has answered": (CONNECT, CONNACK),
    "when it has answered and said something": (CONNECT, CONNACK + ANSWERED * 3),
    "while it is told something": (PUBLISH, b""),
    "while it is asked for something": (SUBSCRIBE, b""),
    "after it said something": (SUBSCRIBE, ONCE * 5),
    "after it said something that wants an answer": (SUBSCRIBE, ANSWERED * 5),
    "after what cannot be read": (SUBSCRIBE, packet(0x30, struct.pack("!H", 1) + b"\xff" + b"b") + ONCE),
    "amid a word": (SUBSCRIBE, ONCE + ONCE[:3]),
}


class Rude:
    """A broker that hangs up on its first caller, at once as far as the other's loop can see, and serves the next."""

    def __init__(self, asked: int, says: bytes, *, resets: bool) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self._asked = asked
        self._says = says
        self._resets = resets
        self.url = f"mqtt://127.0.0.1:{self._listening.getsockname()[1]}"

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        with self._listening:
            for rude in (True, False):
                caller, _ = await loop.sock_accept(self._listening)
                caller.setblocking(False)
                with caller:
                    await self._serve(caller, rude=rude)

    async def _serve(self, caller: socket.socket, *, rude: bool) -> None:
        loop, said = asyncio.get_running_loop(), b""
        while heard := await loop.sock_recv(caller, 4096):
            said += heard
            while len(said) >= 2 and len(said) >= 2 + said[1]:
                kind, body, said = said[0] >> 4, said[2 : 2 + said[1]], said[2 + said[1] :]
                if rude and kind == self._asked:
                    if self._says:
                        caller.send(self._says)
                    if self._resets:
                        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                    return
                caller.send(_answer(kind, body))


def _answer(kind: int, body: bytes) -> bytes:
    if kind == CONNECT:
        return CONNACK
    if kind == PUBLISH:
        after = 2 + struct.unpack_from("!H", body)[0]
        return packet(0x40, body[after : after + 2])
    return packet(0x90, body[:2] + b"\1") if kind == SUBSCRIBE else b""


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("resets", [False, True], ids=["in order", "by a reset"])
@pytest.mark.parametrize("moment", AWKWARD)
def test_a_broker_that_hangs_up_is_missed_at_once_and_called_again(
    moment: str, resets: bool, loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    for waits in ("ANSWERS_WITHIN", "SAID_AGAIN"):  # nothing but the hang-up itself says that it did
        monkeypatch.setattr(line, waits, 10 * PATIENCE)
    monkeypatch.setattr(line, "ALIVE", int(10 * PATIENCE))
    monkeypatch.setattr(line, "FIRST_WAIT", 0.01)
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(it_comes_back(Rude(*AWKWARD[moment], resets=resets)))


async def it_comes_back(broker: Rude) -> None:
    wrong: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    stood: asyncio.Queue[bool] = asyncio.Queue()

    async def hears(topic: str, payload: bytes, retained: bool) -> None:
        assert (topic, payload) == ("a", b"b")

    async def stands(connected: bool, why: str | None) -> None:
        await stood.put(connected)

    async def leads(host: str) -> str:
        raise AssertionError(f"{host} is ours")

    known = Broker(
        holder=US,
        ref="home",
        name="Home",
        url=broker.url,
        inward=True,
        changed_at=SetClock().now(),
        changed_by="a test",
    )
    one = Line(known, None, hears=hears, stands=stands, leads=leads)
    running = [asyncio.create_task(broker.run()), asyncio.create_task(one.run())]
    try:
        async with asyncio.timeout(PATIENCE):
            while await stood.get():
                pass
            while not await stood.get():
                pass
    finally:
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
    assert [type(one) for one in ended] == [asyncio.CancelledError] * 2
    assert not wrong


@pytest.mark.parametrize("ticks", range(4))
async def test_who_is_cancelled_as_the_answer_comes_is_cancelled(ticks: int) -> None:
    """Else a line that is to be let go goes on speaking, and whoever lets it go waits for ever."""
    client, answered = Client("127.0.0.1"), asyncio.Event()
    waiting = asyncio.create_task(client._wait_for(answered.wait(), None))
    for _ in range(3):
        await asyncio.sleep(0)
    answered.set()
    for _ in range(ticks):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting
