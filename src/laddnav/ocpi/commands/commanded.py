"""Commands of partners: whether we take them on, and what the station made of them."""

from __future__ import annotations

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.events import UnlockAnswered
from laddnav.locations.model import DisplayText, Evse, Location, Status
from laddnav.locations.rules import NoStation, evse_of
from laddnav.ocpi import store
from laddnav.ocpi.commands.taken import accept, answer, taken, waiting
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    CommandResponse,
    CommandResult,
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
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.payments import actions as payments
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import CancellationAnswered, ReservationAnswered, ReservationWithdrawn
from laddnav.reservations.rules import NotReservable, NotSoLong, UnknownReservation
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import StartAnswered, StopAnswered
from laddnav.sessions.model import CdrToken
from laddnav.sessions.rules import AlreadyEnded, EvseBusy
from laddnav.tokens.model import Token

CONNECTOR_REQUIRED = "START_SESSION_CONNECTOR_REQUIRED"
REMOTE_START_STOP_CAPABLE = "REMOTE_START_STOP_CAPABLE"
UNLOCK_CAPABLE = "UNLOCK_CAPABLE"

StationAnswered = StartAnswered | StopAnswered | ReservationAnswered | CancellationAnswered | UnlockAnswered


class ConnectorMissing(Refusal):
    """This Evse cannot choose the Connector itself."""

    def __init__(self, evse_uid: str) -> None:
        super().__init__(f"Evse {evse_uid!r} needs a connector_id - at `$.connector_id`")
        self.evse_uid = evse_uid


async def take_start(
    unit: Unit, connection: Connection, settings: Settings, command: StartSession, body: bytes
) -> CommandResponse:
    """Pass a start on to a station of ours. The Token is not judged: its eMSP did that.

    OCPI 2.2.1 mod_commands_startsession_object. Raises UnknownLocation, UnknownEvse, UnknownConnector and
    ConnectorMissing.
    """
    holder = connection.holder
    if command.token.owner not in connection.parties:
        return _not_theirs(command.token)
    location = await sharing.place(unit, connection, command.location_id)
    driver = _driver(command.token)
    one = taken(unit, connection, settings, CommandType.START_SESSION, command.response_url, body)
    why = "No Evse here can start now"
    for evse in await _candidates(unit, holder, location, command.evse_uid, driver):
        connector_id = command.connector_id
        if CONNECTOR_REQUIRED in evse.capabilities and connector_id is None:
            if VERSIONS[connection.version].names_connector:
                raise ConnectorMissing(evse.uid)
            connector_id = evse.connectors[0].id  # who cannot name one is content with any
        try:
            session = await sessions.request_start(
                unit,
                holder=holder,
                token=driver,
                evse=EvseRef(location.id, evse.uid),
                connector_id=connector_id,
                reference=command.authorization_reference,
                invoice_reference=await payments.invoice_reference(
                    unit, holder, driver.owner, EvseRef(location.id, evse.uid), command.authorization_reference
                ),
                command_id=one.id,
            )
        except (NoStation, EvseBusy) as error:
            why = str(error)
            continue
        return _yes(unit, one, settings, session.id)
    return _no(why)


async def take_stop(
    unit: Unit, connection: Connection, settings: Settings, command: StopSession, body: bytes
) -> CommandResponse:
    """Pass a stop on. Somebody else's Session is as unknown as none (OCPI 2.2.1 mod_commands_stopsession_object)."""
    session = await sessions.find(unit, connection.holder, connection.holder, command.session_id)
    if session is None or session.token.owner not in connection.parties:
        return CommandResponse(result=Verdict.UNKNOWN_SESSION, timeout=0)
    one = taken(unit, connection, settings, CommandType.STOP_SESSION, command.response_url, body)
    try:
        await sessions.request_stop(unit, connection.holder, session.id, one.id)
    except (AlreadyEnded, NoStation) as error:
        return _no(str(error))
    return _yes(unit, one, settings, session.id)


async def take_reservation(
    unit: Unit, connection: Connection, settings: Settings, command: ReserveNow, body: bytes
) -> CommandResponse:
    """Have an Evse kept for a driver of theirs. Raises UnknownLocation, UnknownEvse.

    Their id means nothing to the Station, which gets a number of ours (OCPI 2.2.1 mod_commands_reservenow_object).
    """
    if command.token.owner not in connection.parties:
        return _not_theirs(command.token)
    await sharing.place(unit, connection, command.location_id)
    one = taken(unit, connection, settings, CommandType.RESERVE_NOW, command.response_url, body)
    try:
        await reservations.request(
            unit,
            holder=connection.holder,
            asked_by=command.token.owner,
            id=command.reservation_id,
            token=_driver(command.token),
            location_id=command.location_id,
            evse_uid=command.evse_uid,
            until=command.expires_at,
            reference=command.authorization_reference,
            request=one.id,
        )
    except NotReservable as error:
        return _no(str(error), Verdict.NOT_SUPPORTED)
    except (NoStation, EvseBusy, NotSoLong) as error:
        return _no(str(error))
    return _yes(unit, one, settings)


