"""What we limit charges of our drivers to at partners, as eMSP: each asked now and answered later."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import structlog
from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import NotOffered
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import asked
from laddnav.ocpi.commands.asked import Heard, Question, connected_to
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.rules import delegates
from laddnav.ocpi.sides import RECEIVER, SENDER
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
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.rules import UnknownSession

log = structlog.get_logger()


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
