"""Where a charge may begin: the Station behind an Evse, whether it is free, and what the charge takes from there."""

from __future__ import annotations

from datetime import datetime

from laddnav.customers.actions import subscribing
from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.model import Station
from laddnav.parties import actions as parties
from laddnav.sessions import store
from laddnav.sessions.model import CdrToken, Session, Status
from laddnav.sessions.reserved import tokens_of
from laddnav.sessions.rules import EvseBusy, Place
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TariffType
from laddnav.tokens.model import TokenType


async def alone(unit: Unit, holder: PartyId, station: Station, evse_no: int, evse: EvseRef) -> None:
    """Looks once more where nobody else can begin: of two starts at one moment, one is too late. Raises EvseBusy.

    Who finds it busy may go on to the next Evse: it holds no charge that whoever holds the Station waits for.
    """
    if await store.open_at_evse(unit, holder, station.id, evse_no, lock=False):
        raise EvseBusy(evse.evse_uid)
    await locations.hold(unit, station.id)
    if await store.open_at_evse(unit, holder, station.id, evse_no, lock=False):
        raise EvseBusy(evse.evse_uid)


async def reserved_for(unit: Unit, holder: PartyId, station: Station, evse_no: int, token: CdrToken) -> Session | None:
    """The reservation that waits at this Evse for the driver with this Token, locked."""
    for one in await store.open_at_evse(unit, holder, station.id, evse_no, lock=False):
        if _waits_for(one, token):
            now = await store.find(unit, holder, holder, one.id, lock=True)
            return now if now is not None and _waits_for(now, token) else None
    return None


def _waits_for(one: Session, token: CdrToken) -> bool:
    return one.status is Status.RESERVATION and any(each.same(token) for each in tokens_of(one))


def pays(token: CdrToken) -> TariffType:
    """Who pays this one charge alone, at a terminal or by the code at the station, pays the price for that."""
    return TariffType.AD_HOC_PAYMENT if token.type == TokenType.AD_HOC_USER else TariffType.REGULAR


async def members(unit: Unit, holder: PartyId, party: PartyId | None, contract: str | None, at: datetime) -> str:
    """The price group of what a driver of our own subscribes to; "" for everybody else."""
    if party != holder or not contract:
        return ""
    return await subscribing.price_group(unit, holder, contract, at)


async def place(
    unit: Unit,
    station: Station,
    evse_no: int,
    where: EvseRef,
    connector_id: str | None,
    at: datetime,
    party: PartyId | None = None,
    kind: TariffType = TariffType.REGULAR,
    contract: str | None = None,
) -> Place:
    """`party`: whose driver charges there, and with which `contract`; `kind`: how that one pays.

    Raises UnknownLocation, UnknownEvse, UnknownConnector.
    """
    location = await locations.fetch(unit, station.holder, station.holder, where.location_id)
    connector = places.connector_of(places.evse_of(location, where.evse_uid), connector_id)
    group = await members(unit, station.holder, party, contract, at)
    tariff = await tariffs.offered(unit, station.holder, station.holder, connector.tariff_ids, at, kind, party, group)
    return Place(
        location=location,
        where=where,
        connector=connector,
        station_id=station.id,
        evse_no=evse_no,
        tariff=tariff,
        currency=tariff.currency if tariff else (await parties.fetch(unit, station.holder)).currency,
    )
