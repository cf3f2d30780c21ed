"""Fleets: the board of a depot, its next hours as bars, who pays, and what is set up."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup
from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.fleets import actions as fleets
from laddnav.fleets.model import Fleet, Light
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import fleet_tables
from laddnav.web.pages.fleet_bars import SHOWN, bars
from laddnav.web.pages.fleet_said import (
    as_csv,
    changed_by,
    day,
    may_change,
    month,
    path_of,
    row_of,
    seen_by,
)
from laddnav.web.pages.places import name_of

PLACES = 500  # to choose a depot from


class Listed(Struct, frozen=True, kw_only=True):
    fleet: Fleet
    vehicles: int
    at_risk: int


# All of them ----------------------------------------------------------------------------------------------------------


async def list_all(asked: Asked) -> Response:
    """Whoever is of one fleet goes straight to its board."""
    visitor = asked.visitor
    if visitor.role is Role.FLEET:
        return RedirectResponse(f"/fleets/{visitor.fleet or 'none'}", status_code=303)
    async with asked.unit() as unit:
        found = await fleets.page(unit, visitor.holder, limit=500)
        at_risk = await fleets.at_risk(unit, visitor.holder, limit=1_000)
        rows = [
            Listed(
                fleet=one,
                vehicles=len(await fleets.vehicles(unit, one)),
                at_risk=len({(each.departure, each.on) for each in at_risk if each.fleet == one.ref}),
            )
            for one in found
        ]
    return asked.page(
        "fleets.html", rows=rows, holders=[(str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties]
    )


async def add(asked: Asked) -> Response:
    async with asked.unit() as unit:
        one = await fleets.found(
            unit,
            yours(asked.visitor, PartyId.parse(asked.said("holder"))),
            name=asked.said("name"),
            customer=asked.said("customer"),
            by=asked.visitor.name,
        )
    return asked.done(f"/fleets/{one.ref}/set-up", asked.say("The fleet is added. Say next where its vehicles stand."))


# The board ------------------------------------------------------------------------------------------------------------


async def show(asked: Asked) -> Response:
    return await _board(asked, "fleet_board.html")


async def wall(asked: Asked) -> Response:
    """For a screen on the wall: nothing but what leaves next."""
    return await _board(asked, "fleet_wall.html")


async def _board(asked: Asked, template: str) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        seen = await fleets.board(unit, fleet, SHOWN)
        known = await fleets.every_vehicle(unit, fleet)
        departures = await fleets.departures(unit, fleet)
    rows = [row_of(one, fleet, known) for one in seen.outlooks]
    counts = {light: sum(one.outlook.readiness.light is light for one in rows) for light in Light}
    return asked.page(
        template,
        path=f"/fleets/{fleet.ref}{asked.path.partition(fleet.ref)[2]}",
        fleet=fleet,
        rows=rows,
        urgent=[one for one in rows if one.outlook.readiness.light is Light.AT_RISK],
        counts=counts,
        missed=[(one, known.get(one.vehicle)) for one in seen.missed],
        now=seen.at,
        some_vehicles=bool(seen.standings),
        some_departures=bool(departures),
        may_change=may_change(asked),
    )


async def swap(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        other = await fleets.vehicle(unit, fleet, asked.said("vehicle"))
        await fleets.swap(unit, fleet, asked.said("departure"), day(asked.said("on")), other.ref, by=asked.visitor.name)
    return asked.done(path_of(fleet), asked.say("%(vehicle)s leaves instead.", vehicle=other.says))


async def unswap(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        await fleets.unswap(unit, fleet, asked.said("departure"), day(asked.said("on")), by=asked.visitor.name)
    return asked.done(path_of(fleet), asked.say("The vehicle of the timetable leaves after all."))


async def timeline(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        seen = await fleets.board(unit, fleet, SHOWN)
    return asked.page(
        "fleet_timeline.html",
        fleet=fleet,
        chart=Markup(json.encode(bars(asked, seen)).decode().replace("<", "\\u003c")),
        some=bool(seen.standings),
        now=seen.at,
    )


# Costs ----------------------------------------------------------------------------------------------------------------


async def costs(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        first = month(asked, unit.now)
        sums = await fleets.month(unit, fleet, first)
        known = await fleets.every_vehicle(unit, fleet)
    currencies = sorted({one.currency for one in sums})
    return asked.page(
        "fleet_costs.html",
        fleet=fleet,
        month=f"{first:%Y-%m}",
        sums=sums,
        vehicles=known,
        names={one.code: one.name for one in fleet.cost_centres},
        energy=Energy(sum((one.energy.wh for one in sums), Decimal(0))),
        roamed=Energy(sum((one.roamed.wh for one in sums), Decimal(0))),
        charges=sum(one.charges for one in sums),
        totals=[(each, sum((one.cost for one in sums if one.currency == each), Decimal(0))) for each in currencies],
    )


async def costs_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        first = month(asked, unit.now)
        sums = await fleets.month(unit, fleet, first)
        text = fleets.as_table(fleet, await fleets.every_vehicle(unit, fleet), first, sums)
    return as_csv(text, f"costs-{first:%Y-%m}")


# Set up ---------------------------------------------------------------------------------------------------------------


async def set_up(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await seen_by(asked, unit)
        found = await locations.page(unit, fleet.holder, fleet.holder, limit=PLACES)
    return asked.page(
        "fleet_set_up.html",
        fleet=fleet,
        places=[(one.id, f"{name_of(one)}, {one.city}") for _, holder, one in found if holder == one.owner],
        names={one.id: name_of(one) for _, _, one in found},
        may_change=may_change(asked),
    )


async def add_depot(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        place = asked.said("place")
        await fleets.add_depot(unit, fleet.ref, id=asked.said("id"), name=asked.said("name"), location_id=place)
    return asked.done(
        f"{path_of(fleet)}/set-up", asked.say("The depot is kept. Add the vehicles that stand there next.")
    )


async def remove_depot(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        await fleets.remove_depot(unit, fleet.ref, asked.said("depot"))
    return asked.done(f"{path_of(fleet)}/set-up", asked.say("The depot is removed."))


async def add_cost_centre(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await changed_by(asked, unit)
        await fleets.add_cost_centre(unit, fleet.ref, code=asked.said("code"), name=asked.said("name"))
    return asked.done(f"{path_of(fleet)}/set-up", asked.say("The cost centre is kept."))


DOORS: tuple[Door, ...] = (
    see("/fleets", list_all, Role.FLEET),
    do("/fleets", add),
    see("/fleets/{ref}", show, Role.FLEET),
    see("/fleets/{ref}/wall", wall, Role.FLEET),
    do("/fleets/{ref}/swap", swap, Role.FLEET),
    do("/fleets/{ref}/take-swap-back", unswap, Role.FLEET),
    see("/fleets/{ref}/timeline", timeline, Role.FLEET),
    *fleet_tables.DOORS,
    see("/fleets/{ref}/costs", costs, Role.FLEET),
    see("/fleets/{ref}/costs.csv", costs_table, Role.FLEET),
    see("/fleets/{ref}/set-up", set_up, Role.FLEET),
    do("/fleets/{ref}/depots", add_depot),
    do("/fleets/{ref}/depots/remove", remove_depot),
    do("/fleets/{ref}/cost-centres", add_cost_centre, Role.FLEET),
)
