"""What our installations have in many tests: places with a price, a card, a charge that is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation


async def furnished(cpo: Installation) -> None:
    """A place with a tariff, and the connected station ST1 behind both of its Evses."""
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff(owner=CPO))
        await locations.keep(unit, CPO, things.location(owner=CPO))
        station = await locations.add_station(unit, CPO, "ST1")
        await locations.attach(unit, "ST1", 1, EvseRef("LOC1", "EVSE1"))
        await locations.attach(unit, "ST1", 2, EvseRef("LOC1", "EVSE2"))
        locations.connected(unit, station, process="test", protocol="ocpp1.6")


async def carded(emsp: Installation, uid: str = "CARD1", **changes: Any) -> None:
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token(uid, EMSP, **changes))


async def charged(cpo: Installation, clock: SetClock, *, energy: str = "10", uid: str = "CARD1") -> str:
    """One whole charge with a card of the eMSP; its Session's id."""
    given = await tokens.authorize(cpo.database, CPO, uid)
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid=uid, given=given, at=unit.now, register=wh(1000)
        )
    clock.advance(timedelta(hours=1))
    async with cpo.database.unit() as unit:
        end = wh(1000) + kwh(energy)
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=end, reason="Local")
    return session.id


async def locations_made(cpo: Installation, many: int) -> None:
    async with cpo.database.unit() as unit:
        for number in range(many):
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, evses=()))
