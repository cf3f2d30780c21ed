"""Commands as they live on beside their two answers: taken on for a partner, or sent to one."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations import actions as locations
from laddnav.locations.model import DisplayText, Evse, Location, Status
from laddnav.locations.rules import NoStation, evse_of
from laddnav.ocpi import store
from laddnav.ocpi.client import Clients
from laddnav.ocpi.events import CommandAnswered
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.rules import RECEIVER, path_of
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.commands import (
    Command,
    CommandResponse,
    CommandResult,
    CommandType,
    Result,
    StartSession,
    StopSession,
    Verdict,
)
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import StartAnswered, StopAnswered
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.rules import AlreadyEnded, EvseBusy
from laddnav.tokens.model import Allowed, Token
from laddnav.tokens.rules import verdict

CONNECTOR_REQUIRED = "START_SESSION_CONNECTOR_REQUIRED"


class MayNotCharge(Refusal):
    """The Token itself is not allowed to charge (OCPI 2.2.1 mod_commands_startsession_object)."""

    def __init__(self, allowed: Allowed) -> None:
        super().__init__(f"The Token may not charge: {allowed}")
        self.allowed = allowed


class NotConnectedTo(Refusal):
    """We have no connection to this party."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"We have no connection to {party}")
        self.party = party


class ConnectorMissing(Refusal):
    """This Evse cannot choose the Connector itself."""

    def __init__(self, evse_uid: str) -> None:
        super().__init__(f"Evse {evse_uid!r} needs a connector_id - at `$.connector_id`")
        self.evse_uid = evse_uid


class UnknownCommand(Refusal):
    """No command with this id was sent from here."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the CPO said at once; what the station did follows as CommandAnswered."""

    command_id: str
    verdict: Verdict
    message: tuple[DisplayText, ...] = ()


# As CPO: asked by a partner -------------------------------------------------------------------------------------------


async def take_start(
    unit: Unit, connection: Connection, settings: Settings, command: StartSession, body: bytes
) -> CommandResponse:
    """Pass a start on to a station of ours. The Token is not judged: its eMSP did that.

    OCPI 2.2.1 mod_commands_startsession_object. Raises UnknownLocation, UnknownEvse, UnknownConnector and
    ConnectorMissing.
    """
    holder = connection.holder
    if command.token.owner not in connection.parties:
        return _no(f"The Token belongs to {command.token.owner}, who is not asking")
    location = await locations.fetch(unit, holder, holder, command.location_id)
    token = command.token
    driver = CdrToken(owner=token.owner, uid=token.uid, type=token.type, contract_id=token.contract_id)
    taken = _kept(unit, connection, settings, CommandType.START_SESSION, command.response_url, body)
    why = "No Evse here can start now"
    for evse in _candidates(location, command.evse_uid):
        if CONNECTOR_REQUIRED in evse.capabilities and command.connector_id is None:
            raise ConnectorMissing(evse.uid)
        try:
            session = await sessions.request_start(
                unit,
                holder=holder,
                token=driver,
                evse=EvseRef(location.id, evse.uid),
                connector_id=command.connector_id,
                reference=command.authorization_reference,
                command_id=taken.id,
            )
        except (NoStation, EvseBusy) as error:
            why = str(error)
            continue
        return _accepted(unit, taken, settings, session)
    return _no(why)


async def take_stop(
    unit: Unit, connection: Connection, settings: Settings, command: StopSession, body: bytes
) -> CommandResponse:
    """Pass a stop on. Somebody else's Session is as unknown as none (OCPI 2.2.1 mod_commands_stopsession_object)."""
    session = await sessions.find(unit, connection.holder, connection.holder, command.session_id)
    if session is None or session.token.owner not in connection.parties:
        return CommandResponse(result=Verdict.UNKNOWN_SESSION, timeout=0)
    taken = _kept(unit, connection, settings, CommandType.STOP_SESSION, command.response_url, body)
    try:
        await sessions.request_stop(unit, connection.holder, session.id, taken.id)
    except (AlreadyEnded, NoStation) as error:
        return _no(str(error))
    return _accepted(unit, taken, settings, session)


