"""The operator API about fleets: vehicles, departures, the depot board, and who pays.

Whoever is of one fleet sees and changes that one; an operator, those of the holder; nobody else changes anything.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.fleets import actions, rules
from laddnav.fleets.actions import TableTaken
from laddnav.fleets.model import (
    Alert,
    Content,
    Departure,
    Fleet,
    Outlook,
    Spending,
    Vehicle,
)
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Month = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Text = Annotated[str, Meta(max_length=4_000_000)]


class NewFleet(Struct, frozen=True, kw_only=True):
    """`customer` is whose vehicles they are; `holder` may be left out where only one of our parties can be meant."""

    name: str
    customer: str
    holder: str | None = None


class NewDepot(Struct, frozen=True, kw_only=True):
    """`id` is what a vehicle names it by, `location_id` a Location of ours."""

    id: str
    name: str = ""
    location_id: str


class NewCostCentre(Struct, frozen=True, kw_only=True):
    code: str
    name: str = ""


class VehicleState(Struct, frozen=True, kw_only=True):
    """How full it is in percent, what its odometer shows in km, or both."""

    percent: Decimal | None = None
    odometer: Decimal | None = None


class PaidFrom(Struct, frozen=True, kw_only=True):
    """`code` of a cost centre, "" for nobody in particular; `since` left out: from today on."""

    code: str
    since: date | None = None


class OnDay(Struct, frozen=True, kw_only=True):
    on: date


class SwapTo(Struct, frozen=True, kw_only=True):
    """`vehicle` is our ref of the one that leaves instead."""

    on: date
    vehicle: str


class BoardShown(Struct, frozen=True, kw_only=True):
    """Departures of the next 36 hours in the order of time, and what was missed in the last two."""

    holder: PartyId
    fleet: str
    at: datetime
    departures: tuple[Outlook, ...]
    missed: tuple[Alert, ...]


class CostReport(Struct, frozen=True, kw_only=True):
    """What was charged in a month, by cost centre and vehicle; costs are before taxes, as CDRs say them."""

    holder: PartyId
    fleet: str
    month: str
    spent: tuple[Spending, ...]


class TableKind(StrEnum):
    VEHICLES = "vehicles"
    DEPARTURES = "departures"


class Table(Struct, frozen=True, kw_only=True):
    """CSV with a header."""

    holder: PartyId
    kind: TableKind
    text: str


class TableGiven(Struct, frozen=True, kw_only=True):
    """`preview` only says what would be done."""

    text: Text
    preview: bool = False


class Swapped(Struct, frozen=True, kw_only=True):
    """`departure` and on which day `vehicle` leaves; of an exchange there are two."""

    holder: PartyId
    departure: str
    on: date
    vehicle: str


# Fleets ---------------------------------------------------------------------------------------------------------------


async def list_fleets(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Fleet]:
    """Fleets that this key may see, in the order in which they were added."""
    if by.role is Role.FLEET:
        one = None if by.fleet is None else await actions.find(unit, by.fleet)
        return Page(items=(one,) if one is not None and rules.reaches(by, one) else (), next=None)
    return page(await actions.page(unit, by.holder, after=cursor, limit=limit + 1), limit, lambda one: one.ref)


async def add_fleet(unit: Unit, by: Visitor, body: NewFleet) -> Fleet:
    """Begin to serve the vehicles of a company."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    return await actions.found(unit, yours(by, party.holder), name=body.name, customer=body.customer, by=by.name)


async def fetch_fleet(unit: Unit, by: Visitor, ref: str) -> Fleet:
    """One fleet with its depots and cost centres."""
    return await _seen(unit, by, ref)


async def keep_depot(unit: Unit, by: Visitor, ref: str, body: NewDepot) -> Fleet:
    """A place of ours where vehicles of the fleet stand."""
    fleet = await _changed(unit, by, ref)
    return await actions.add_depot(unit, fleet.ref, id=body.id, name=body.name, location_id=body.location_id)


async def remove_depot(unit: Unit, by: Visitor, ref: str, depot: str) -> Fleet:
    """Once no vehicle belongs to it any more; what was charged there stays in the reports."""
    return await actions.remove_depot(unit, (await _changed(unit, by, ref)).ref, depot)


async def keep_cost_centre(unit: Unit, by: Visitor, ref: str, body: NewCostCentre) -> Fleet:
    """Whoever of the company pays for a vehicle."""
    fleet = await _changed(unit, by, ref)
    return await actions.add_cost_centre(unit, fleet.ref, code=body.code, name=body.name)


# Vehicles -------------------------------------------------------------------------------------------------------------


