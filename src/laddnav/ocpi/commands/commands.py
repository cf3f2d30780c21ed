"""Commands that we give to partners, as eMSP; and the end of waiting, in both directions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import DisplayText, Evse
from laddnav.locations.rules import evse_of
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import asked, profiled
from laddnav.ocpi.commands.asked import Heard, Question, connected_to
from laddnav.ocpi.commands.commanded import CONNECTOR_REQUIRED, REMOTE_START_STOP_CAPABLE, UNLOCK_CAPABLE, tell
from laddnav.ocpi.endpoints.heard import speakable
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    Command,
    CommandResponse,
    CommandResult,
    CommandState,
    CommandStep,
    CommandType,
    ReserveNow,
    Result,
    StartSession,
    StopSession,
    UnlockConnector,
    Verdict,
)
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.reservations.rules import RESERVABLE
from laddnav.tokens.model import Allowed, Token
from laddnav.tokens.rules import verdict


class MayNotCharge(Refusal):
    """The Token itself is not allowed to charge (OCPI 2.2.1 mod_commands_startsession_object)."""

    def __init__(self, allowed: Allowed) -> None:
        super().__init__(f"The Token may not charge: {allowed}")
        self.allowed = allowed


class NotCapable(Refusal):
    """The Evse does not say that it can do this from afar (OCPI 2.2.1 mod_locations_capability_enum)."""

    def __init__(self, where: str, capability: str) -> None:
        super().__init__(f"{where!r} is not {capability}")
        self.where, self.capability = where, capability


class Asked(Struct, frozen=True, kw_only=True):
    """What the CPO said at once; what the station did follows as CommandAnswered."""

    command_id: str
    verdict: Verdict
    message: tuple[DisplayText, ...] = ()


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

    Raises MayNotCharge, NotConnectedTo, UnknownEvse, NotCapable, NotOffered, and what a call raises.
    """
    async with database.unit() as unit:
        connection = await _for_driver(unit, holder, owner, token)
        able = await _able(unit, holder, owner, location_id, evse_uid, REMOTE_START_STOP_CAPABLE)
        if evse_uid is not None and connector_id is None and able and CONNECTOR_REQUIRED in able[0].capabilities:
            connector_id = able[0].connectors[0].id
        reference = reference or unit.new_id()
    return await _command(
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
    return await _command(
        database,
        clients,
        connection,
        owner,
        CommandType.STOP_SESSION,
        lambda response_url: StopSession(response_url=response_url, session_id=session_id),
        session_id=session_id,
    )


async def reserve_now(
    database: Database,
    clients: Clients,
    holder: PartyId,
    *,
    token: Token,
    owner: PartyId,
    location_id: str,
    until: datetime,
    evse_uid: str | None = None,
    reservation_id: str | None = None,
    reference: str | None = None,
) -> Asked:
    """Ask the CPO to keep an Evse for a driver of ours; under the same id once more, the reservation is replaced.

    A new reservation is named by its command. Raises MayNotCharge, NotConnectedTo, UnknownEvse, NotCapable, NotOffered,
    and what a call raises.
    """
    async with database.unit() as unit:
        connection = await _for_driver(unit, holder, owner, token)
        await _able(unit, holder, owner, location_id, evse_uid, RESERVABLE)
        named = reservation_id or unit.new_id()
        reference = reference or unit.new_id()
    return await _command(
        database,
        clients,
        connection,
        owner,
        CommandType.RESERVE_NOW,
        lambda response_url: ReserveNow(
            response_url=response_url,
            token=token,
            expires_at=until,
            reservation_id=named,
            location_id=location_id,
            evse_uid=evse_uid,
            authorization_reference=reference,
        ),
    )


async def cancel_reservation(
    database: Database, clients: Clients, holder: PartyId, *, owner: PartyId, reservation_id: str
) -> Asked:
    """Nobody comes any more. Raises NotConnectedTo, NotOffered, and what a call raises."""
    async with database.unit() as unit:
        connection = await connected_to(unit, holder, owner)
    return await _command(
        database,
        clients,
        connection,
        owner,
        CommandType.CANCEL_RESERVATION,
        lambda response_url: CancelReservation(response_url=response_url, reservation_id=reservation_id),
    )


async def unlock_connector(
    database: Database,
    clients: Clients,
    holder: PartyId,
    *,
    owner: PartyId,
    location_id: str,
    evse_uid: str,
    connector_id: str,
) -> Asked:
    """For the help desk alone (OCPI 2.2.1 mod_commands_commandtype_enum): the CPO lets go of a plug that is stuck.

    Raises NotConnectedTo, UnknownEvse, NotCapable, NotOffered, and what a call raises.
    """
    async with database.unit() as unit:
        connection = await connected_to(unit, holder, owner)
        await _able(unit, holder, owner, location_id, evse_uid, UNLOCK_CAPABLE)
    return await _command(
        database,
        clients,
        connection,
        owner,
        CommandType.UNLOCK_CONNECTOR,
        lambda response_url: UnlockConnector(
            response_url=response_url, location_id=location_id, evse_uid=evse_uid, connector_id=connector_id
        ),
    )


async def hear_result(unit: Unit, command: KeptCommand, result: CommandResult) -> None:
    """The CPO says what became of it; a reservation that it had granted it may also take back."""
    step = CommandStep.GRANTED if result.result is Result.ACCEPTED else CommandStep.DENIED
    if result.result is Result.CANCELED_RESERVATION and command.state is CommandState.DONE:
        step = CommandStep.WITHDRAWN
    await asked.hear_result(unit, command, step, result.result)


async def expire(database: Database, limit: int = 100) -> int:
    """Whoever waited long enough is told TIMEOUT (OCPI 2.2.1 mod_commands_commandresulttype_enum); says how many."""
    async with database.unit() as unit:
        late = await store.commands.expired(unit, limit)
        for one in late:
            command = await store.commands.find(unit, one.holder, one.id, lock=True)
            if command is None or command.state not in (CommandState.ASKED, CommandState.ACCEPTED):
                continue
            if command.direction == "out":
                asked.tell(unit, command, CommandState.TIMED_OUT, Result.TIMEOUT)
            elif command.state is CommandState.ASKED:
                # Our process ended while it asked another partner: nobody was promised a result.
                store.commands.move(unit, command, CommandState.TIMED_OUT, None)
            elif command.kind in set(CommandType):
                await tell(unit, command, Result.TIMEOUT)
            else:
                await profiled.tell_late(unit, command)
    if late:
        database.wake()
    return len(late)


async def _for_driver(unit: Unit, holder: PartyId, owner: PartyId, token: Token) -> Connection:
    """Raises MayNotCharge, NotConnectedTo."""
    allowed = verdict(token, unit.now)
    if allowed is not Allowed.ALLOWED or token.owner != holder:
        raise MayNotCharge(allowed)
    return await connected_to(unit, holder, owner)


async def _able(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse_uid: str | None, capability: str
) -> tuple[Evse, ...]:
    """The Evse that is meant, or those of the place that can do it; none of a place that we were not told of.

    Raises UnknownEvse, NotCapable.
    """
    location = await locations.find(unit, holder, owner, location_id)
    if location is None:
        return ()
    meant = location.evses if evse_uid is None else (evse_of(location, evse_uid),)
    able = tuple(evse for evse in meant if capability in evse.capabilities)
    if not able:
        raise NotCapable(evse_uid or location_id, capability)
    return able


async def _command(
    database: Database,
    clients: Clients,
    connection: Connection,
    owner: PartyId,
    kind: CommandType,
    make: Callable[[str], Command],
    *,
    session_id: str | None = None,
) -> Asked:
    codecs = VERSIONS[connection.version].codecs
    said: list[CommandResponse] = []

    def question(endpoint: str, response_url: str) -> Question:
        command = make(response_url)
        body = speakable(connection, codecs[type(command)].encode(command))
        return Question(method="POST", url=joined(endpoint, kind), body=body)

    def heard(body: bytes, hearing: Hearing) -> Heard:
        response = codecs[CommandResponse].decode(body, hearing)
        said.append(response)
        return Heard(response.result is Verdict.ACCEPTED, response.result)

    id = await asked.ask(
        database, clients, connection, owner, Module.COMMANDS, kind, question, heard, session_id=session_id
    )
    return Asked(command_id=id, verdict=said[0].result, message=said[0].message)
