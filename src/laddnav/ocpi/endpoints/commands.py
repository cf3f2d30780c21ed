"""Commands: as CPO we are asked, as eMSP we hear what became of it (OCPI 2.2.1 mod_commands_commands_module)."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.locations.rules import UnknownConnector, UnknownEvse, UnknownLocation
from laddnav.ocpi.commands import commanded, commands
from laddnav.ocpi.commands.asked import UnknownCommand, sent_command
from laddnav.ocpi.commands.taken import theirs
from laddnav.ocpi.endpoints.call import DONE, Call, Reply, Table, Within
from laddnav.ocpi.endpoints.heard import readable
from laddnav.ocpi.wire.commands import (
    COMMANDS,
    CancelReservation,
    Command,
    CommandResponse,
    CommandResult,
    CommandType,
    ReserveNow,
    StartSession,
    StopSession,
    UnlockConnector,
    Verdict,
)
from laddnav.ocpi.wire.envelope import StatusCode


async def ask(unit: Unit, call: Call) -> Reply:
    """Answered at once with whether we take it on; what the station does follows at the response URL.

    A command that we do not know is not supported, where anybody may name new ones (OCPI 2.3.0
    mod_commands_commandtype_enum). Raises UnknownCommand, Unreadable, ForbiddenAddress, ConnectorMissing.
    """
    if not call.version.knows_all_commands and call.segments[0] not in set(CommandType):
        unknown = CommandResponse(result=Verdict.NOT_SUPPORTED, timeout=0)
        return Reply(data=call.codec(CommandResponse).encode(unknown))
    kind = _kind(call)
    command = call.codec(COMMANDS[kind]).decode(readable(call.connection, call.body), call.hearing())
    theirs(call.connection, call.settings, command.response_url)
    try:
        said = await _taken(unit, call, command)
    except (UnknownLocation, UnknownEvse, UnknownConnector) as error:
        rejected = call.codec(CommandResponse).encode(CommandResponse(result=Verdict.REJECTED, timeout=0))
        return Reply(status=StatusCode.UNKNOWN_LOCATION, message=str(error), data=rejected)
    return Reply(data=call.codec(CommandResponse).encode(said))


async def _taken(unit: Unit, call: Call, command: Command) -> CommandResponse:
    """Raises UnknownLocation, UnknownEvse, UnknownConnector, ConnectorMissing."""
    connection, settings, body = call.connection, call.settings, call.body
    match command:
        case StartSession():
            return await commanded.take_start(unit, connection, settings, command, body)
        case StopSession():
            return await commanded.take_stop(unit, connection, settings, command, body)
        case ReserveNow():
            return await commanded.take_reservation(unit, connection, settings, command, body)
        case CancelReservation():
            return await commanded.take_cancellation(unit, connection, settings, command, body)
        case UnlockConnector():
            return await commanded.take_unlock(unit, connection, settings, command, body)


async def result(unit: Unit, call: Call) -> Reply:
    """Raises UnknownCommand, Unreadable."""
    command = await sent_command(unit, call.segments[1])
    if command.connection_id != call.connection.id:
        raise UnknownCommand("No command of this id was sent to this partner")
    await commands.hear_result(unit, command, call.codec(CommandResult).decode(call.body, call.hearing()))
    return DONE


def _kind(call: Call) -> CommandType:
    """Raises UnknownCommand."""
    said = call.segments[0]
    if said not in set(CommandType) or COMMANDS[CommandType(said)] not in call.version.codecs:
        raise UnknownCommand(f"{said[:40]!r} is no command of OCPI {call.version.number}")
    return CommandType(said)


SENDER: Table = {("POST", 2): Within(result)}
RECEIVER: Table = {("POST", 1): Within(ask)}
