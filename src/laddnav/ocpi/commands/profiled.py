"""What others limit our charges to, as CPO: each asked now and answered once the Station has said."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.locations import actions as locations
from laddnav.locations.rules import NoStation
from laddnav.ocpi import store
from laddnav.ocpi.commands.taken import accept, answer, taken, waiting
from laddnav.ocpi.deviations.sharing import limiter
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.rules import delegates, way_to
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.wire.commands import CommandStep
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    ProfileRequest,
    ProfileResult,
    ProfileVerdict,
    SetChargingProfile,
)
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.scheduling.model import ActiveChargingProfile
from laddnav.scheduling.rules import NoSchedule
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import LimitsAnswered, LimitsChanged
from laddnav.sessions.model import Session, Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession

CAPABLE = "CHARGING_PROFILE_CAPABLE"
WAITING_MAX = 5  # questions about one charge that its Station has not answered yet


async def take_set(
    unit: Unit, connection: Connection, settings: Settings, session_id: str, command: SetChargingProfile, body: bytes
) -> ChargingProfileResponse:
    """Pass a profile on to the Station (OCPI 2.2.1 mod_charging_profiles_cpo_put_method). Raises Unreadable."""
    session = await _theirs(unit, connection, session_id)
    if not isinstance(session, Session):
        return session
    by = limiter(connection, session.token.owner)
    assert by is not None, "else it were none of theirs"
    one = taken(unit, connection, settings, ProfileRequest.SET, command.response_url, body)
    try:
        await limiting.set_limits(unit, session.holder, session.id, command.profile, by=by, request=one.id)
    except NoSchedule as error:
        raise Unreadable(f"{error} - at `$.charging_profile`") from error
    except (AlreadyEnded, NoStation):
        return no(ProfileVerdict.REJECTED)
    return _yes(unit, one, settings, session)


async def take_clear(
    unit: Unit, connection: Connection, settings: Settings, session_id: str, response_url: str
) -> ChargingProfileResponse:
    """OCPI 2.2.1 mod_charging_profiles_cpo_delete_method."""
    session = await _theirs(unit, connection, session_id)
    if not isinstance(session, Session):
        return session
    by = limiter(connection, session.token.owner)
    assert by is not None, "else it were none of theirs"
    one = taken(unit, connection, settings, ProfileRequest.CLEAR, response_url, b"")
    try:
        await limiting.clear_limits(unit, session.holder, session.id, by=by, request=one.id)
    except (AlreadyEnded, NoStation):
        return no(ProfileVerdict.REJECTED)
    return _yes(unit, one, settings, session)


async def take_question(
    unit: Unit, connection: Connection, settings: Settings, session_id: str, duration: timedelta, response_url: str
) -> ChargingProfileResponse:
    """OCPI 2.2.1 mod_charging_profiles_cpo_get_method."""
    session = await _theirs(unit, connection, session_id)
    if not isinstance(session, Session):
        return session
    one = taken(unit, connection, settings, ProfileRequest.TELL, response_url, b"")
    try:
        await limiting.tell_limits(unit, session.holder, session.id, duration, request=one.id)
    except (AlreadyEnded, NoStation):
        return no(ProfileVerdict.REJECTED)
    return _yes(unit, one, settings, session)


async def _theirs(unit: Unit, connection: Connection, session_id: str) -> Session | ChargingProfileResponse:
    """A charge of ours that they may limit, at an Evse that follows profiles, or why there is none.

    Locked before it is asked how many questions wait, so that no two are the last.
    """
    holder = connection.holder
    try:
        session = await sessions.fetch(unit, holder, holder, session_id, lock=True)
    except UnknownSession:
        return no(ProfileVerdict.UNKNOWN_SESSION)
    if limiter(connection, session.token.owner) is None or session.status is not Status.ACTIVE:
        return no(ProfileVerdict.REJECTED)
    if not await locations.can(unit, holder, EvseRef(session.location_id, session.evse_uid), CAPABLE):
        return no(ProfileVerdict.NOT_SUPPORTED)
    if await store.commands.waiting_about(unit, holder, session.id, list(ProfileRequest)) >= WAITING_MAX:
        return no(ProfileVerdict.TOO_OFTEN)
    return session


def _may_limit(connection: Connection, session: Session) -> bool:
    """Of a charge of ours: not when the contract by which they did has ended meanwhile."""
    offered = (Module.CHARGING_PROFILES, RECEIVER) in OFFERED[connection.our_role]
    return offered and limiter(connection, session.token.owner) is not None


def _yes(unit: Unit, one: KeptCommand, settings: Settings, session: Session) -> ChargingProfileResponse:
    return ChargingProfileResponse(result=ProfileVerdict.ACCEPTED, timeout=accept(unit, one, settings, session.id))


def no(verdict: ProfileVerdict) -> ChargingProfileResponse:
    return ChargingProfileResponse(result=verdict, timeout=0)


async def answer_limits(database: Database, answered: LimitsAnswered) -> None:
    """Hears what a Station said about limits, and queues it for whoever asked."""
    if answered.request is None or answered.by == str(answered.holder):
        return
    async with database.unit() as unit:
        command = await store.commands.find(unit, answered.holder, answered.request, lock=True)
        session = await sessions.fetch(unit, answered.holder, answered.holder, answered.session_id)
        if command is not None:
            await _tell(unit, command, _result(answered.result), session.active_profile, CommandStep.GRANTED)
    database.wake()


async def tell_late(unit: Unit, command: KeptCommand) -> None:
    """The Station said nothing in time, for which OCPI has no better word than no."""
    await _tell(unit, command, ProfileResult.REJECTED, None, CommandStep.LATE)


async def _tell(
    unit: Unit, command: KeptCommand, result: ProfileResult, active: ActiveChargingProfile | None, step: CommandStep
) -> None:
    connection = await waiting(unit, command)
    if connection is not None:
        version = VERSIONS[connection.version]
        body = result_of(version, ProfileRequest(command.kind), result, active)
        answer(unit, connection, command, Module.CHARGING_PROFILES, step, result, body)


def result_of(
    version: Version, kind: ProfileRequest, result: ProfileResult, active: ActiveChargingProfile | None
) -> bytes:
    codecs = version.codecs
    if kind is ProfileRequest.SET:
        return codecs[ChargingProfileResult].encode(ChargingProfileResult(result=result))
    if kind is ProfileRequest.CLEAR:
        return codecs[ClearProfileResult].encode(ClearProfileResult(result=result))
    told = active if result is ProfileResult.ACCEPTED else None
    return codecs[ActiveChargingProfileResult].encode(ActiveChargingProfileResult(result=result, active=told))


def _result(said: str) -> ProfileResult:
    return ProfileResult(said) if said in set(ProfileResult) else ProfileResult.REJECTED


async def push_limits(database: Database, changed: LimitsChanged) -> None:
    """Hears that other limits hold: whoever has set some of them once is told, and nobody else.

    OCPI 2.2.1 mod_charging_profiles_msp_put_method. Of a charge with a partner that is whoever limits it for us.
    """
    owner = PartyId.parse(changed.owner)
    async with database.unit() as unit:
        session = await sessions.find(unit, changed.holder, owner, changed.session_id)
        told = () if session is None else tuple(one.by for one in session.limits if one.held)
        if session is None or not told:
            return
        ours = owner == changed.holder
        ways = [
            one
            for one in await store.connections.registered(unit, changed.holder)
            if (_may_limit(one, session) if ours else delegates(one))
            and one.endpoint(Module.CHARGING_PROFILES, SENDER) is not None
        ]
        key = fold(session.id) if ours else session.ref
        for by in told:
            way = way_to(by, ways)
            if way is not None:
                store.deliveries.queue_news(unit, way, Module.CHARGING_PROFILES, key, "PUT", by)
    database.wake()
