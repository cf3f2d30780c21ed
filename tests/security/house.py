"""What there is to be seen and changed at ours, for walks with every wrong party: a charge of a partner, and more."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from laddnav.bookings.actions import offering
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.commands.profiled import CAPABLE
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Shares
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.wire.codec import Hearing, encoded
from laddnav.ocpi.wire.commands import CommandState, CommandType
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
from laddnav.ocpi.wire.profiles import ProfileRequest
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.payments import actions as payments
from laddnav.payments.model import Terminal
from laddnav.reservations import actions as reservations
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions.preferring import CAPABLE as PREFERS
from laddnav.sessions.model import Session
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.bookings import offers
from tests.clock import SetClock
from tests.ocpi import wording
from tests.ocpi.network import Installation, befriended
from tests.ocpi.peer import Peer, said
from tests.things import LONG_AGO

EVSES = {"charging": 1, "charged": 2} | {
    f"{what}-{number}": 3 + 2 * place + offset
    for place, number in enumerate(VERSIONS)
    for offset, what in enumerate(("reserved", "started"))
}


class House(Struct, frozen=True, kw_only=True):
    """What is there to be seen and changed: `charging` and `charged` are Sessions with a Token of `partner`."""

    holder: PartyId
    partner: PartyId
    charging: str
    charged: str


async def furnished(one: Installation, clock: SetClock, partner: PartyId) -> House:
    """Our places, a charge that goes on and one that is billed, with a Token of this partner; and a Token of ours."""
    holder = one.holder
    capabilities = (CAPABLE, PREFERS, "RESERVABLE", "UNLOCK_CAPABLE", "REMOTE_START_STOP_CAPABLE")
    evses = tuple(things.evse(uid, evse_id=None, capabilities=capabilities) for uid in EVSES)
    async with one.database.unit() as unit:
        await tariffs.keep(unit, holder, things.tariff(owner=holder))
        await locations.keep(unit, holder, things.location(owner=holder, evses=evses))
        await tokens.keep(unit, holder, things.token("OWN", holder))
        station = await locations.add_station(unit, holder, "ST1")
        for uid, number in EVSES.items():
            await locations.attach(unit, "ST1", number, EvseRef("LOC1", uid))
        locations.connected(unit, station, process="test", protocol="ocpp1.6")
        await offering.offer(unit, offers.place(owner=holder))
        await payments.introduce(unit, Terminal(owner=holder, id="TERM1", last_updated=LONG_AGO), partner)
    charging, charged = [await _charge(one, partner, EVSES[what]) for what in ("charging", "charged")]
    clock.advance(timedelta(hours=1))
    async with one.database.unit() as unit:
        await sessions.stop(unit, holder=holder, session_id=charged, at=unit.now, register=wh(9_000), reason="Local")
    await one.settle()
    return House(holder=holder, partner=partner, charging=charging, charged=charged)


async def _charge(one: Installation, owner: PartyId, evse_no: int) -> str:
    async with one.database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=things.token("CARD1", owner))
        session = await sessions.begin(
            unit,
            station=await locations.station(unit, "ST1"),
            evse_no=evse_no,
            uid="CARD1",
            given=given,
            at=unit.now,
            register=wh(0),
        )
        return session.id


async def delegating(one: Installation, party: PartyId, cpo: Peer) -> str:
    """A charge of our driver at a partner's, which says yes to whatever it is asked; how who limits it names it."""
    url = f"{cpo.url}/{Module.CHARGING_PROFILES}"
    where = Endpoint(identifier=Module.CHARGING_PROFILES, role=Interface.RECEIVER, url=url)
    await befriended(one, party, Role.CPO, endpoints=(where,))
    cpo.otherwise = said(200, 1000, {"result": "ACCEPTED", "timeout": 60})
    driver = wording.driver() | {"country_code": one.holder.country, "party_id": one.holder.party}
    words = wording.session(country_code=party.country, party_id=party.party, cdr_token=driver)
    session = VERSIONS["2.2.1"].codecs[Session].decode(encoded(words), Hearing(holder=one.holder, sender=party))
    async with one.database.unit() as unit:
        session = replace(session, ref=unit.new_id())
        await sessions.hear(unit, session)
    return session.ref


async def by_contract(one: Installation, holder: PartyId, party: PartyId) -> None:
    """They limit charges of our drivers from now on."""
    async with one.database.unit() as unit:
        connection = await connection_of(one, holder, party, Role.EMSP)
        await policies.adapt(unit, connection.ref, replace(connection.policy, shares=Shares(smart_charging=True)))


async def asked(one: Installation, connection: Connection) -> None:
    """Requests of ours to this partner, whose results are still to come."""
    async with one.database.unit() as unit:
        for version in VERSIONS:
            for kind in (*CommandType, *ProfileRequest):
                kept = KeptCommand(
                    holder=connection.holder,
                    id=request_id(version, kind),
                    connection_id=connection.id,
                    direction="out",
                    kind=kind,
                    body=b"{}",
                    response_url=None,
                    state=CommandState.ACCEPTED,
                    result=None,
                    session_id=None,
                    asked_at=unit.now,
                    expires_at=unit.now + timedelta(hours=1),
                    answered_at=None,
                )
                store.commands.insert(unit, kept)


async def kept_for_them(one: Installation) -> None:
    """The Station keeps every Evse that was asked for."""
    async with one.database.unit() as unit:
        for reservation in await reservations.page(unit, one.holder):
            await reservations.answer(unit, one.holder, reservation.number, "ACCEPTED", None)


def request_id(version: str, kind: str) -> str:
    return f"{kind}-{version}-nobody-can-guess-this"


async def connection_of(one: Installation, holder: PartyId, party: PartyId, our_role: Role) -> Connection:
    async with one.database.unit() as unit:
        (found,) = [
            each
            for each in await partners.connections(unit, holder)
            if each.party == party and each.our_role is our_role
        ]
        return found
