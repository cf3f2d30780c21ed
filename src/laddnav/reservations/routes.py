"""The operator API about reservations: keep an Evse for a driver, look, and take a reservation back."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.time import utc
from laddnav.locations import actions as locations
from laddnav.people.api import Limit, NotYours, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.reservations import actions
from laddnav.reservations.model import Reservation, State
from laddnav.sessions.model import CdrToken
from laddnav.tokens import actions as tokens


class Reserve(Struct, frozen=True, kw_only=True):
    """`evse` and `token` by our refs; an Evse also by the number printed at it."""

    evse: str
    token: str
    until: datetime


async def list_reservations(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, state: State | None = None
) -> Page[Reservation]:
    """Reservations of our Evses, newest first."""
    found = await actions.page(unit, by.holder, state=state, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_reservation(unit: Unit, ref: str) -> Reservation:
    """One reservation."""
    return await actions.by_ref(unit, ref)


async def reserve(unit: Unit, by: Visitor, body: Reserve) -> Reservation:
    """Ask the Station behind an Evse of ours to keep it for the driver with this Token."""
    holder, location, evse = await locations.evse_named(unit, body.evse, by.holder)
    whose, token = await tokens.by_ref(unit, body.token)
    if yours(by, holder) != whose:
        raise NotYours
    id = unit.new_id()
    return await actions.request(
        unit,
        holder=holder,
        asked_by=holder,
        id=id,
        token=CdrToken(owner=token.owner, uid=token.uid, type=token.type, contract_id=token.contract_id),
        location_id=location.id,
        evse_uid=evse.uid,
        until=utc(body.until),
        request=id,
    )


async def withdraw(unit: Unit, by: Visitor, ref: str) -> Reservation:
    """Take a reservation back: nobody owes anything for it, and whoever asked for it is told."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return await actions.withdraw(unit, ref)


ROUTES = (
    Route(method="GET", path="/reservations", does=list_reservations),
    Route(method="GET", path="/reservations/{ref}", does=fetch_reservation),
    Route(method="POST", path="/reservations", does=reserve, needs=Role.OPERATOR, status=202),
    Route(method="POST", path="/reservations/{ref}/withdraw", does=withdraw, needs=Role.OPERATOR),
)