async def list_vehicles(unit: Unit, by: Visitor, ref: str) -> Page[Vehicle]:
    """All of a fleet, in the order of their ids."""
    return Page(items=tuple(await actions.vehicles(unit, await _seen(unit, by, ref))), next=None)


async def keep_vehicle(unit: Unit, by: Visitor, ref: str, body: VehicleSaid) -> Vehicle:
    """Add a vehicle, or change the one with this id."""
    return await actions.keep_vehicle(unit, (await _changed(unit, by, ref)).ref, body)


async def fetch_vehicle(unit: Unit, by: Visitor, ref: str, vehicle: str) -> Vehicle:
    """One vehicle."""
    return await actions.vehicle(unit, await _seen(unit, by, ref), vehicle)


async def remove_vehicle(unit: Unit, by: Visitor, ref: str, vehicle: str) -> Vehicle:
    """It leaves no more; what it charged stays in the reports."""
    return await actions.remove_vehicle(unit, await _changed(unit, by, ref), vehicle)


async def tell_vehicle(unit: Unit, by: Visitor, ref: str, vehicle: str, body: VehicleState) -> Content:
    """Say how full a vehicle is, or how far it has driven, as its telematics or a person knows."""
    fleet = await _changed(unit, by, ref)
    return await actions.tell(unit, fleet, vehicle, percent=body.percent, odometer=body.odometer)


async def change_cost_centre(unit: Unit, by: Visitor, ref: str, vehicle: str, body: PaidFrom) -> Vehicle:
    """From a day on, another cost centre pays for what it charges."""
    return await actions.pay(unit, await _changed(unit, by, ref), vehicle, code=body.code, since=body.since)


# Departures -----------------------------------------------------------------------------------------------------------


async def list_departures(unit: Unit, by: Visitor, ref: str) -> Page[Departure]:
    """The timetable of a fleet, in the order of ids."""
    return Page(items=tuple(await actions.departures(unit, await _seen(unit, by, ref))), next=None)


async def keep_departure(unit: Unit, by: Visitor, ref: str, body: DepartureSaid) -> Departure:
    """Add a departure, weekly or once, or change the one with this id."""
    return await actions.keep_departure(unit, (await _changed(unit, by, ref)).ref, body)


async def remove_departure(unit: Unit, by: Visitor, ref: str, departure: str) -> Departure:
    """It is no more."""
    return await actions.remove_departure(unit, await _changed(unit, by, ref), departure)


async def call_off_departure(unit: Unit, by: Visitor, ref: str, departure: str, body: OnDay) -> Departure:
    """It is not on this one day."""
    return await actions.call_off(unit, await _changed(unit, by, ref), departure, body.on)


async def swap_vehicle(unit: Unit, by: Visitor, ref: str, departure: str, body: SwapTo) -> Page[Swapped]:
    """Have another vehicle leave on a day; where that has to leave itself then, the two exchange."""
    fleet = await _changed(unit, by, ref)
    made = await actions.swap(unit, fleet, departure, body.on, body.vehicle, by=by.name)
    return Page(
        items=tuple(
            Swapped(holder=fleet.holder, departure=one.departure, on=one.on, vehicle=one.vehicle) for one in made
        ),
        next=None,
    )


async def take_swap_back(unit: Unit, by: Visitor, ref: str, departure: str, body: OnDay) -> Departure:
    """The vehicle of the timetable leaves after all."""
    fleet = await _changed(unit, by, ref)
    await actions.unswap(unit, fleet, departure, body.on, by=by.name)
    return await actions.departure(unit, fleet, departure)


# Board, alerts, costs and tables ------------------------------------------------------------------------------------


async def fetch_board(unit: Unit, by: Visitor, ref: str) -> BoardShown:
    """Which vehicle leaves when, whether it will be ready, and what could leave instead."""
    seen = await actions.board(unit, await _seen(unit, by, ref))
    return BoardShown(
        holder=seen.fleet.holder, fleet=seen.fleet.ref, at=seen.at, departures=seen.outlooks, missed=seen.missed
    )


async def list_departure_alerts(
    unit: Unit, by: Visitor, ref: str, *, limit: Limit = 50, cursor: str | None = None
) -> Page[Alert]:
    """Departures that were or are at risk, the newest first."""
    fleet = await _seen(unit, by, ref)
    return page(await actions.alerts(unit, fleet, before=cursor, limit=limit + 1), limit, lambda one: one.ref)


