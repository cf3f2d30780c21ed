"""The operator API about what the network did."""

from __future__ import annotations

from laddnav.analytics import actions
from laddnav.analytics.model import EnergyRow, LocationLossRow, LossRow, Per, Place, UptimeRow
from laddnav.analytics.money import Desk
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import Page, Route
from laddnav.people.model import Visitor


async def report_energy(
    unit: Unit, by: Visitor, *, per: Per = Per.STATION, since: str | None = None, until: str | None = None
) -> Page[EnergyRow]:
    """Energy delivered and billed of each month, as 2026-11, from the first to the last, and why they differ."""
    return Page(items=await actions.energy(unit, by.holder, per, since, until), next=None)


async def report_losses(
    unit: Unit, by: Visitor, *, since: str | None = None, until: str | None = None
) -> Page[LossRow]:
    """Energy that came in from the grid and went out to cars, of each month and station that meters both."""
    return Page(items=await actions.losses(unit, by.holder, since, until), next=None)


async def report_location_losses(
    unit: Unit, by: Visitor, *, since: str | None = None, until: str | None = None
) -> Page[LocationLossRow]:
    """Energy that came in by the mains of a Location and went out to cars, of each month that readings enclose."""
    return Page(items=await actions.location_losses(unit, by.holder, since, until), next=None)


async def report_uptime(
    unit: Unit, by: Visitor, *, per: Place = Place.EVSE, since: str | None = None, until: str | None = None
) -> Page[UptimeRow]:
    """Minutes of each month in which an Evse, or those of a Location, could charge, and what they come to."""
    return Page(items=await actions.availability(unit, by.holder, per, since, until), next=None)


async def report_money(unit: Unit, by: Visitor, *, day: str | None = None, holder: PartyId | None = None) -> Desk:
    """One day's money of a party of ours, else today's: taken, held, troubled, owed, overdue."""
    party = await parties.meant(unit, holder or by.holder)
    return await actions.desk(unit, party, day)


ROUTES = (
    Route(method="GET", path="/reports/energy", does=report_energy),
    Route(method="GET", path="/reports/losses", does=report_losses),
    Route(method="GET", path="/reports/location-losses", does=report_location_losses),
    Route(method="GET", path="/reports/uptime", does=report_uptime),
    Route(method="GET", path="/reports/money", does=report_money),
)
