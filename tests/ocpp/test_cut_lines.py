"""Lines that break in the middle of a frame: half a message is none, and one that was not answered counts once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from websockets.frames import Frame, Opcode

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.kit.time import rfc3339
from laddnav.sessions.model import Status
from tests.clock import SetClock
from tests.ocpp.conftest import Raw, until
from tests.ocpp.stations import BOOT, all_sessions, count

CUTS = 3  # of each message: before it, and twice within it


async def told(url: str, database: Database, action: str, payload: dict[str, Any], id: str) -> Any:
    """By a station whose line breaks ever later in the message, then before it has read the answer."""
    frame = Frame(Opcode.TEXT, json.dumps([2, id, action, payload]).encode()).serialize(mask=True)
    for number in range(CUTS):
        raw = await Raw.connect(url)
        raw.socket.transport.write(frame[: len(frame) * number // CUTS])
        raw.socket.transport.abort()
    raw = await Raw.connect(url)
    raw.socket.transport.write(frame)

    async def is_answered() -> bool:
        return await count(database, f"ocpp_frame where message_id = '{id}' and direction = 'out'") == 1

    await until(is_answered)
    raw.socket.transport.abort()
    raw = await Raw.connect(url)
    answer = await raw.ask(action, payload, id)
    await raw.socket.close()
    assert answer[0] == 3, answer
    return answer[2]


async def test_a_charge_whose_every_message_is_cut_off_is_one_charge(
    url: str, database: Database, clock: SetClock
) -> None:
    """OCPP 1.6 §3.7: who hears no answer says it again."""
    await told(url, database, "BootNotification", BOOT, "1")
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": rfc3339(clock.now())}
    number = (await told(url, database, "StartTransaction", start, "2"))["transactionId"]
    value = {"timestamp": rfc3339(clock.advance(timedelta(minutes=10))), "sampledValue": [{"value": "3000"}]}
    await told(url, database, "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}, "3")
    stop = {"transactionId": number, "meterStop": 4000, "timestamp": rfc3339(clock.advance(timedelta(minutes=5)))}
    await told(url, database, "StopTransaction", stop, "4")
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(3000))
    assert await count(database, "ocpp_transaction") == 1
    assert await count(database, "event where kind = 'SessionEnded'") == 1

    async def nobody_is_there() -> bool:
        return await count(database, "station where connected_to is not null") == 0

    await until(nobody_is_there)
