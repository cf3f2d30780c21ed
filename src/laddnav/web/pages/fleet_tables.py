"""Vehicles and departures of a fleet, one by one and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from starlette.responses import Response

from laddnav.fleets import actions as fleets
from laddnav.fleets import tables, written_departures, written_vehicles
from laddnav.fleets.model import Outlook
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.people.model import Role
from laddnav.sessions.model import Session
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.fleet_bars import SHOWN
from laddnav.web.pages.fleet_said import (
    as_csv,
    centres,
    changed_by,
    day,
    file_of,
    may_change,
    number,
    path_of,
    percent,
    row_of,
    seen_by,
    what_became,
    words_of,
)

FILES_MAX = 4 * 1024 * 1024  # bytes of a form: some ten thousand rows


# Vehicles -------------------------------------------------------------------------------------------------------------


async def list_vehicles(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        seen = await fleets.board(unit, fleet, SHOWN)
    first: dict[str, Outlook] = {}
    for one in seen.outlooks:
        first.setdefault(one.vehicle.ref, one)
    return asked.page(
        "fleet_vehicles.html",
        fleet=fleet,
        rows=[(one, percent(one.content.energy, one.vehicle), first.get(ref)) for ref, one in seen.standings.items()],
        now=seen.at,
        depots=[(one.id, one.name) for one in fleet.depots],
        centres=centres(asked, fleet),
        columns=tables.columns_of(VehicleSaid),
        may_change=may_change(asked),
    )


async def keep_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        one = await fleets.keep_vehicle(unit, fleet.ref, tables.said(words_of(asked), VehicleSaid))
    return asked.done(f"{path_of(fleet)}/vehicles/{one.ref}", asked.say("%(vehicle)s is kept.", vehicle=one.says))


async def show_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        one = await fleets.vehicle(unit, fleet, asked.part("id"))
        seen = await fleets.board(unit, fleet, timedelta(days=7))
        charges: Sequence[Session] = await fleets.charges_of(unit, one)
        today = fleets.today(fleet, one.depot, unit.now)
    known = {ref: each.vehicle for ref, each in seen.standings.items()}
    standing = seen.standings[one.ref]
    return asked.page(
        "fleet_vehicle.html",
        path=f"{path_of(fleet)}/vehicles/{one.ref}",
        fleet=fleet,
        vehicle=one,
        said=written_vehicles.said_of(one, today),
        standing=standing,
        percent=percent(standing.content.energy, one),
        rows=[row_of(each, fleet, known) for each in seen.outlooks if each.vehicle.ref == one.ref],
        charges=charges,
        names={each.code: each.name for each in fleet.cost_centres},
        depots=[(each.id, each.name) for each in fleet.depots],
        centres=centres(asked, fleet),
        now=seen.at,
        today=today,
        may_change=may_change(asked),
    )


async def tell_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        one = await fleets.vehicle(unit, fleet, asked.part("id"))
        await fleets.tell(unit, fleet, one.ref, percent=number(asked, "percent"), odometer=number(asked, "odometer"))
    return asked.done(f"{path_of(fleet)}/vehicles/{one.ref}", asked.say("That is noted."))


async def remove_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        one = await fleets.remove_vehicle(unit, fleet, asked.part("id"))
    return asked.done(
        f"{path_of(fleet)}/vehicles",
        asked.say("%(vehicle)s is removed; what it charged stays in the reports.", vehicle=one.says),
    )


async def vehicles_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        return as_csv(await fleets.vehicles_as_table(unit, fleet), "vehicles")


async def take_vehicles(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        taken = await fleets.take_vehicles(unit, fleet.ref, file_of(asked))
    return asked.done(f"{path_of(fleet)}/vehicles", what_became(asked, taken.new, taken.changed, taken.same))


# Departures -----------------------------------------------------------------------------------------------------------


async def list_departures(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        found = await fleets.departures(unit, fleet)
        known = {one.ref: one for one in await fleets.vehicles(unit, fleet)}
    return asked.page(
        "fleet_departures.html",
        fleet=fleet,
        rows=[(one, known[one.vehicle], written_departures.days_said(one)) for one in found if one.vehicle in known],
        vehicles=[(one.id, one.says) for one in known.values()],
        columns=tables.columns_of(DepartureSaid),
        may_change=may_change(asked),
    )


async def keep_departure(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        one = await fleets.keep_departure(unit, fleet.ref, tables.said(words_of(asked), DepartureSaid))
    return asked.done(f"{path_of(fleet)}/departures", asked.say("Departure %(id)s is kept.", id=one.id))


async def remove_departure(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        one = await fleets.remove_departure(unit, fleet, asked.part("id"))
    return asked.done(f"{path_of(fleet)}/departures", asked.say("Departure %(id)s is removed.", id=one.id))


async def call_off(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        on = day(asked.said("on"))
        one = await fleets.call_off(unit, fleet, asked.part("id"), on)
    text = asked.say("Departure %(id)s is called off on %(day)s.", id=one.id, day=on.isoformat())
    return asked.done(f"{path_of(fleet)}/departures", text)


async def departures_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        return as_csv(await fleets.departures_as_table(unit, fleet), "departures")


async def take_departures(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        taken = await fleets.take_departures(unit, fleet.ref, file_of(asked))
    return asked.done(f"{path_of(fleet)}/departures", what_became(asked, taken.new, taken.changed, taken.same))


DOORS: tuple[Door, ...] = (
    see("/fleets/{ref}/vehicles", list_vehicles, Role.FLEET),
    do("/fleets/{ref}/vehicles", keep_vehicle, Role.FLEET),
    see("/fleets/{ref}/vehicles.csv", vehicles_table, Role.FLEET),
    do("/fleets/{ref}/vehicles.csv", take_vehicles, Role.FLEET, form_max=FILES_MAX),
    see("/fleets/{ref}/vehicles/{id}", show_vehicle, Role.FLEET),
    do("/fleets/{ref}/vehicles/{id}/state", tell_vehicle, Role.FLEET),
    do("/fleets/{ref}/vehicles/{id}/remove", remove_vehicle, Role.FLEET),
    see("/fleets/{ref}/departures", list_departures, Role.FLEET),
    do("/fleets/{ref}/departures", keep_departure, Role.FLEET),
    see("/fleets/{ref}/departures.csv", departures_table, Role.FLEET),
    do("/fleets/{ref}/departures.csv", take_departures, Role.FLEET, form_max=FILES_MAX),
    do("/fleets/{ref}/departures/{id}/remove", remove_departure, Role.FLEET),
    do("/fleets/{ref}/departures/{id}/call-off", call_off, Role.FLEET),
)
