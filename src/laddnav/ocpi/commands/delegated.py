"""As eMSP: whoever limits charges of our drivers for us asks us, we ask the CPO, and what that says is told on.

OCPI 2.2.1 mod_charging_profiles_toplogies_emsp_scspp. What came in is kept before the CPO is asked, and what went out
names it, so that a result is told on whatever became of the process that asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import NotOffered
from laddnav.ocpi.commands.limited import Limited, Outcome
from laddnav.ocpi.commands.profiled import WAITING_MAX, no, result_of
from laddnav.ocpi.commands.taken import answer, taken, waiting
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.telling.delegated import their_session
from laddnav.ocpi.wire.commands import CommandState, CommandStep, moved
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.profiles import (
    ChargingProfileResponse,
    ProfileRequest,
    ProfileVerdict,
)
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sessions.model import Session, Status
from laddnav.sessions.rules import UnknownSession

log = structlog.get_logger()

LONGEST = timedelta(days=1)  # that we wait for a result, whatever a CPO says

Ask = Callable[[Session, str], Awaitable[Limited]]


async def pass_on(
    database: Database,
    connection: Connection,
    settings: Settings,
    kind: ProfileRequest,
    ref: str,
    response_url: str,
    body: bytes,
    ask: Ask,
) -> ChargingProfileResponse:
    """What the CPO says at once, or why it was not asked. `ask` gets the Session and the id of what came in."""
    async with database.unit() as unit:
        session = await _theirs(unit, connection, ref)
        if not isinstance(session, Session):
            return session
        one = taken(unit, connection, settings, kind, response_url, body)
        until = one.expires_at + unit.clock.wall(settings.call_within)
        one = replace(one, state=CommandState.ASKED, session_id=session.ref, expires_at=until)
        store.commands.insert(unit, one)
    try:
        said = await ask(session, one.id)
        response = ChargingProfileResponse(result=said.verdict, timeout=said.timeout)
    except (Refusal, Trouble) as error:
        log.warning("limits_not_passed_on", command=one.id, session=session.ref, error=str(error))
        response = no(ProfileVerdict.NOT_SUPPORTED if isinstance(error, NotOffered) else ProfileVerdict.REJECTED)
    async with database.unit() as unit:
        return await _settled(unit, one, response)


async def _settled(unit: Unit, one: KeptCommand, response: ChargingProfileResponse) -> ChargingProfileResponse:
    """A result that overtook the answer was told on already."""
    now = await store.commands.find(unit, one.holder, one.id, lock=True)
    if now is None or now.state is not CommandState.ASKED:
        return response
    if response.result is ProfileVerdict.ACCEPTED:
        within = min(timedelta(seconds=response.timeout), LONGEST)
        store.commands.accept(unit, now, max(now.expires_at, unit.now + unit.clock.wall(within)))
    else:
        store.commands.move(unit, now, moved(now.state, CommandStep.DECLINED) or now.state, response.result)
    return response


async def _theirs(unit: Unit, connection: Connection, ref: str) -> Session | ChargingProfileResponse:
    """A charge of a driver of ours that they may limit, or why there is none; locked, as where it is our own."""
    try:
        session = await their_session(unit, connection, ref, lock=True)
    except UnknownSession:
        return no(ProfileVerdict.UNKNOWN_SESSION)
    if session.status is not Status.ACTIVE:
        return no(ProfileVerdict.REJECTED)
    if await store.commands.waiting_about(unit, connection.holder, ref, list(ProfileRequest)) >= WAITING_MAX:
        return no(ProfileVerdict.TOO_OFTEN)
    return session


async def tell_on(unit: Unit, sent: KeptCommand, asked_for: str, outcome: Outcome) -> None:
    """The CPO says what became of it: whoever it was asked for hears the same, once."""
    one = await store.commands.find(unit, sent.holder, asked_for, lock=True)
    connection = None if one is None else await store.connections.find(unit, one.holder, one.connection_id)
    if one is None or connection is None:
        return
    if await waiting(unit, one) is not None:
        version = VERSIONS[connection.version]
        body = result_of(version, ProfileRequest(one.kind), outcome.result, outcome.active)
        answer(unit, connection, one, Module.CHARGING_PROFILES, CommandStep.GRANTED, outcome.result, body)
