"""Fleets: the board of a depot, its next hours as bars, vehicles, departures, and who pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.db.unit import Unit
from laddnav.fleets import actions as fleets
from laddnav.fleets import filling, rules, tables, written_departures, written_vehicles
from laddnav.fleets.actions import Board
from laddnav.fleets.model import Depot, Fleet, Light, Outlook, Proposal, Standing, Trip, Vehicle
from laddnav.fleets.readiness import expected, over_at
from laddnav.fleets.rules import Unfit
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.sessions.model import Session
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.places import name_of
from laddnav.web.words import state

PLACES = 500  # to choose a depot from
FILES_MAX = 4 * 1024 * 1024  # bytes of a form: some ten thousand rows
SHOWN = timedelta(hours=36)


class Row(Struct, frozen=True, kw_only=True):
    """A departure. `has`, `comes` and `needs` are percent of the battery: now, with the charge, and at least."""

    outlook: Outlook
    zone: str
    depot: Depot
    has: int
    comes: int
    needs: int
    swaps: tuple[tuple[Proposal, Vehicle], ...]
    swapped_for: Vehicle | None


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
        fleet = await _seen(asked, unit)
        seen = await fleets.board(unit, fleet, SHOWN)
        known = await fleets.every_vehicle(unit, fleet)
        departures = await fleets.departures(unit, fleet)
    rows = [_row(one, fleet, known) for one in seen.outlooks]
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
        may_change=_may_change(asked),
    )


def _row(one: Outlook, fleet: Fleet, known: Mapping[str, Vehicle]) -> Row:
    depot = fleet.depot(one.vehicle.depot)
    assert depot is not None, "a vehicle stands at a depot of its fleet"
    coming = NO_ENERGY
    if one.plugged is not None and one.plugged.works:
        blocks = expected(one.plugged, one.content.at, one.trip.departs_at)
        coming = min(filling.planned(blocks, one.content.at, one.trip.departs_at), one.readiness.missing)
    return Row(
        outlook=one,
        zone=depot.time_zone,
        depot=depot,
        has=_percent(one.content.low, one.vehicle),
        comes=_percent(one.content.low + coming, one.vehicle),
        needs=_percent(filling.needed(one.trip.need, one.vehicle), one.vehicle),
        swaps=tuple((each, known[each.vehicle]) for each in one.swaps),
        swapped_for=None if one.trip.swapped_for is None else known.get(one.trip.swapped_for),
    )


def _percent(energy: Energy, vehicle: Vehicle) -> int:
    return max(0, min(100, round(energy.wh * 100 / vehicle.battery.wh)))


async def swap(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        other = await fleets.vehicle(unit, fleet, asked.said("vehicle"))
        await fleets.swap(
            unit, fleet, asked.said("departure"), _day(asked.said("on")), other.ref, by=asked.visitor.name
        )
    return asked.done(_path(fleet), asked.say("%(vehicle)s leaves instead.", vehicle=other.says))


async def unswap(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        await fleets.unswap(unit, fleet, asked.said("departure"), _day(asked.said("on")), by=asked.visitor.name)
    return asked.done(_path(fleet), asked.say("The vehicle of the timetable leaves after all."))


# The next hours -------------------------------------------------------------------------------------------------------


async def timeline(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        seen = await fleets.board(unit, fleet, SHOWN)
    return asked.page(
        "fleet_timeline.html",
        fleet=fleet,
        chart=Markup(json.encode(_chart(asked, seen)).decode().replace("<", "\\u003c")),
        some=bool(seen.standings),
        now=seen.at,
    )


def _chart(asked: Asked, seen: Board) -> dict[str, object]:
    """What <depot-gantt> draws: seconds since 1970, kW, and words."""
    begins = seen.at - timedelta(hours=2)
    looks = {(one.trip.departure, one.trip.on): one for one in seen.outlooks}
    ordered = sorted(seen.standings.values(), key=lambda one: (one.vehicle.depot, one.vehicle.id))
    return {
        "zone": asked.zone,
        "begin": begins.timestamp(),
        "end": (seen.at + SHOWN).timestamp(),
        "now": seen.at.timestamp(),
        "words": {
            "now": asked.say("now"),
            "plugged": asked.say("Plugged in"),
            "planned": asked.say("Planned power"),
            "away": asked.say("Away"),
            "departure": asked.say("Departure"),
            "act": asked.say("Plug in by"),
            "vehicle": asked.say("Vehicle"),
        },
        "rows": [_bars(asked, one, seen, looks, begins) for one in ordered],
    }


def _bars(
    asked: Asked,
    one: Standing,
    seen: Board,
    looks: Mapping[tuple[str, date], Outlook],
    begins: datetime,
) -> dict[str, object]:
    its = [trip for trip in seen.trips if trip.vehicle == one.vehicle.ref and over_at(trip) > begins]
    ends = seen.at + SHOWN
    planned, most = [], Decimal(1)
    if one.plugged is not None and not _has_enough(its, looks, seen.at):
        most = max(one.plugged.power_max.kw, most)
        until = min((trip.departs_at for trip in its if trip.departs_at > seen.at), default=ends)
        for block in expected(one.plugged, seen.at, until) if one.plugged.works else ():
            end_at = min(block.end_at, until)
            if block.begin_at < end_at and not _is_open(one, block.begin_at, seen):
                planned.append(
                    {
                        "from": max(block.begin_at, seen.at).timestamp(),
                        "to": end_at.timestamp(),
                        "kw": float(block.power.kw),
                    }
                )
    return {
        "name": one.vehicle.says,
        "note": one.vehicle.plate or one.vehicle.depot,
        "href": f"/fleets/{one.vehicle.fleet}/vehicles/{one.vehicle.ref}",
        "most": float(most),
        "plugged": None
        if one.plugged is None
        else {
            "from": one.plugged.since_at.timestamp(),
            "evse": one.plugged.evse,
            "works": one.plugged.works,
        },
        "planned": planned,
        "trips": [_mark(asked, trip, looks.get((trip.departure, trip.on))) for trip in its],
    }


def _has_enough(its: Sequence[Trip], looks: Mapping[tuple[str, date], Outlook], now: datetime) -> bool:
    """A plan leaves out who has what it leaves with; without any, all that it could take is not what it gets."""
    ahead = [trip for trip in its if trip.departs_at > now]
    first = looks.get((ahead[0].departure, ahead[0].on)) if ahead else None
    return first is not None and first.readiness.light is Light.READY


def _is_open(one: Standing, begins: datetime, seen: Board) -> bool:
    """What comes after a plan is not planned, only possible; without any plan all of it is shown as it is expected."""
    plugged = one.plugged
    if plugged is None or plugged.planned is None or not plugged.planned:
        return False
    return begins == plugged.planned[-1].begin_at and plugged.planned[-1].length > SHOWN


def _mark(asked: Asked, trip: Trip, looks: Outlook | None) -> dict[str, object]:
    light = Light.READY if looks is None else looks.readiness.light
    by = None if looks is None or looks.readiness.plug_by is None else looks.readiness.plug_by.timestamp()
    shows_by = light in (Light.TO_PLUG_IN, Light.AT_RISK)
    return {
        "at": trip.departs_at.timestamp(),
        "back": over_at(trip).timestamp(),
        "light": light.value,
        "says": asked.say(state("departure", light.value).word),
        "need": str(trip.need),
        "id": trip.id,
        "by": by if shows_by else None,
    }


# Vehicles -------------------------------------------------------------------------------------------------------------


async def list_vehicles(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        seen = await fleets.board(unit, fleet, SHOWN)
    first: dict[str, Outlook] = {}
    for one in seen.outlooks:
        first.setdefault(one.vehicle.ref, one)
    return asked.page(
        "fleet_vehicles.html",
        fleet=fleet,
        rows=[(one, _percent(one.content.energy, one.vehicle), first.get(ref)) for ref, one in seen.standings.items()],
        now=seen.at,
        depots=[(one.id, one.name) for one in fleet.depots],
        centres=_centres(asked, fleet),
        columns=tables.columns_of(VehicleSaid),
        may_change=_may_change(asked),
    )


async def keep_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        one = await fleets.keep_vehicle(unit, fleet.ref, tables.said(_words(asked), VehicleSaid))
    return asked.done(f"{_path(fleet)}/vehicles/{one.ref}", asked.say("%(vehicle)s is kept.", vehicle=one.says))


async def show_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        one = await fleets.vehicle(unit, fleet, asked.part("id"))
        seen = await fleets.board(unit, fleet, timedelta(days=7))
        charges: Sequence[Session] = await fleets.charges_of(unit, one)
        today = fleets.today(fleet, one.depot, unit.now)
    known = {ref: each.vehicle for ref, each in seen.standings.items()}
    standing = seen.standings[one.ref]
    return asked.page(
        "fleet_vehicle.html",
        path=f"{_path(fleet)}/vehicles/{one.ref}",
        fleet=fleet,
        vehicle=one,
        said=written_vehicles.said_of(one, today),
        standing=standing,
        percent=_percent(standing.content.energy, one),
        rows=[_row(each, fleet, known) for each in seen.outlooks if each.vehicle.ref == one.ref],
        charges=charges,
        names={each.code: each.name for each in fleet.cost_centres},
        depots=[(each.id, each.name) for each in fleet.depots],
        centres=_centres(asked, fleet),
        now=seen.at,
        today=today,
        may_change=_may_change(asked),
    )


async def tell_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        one = await fleets.vehicle(unit, fleet, asked.part("id"))
        await fleets.tell(unit, fleet, one.ref, percent=_number(asked, "percent"), odometer=_number(asked, "odometer"))
    return asked.done(f"{_path(fleet)}/vehicles/{one.ref}", asked.say("That is noted."))


async def remove_vehicle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        one = await fleets.remove_vehicle(unit, fleet, asked.part("id"))
    return asked.done(
        f"{_path(fleet)}/vehicles",
        asked.say("%(vehicle)s is removed; what it charged stays in the reports.", vehicle=one.says),
    )


async def vehicles_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        return _csv(await fleets.vehicles_as_table(unit, fleet), "vehicles")


async def take_vehicles(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        taken = await fleets.take_vehicles(unit, fleet.ref, _file(asked))
    return asked.done(f"{_path(fleet)}/vehicles", _what_became(asked, taken.new, taken.changed, taken.same))


# Departures -----------------------------------------------------------------------------------------------------------


async def list_departures(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        found = await fleets.departures(unit, fleet)
        known = {one.ref: one for one in await fleets.vehicles(unit, fleet)}
    return asked.page(
        "fleet_departures.html",
        fleet=fleet,
        rows=[(one, known[one.vehicle], written_departures.days_said(one)) for one in found if one.vehicle in known],
        vehicles=[(one.id, one.says) for one in known.values()],
        columns=tables.columns_of(DepartureSaid),
        may_change=_may_change(asked),
    )


async def keep_departure(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        one = await fleets.keep_departure(unit, fleet.ref, tables.said(_words(asked), DepartureSaid))
    return asked.done(f"{_path(fleet)}/departures", asked.say("Departure %(id)s is kept.", id=one.id))


async def remove_departure(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        one = await fleets.remove_departure(unit, fleet, asked.part("id"))
    return asked.done(f"{_path(fleet)}/departures", asked.say("Departure %(id)s is removed.", id=one.id))


async def call_off(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        on = _day(asked.said("on"))
        one = await fleets.call_off(unit, fleet, asked.part("id"), on)
    text = asked.say("Departure %(id)s is called off on %(day)s.", id=one.id, day=on.isoformat())
    return asked.done(f"{_path(fleet)}/departures", text)


async def departures_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        return _csv(await fleets.departures_as_table(unit, fleet), "departures")


async def take_departures(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        taken = await fleets.take_departures(unit, fleet.ref, _file(asked))
    return asked.done(f"{_path(fleet)}/departures", _what_became(asked, taken.new, taken.changed, taken.same))


# Costs ----------------------------------------------------------------------------------------------------------------


async def costs(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        first = _month(asked, unit.now)
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
        fleet = await _seen(asked, unit)
        first = _month(asked, unit.now)
        sums = await fleets.month(unit, fleet, first)
        text = fleets.as_table(fleet, await fleets.every_vehicle(unit, fleet), first, sums)
    return _csv(text, f"costs-{first:%Y-%m}")


# Set up ---------------------------------------------------------------------------------------------------------------


async def set_up(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _seen(asked, unit)
        found = await locations.page(unit, fleet.holder, fleet.holder, limit=PLACES)
    return asked.page(
        "fleet_set_up.html",
        fleet=fleet,
        places=[(one.id, f"{name_of(one)}, {one.city}") for _, holder, one in found if holder == one.owner],
        names={one.id: name_of(one) for _, _, one in found},
        may_change=_may_change(asked),
    )


async def add_depot(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        place = asked.said("place")
        await fleets.add_depot(unit, fleet.ref, id=asked.said("id"), name=asked.said("name"), location_id=place)
    return asked.done(f"{_path(fleet)}/set-up", asked.say("The depot is kept. Add the vehicles that stand there next."))


async def remove_depot(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        await fleets.remove_depot(unit, fleet.ref, asked.said("depot"))
    return asked.done(f"{_path(fleet)}/set-up", asked.say("The depot is removed."))


async def add_cost_centre(asked: Asked) -> Response:
    async with asked.unit() as unit:
        fleet = await _changed(asked, unit)
        await fleets.add_cost_centre(unit, fleet.ref, code=asked.said("code"), name=asked.said("name"))
    return asked.done(f"{_path(fleet)}/set-up", asked.say("The cost centre is kept."))


# Who sees what, and how it is said ------------------------------------------------------------------------------------


async def _seen(asked: Asked, unit: Unit) -> Fleet:
    """Its page goes by the clock of its first depot. Raises UnknownFleet, NotYours."""
    fleet = rules.seen(asked.visitor, await fleets.by_ref(unit, asked.part("ref")))
    asked.zone = fleet.depots[0].time_zone if fleet.depots else asked.zone
    return fleet


async def _changed(asked: Asked, unit: Unit) -> Fleet:
    """Raises UnknownFleet, NotYours, NotAllowed."""
    return rules.changeable(asked.visitor, await fleets.by_ref(unit, asked.part("ref")))


def _may_change(asked: Asked) -> bool:
    return asked.visitor.role is not Role.VIEWER


def _path(fleet: Fleet) -> str:
    return f"/fleets/{fleet.ref}"


def _centres(asked: Asked, fleet: Fleet) -> list[tuple[str, str]]:
    named = [(one.code, f"{one.code} · {one.name}" if one.name else one.code) for one in fleet.cost_centres]
    return [(written_vehicles.NOBODY, asked.say("nobody in particular")), *named]


def _words(asked: Asked) -> dict[str, str]:
    return {name: value.strip() for name, value in asked.form.items() if name != "csrf"}


def _number(asked: Asked, name: str) -> Decimal | None:
    """Raises Unfit."""
    text = asked.said(name).replace(",", ".")
    if not text:
        return None
    if not text.replace(".", "", 1).isdecimal() or len(text) > 12:
        raise Unfit(name, asked.say("this is no number"))
    return Decimal(text)


def _day(text: str) -> date:
    """Raises Unfit."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unfit("on", f"{text[:20]!r} is no date as 2026-11-23") from error


