"""The first page: the network on a map, what it does now, and what needs somebody."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.responses import Response

from laddnav.cdrs import actions as cdrs
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Location, Status
from laddnav.market import actions as market
from laddnav.meters import actions as meters
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.moves import OPEN
from laddnav.web.asked import Asked, Door, see
from laddnav.web.pages import places
from laddnav.web.states import state

LOCATIONS_MAX = 5_000  # on one map
LISTED = 60  # beside the map; all of them are on their own page
STATIONS_MAX = 500
# The order in which states are read where each has its figure.
USUAL = (
    Status.AVAILABLE,
    Status.CHARGING,
    *(one for one in places.TELLING if one not in (Status.AVAILABLE, Status.CHARGING)),
)
NAMED_MAX = 6  # of things that need somebody; the rest is on its own page


class Entry(Struct, frozen=True, kw_only=True):
    """A location in the list beside the map."""

    ref: str
    name: str
    city: str
    owner: str
    available: int
    total: int
    shares: list[tuple[str, int]]


class Need(Struct, frozen=True, kw_only=True):
    """Something that waits for a person, and the page where it can be done."""

    tone: str
    text: str
    href: str
    deed: str


async def show(asked: Asked) -> Response:
    holder = asked.visitor.holder
    async with asked.unit() as unit:
        known = await locations.page(unit, holder, limit=LOCATIONS_MAX)
        counts = await sessions.counts(unit, holder)
        sums = await cdrs.sums_since(unit, holder, _midnight(unit.now, asked.zone))
        attention = await _attention(unit, asked, holder)
    ours = {party.holder for party in asked.parties}
    evses = Counter(evse.status for _, _, location in known for evse in location.evses)
    return asked.page(
        "network.html",
        counts=[(status.value, evses[status]) for status in USUAL if evses[status]],
        sessions_open=sum(counts.get(status, 0) for status in OPEN),
        energy_today=sum((each.energy for each in sums), NO_ENERGY),
        attention=attention,
        tiles=asked.console.tile_url,
        tiles_by=asked.console.tile_credit,
        locations=[_entry(ref, location, ours) for ref, _, location in known[:LISTED]],
        locations_count=len(known),
    )


async def geojson(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await locations.page(unit, asked.visitor.holder, limit=LOCATIONS_MAX)
    features = [_feature(asked, ref, location) for ref, _, location in known if location.evses]
    body = json.encode({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json")


def _midnight(now: datetime, zone: str) -> datetime:
    return datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))


async def _attention(unit: Unit, asked: Asked, holder: PartyId | None) -> list[Need]:
    needs: list[Need] = []
    for station in await locations.stations(unit, holder, limit=STATIONS_MAX):
        match places.connection(station):
            case "offline":
                text = asked.say("Station %(id)s is offline.", id=station.id)
                needs.append(Need(tone="bad", text=text, href=f"/stations/{station.id}", deed=asked.say("Look at it")))
            case "waiting":
                text = asked.say("Station %(id)s waits to be accepted.", id=station.id)
                needs.append(Need(tone="warn", text=text, href=f"/stations/{station.id}", deed=asked.say("Decide")))
            case _:
                pass
    doubts = await readings.open_doubts(unit, holder)
    if doubts:
        text = asked.say("Doubts about what meters said: %(count)s.", count=len(doubts))
        needs.append(Need(tone="warn", text=text, href="/doubts", deed=asked.say("Look at them")))
    for late in [one for one in await market.followed(unit) if one.late_since is not None]:
        text = asked.say("Prices of %(zone)s are late; plans go by a forecast.", zone=late.zone)
        needs.append(Need(tone="warn", text=text, href=f"/prices?zone={late.zone}", deed=asked.say("Look at them")))
    waiting = await meters.held_now(unit, holder)
    if waiting:
        text = asked.say("Charges that are not billed until somebody decides: %(count)s.", count=waiting)
        needs.append(Need(tone="bad", text=text, href="/signed", deed=asked.say("Decide")))
    ending = await meters.ending(unit, holder)
    if ending:
        text = asked.say("Meters whose calibration ends soon or is over: %(count)s.", count=len(ending))
        needs.append(Need(tone="warn", text=text, href="/meters", deed=asked.say("Look at them")))
    return needs[:NAMED_MAX]


def _entry(ref: str, location: Location, ours: set[PartyId]) -> Entry:
    statuses = places.statuses(location)
    return Entry(
        ref=ref,
        name=places.name_of(location),
        city=location.city,
        owner="" if location.owner in ours else str(location.owner),
        available=dict(statuses).get(Status.AVAILABLE, 0),
        total=len(location.evses),
        shares=[(state("evse", status).tone, count) for status, count in statuses],
    )


def _feature(asked: Asked, ref: str, location: Location) -> dict[str, object]:
    statuses = places.statuses(location)
    telling = state("evse", statuses[0][0])
    counted = dict(statuses)
    return {
        "type": "Feature",
        "geometry": {
            "type": "Point",
            "coordinates": [location.coordinates.longitude, location.coordinates.latitude],
        },
        "properties": {
            "name": places.name_of(location),
            "says": ", ".join(f"{count} {asked.say(state('evse', status).word)}" for status, count in statuses),
            "tone": telling.tone,
            "shape": telling.shape,
            "href": f"/locations/{ref}",
            "evses": len(location.evses),
            "faulty": counted.get(Status.OUTOFORDER, 0),
        },
    }


DOORS: tuple[Door, ...] = (see("/", show), see("/network.geojson", geojson))
