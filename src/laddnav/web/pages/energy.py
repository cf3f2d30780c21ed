"""Energy of a month: delivered, billed, why they differ, what was lost on the way to the cars; and who could charge."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlencode

from starlette.responses import Response

from laddnav.analytics import actions as analytics
from laddnav.analytics import tables
from laddnav.analytics.model import EnergyRow, Per, Place, UptimeRow
from laddnav.db.unit import Unit
from laddnav.kit.energy import NO_ENERGY
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.locations import actions as locations
from laddnav.people.api import yours
from laddnav.readings import actions as readings
from laddnav.readings.rules import mains_of
from laddnav.web.asked import Asked, Door, do, see


async def report(asked: Asked) -> Response:
    """Raises NoMonth, Unreadable."""
    per, since, until = _asked(asked)
    async with asked.unit() as unit:
        rows = await analytics.energy(unit, asked.visitor.holder, per, since, until)
        losses = await analytics.losses(unit, asked.visitor.holder, since, until)
        location_losses = await analytics.location_losses(unit, asked.visitor.holder, since, until)
        uptime = await analytics.availability(unit, asked.visitor.holder, Place.EVSE, since, until)
        since, until = analytics.months(unit, since, until)
        places = await _places(
            unit,
            {
                *((one.holder, one.location_id) for one in losses),
                *((one.holder, one.location_id) for one in location_losses),
                *((one.holder, one.location_id) for one in uptime),
                *((one.holder, one.of) for one in rows if per is Per.LOCATION),
            },
        )
    return asked.page(
        "energy.html",
        per=per,
        kinds=tuple(Per),
        since=since,
        until=until,
        rows=rows,
        losses=losses,
        location_losses=location_losses,
        holders=[(str(party.holder), party.name) for party in asked.parties if _mine(asked, party.holder)],
        uptime=uptime,
        places=places,
        charges=sum(one.charges for one in rows),
        delivered=sum((one.delivered for one in rows), NO_ENERGY),
        billed=sum((one.billed for one in rows), NO_ENERGY),
        difference=sum((one.difference for one in rows), NO_ENERGY),
        query=urlencode({"per": per, "since": since, "until": until}),
    )


async def table(asked: Asked) -> Response:
    """As a spreadsheet reads it. Raises NoMonth, Unreadable."""
    per, since, until = _asked(asked)
    async with asked.unit() as unit:
        rows: tuple[EnergyRow, ...] = await analytics.energy(unit, asked.visitor.holder, per, since, until)
    return _csv(tables.of_energy(rows), "energy")


async def losses_table(asked: Asked) -> Response:
    """As a spreadsheet reads it. Raises NoMonth, Unreadable."""
    _, since, until = _asked(asked)
    async with asked.unit() as unit:
        return _csv(tables.of_losses(await analytics.losses(unit, asked.visitor.holder, since, until)), "losses")


async def location_losses_table(asked: Asked) -> Response:
    """As a spreadsheet reads it. Raises NoMonth, Unreadable."""
    _, since, until = _asked(asked)
    async with asked.unit() as unit:
        found = await analytics.location_losses(unit, asked.visitor.holder, since, until)
    return _csv(tables.of_location_losses(found), "location-losses")


async def keep_mains(asked: Asked) -> Response:
    """Raises UnreadableReadings, UnknownLocation, NotAPartyId."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    given = mains_of(asked.said("readings"), holder)
    async with asked.unit() as unit:
        await readings.keep_mains(unit, given)
    return asked.done("/energy", asked.say("The readings are kept."))


async def uptime_table(asked: Asked) -> Response:
    """As a spreadsheet reads it. Raises NoMonth, Unreadable."""
    _, since, until = _asked(asked)
    async with asked.unit() as unit:
        rows: tuple[UptimeRow, ...] = await analytics.availability(unit, asked.visitor.holder, Place.EVSE, since, until)
    return _csv(tables.of_uptime(rows), "uptime")


async def _places(unit: Unit, shown: Collection[tuple[PartyId, str]]) -> dict[tuple[PartyId, str], tuple[str, str]]:
    """(ref, name) of the Locations of ours that are still there, by holder and id."""
    found = await locations.several(unit, [(holder, holder, fold(id)) for holder, id in shown])
    return {
        (holder, id): (found[key][0], found[key][1].name or found[key][1].address)
        for holder, id in shown
        if (key := (holder, holder, fold(id))) in found
    }


def _mine(asked: Asked, holder: PartyId) -> bool:
    return asked.visitor.holder in (None, holder)


def _csv(text: str, name: str) -> Response:
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


def _asked(asked: Asked) -> tuple[Per, str | None, str | None]:
    """Raises Unreadable."""
    per = asked.query("per") or Per.STATION
    if per not in set(Per):
        raise Unreadable(f"Energy is added up per {', '.join(Per)}, and not per {per[:40]!r}")
    return Per(per), asked.query("since") or None, asked.query("until") or None


DOORS: tuple[Door, ...] = (
    see("/energy", report),
    see("/energy.csv", table),
    see("/energy/losses.csv", losses_table),
    see("/energy/location-losses.csv", location_losses_table),
    do("/energy/mains", keep_mains),
    see("/energy/uptime.csv", uptime_table),
)
