"""What others limit our charges to, as CPO, and what we limit theirs to, as eMSP: each asked now and answered later."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import structlog
from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations import actions as locations
from laddnav.locations.rules import NoStation
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import NotOffered
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import asked
from laddnav.ocpi.commands.asked import Heard, Question, connected_to
from laddnav.ocpi.commands.taken import accept, answer, taken, waiting
from laddnav.ocpi.deviations.sharing import limiter
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.rules import OFFERED, RECEIVER, SENDER, delegates, way_to
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.commands import CommandStep
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined, with_query
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
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile
from laddnav.scheduling.rules import NoSchedule
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import Limiting, LimitsAnswered, LimitsChanged
from laddnav.sessions.model import Session, Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession

log = structlog.get_logger()

CAPABLE = "CHARGING_PROFILE_CAPABLE"
WAITING_MAX = 5  # questions about one charge that its Station has not answered yet

REQUESTS = {
    Limiting.TELL: ProfileRequest.TELL,
    Limiting.SET: ProfileRequest.SET,
    Limiting.CLEAR: ProfileRequest.CLEAR,
}


# As CPO: asked by a partner -------------------------------------------------------------------------------------------


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


# As eMSP: asking a partner --------------------------------------------------------------------------------------------


class Limited(Struct, frozen=True, kw_only=True):
    """What the CPO said at once; what the Evse made of it follows as CommandAnswered, within `timeout` seconds."""

    command_id: str
    verdict: ProfileVerdict
    timeout: int


async def set_profile(
    database: Database,
    clients: Clients,
    holder: PartyId,
    *,
    owner: PartyId,
    session_id: str,
    profile: ChargingProfile,
    by: PartyId | None = None,
    asked_for: str | None = None,
) -> Limited:
    """Limit a charge of a driver of ours, beside what others limit it to, for ourselves or for whoever does it for us.

    Raises NotConnectedTo, NotOffered, and what a call raises.
    """
    connection = await _connection(database, holder, owner)
    return await _change(database, clients, connection, owner, session_id, profile, by or holder, asked_for)


async def clear_profile(
    database: Database,
    clients: Clients,
    holder: PartyId,
    *,
    owner: PartyId,
    session_id: str,
    by: PartyId | None = None,
    asked_for: str | None = None,
) -> Limited:
    """What others limit it to goes on. Raises NotConnectedTo, NotOffered, and what a call raises."""
    connection = await _connection(database, holder, owner)
    return await _change(database, clients, connection, owner, session_id, None, by or holder, asked_for)


async def _change(
    database: Database,
    clients: Clients,
    connection: Connection,
    owner: PartyId,
    session_id: str,
    profile: ChargingProfile | None,
    by: PartyId,
    asked_for: str | None,
) -> Limited:
    """A CPO knows one profile of ours: the least of what all of ours want (mod_charging_profiles_toplogies)."""
    holder, request = connection.holder, asked.new_id()
    async with database.unit() as unit:
        whole = await limiting.want_of_partner(unit, holder, owner, session_id, profile, by=by, request=request)

    def put(endpoint: str, response_url: str) -> Question:
        assert whole is not None, "else there is nothing to put"
        codec = VERSIONS[connection.version].codecs[SetChargingProfile]
        command = SetChargingProfile(response_url=response_url, profile=whole)
        return Question(method="PUT", url=joined(endpoint, session_id), body=codec.encode(command))

    def delete(endpoint: str, response_url: str) -> Question:
        asks = urlencode({"response_url": response_url})
        return Question(method="DELETE", url=with_query(joined(endpoint, session_id), asks))

    kind, question = (ProfileRequest.CLEAR, delete) if whole is None else (ProfileRequest.SET, put)
    try:
        said = await _request(database, clients, connection, owner, session_id, kind, question, asked_for, request)
    except (Trouble, Refusal):
        await _not_followed(database, holder, owner, session_id, request)
        raise
    if said.verdict is not ProfileVerdict.ACCEPTED:
        await _not_followed(database, holder, owner, session_id, request)
    return said


async def _not_followed(database: Database, holder: PartyId, owner: PartyId, session_id: str, request: str) -> None:
    async with database.unit() as unit:
        await limiting.partner_answered(unit, holder, owner, session_id, accepted=False, request=request)


async def end_without_contract(database: Database, clients: Clients) -> int:
    """Take back what somebody limits charges of our drivers to who does so for us no more; says how many it asked for.

    One whose CPO cannot be asked now is asked the next time.
    """
    async with database.unit() as unit:
        over = [
            (session, one.by)
            for session in await limiting.limited_at_partners(unit)
            for one in session.limits
            if one.by != session.holder and one.profile is not None and not one.leaving
        ]
        holders = {session.holder for session, _ in over}
        contracts = {holder: await store.connections.registered(unit, holder) for holder in holders}
    asked_for = 0
    for session, by in over:
        if any(by in one.parties and delegates(one) for one in contracts[session.holder]):
            continue
        holder, owner = session.holder, session.owner
        try:
            await clear_profile(database, clients, holder, owner=owner, session_id=session.id, by=by)
            asked_for += 1
        except (Refusal, Trouble) as error:
            log.warning("limits_not_taken_back", session=session.ref, by=str(by), error=str(error))
    return asked_for


async def active_profile(
    database: Database,
    clients: Clients,
    holder: PartyId,
    *,
    owner: PartyId,
    session_id: str,
    duration: timedelta,
    asked_for: str | None = None,
) -> Limited:
    """What limits the charge for so long from now on. Raises NotConnectedTo, NotOffered, and what a call raises."""

    def question(endpoint: str, response_url: str) -> Question:
        asks = urlencode({"duration": round(duration.total_seconds()), "response_url": response_url})
        return Question(method="GET", url=with_query(joined(endpoint, session_id), asks))

    connection = await _connection(database, holder, owner)
    return await _request(database, clients, connection, owner, session_id, ProfileRequest.TELL, question, asked_for)


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a request; `active` where that is what was asked."""

    result: ProfileResult
    active: ActiveChargingProfile | None = None