async def fetch_costs(unit: Unit, by: Visitor, ref: str, *, month: Month) -> CostReport:
    """What the vehicles of a fleet charged in a month, as 2026-11, with partners too."""
    fleet = await _seen(unit, by, ref)
    spent = await actions.month(unit, fleet, date.fromisoformat(f"{month}-01"))
    return CostReport(holder=fleet.holder, fleet=fleet.ref, month=month, spent=tuple(spent))


async def fetch_table(unit: Unit, by: Visitor, ref: str, kind: TableKind) -> Table:
    """All vehicles, or all departures, as a table that can be changed and given back."""
    fleet = await _seen(unit, by, ref)
    writes = {TableKind.VEHICLES: actions.vehicles_as_table, TableKind.DEPARTURES: actions.departures_as_table}
    return Table(holder=fleet.holder, kind=kind, text=await writes[kind](unit, fleet))


async def give_table(unit: Unit, by: Visitor, ref: str, kind: TableKind, body: TableGiven) -> TableTaken:
    """Take all of a table, or nothing of it: then every fault is told by its line and column."""
    fleet = await _changed(unit, by, ref)
    takes = {TableKind.VEHICLES: actions.take_vehicles, TableKind.DEPARTURES: actions.take_departures}
    return await takes[kind](unit, fleet.ref, body.text, preview=body.preview)


async def _seen(unit: Unit, by: Visitor, ref: str) -> Fleet:
    """Raises UnknownFleet, NotYours."""
    return rules.seen(by, await actions.by_ref(unit, ref))


async def _changed(unit: Unit, by: Visitor, ref: str) -> Fleet:
    """Raises UnknownFleet, NotYours, NotAllowed."""
    return rules.changeable(by, await actions.by_ref(unit, ref))


_FLEET = "/fleets/{ref}"
_VEHICLE = f"{_FLEET}/vehicles/{{vehicle}}"
_DEPARTURE = f"{_FLEET}/departures/{{departure}}"

ROUTES = (
    Route(method="GET", path="/fleets", does=list_fleets, needs=Role.FLEET),
    Route(method="POST", path="/fleets", does=add_fleet, needs=Role.OPERATOR, status=201),
    Route(method="GET", path=_FLEET, does=fetch_fleet, needs=Role.FLEET),
    Route(method="PUT", path=f"{_FLEET}/depots", does=keep_depot, needs=Role.OPERATOR),
    Route(method="DELETE", path=f"{_FLEET}/depots/{{depot}}", does=remove_depot, needs=Role.OPERATOR),
    Route(method="PUT", path=f"{_FLEET}/cost-centres", does=keep_cost_centre, needs=Role.FLEET),
    Route(method="GET", path=f"{_FLEET}/vehicles", does=list_vehicles, needs=Role.FLEET),
    Route(method="PUT", path=f"{_FLEET}/vehicles", does=keep_vehicle, needs=Role.FLEET),
    Route(method="GET", path=_VEHICLE, does=fetch_vehicle, needs=Role.FLEET),
    Route(method="DELETE", path=_VEHICLE, does=remove_vehicle, needs=Role.FLEET),
    Route(method="POST", path=f"{_VEHICLE}/state", does=tell_vehicle, needs=Role.FLEET, looks_itself=True),
    Route(method="PUT", path=f"{_VEHICLE}/cost-centre", does=change_cost_centre, needs=Role.FLEET),
    Route(method="GET", path=f"{_FLEET}/departures", does=list_departures, needs=Role.FLEET),
    Route(method="PUT", path=f"{_FLEET}/departures", does=keep_departure, needs=Role.FLEET),
    Route(method="DELETE", path=_DEPARTURE, does=remove_departure, needs=Role.FLEET),
    Route(method="POST", path=f"{_DEPARTURE}/call-off", does=call_off_departure, needs=Role.FLEET),
    Route(method="POST", path=f"{_DEPARTURE}/swap", does=swap_vehicle, needs=Role.FLEET),
    Route(method="POST", path=f"{_DEPARTURE}/take-swap-back", does=take_swap_back, needs=Role.FLEET),
    Route(method="GET", path=f"{_FLEET}/board", does=fetch_board, needs=Role.FLEET),
    Route(method="GET", path=f"{_FLEET}/alerts", does=list_departure_alerts, needs=Role.FLEET),
    Route(method="GET", path=f"{_FLEET}/costs", does=fetch_costs, needs=Role.FLEET),
    Route(method="GET", path=f"{_FLEET}/tables/{{kind}}", does=fetch_table, needs=Role.FLEET),
    Route(method="PUT", path=f"{_FLEET}/tables/{{kind}}", does=give_table, needs=Role.FLEET),
)
