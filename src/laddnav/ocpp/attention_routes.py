"""The operator API about whom to look after first."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import fold
from laddnav.ocpp import attention, ills
from laddnav.ocpp.ills import Attention, Ill, Rank
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Visitor


async def list_attention(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    location_id: str | None = None,
    station_id: str | None = None,
    ill: Ill | None = None,
) -> Page[Attention]:
    """What ails our EVSEs and stations, with what may cure it: who is missed most, of a week, comes first.

    The list is made anew for each page, which begins behind the last of the page before it, wherever that is now.
    """
    after = None if cursor is None else rank_of(cursor)
    found = [
        one
        for one in await attention.wanted(unit, by.holder)
        if (location_id is None or (one.location_id is not None and fold(one.location_id) == fold(location_id)))
        and (station_id is None or one.station_id == station_id)
        and (ill is None or one.ill is ill)
        and (after is None or ills.rank(one) > after)
    ]
    return page(found, limit, lambda one: cursor_of(ills.rank(one)))


def cursor_of(rank: Rank) -> str:
    everyday, drivers, money, since, station_id, evse_no, ill = rank
    at = since.astimezone(UTC).replace(tzinfo=None).isoformat()  # without a +, which an address would read as a space
    return f"{everyday:d}|{-drivers}|{-money}|{at}Z|{evse_no}|{ill.value}|{station_id}"


def rank_of(cursor: str) -> Rank:
    """Raises Unreadable."""
    try:
        everyday, drivers, money, since, evse_no, ill, station_id = cursor.split("|", 6)
        missed, at = Decimal(money), datetime.fromisoformat(since)
        if not missed.is_finite() or at.tzinfo is None:
            raise ValueError
        return everyday == "1", -int(drivers), -missed, at, station_id, int(evse_no), Ill(ill)
    except (ValueError, ArithmeticError) as error:
        raise json.Unreadable("This cursor is of no page of what needs attention") from error


ROUTES = (Route(method="GET", path="/attention", does=list_attention),)
