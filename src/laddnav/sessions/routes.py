"""The operator API about charges while they happen."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.power import kw
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import local
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.people.api import Limit, NotYours, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.pricing.ahead.wish import Foretold, Wish, foretold, sensible
from laddnav.sessions import actions, rules
from laddnav.sessions.model import Session, Status
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.actions import Asker
from laddnav.tokens.model import Allowed

Minutes = Annotated[int, Meta(ge=0, le=7 * 24 * 60)]


class TokenRefused(Refusal):
    """The Token may not charge here now."""

    def __init__(self, allowed: Allowed) -> None:
        super().__init__(f"The Token may not charge here now: {allowed.value}")
        self.allowed = allowed


class Start(Struct, frozen=True, kw_only=True):
    """`evse` and `token` by our refs; an Evse also by the number printed at it. `connector_id` None: the first."""

    evse: str
    token: str
    connector_id: str | None = None


class Lost(Struct, frozen=True, kw_only=True):
    """`why` is kept with the charge. `at` when it was over, where somebody knows; else when it was last heard of."""

    why: Annotated[str, Meta(min_length=1, max_length=500)]
    at: datetime | None = None


class Foreseen(Struct, frozen=True, kw_only=True):
    """`holder` is the one of our parties that was asked about its Evse, or a partner's."""

    holder: PartyId
    tariff_id: str
    currency: str
    thing: Foretold


class NoPrice(Refusal):
    """No Tariff holds at this Evse then, so nothing can be said of what a charge costs."""

    def __init__(self, evse: str) -> None:
        super().__init__(f"No Tariff holds at Evse {evse!r} then, so nothing can be said of what a charge costs")
        self.evse = evse


async def list_sessions(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    owner: PartyId | None = None,
    status: Status | None = None,
    station_id: str | None = None,
) -> Page[Session]:
    """Charges of ours and those that partners told us of, newest first; `owner` is the CPO."""
    found = await actions.page(
        unit,
        by.holder,
        owner,
        statuses=None if status is None else (status,),
        station_id=station_id,
        before=cursor,
        limit=limit + 1,
    )
    return page(found, limit, lambda one: one.ref)


async def fetch_session(unit: Unit, ref: str) -> Session:
    """One charge."""
    return await actions.by_ref(unit, ref)


async def start(database: Database, by: Visitor, ask: Asker | None, body: Start) -> Session:
    """Ask the Station behind an Evse to begin, for a Token that may charge there; the car then has to be plugged in."""
    async with database.unit() as unit:
        holder, location, evse = await locations.evse_named(unit, body.evse, by.holder)
        whose, token = await tokens.by_ref(unit, body.token)
    if yours(by, holder) != whose:
        raise NotYours
    where = EvseRef(location.id, evse.uid)
    given = await tokens.authorize(database, holder, token.uid, evse=where, ask=ask)
    if given.allowed is not Allowed.ALLOWED:
        raise TokenRefused(given.allowed)
    async with database.unit() as unit:
        return await actions.request_start(
            unit,
            holder=holder,
            token=rules.token_of(given, holder, token.uid),
            evse=where,
            connector_id=body.connector_id,
            reference=given.reference,
        )


async def stop(unit: Unit, by: Visitor, ref: str) -> Session:
    """Ask the Station to end a charge of ours; it ends with the Station's own word."""
    session = await actions.by_ref(unit, ref)
    yours(by, session.holder)
    return await actions.request_stop(unit, session.holder, session.id)


async def close_lost(unit: Unit, by: Visitor, ref: str, body: Lost) -> Session:
    """Close a charge of ours whose end its Station has lost: billed up to its last register, with a doubt."""
    session = await actions.by_ref(unit, ref)
    holder, at = yours(by, session.holder), None if body.at is None else local(body.at, session.time_zone)
    return await actions.close_lost(unit, holder, session.id, by=by.name, why=body.why, at=at)


async def estimate(
    unit: Unit,
    by: Visitor,
    evse: str,
    *,
    power_kw: Decimal,
    kwh: Decimal | None = None,
    amount: Decimal | None = None,
    start: datetime | None = None,
    minutes_parked: Minutes = 0,
    connector_id: str | None = None,
) -> Foreseen:
    """What a charge at an Evse of ours would cost: so many kWh, or as many as an amount with taxes pays for.

    The Evse by our ref or by the number printed at it. `start` None: now; without a zone it is the Location's time.
    """
    holder, location, where = await locations.evse_named(unit, evse, by.holder)
    connector = places.connector_of(where, connector_id)
    start = unit.now if start is None else local(start, location.time_zone)
    tariff = await tariffs.offered(unit, holder, location.owner, connector.tariff_ids, start)
    if tariff is None:
        raise NoPrice(evse)
    wish = Wish(
        energy=None if kwh is None else Energy(kwh * 1000),
        amount=amount,
        power=kw(power_kw),
        start=start,
        parked=timedelta(minutes=minutes_parked),
    )
    return Foreseen(
        holder=holder,
        tariff_id=tariff.id,
        currency=tariff.currency,
        thing=foretold(tariff, sensible(wish, unit.now), location.time_zone),
    )


ROUTES = (
    Route(method="GET", path="/evses/{evse}/estimate", does=estimate),
    Route(method="GET", path="/sessions", does=list_sessions),
    Route(method="GET", path="/sessions/{ref}", does=fetch_session),
    Route(method="POST", path="/sessions", does=start, needs=Role.SUPPORT, status=202, looks_itself=True),
    Route(method="POST", path="/sessions/{ref}/stop", does=stop, needs=Role.SUPPORT, status=202),
    Route(method="POST", path="/sessions/{ref}/close-lost", does=close_lost, needs=Role.OPERATOR),
)