async def answer_command(database: Database, answered: StartAnswered | StopAnswered) -> None:
    """Hears what a station said, and queues it for whoever asked; once."""
    if answered.request is None:
        return
    async with database.unit() as unit:
        command = await store.command(unit, answered.holder, answered.request, lock=True)
        if command is not None and command.direction == "in" and command.state == "accepted":
            await _answer(unit, command, Result(answered.result), "done")
    database.wake()


async def expire(database: Database, limit: int = 100) -> int:
    """Whoever waited long enough is told TIMEOUT (OCPI 2.2.1 mod_commands_commandresulttype_enum); says how many."""
    async with database.unit() as unit:
        late = await store.expired_commands(unit, limit)
        for one in late:
            command = await store.command(unit, one.holder, one.id, lock=True)
            if command is None or command.state not in ("asked", "accepted"):
                continue
            if command.direction == "in":
                await _answer(unit, command, Result.TIMEOUT, "timed out")
            else:
                _tell(unit, command, "timed out", Result.TIMEOUT)
    if late:
        database.wake()
    return len(late)


def _candidates(location: Location, evse_uid: str | None) -> list[Evse]:
    """The Evse that was named, or any that is free. Raises UnknownEvse."""
    if evse_uid is not None:
        return [evse_of(location, evse_uid)]
    return [evse for evse in location.evses if evse.status is Status.AVAILABLE]


def _kept(
    unit: Unit, connection: Connection, settings: Settings, kind: CommandType, response_url: str, body: bytes
) -> KeptCommand:
    return KeptCommand(
        holder=connection.holder,
        id=unit.new_id(),
        connection_id=connection.id,
        direction="in",
        kind=kind,
        body=body,
        response_url=response_url,
        state="accepted",
        result=None,
        session_id=None,
        asked_at=unit.now,
        expires_at=unit.now + unit.clock.wall(settings.command_within),
        answered_at=None,
    )


def _accepted(unit: Unit, taken: KeptCommand, settings: Settings, session: Session) -> CommandResponse:
    store.insert_command(unit, taken)
    store.move_command(unit, taken, "accepted", None, session.id)
    return CommandResponse(result=Verdict.ACCEPTED, timeout=round(settings.command_within.total_seconds()))


def _no(why: str) -> CommandResponse:
    return CommandResponse(result=Verdict.REJECTED, timeout=0, message=(DisplayText("en", why),))


async def _answer(unit: Unit, command: KeptCommand, result: Result, state: str) -> None:
    connection = await store.connection(unit, command.holder, command.connection_id)
    store.move_command(unit, command, state, result)
    if connection is None or command.response_url is None:
        return
    body = VERSIONS[connection.version].codecs[CommandResult].encode(CommandResult(result=result))
    store.queue_bytes(unit, connection, Module.COMMANDS, command.id, command.response_url, body)


# As eMSP: asking a partner --------------------------------------------------------------------------------------------


async def start_session(
    database: Database,
    clients: Clients,
    holder: PartyId,
    *,
    token: Token,
    owner: PartyId,
    location_id: str,
    evse_uid: str | None = None,
    connector_id: str | None = None,
    reference: str | None = None,
) -> Asked:
    """Ask the CPO to start a charge for a Token of ours.

    Raises MayNotCharge, NotConnectedTo, NotOffered, UnknownEvse, and what a call raises.
    """
    async with database.unit() as unit:
        allowed = verdict(token, unit.now)
        if allowed is not Allowed.ALLOWED or token.owner != holder:
            raise MayNotCharge(allowed)
        connection = await connected_to(unit, holder, owner)
        location = await locations.find(unit, holder, owner, location_id)
        if location is not None and evse_uid is not None and connector_id is None:
            evse = evse_of(location, evse_uid)
            if CONNECTOR_REQUIRED in evse.capabilities:
                connector_id = evse.connectors[0].id
        reference = reference or unit.new_id()
    return await _ask(
        database,
        clients,
        connection,
        owner,
        CommandType.START_SESSION,
        lambda response_url: StartSession(
            response_url=response_url,
            token=token,
            location_id=location_id,
            evse_uid=evse_uid,
            connector_id=connector_id,
            authorization_reference=reference,
        ),
    )


