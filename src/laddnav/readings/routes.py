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
from laddnav.readings.model import KeptDoubt, MainsExchange, MainsReading
from laddnav.readings.rules import NoMainsExchange, UnreadableReadings


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


class MainsExchanged(Struct, frozen=True, kw_only=True):
    """`before_kwh` is what the old meter showed last and `after_kwh` what the new one showed first."""

    holder: str
    location_id: str
    meter: str = ""
    at: datetime
    before_kwh: Decimal
    after_kwh: Decimal


async def exchange_mains_meter(unit: Unit, by: Visitor, body: MainsExchanged) -> MainsExchange:
    """Note that another mains meter counts at a Location from an instant on; months are counted across it."""
    holder = yours(by, PartyId.parse(body.holder))
    try:
        before, after = rules.register(body.before_kwh), rules.register(body.after_kwh)
    except ValueError as error:
        raise NoMainsExchange(str(error)) from error
    return await actions.exchange_mains(
        unit, holder, body.location_id, body.meter, at=utc(body.at), before=before, after=after, by=by.name
    )


async def list_mains_exchanges(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[MainsExchange]:
    """Exchanges of mains meters, the last to be noted first."""
    found = await actions.mains_exchanges(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def withdraw_mains_exchange(unit: Unit, by: Visitor, ref: str) -> None:
    """It was noted by mistake."""
    one = await actions.mains_exchange(unit, ref)
    yours(by, one.holder)
    actions.withdraw_exchange(unit, one)


ROUTES = (
    Route(
        method="POST",
        path="/mains-readings",
        does=keep_mains_readings,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(method="POST", path="/mains-exchanges", does=exchange_mains_meter, needs=Role.OPERATOR, status=201),
    Route(method="GET", path="/mains-exchanges", does=list_mains_exchanges),
    Route(
        method="DELETE",
        path="/mains-exchanges/{ref}",
        does=withdraw_mains_exchange,
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
