"""What the network offers: locations, tariffs, and the tokens that may charge."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Location, Status
from laddnav.ocpi import commands
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import allows
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import PriceComponent, Restriction, Tariff, TariffDimension
from laddnav.tariffs.words import length, number, when
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Token
from laddnav.tokens.rules import UnknownToken, verdict
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import places
from laddnav.web.pages.partners import passed_on

PAGE = 50
ALWAYS = Restriction()
UNITS = {TariffDimension.ENERGY: "kWh", TariffDimension.TIME: "h", TariffDimension.PARKING_TIME: "h"}
TOKEN_STATES = {Allowed.ALLOWED: "valid", Allowed.EXPIRED: "expired"}  # any other verdict: blocked or not valid


class LocationRow(Struct, frozen=True, kw_only=True):
    ref: str
    name: str
    location: Location
    statuses: list[tuple[Status, int]]


class TariffRow(Struct, frozen=True, kw_only=True):
    ref: str
    tariff: Tariff
    says: str


class TokenRow(Struct, frozen=True, kw_only=True):
    token: Token
    state: str


class ComponentShown(Struct, frozen=True, kw_only=True):
    """One PriceComponent in the words of a reader; `number` is its Element's, from 1."""

    number: int
    component: PriceComponent
    unit: str
    step: str | None
    when: str | None


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
        promised = {tariff.id for tariff in await tariffs.several(unit, holder, location.owner, ids)}
        at_evse = {evse.uid: await _station(unit, holder, location, evse.uid) for evse in location.evses}
    return asked.page(
        "location.html",
        location=location,
        name=places.name_of(location),
        tariffs_of={
            evse.uid: sorted({id for plug in evse.connectors for id in plug.tariff_ids if id in promised})
            for evse in location.evses
        },
        stations_of=at_evse,
        may_start=_may_start(asked, holder, location),
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


async def list_tariffs(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await tariffs.page(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
    page = known[:PAGE]
    return asked.page(
        "tariffs.html",
        rows=[TariffRow(ref=ref, tariff=tariff, says=_in_short(asked, tariff)) for ref, _, tariff in page],
        next=page[-1][0] if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one_tariff(asked: Asked) -> Response:
    async with asked.unit() as unit:
        _, tariff = await tariffs.by_ref(unit, asked.part("ref"))
    return asked.page(
        "tariff.html",
        tariff=tariff,
        rows=[
            ComponentShown(
                number=place,
                component=component,
                unit=UNITS.get(component.type, ""),
                step=_step(component, asked.language),
                when=None if element.restriction == ALWAYS else when(element.restriction, asked.language),
            )
            for place, element in enumerate(tariff.elements, start=1)
            for component in element.components
        ],
    )


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


def _in_short(asked: Asked, tariff: Tariff) -> str:
    """`Energy 4.25 SEK/kWh, Parking time 12 SEK/h`: what is never free, each price once."""
    prices = {
        (component.type, component.price): None
        for element in tariff.elements
        for component in element.components
        if component.price
    }
    said = [
        f"{asked.term(type)} {number(price, asked.language)} {tariff.currency}"
        + (f"/{UNITS[type]}" if type in UNITS else "")
        for type, price in prices
    ]
    return ", ".join(said) or asked.say("Free")


def _step(component: PriceComponent, language: str) -> str | None:
    """A step that changes nothing is not worth a word."""
    if component.type is TariffDimension.FLAT or component.step_size <= 1:
        return None
    if component.type is TariffDimension.ENERGY:
        return f"{number(wh(Decimal(component.step_size)).kwh, language)} kWh"
    return length(timedelta(seconds=component.step_size), language)


def _state(token: Token, now: datetime) -> str:
    if token.blocked:
        return "blocked"
    return TOKEN_STATES.get(verdict(token, now), "invalid")


DOORS: tuple[Door, ...] = (
    see("/locations", list_locations),
    see("/locations/{ref}", one_location),
    do("/locations/{ref}/start", start),
    see("/tariffs", list_tariffs),
    see("/tariffs/{ref}", one_tariff),
    see("/tokens", list_tokens),
)
