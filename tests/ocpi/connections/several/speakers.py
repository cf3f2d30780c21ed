"""Several of our parties on one line: who they are, and what each of them has."""

from __future__ import annotations

from datetime import timedelta

from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.handshake import State
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import Installation

SECOND = PartyId("SE", "TWO")
OTHER_EMSP = PartyId("DE", "XYZ")
NEWEST = partners.NEWEST


async def on_line(one: Installation, holder: PartyId, role: Role) -> Connection:
    async with one.database.unit() as unit:
        (only,) = [each for each in await partners.connections(unit, holder) if each.our_role is role]
        return only


async def speakers(one: Installation) -> list[tuple[PartyId, Role, PartyId | None, State]]:
    async with one.database.unit() as unit:
        return [(each.holder, each.our_role, each.party, each.state) for each in await partners.connections(unit)]


async def furnished(one: Installation, holder: PartyId) -> None:
    """A place of this party with a tariff, and a station behind its Evse."""
    async with one.database.unit() as unit:
        await tariffs.keep(unit, holder, things.tariff(owner=holder))
        await locations.keep(unit, holder, things.location(f"AT-{holder.party}", holder))
        station = await locations.add_station(unit, holder, f"ST-{holder.party}")
        await locations.attach(unit, station.id, 1, EvseRef(f"AT-{holder.party}", "EVSE1"))
        locations.connected(unit, station, process="test", protocol="ocpp1.6")


async def carded(one: Installation, owner: PartyId) -> Token:
    token = things.token("CARD1", owner)
    async with one.database.unit() as unit:
        await tokens.keep(unit, owner, token)
    return token


async def charged(one: Installation, holder: PartyId, clock: SetClock, uid: str = "CARD1") -> str:
    """A whole charge at this party's station; its Session's id."""
    given = await tokens.authorize(one.database, holder, uid)
    async with one.database.unit() as unit:
        station = await locations.station(unit, f"ST-{holder.party}")
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid=uid, given=given, at=unit.now, register=wh(0)
        )
    clock.advance(timedelta(hours=1))
    async with one.database.unit() as unit:
        await sessions.stop(unit, holder=holder, session_id=session.id, at=unit.now, register=kwh("10"), reason="Local")
    return session.id


def to(party: PartyId, origin: PartyId | None = None) -> dict[str, str]:
    said = {"OCPI-to-country-code": party.country, "OCPI-to-party-id": party.party}
    if origin is not None:
        said |= {"OCPI-from-country-code": origin.country, "OCPI-from-party-id": origin.party}
    return said
