"""What passed between a station and us is found again by what it says, by its action, direction, time and outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from laddnav.db.unit import Database
from laddnav.ocpp.model import Direction
from laddnav.ocpp.routes import list_messages
from tests.clock import SetClock
from tests.ocpp.conftest import Raw
from tests.ocpp.test_displays import OPERATOR

BOOT = {"chargePointVendor": "Volt", "chargePointModel": "Twin"}


async def test_messages_are_looked_through(url: str, database: Database, clock: SetClock) -> None:
    raw = await Raw.connect(url)
    await raw.ask("BootNotification", BOOT, "b1")
    begun = clock.advance(timedelta(hours=1))
    await raw.ask("Heartbeat", {}, "h1")
    await raw.ask("Heartbeat", {"much": 1}, "h2")
    await raw.ask("Nonsense", {}, "n1")
    await raw.socket.close()

    async def found(**looked: Any) -> list[tuple[str, str]]:
        async with database.unit() as unit:
            page = await list_messages(unit, OPERATOR, "ST1", **looked)
        return [(one.message_id, one.kind.value) for one in page.items]

    assert await found(words="tWiN") == [("b1", "call")]
    assert await found(words="h1") == [("h1", "call"), ("h1", "result")]
    assert await found(action="heartbeat", direction=Direction.IN) == [("h1", "call"), ("h2", "call")]
    assert await found(until=begun) == [("b1", "call"), ("b1", "result")]
    assert await found(since=begun, failed=True) == [("h2", "call"), ("n1", "error")]
    assert await found(words="100%_") == []
    async with database.unit() as unit:
        first = await list_messages(unit, OPERATOR, "ST1", words="h", cursor=0, limit=2)
        assert first.next is not None
        rest = await list_messages(unit, OPERATOR, "ST1", words="h", cursor=int(first.next))
    assert not {one.id for one in first.items} & {one.id for one in rest.items} and rest.items


async def test_a_frame_is_kept_letter_by_letter(url: str, database: Database) -> None:
    """However it is spaced and escaped: what a signature was made over is these letters."""
    said = [
        r'[2, "w1","DataTransfer" , { "vendorId":"V", "data":"\u00e5 \"ö\"" } ]',
        '[2,"w2","DataTransfer",{"vendorId":"å","data":""}]',
        ' [2,"w3","Heartbeat",{}]\n',
        '[2,"w4","Heartbeat",{"much":1.50}]',
    ]
    raw = await Raw.connect(url)
    for text in said:
        await raw.say(text)
        assert (await raw.hear())[0] == 3
    async with database.unit() as unit:
        page = await list_messages(unit, OPERATOR, "ST1", direction=Direction.IN)
    kept = [one.body for one in page.items if one.message_id.startswith("w")]
    assert sorted(kept, key=said.index) == said and len(kept) == len(said)