def _month(asked: Asked, now: datetime) -> date:
    """Its first day; this month where none is said. Raises Unfit."""
    text = asked.query("month")
    return now.astimezone(ZoneInfo(asked.zone)).date().replace(day=1) if text is None else _day(f"{text[:7]}-01")


def _file(asked: Asked) -> str:
    """The text of the one that was chosen."""
    texts = json.decode(asked.said("files") or "{}", dict[str, str])
    return next(iter(texts.values()), "")


def _what_became(asked: Asked, new: int, changed: int, same: int) -> str:
    return asked.say(
        "Taken: %(new)s new, %(changed)s changed, %(same)s as before.", new=new, changed=changed, same=same
    )


def _csv(text: str, name: str) -> Response:
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


DOORS: tuple[Door, ...] = (
    see("/fleets", list_all, Role.FLEET),
    do("/fleets", add),
    see("/fleets/{ref}", show, Role.FLEET),
    see("/fleets/{ref}/wall", wall, Role.FLEET),
    do("/fleets/{ref}/swap", swap, Role.FLEET),
    do("/fleets/{ref}/take-swap-back", unswap, Role.FLEET),
    see("/fleets/{ref}/timeline", timeline, Role.FLEET),
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
    see("/fleets/{ref}/costs", costs, Role.FLEET),
    see("/fleets/{ref}/costs.csv", costs_table, Role.FLEET),
    see("/fleets/{ref}/set-up", set_up, Role.FLEET),
    do("/fleets/{ref}/depots", add_depot),
    do("/fleets/{ref}/depots/remove", remove_depot),
    do("/fleets/{ref}/cost-centres", add_cost_centre, Role.FLEET),
)