async def stop_session(
    database: Database, clients: Clients, holder: PartyId, *, owner: PartyId, session_id: str
) -> Asked:
    """Ask the CPO to end a charge. Raises NotConnectedTo, NotOffered, and what a call raises."""
    async with database.unit() as unit:
        connection = await connected_to(unit, holder, owner)
    return await _ask(
        database,
        clients,
        connection,
        owner,
        CommandType.STOP_SESSION,
        lambda response_url: StopSession(response_url=response_url, session_id=session_id),
    )


async def hear_result(unit: Unit, command: KeptCommand, result: CommandResult) -> None:
    """The CPO says what became of it; a late word is heard too, a second one changes nothing."""
    if command.state not in ("done", "failed"):
        _tell(unit, command, "done" if result.result is Result.ACCEPTED else "failed", result.result)


async def sent_command(unit: Unit, id: str) -> KeptCommand:
    """By the id in its response URL, which nobody can guess. Raises UnknownCommand."""
    command = await store.command_sent(unit, id)
    if command is None:
        raise UnknownCommand("No command of this id was sent from here")
    return command


async def connected_to(unit: Unit, holder: PartyId, party: PartyId) -> Connection:
    """Raises NotConnectedTo."""
    for connection in await store.connected(unit, holder):
        if party in connection.parties:
            return connection
    raise NotConnectedTo(party)


async def _ask(
    database: Database,
    clients: Clients,
    connection: Connection,
    owner: PartyId,
    kind: CommandType,
    make: Callable[[str], Command],
) -> Asked:
    """The row is there before the question is sent, because the result may come before the answer."""
    settings = clients.settings
    id = secrets.token_urlsafe(24)
    base = f"{settings.base}/{path_of(connection.our_role)}/{connection.version}/{Module.COMMANDS}"
    command = make(joined(base, kind, id))
    codecs = VERSIONS[connection.version].codecs
    body = codecs[type(command)].encode(command)
    partner = await clients.to(connection)
    url = joined(partner.endpoint(Module.COMMANDS, RECEIVER), kind)
    async with database.unit() as unit:
        kept = KeptCommand(
            holder=connection.holder,
            id=id,
            connection_id=connection.id,
            direction="out",
            kind=kind,
            body=body,
            response_url=command.response_url,
            state="asked",
            result=None,
            session_id=None,
            asked_at=unit.now,
            expires_at=unit.now + unit.clock.wall(settings.call_within + settings.command_within),
            answered_at=None,
        )
        store.insert_command(unit, kept)
    try:
        reply = await partner.call("POST", url, body, to=owner)
        said = codecs[CommandResponse].decode(envelope.single(reply.answer.data), _hearing(connection))
    except (Trouble, Refusal) as error:
        await _settle(database, kept, "failed", None)
        raise error
    await _settle(database, kept, "accepted" if said.result is Verdict.ACCEPTED else "refused", said.result)
    return Asked(command_id=id, verdict=said.result, message=said.message)


async def _settle(database: Database, kept: KeptCommand, state: str, said: Verdict | None) -> None:
    async with database.unit() as unit:
        now = await store.command(unit, kept.holder, kept.id, lock=True)
        if now is not None and now.state == "asked":
            store.move_command(unit, now, state, said)


def _tell(unit: Unit, command: KeptCommand, state: str, result: Result) -> None:
    store.move_command(unit, command, state, result)
    unit.announce(CommandAnswered(holder=command.holder, command_id=command.id, result=result))


def _hearing(connection: Connection) -> Hearing:
    return Hearing(holder=connection.holder, sender=connection.party or connection.holder)
