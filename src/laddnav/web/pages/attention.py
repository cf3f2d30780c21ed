"""Whom to look after first, and the button that may help; what a station noticed is looked at here."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from starlette.responses import Response

from laddnav.customers.actions import coming
from laddnav.db.unit import Unit
from laddnav.fleets import actions as fleets
from laddnav.fleets.model import Alert, Fleet, Vehicle
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpp import attention
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.security import noticing
from laddnav.payments.actions import paying
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.notes import worded
from laddnav.web.pages.payments import NAMES

# EVSEs and stations: after a power cut it is whole sites, and the page is drawn anew with each that comes back.
SHOWN = 200
MONEY = 20  # payments that need a look, and customers who want to be deleted; their own pages have all


async def list_all(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await attention.wanted(unit, asked.visitor.holder)
        at_risk = await _at_risk(unit, asked.visitor.holder)
        now = unit.now
        shown = found[:SHOWN]
        tried = await cures.last(unit, shown)
        troubled = await paying.page(unit, asked.visitor.holder, troubled=True, limit=MONEY)
        leaving = await coming.leaving(unit, asked.visitor.holder, limit=MONEY)
    return asked.page(
        "attention.html",
        found=[(one, [worded(said, asked.language) for said in one.noticed]) for one in shown],
        many=len(found),
        ills=Counter(one.ill for one in found).most_common(),
        tried=tried,
        at_risk=at_risk,
        now=now,
        troubled=troubled,
        leaving=leaving,
        names=NAMES,
    )


async def _at_risk(unit: Unit, holder: PartyId | None) -> list[tuple[Alert, Fleet, Vehicle]]:
    """Departures of vehicles, the first to leave first."""
    found = []
    for fleet_ref, some in groupby(sorted(await fleets.at_risk(unit, holder), key=_of_fleet), key=_of_fleet):
        fleet = await fleets.by_ref(unit, fleet_ref)
        known = await fleets.every_vehicle(unit, fleet)
        found += [(one, fleet, known[one.vehicle]) for one in some]
    return sorted(found, key=lambda one: one[0].departs_at)


def _of_fleet(one: Alert) -> str:
    return one.fleet


async def look(asked: Asked) -> Response:
    """Up to the newest event that the page showed: what came since then still waits."""
    id, until = asked.part("id"), asked.number("until") or 0
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        yours(asked.visitor, station.holder)
        seen = await noticing.see(unit, station, asked.visitor.name, until)
        people.note(unit, asked.visitor.name, "see security events", f"station {id}", str(seen))
    return asked.done(asked.said("back"), asked.say("What the station noticed is marked as seen."))


DOORS: tuple[Door, ...] = (see("/attention", list_all), do("/stations/{id}/seen", look))
