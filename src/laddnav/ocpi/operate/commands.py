"""The operator API about what a partner's station does for a driver of ours: begin, end, reserve, let go of a plug."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.asked import sent_command
from laddnav.ocpi.commands.commands import Asked
from laddnav.ocpi.wire.commands import CommandState, Verdict
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.sessions import actions as sessions
from laddnav.sessions.rules import UnknownSession
from laddnav.tokens import actions as tokens

Id = Annotated[str, Meta(min_length=1, max_length=36)]


class BeginAtPartner(Struct, frozen=True, kw_only=True):
    """`token` is our ref of a Token of ours; `cpo` whose place it is. Without `evse_uid` the driver chooses there."""

    token: str
    cpo: str
    location_id: Id
    evse_uid: Id | None = None
    connector_id: Id | None = None


class ReserveAtPartner(Struct, frozen=True, kw_only=True):
    """`until` without a zone is UTC."""

    token: str
    cpo: str
    location_id: Id
    evse_uid: Id | None = None
    until: datetime


class CancelAtPartner(Struct, frozen=True, kw_only=True):
    """`holder` is who of us asks."""

    holder: str
    cpo: str
    reservation_id: Id


class UnlockAtPartner(Struct, frozen=True, kw_only=True):
    """`holder` is who of us asks."""

    holder: str
    cpo: str
    location_id: Id
    evse_uid: Id
    connector_id: Id


class Commanded(Struct, frozen=True, kw_only=True):
    """What the CPO said at once; what its Station made of it follows, within the time that it named.

    `reservation_id` is by what a reservation is taken back.
    """

    holder: PartyId
    command_id: str
    verdict: Verdict
    reservation_id: str | None = None


class SentCommand(Struct, frozen=True, kw_only=True):
    """`result` is the CPO's word; None: none has come."""

    holder: PartyId
    command_id: str
    kind: str
    cpo: PartyId | None
    state: CommandState
    result: str | None


async def begin_at_partner(database: Database, clients: Clients, by: Visitor, body: BeginAtPartner) -> Commanded:
    """Have a partner's Station begin a charge for a driver of ours; the car then has to be plugged in."""
    async with database.unit() as unit:
        holder, token = await tokens.by_ref(unit, body.token)
    asked = await commands.start_session(
        database,
        clients,
        yours(by, holder),
        token=token,
        owner=PartyId.parse(body.cpo),
        location_id=body.location_id,
        evse_uid=body.evse_uid,
        connector_id=body.connector_id,
    )
    return _commanded(holder, asked)


async def end_at_partner(database: Database, clients: Clients, by: Visitor, ref: str) -> Commanded:
    """Have a partner's Station end a charge of a driver of ours."""
    async with database.unit() as unit:
        session = await sessions.by_ref(unit, ref)
    holder = yours(by, session.holder)
    if session.owner == holder:
        raise UnknownSession(session.id)
    asked = await commands.stop_session(database, clients, holder, owner=session.owner, session_id=session.id)
    return _commanded(holder, asked)


async def reserve_at_partner(database: Database, clients: Clients, by: Visitor, body: ReserveAtPartner) -> Commanded:
    """Have a partner's Station kept for a driver of ours."""
    async with database.unit() as unit:
        holder, token = await tokens.by_ref(unit, body.token)
        named = unit.new_id()
    asked = await commands.reserve_now(
        database,
        clients,
        yours(by, holder),
        token=token,
        owner=PartyId.parse(body.cpo),
        location_id=body.location_id,
        evse_uid=body.evse_uid,
        until=utc(body.until),
        reservation_id=named,
    )
    return _commanded(holder, asked, named)


async def cancel_at_partner(database: Database, clients: Clients, by: Visitor, body: CancelAtPartner) -> Commanded:
    """Nobody comes any more."""
    holder = yours(by, PartyId.parse(body.holder))
    asked = await commands.cancel_reservation(
        database, clients, holder, owner=PartyId.parse(body.cpo), reservation_id=body.reservation_id
    )
    return _commanded(holder, asked)


async def unlock_at_partner(database: Database, clients: Clients, by: Visitor, body: UnlockAtPartner) -> Commanded:
    """Have a partner's Station let go of a plug that is stuck: for the help desk alone, never for a driver's app."""
    holder = yours(by, PartyId.parse(body.holder))
    asked = await commands.unlock_connector(
        database,
        clients,
        holder,
        owner=PartyId.parse(body.cpo),
        location_id=body.location_id,
        evse_uid=body.evse_uid,
        connector_id=body.connector_id,
    )
    return _commanded(holder, asked)


async def fetch_command(unit: Unit, id: str) -> SentCommand:
    """What became of a command that was sent to a partner."""
    kept = await sent_command(unit, id)
    return SentCommand(
        holder=kept.holder,
        command_id=kept.id,
        kind=kept.kind,
        cpo=kept.party,
        state=kept.state,
        result=kept.result,
    )


def _commanded(holder: PartyId, asked: Asked, reservation_id: str | None = None) -> Commanded:
    return Commanded(holder=holder, command_id=asked.command_id, verdict=asked.verdict, reservation_id=reservation_id)


def _asks(path: str, does: Callable[..., Awaitable[Commanded]]) -> Route:
    return Route(method="POST", path=path, does=does, needs=Role.OPERATOR, status=202)


ROUTES = (
    _asks("/commands/start-session", begin_at_partner),
    _asks("/commands/stop-session/{ref}", end_at_partner),
    _asks("/commands/reserve-now", reserve_at_partner),
    _asks("/commands/cancel-reservation", cancel_at_partner),
    _asks("/commands/unlock-connector", unlock_at_partner),
    Route(method="GET", path="/commands/{id}", does=fetch_command),
)
