"""The `ocpp` package as a central system, as fast as it goes: uvloop, validation in the loop, nothing kept anywhere.

Prints where it listens, and speaks OCPP 1.6 with whoever comes.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from datetime import UTC, datetime
from typing import Any

import ocpp.messages
import uvloop
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action
from websockets.typing import Subprotocol

from laddnav.kit.time import rfc3339
from laddnav.sim.process import READY

NOW = rfc3339(datetime(2026, 11, 22, tzinfo=UTC))


class Station(ChargePoint):
    """Everybody is let in, and everything is well."""

    @on(Action.boot_notification)
    def boots(self, **said: Any) -> Any:
        return call_result.BootNotification(current_time=NOW, interval=300, status="Accepted")

    @on(Action.heartbeat)
    def beats(self, **said: Any) -> Any:
        return call_result.Heartbeat(current_time=NOW)

    @on(Action.start_transaction)
    def starts(self, **said: Any) -> Any:
        return call_result.StartTransaction(transaction_id=1, id_tag_info={"status": "Accepted"})

    @on(Action.meter_values)
    def measures(self, **said: Any) -> Any:
        return call_result.MeterValues()


async def _met(socket: websockets.ServerConnection) -> None:
    try:
        await Station("one of many", socket).start()
    except websockets.ConnectionClosed:
        return


async def _serve() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    spoken = [Subprotocol("ocpp1.6")]
    async with websockets.serve(_met, sock=listening, subprotocols=spoken, compression=None, ping_interval=None):
        sys.stdout.write(f"{READY}http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    ocpp.messages.ASYNC_VALIDATION = False
    uvloop.run(_serve())
