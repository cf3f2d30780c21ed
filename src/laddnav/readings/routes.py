"""The operator API about what does not add up and waits for somebody to look, and what mains meters showed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.readings import actions, rules
from laddnav.readings.model import KeptDoubt, MainsReading
from laddnav.readings.rules import UnreadableReadings


async def list_doubts(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[KeptDoubt]:
    """Doubts that nobody has settled, newest first."""
    found = await actions.open_doubts(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.id)


async def settle_doubt(unit: Unit, by: Visitor, holder: str, doubt_id: str) -> None:
    """Say that somebody looked at a doubt."""
    await actions.settle_doubt(unit, yours(by, PartyId.parse(holder)), doubt_id)


class GivenReading(Struct, frozen=True, kw_only=True):
    """`kwh` is the register that the mains meter of a Location showed; an instant without a zone is UTC."""

    location_id: str
    meter: str = ""
    at: datetime
    kwh: Decimal


class GivenReadings(Struct, frozen=True, kw_only=True):
    """Of Locations of `holder`, one by one or as a table with the columns location_id, meter, at and kwh."""

    holder: str
    readings: tuple[GivenReading, ...] = ()
    csv: str = ""


async def keep_mains_readings(unit: Unit, by: Visitor, body: GivenReadings) -> None:
    """Keep what the mains meters of places showed, for the report of what is lost between them and the cars."""
    holder = yours(by, PartyId.parse(body.holder))
    given = rules.mains_of(body.csv, holder) if body.csv else tuple(_given(holder, one) for one in body.readings)
    await actions.keep_mains(unit, given)


def _given(holder: PartyId, one: GivenReading) -> MainsReading:
    try:
        register = rules.register(one.kwh)
    except ValueError as error:
        raise UnreadableReadings(1, str(error)) from error
    return MainsReading(holder=holder, location_id=one.location_id, meter=one.meter, at=utc(one.at), register=register)


ROUTES = (
    Route(
        method="POST",
        path="/mains-readings",
        does=keep_mains_readings,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(method="GET", path="/doubts", does=list_doubts),
    Route(
        method="POST",
        path="/doubts/{holder}/{doubt_id}/settle",
        does=settle_doubt,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
)
