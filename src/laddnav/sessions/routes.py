"""The operator API about charges while they happen."""

from __future__ import annotations

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.people.api import Limit, NotYours, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.sessions import actions, rules
from laddnav.sessions.model import Session, Status
from laddnav.tokens import actions as tokens
from laddnav.tokens.actions import Asker
from laddnav.tokens.model import Allowed


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


ROUTES = (
    Route(method="GET", path="/sessions", does=list_sessions),
    Route(method="GET", path="/sessions/{ref}", does=fetch_session),
    Route(method="POST", path="/sessions", does=start, needs=Role.OPERATOR, status=202, looks_itself=True),
    Route(method="POST", path="/sessions/{ref}/stop", does=stop, needs=Role.OPERATOR, status=202),
)
