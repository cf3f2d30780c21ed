"""What the network offers: locations, and the tokens that may charge there."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.findings import Finding
from laddnav.locations.lint import Around, Offered, linted
from laddnav.locations.model import BusinessDetails, Location, Status
from laddnav.locations.rules import (
    chooses_connector,
    evse_of,
    open_while_charging,
    shown_to_anybody,
    spaces_of,
)
from laddnav.ocpi.commands import commands
from laddnav.ocpi.connections.introductions import introduced
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import allows
from laddnav.sessions.choices import usual_power
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Token
from laddnav.tokens.rules import UnknownToken, verdict
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import places
from laddnav.web.pages.foreseen import foreseen
from laddnav.web.pages.partners import passed_on

PAGE = 50
TOKEN_STATES = {Allowed.ALLOWED: "valid", Allowed.EXPIRED: "expired"}  # any other verdict: blocked or not valid


class LocationRow(Struct, frozen=True, kw_only=True):
    ref: str
    name: str
    location: Location
    statuses: list[tuple[Status, int]]


class Shown(Struct, frozen=True, kw_only=True):
    """A finding, as the page of any finding shows it; a Location has no elements."""

    finding: Finding
    element: None = None


class TokenRow(Struct, frozen=True, kw_only=True):
    token: Token
    state: str


async def list_locations(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await locations.page(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
    page = known[:PAGE]
    return asked.page(
        "locations.html",
        rows=[
            LocationRow(ref=ref, name=places.name_of(location), location=location, statuses=places.statuses(location))
            for ref, _, location in page
        ],
        next=page[-1][0] if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one_location(asked: Asked) -> Response:
    async with asked.unit() as unit:
        holder, location = await locations.by_ref(unit, asked.part("ref"))
        ids = tuple({id: None for evse in location.evses for plug in evse.connectors for id in plug.tariff_ids})
        promised = await tariffs.refs(unit, holder, location.owner, ids)
        at_evse = {evse.uid: await _station(unit, holder, location, evse.uid) for evse in location.evses}
        operator = location.operator or await _company(unit, asked, holder, location.owner)
        found = None if location.owner != holder else await _findings(unit, asked, location, ids, operator)
    return asked.page(
        "location.html",
        location=location,
        operator=operator,
        open_while_charging=open_while_charging(location),
        findings=found,
        name=places.name_of(location),
        tariffs_of={
            evse.uid: sorted(
                {(id, promised[fold(id)]) for plug in evse.connectors for id in plug.tariff_ids if fold(id) in promised}
            )
            for evse in location.evses
        },
        stations_of=at_evse,
        may_start=_may_start(asked, holder, location),
    )


async def one_evse(asked: Asked) -> Response:
    """What it offers, and what a charge there would cost."""
    async with asked.unit() as unit:
        holder, location = await locations.by_ref(unit, asked.part("ref"))
        evse = evse_of(location, asked.part("uid"))
        connector = evse.connectors[0] if evse.connectors else None
        ids = () if connector is None else connector.tariff_ids
        tariff = await tariffs.offered(unit, holder, location.owner, ids, unit.now)
        station = await _station(unit, holder, location, evse.uid)
        now = unit.now
    shown = None
    if tariff is not None and connector is not None:
        power = usual_power(connector)
        shown = foreseen(asked, tariff, zone=location.time_zone, now=now, power=power, after_taxes=False)
    return asked.page(
        "evse.html",
        location=location,
        name=places.name_of(location),
        evse=evse,
        tariff=tariff,
        station=station,
        spaces=spaces_of(location, evse),
        public=evse.evse_id if location.owner == holder and shown_to_anybody(location, evse) else None,
        foreseen=shown,
    )


async def start(asked: Asked) -> Response:
    """At a partner's Evse, with a Token of ours that pays."""
    async with asked.unit() as unit:
        holder, location = await locations.by_ref(unit, asked.part("ref"))
        known = await tokens.by_uid(unit, holder, asked.said("uid"))
        people.note(unit, asked.visitor.name, "start session", f"location {location.id}", asked.said("evse"))
    paying = next((token for token in known if token.owner == holder), None)
    if paying is None:
        raise UnknownToken(asked.said("uid"))
    answer = await commands.start_session(
        asked.console.database,
        asked.console.clients,
        holder,
        token=paying,
        owner=location.owner,
        location_id=location.id,
        evse_uid=asked.said("evse"),
    )
    return passed_on(asked, answer, f"/locations/{asked.part('ref')}")


def _may_start(asked: Asked, holder: PartyId, location: Location) -> bool:
    """At stations of ours a session is started from the page of the station."""
    return allows(asked.visitor, Role.OPERATOR) and location.owner != holder


async def _station(unit: Unit, holder: PartyId, location: Location, evse_uid: str) -> str | None:
    """The Station behind an Evse of ours; a partner's is the partner's affair."""
    if location.owner != holder:
        return None
    found = await locations.station_at(unit, holder, EvseRef(location.id, evse_uid))
    return found[0].id if found else None


async def _company(unit: Unit, asked: Asked, holder: PartyId, owner: PartyId) -> BusinessDetails | None:
    """Who runs a place that does not say so: one of us, or as a partner called itself."""
    ours = next((party for party in asked.parties if party.holder == owner), None)
    if ours is not None:
        return BusinessDetails(ours.name, ours.website)
    return await introduced(unit, holder, owner)


async def _findings(
    unit: Unit, asked: Asked, location: Location, tariff_ids: tuple[str, ...], company: BusinessDetails | None
) -> list[Shown]:
    holder = location.owner
    stations = await locations.stations_at(unit, holder, location.id)
    attached = [(station, where.evse_uid) for station in stations for _, where in station.evses]
    groups = await tariffs.grouped(unit, holder, tariff_ids)
    around = Around(
        company=company.name if company else str(holder),
        elsewhere=await locations.elsewhere(unit, location),
        choiceless=frozenset(uid for station, uid in attached if not chooses_connector(station)),
        tariffs={
            fold(one.id): Offered(
                type=one.type, group=groups.get(fold(one.id), ""), starts_at=one.starts_at, ends_at=one.ends_at
            )
            for one in await tariffs.several(unit, holder, holder, tariff_ids)
        },
    )
    return [Shown(finding=one) for one in linted(location, around, asked.language)]


async def list_tokens(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await tokens.page(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
        now = unit.now
    page = known[:PAGE]
    return asked.page(
        "tokens.html",
        rows=[TokenRow(token=token, state=_state(token, now)) for _, _, token in page],
        next=page[-1][0] if len(known) > PAGE else None,
        begun=cursor is not None,
    )


def _state(token: Token, now: datetime) -> str:
    if token.blocked:
        return "blocked"
    return TOKEN_STATES.get(verdict(token, now), "invalid")


DOORS: tuple[Door, ...] = (
    see("/locations", list_locations),
    see("/locations/{ref}", one_location),
    do("/locations/{ref}/start", start, Role.SUPPORT),
    see("/locations/{ref}/evses/{uid:path}", one_evse),
    see("/tokens", list_tokens),
)