async def hear_result(
    unit: Unit, connection: Connection, version: Version, command: KeptCommand, body: bytes, hearing: Hearing
) -> Outcome | None:
    """What became of it, None where that was said before; what limits the charge now is kept with the Session.

    Raises Unreadable, UnknownSession.
    """
    kind, codecs = ProfileRequest(command.kind), version.codecs
    if kind is ProfileRequest.SET:
        outcome = Outcome(result=codecs[ChargingProfileResult].decode(body, hearing).result)
    elif kind is ProfileRequest.CLEAR:
        outcome = Outcome(result=codecs[ClearProfileResult].decode(body, hearing).result)
    else:
        told = codecs[ActiveChargingProfileResult].decode(body, hearing)
        outcome = Outcome(result=told.result, active=told.active)
        if told.active is not None and command.session_id is not None:
            await hear_active(unit, connection, command.session_id, told.active)
    granted = outcome.result is ProfileResult.ACCEPTED
    if kind is not ProfileRequest.TELL and command.party is not None and command.session_id is not None:
        done = granted or (kind is ProfileRequest.CLEAR and outcome.result is ProfileResult.UNKNOWN)
        about = command.holder, command.party, command.session_id
        await limiting.partner_answered(unit, *about, accepted=done, request=command.id)
    step = CommandStep.GRANTED if granted else CommandStep.DENIED
    return outcome if await asked.hear_result(unit, command, step, outcome.result) else None


async def hear_active(unit: Unit, connection: Connection, session_id: str, active: ActiveChargingProfile) -> None:
    """A CPO tells what limits one of its charges now; its words do not say whose it is. Raises UnknownSession."""
    for owner in sorted(connection.parties):
        if await sessions.find(unit, connection.holder, owner, session_id) is not None:
            await limiting.hear_active(unit, connection.holder, owner, session_id, active)
            return
    raise UnknownSession(session_id)


async def _connection(database: Database, holder: PartyId, owner: PartyId) -> Connection:
    """Raises NotConnectedTo, and NotOffered where their version has no words for limits."""
    async with database.unit() as unit:
        connection = await connected_to(unit, holder, owner, (Module.CHARGING_PROFILES, SENDER))
    if Module.CHARGING_PROFILES not in VERSIONS[connection.version].modules:
        raise NotOffered(Module.CHARGING_PROFILES, RECEIVER)
    return connection


async def _request(
    database: Database,
    clients: Clients,
    connection: Connection,
    owner: PartyId,
    session_id: str,
    kind: ProfileRequest,
    question: asked.Make,
    asked_for: str | None,
    id: str | None = None,
) -> Limited:
    codec = VERSIONS[connection.version].codecs[ChargingProfileResponse]
    said: list[ChargingProfileResponse] = []

    def heard(body: bytes, hearing: Hearing) -> Heard:
        said.append(codec.decode(body, hearing))
        return Heard(said[0].result is ProfileVerdict.ACCEPTED, said[0].result)

    id = await asked.ask(
        database,
        clients,
        connection,
        owner,
        Module.CHARGING_PROFILES,
        kind,
        question,
        heard,
        session_id=session_id,
        asked_for=asked_for,
        id=id,
    )
    return Limited(command_id=id, verdict=said[0].result, timeout=said[0].timeout)
