"""`aiomqtt`, to which a loop may forget to tell that a broker hung up: here it is heard at once, wherever in a word.

It reads one packet each time that the loop tells of its socket. After a reset uvloop tells of it once and never again:
what else lies there is not read, nor that it was the end, and to write is refused with "the handler is closed".
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Awaitable
from typing import Any, TypeVar

import aiomqtt
import structlog
from aiomqtt.types import PahoSocket
from paho.mqtt.client import Client as Paho
from paho.mqtt.client import DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

log = structlog.get_logger()
T = TypeVar("T")


class Client(aiomqtt.Client):
    """One connection. Whatever ends it is an MqttError of who waits for it."""

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:
        """Not by `asyncio.wait_for`, as theirs: before Python 3.12 it forgets that it was cancelled when what it waits
        for comes at the same time, and who shares a group of tasks with it waits for it for ever."""
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
        except TimeoutError:
            raise aiomqtt.MqttError("It does not answer") from None

    def _on_socket_open(self, client: Paho, userdata: Any, sock: PahoSocket) -> None:
        """In the thread that connects. A socket has one reader: ours takes the place of theirs."""
        super()._on_socket_open(client, userdata, sock)
        self._loop.call_soon_threadsafe(self._loop.add_reader, sock.fileno(), self._read, sock)

    def _on_socket_register_write(self, client: Paho, userdata: Any, sock: PahoSocket) -> None:
        """In any thread."""
        self._loop.call_soon_threadsafe(self._tell_when_writable, sock)

    def _tell_when_writable(self, sock: PahoSocket) -> None:
        if self._holds(sock):  # else it is closed, and its number may be somebody else's by now
            self._loop.add_writer(sock.fileno(), self._write)

    def _on_disconnect(
        self,
        client: Paho,
        userdata: Any,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if reason_code.is_failure:
            self._fail(aiomqtt.MqttCodeError(reason_code, "It hung up"))
        else:
            super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _read(self, sock: PahoSocket) -> None:
        """A packet, or all that is there when nobody will tell of it again."""
        try:
            self._client.loop_read()
            while self._holds(sock) and (_decrypted(sock) or _broken(sock)):
                self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - whatever it was, who waits for the broker hears it
            self._fail_of(error)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001 - as above
            self._fail_of(error)

    def _holds(self, sock: PahoSocket) -> bool:
        return self._client.socket() is sock

    def _fail_of(self, error: Exception) -> None:
        log.warning("broker_not_understood", exc_info=error)
        self._fail(aiomqtt.MqttError(repr(error)))
        self._client._sock_close()  # else it reads the same packet again, and for ever

    def _fail(self, error: aiomqtt.MqttError) -> None:
        ends = self._disconnected if self._connected.done() else self._connected
        if not ends.done():
            ends.set_exception(error)
            ends.exception()  # nobody has to wait for it


def _decrypted(sock: PahoSocket) -> bool:
    """Whether something waits in TLS, of which no loop knows."""
    return bool(hasattr(sock, "pending") and sock.pending())


def _broken(sock: PahoSocket) -> bool:
    """Whether it was reset, and is to be read to its end."""
    asked = select.poll()
    asked.register(sock, 0)  # trouble is told unasked
    return bool(asked.poll(0))
