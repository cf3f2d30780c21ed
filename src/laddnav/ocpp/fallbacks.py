"""What an Evse keeps to by itself where nobody tells it: set as its default, and set again whenever it boots."""

from __future__ import annotations

from decimal import Decimal

from laddnav.db.unit import Database, Unit
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.model import Station
from laddnav.ocpp import rules, store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import Fallback, StationCall
from laddnav.ocpp.wanted import About, about, write_down
from laddnav.ocpp.wire.abilities import NAMES, abilities
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import LimitDefault, Request, UnlimitDefault, Verdict
from laddnav.scheduling.fitted import ways
from laddnav.scheduling.merged import NO_TIME, Feed, merged
from laddnav.scheduling.model import ChargingProfile, ProfileLimit
from laddnav.sessions import limited
from laddnav.sites import actions as sites
from laddnav.sites.events import FallbackWanted

FALLBACK = "LimitDefault"


async def wanted(database: Database, event: FallbackWanted) -> None:
    """Hears FallbackWanted. Remembered until it is wanted otherwise; a Station that is away is told when it boots."""
    number = rules.number_named(f"fallback {event.station_id}/{event.evse_no}")
    fallback = Fallback(profile_no=number, amps=None if event.amps is None else Decimal(event.amps))
    async with database.unit() as unit:
        store.carried.want(unit, event.holder, event.station_id, event.evse_no, fallback)
        station = await locations.station(unit, event.station_id)
        if station.connected_at is not None:
            _want_anew(unit, station, event.evse_no, fallback)
    database.wake()


async def booted(unit: Unit, station: Station) -> None:
    """OCPP 2.0.1 K01.FR.27 has profiles survive a boot; of one that lost them all the same it is wanted again."""
    for evse_no, fallback in await store.carried.all_wanted(unit, station.holder, station.id):
        _want_anew(unit, station, evse_no, fallback)


def _want_anew(unit: Unit, station: Station, evse_no: int, fallback: Fallback, attempt: int = 0) -> None:
    where = About(evse_no=evse_no, attempt=attempt, text=_words(fallback))
    write_down(unit, station.holder, station.id, FALLBACK, unit.new_id(), about=where)


def _words(fallback: Fallback) -> str:
    """By which an answer to one wish is no answer to the next."""
    return "none" if fallback.amps is None else str(fallback.amps)


async def _known(unit: Unit, call: StationCall) -> Fallback | None:
    """What is wanted; None: not what this call was about."""
    known = await store.carried.wanted(unit, call.holder, call.station_id, about(call).evse_no)
    return None if known is None or _words(known) != about(call).text else known


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    evse_no, known = about(call).evse_no, await _known(unit, call)
    if known is None:
        return Verdict.FAILED
    if known.amps is None:
        return UnlimitDefault(number=known.profile_no)
    feed = await _feed(unit, call.station_id, evse_no)
    rate_unit, rate = feed.of_mains(known.amps)
    profile = ChargingProfile(
        unit=rate_unit, started_at=unit.now.replace(microsecond=0), limits=(ProfileLimit(NO_TIME, rate),)
    )
    station = abilities(await store.variables.named(unit, call.holder, call.station_id, NAMES))
    open_ways = ways(profile, station)
    if about(call).attempt >= len(open_ways):
        return Verdict.FAILED
    told = merged([profile], begun_at=unit.now, feed=feed, unit=open_ways[about(call).attempt].unit)
    assert told is not None, "it says the same in another unit"
    return LimitDefault(number=known.profile_no, evse_no=evse_no, profile=told)


async def _said(unit: Unit, call: StationCall, answered: Answered) -> None:
    """Refused in one unit, it is tried in the other; of a Station that has none to take back, none is left."""
    evse_no, known = about(call).evse_no, await _known(unit, call)
    if known is None or answered is None:
        return
    if known.amps is None:
        store.carried.forget(unit, call.holder, call.station_id, evse_no)
        return
    if answered is Verdict.REJECTED:
        station = await locations.station(unit, call.station_id)
        _want_anew(unit, station, evse_no, known, about(call).attempt + 1)
        return
    accepted = answered is Verdict.ACCEPTED
    if accepted:
        store.carried.answered(unit, call.holder, call.station_id, evse_no)
    await sites.fallback_answered(unit, call.holder, call.station_id, evse_no, known.amps, accepted=accepted)


async def _feed(unit: Unit, station_id: str, evse_no: int) -> Feed:
    """At an Evse of a place that we do not know yet, what most cars in Europe charge from."""
    station = await locations.station(unit, station_id)
    where = dict(station.evses).get(evse_no)
    if where is None:
        return limited.USUAL
    location = await locations.fetch(unit, station.holder, station.holder, where.location_id)
    return limited.feed(places.evse_of(location, where.evse_uid).connectors[0])


ERRAND = Errand(_say, _said)