async def take_cancellation(
    unit: Unit, connection: Connection, settings: Settings, command: CancelReservation, body: bytes
) -> CommandResponse:
    """Have an Evse freed that they had kept; what others reserved is as unknown as nothing."""
    one = taken(unit, connection, settings, CommandType.CANCEL_RESERVATION, command.response_url, body)
    try:
        await reservations.request_cancel(
            unit, connection.holder, connection.parties, command.reservation_id, request=one.id
        )
    except UnknownReservation as error:
        return _no(str(error))
    return _yes(unit, one, settings)


async def take_unlock(
    unit: Unit, connection: Connection, settings: Settings, command: UnlockConnector, body: bytes
) -> CommandResponse:
    """Have a stuck plug let go, but not while somebody else's driver charges with it.

    Raises UnknownLocation, UnknownEvse, UnknownConnector.
    """
    holder = connection.holder
    location = await sharing.place(unit, connection, command.location_id)
    evse = evse_of(location, command.evse_uid)
    if UNLOCK_CAPABLE not in evse.capabilities:
        return _no(f"Evse {evse.uid!r} cannot be unlocked from afar", Verdict.NOT_SUPPORTED)
    under_way = await sessions.under_way_at(unit, holder, EvseRef(location.id, evse.uid))
    if any(session.token.owner not in connection.parties for session in under_way):
        return _no("Somebody else's driver charges there")
    one = taken(unit, connection, settings, CommandType.UNLOCK_CONNECTOR, command.response_url, body)
    try:
        await locations.request_unlock(unit, holder, location.id, evse.uid, command.connector_id, one.id)
    except NoStation as error:
        return _no(str(error))
    return _yes(unit, one, settings)


async def answer_command(database: Database, answered: StationAnswered) -> None:
    """Hears what a station said, and queues it for whoever asked; once."""
    if answered.request is None:
        return
    async with database.unit() as unit:
        command = await store.commands.find(unit, answered.holder, answered.request, lock=True)
        if command is not None:
            await tell(unit, command, Result(answered.result))
    database.wake()


async def withdraw_reservation(database: Database, withdrawn: ReservationWithdrawn) -> None:
    """Hears that we cannot keep a promise: told where its grant was told (OCPI 2.2.1 mod_commands_flow)."""
    if withdrawn.request is None:
        return
    async with database.unit() as unit:
        command = await store.commands.find(unit, withdrawn.holder, withdrawn.request, lock=True)
        if command is None:
            return
        connection = await store.connections.find(unit, command.holder, command.connection_id)
        if connection is not None:
            _answer(unit, connection, command, CommandStep.WITHDRAWN, Result.CANCELED_RESERVATION)
    database.wake()


async def tell(unit: Unit, command: KeptCommand, result: Result) -> None:
    """Queue the result for whoever gave the command, unless that was done."""
    connection = await waiting(unit, command)
    if connection is not None:
        step = CommandStep.LATE if result is Result.TIMEOUT else CommandStep.GRANTED
        _answer(unit, connection, command, step, result)


def _answer(unit: Unit, connection: Connection, command: KeptCommand, step: CommandStep, result: Result) -> None:
    body = VERSIONS[connection.version].codecs[CommandResult].encode(CommandResult(result=result))
    answer(unit, connection, command, Module.COMMANDS, step, result, body)


async def _candidates(
    unit: Unit, holder: PartyId, location: Location, evse_uid: str | None, driver: CdrToken
) -> list[Evse]:
    """The Evse that was named, or the one that waits for this driver, or any that is free. Raises UnknownEvse."""
    if evse_uid is not None:
        return [evse_of(location, evse_uid)]
    kept = await reservations.held_for(unit, holder, location.id, driver)
    if kept is not None:
        return [evse_of(location, kept.evse_uid)]
    return [evse for evse in location.evses if evse.status is Status.AVAILABLE]


def _driver(token: Token) -> CdrToken:
    return CdrToken(owner=token.owner, uid=token.uid, type=token.type, contract_id=token.contract_id)


def _yes(unit: Unit, one: KeptCommand, settings: Settings, session_id: str | None = None) -> CommandResponse:
    return CommandResponse(result=Verdict.ACCEPTED, timeout=accept(unit, one, settings, session_id))


def _not_theirs(token: Token) -> CommandResponse:
    return _no(f"The Token belongs to {token.owner}, who is not asking")


def _no(why: str, verdict: Verdict = Verdict.REJECTED) -> CommandResponse:
    return CommandResponse(result=verdict, timeout=0, message=(DisplayText("en", why),))
