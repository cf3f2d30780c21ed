"""What a partner asked of us and hears the result of later, at the URL that it gave."""

from __future__ import annotations

from urllib.parse import urlsplit

from laddnav.db.unit import Unit
from laddnav.ocpi import store
from laddnav.ocpi.calls.guard import ForbiddenAddress, checked
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.commands import CommandState, CommandStep, moved
from laddnav.ocpi.wire.handshake import Module

WAITING = (CommandState.ASKED, CommandState.ACCEPTED)


def theirs(connection: Connection, settings: Settings, response_url: str) -> str:
    """The URL, where it leads to a host of theirs: nobody has us call a third one. Raises ForbiddenAddress."""
    url = checked(response_url, settings.allow_loopback, settings.networks)
    host = urlsplit(url).hostname
    if host not in connection.hosts:
        raise ForbiddenAddress(f"{host} is no host of {connection.party}")
    return url


def taken(
    unit: Unit, connection: Connection, settings: Settings, kind: str, response_url: str, body: bytes
) -> KeptCommand:
    """As it will be kept once it is clear that we take it on; its id is what whoever carries it out is told."""
    return KeptCommand(
        holder=connection.holder,
        id=unit.new_id(),
        connection_id=connection.id,
        direction="in",
        kind=kind,
        body=body,
        response_url=response_url,
        state=CommandState.ACCEPTED,
        result=None,
        session_id=None,
        asked_at=unit.now,
        expires_at=unit.now + unit.clock.wall(settings.command_within),
        answered_at=None,
        party=connection.party,
    )


def accept(unit: Unit, one: KeptCommand, settings: Settings, session_id: str | None = None) -> int:
    """Keep it; within how many seconds its result comes."""
    store.commands.insert(unit, one)
    store.commands.move(unit, one, CommandState.ACCEPTED, None, session_id)
    return round(settings.command_within.total_seconds())


async def waiting(unit: Unit, command: KeptCommand | None) -> Connection | None:
    """Whom to tell the result; None where it was told before, or nobody asked from outside."""
    if command is None or command.direction != "in" or command.state not in WAITING:
        return None
    return await store.connections.find(unit, command.holder, command.connection_id)


def answer(
    unit: Unit,
    connection: Connection,
    command: KeptCommand,
    module: Module,
    step: CommandStep,
    result: str,
    body: bytes,
) -> None:
    """Queue the result, once for each step."""
    after = moved(command.state, step)
    if after is None or command.response_url is None:
        return
    store.commands.move(unit, command, after, result)
    key = command.id if step is not CommandStep.WITHDRAWN else f"{command.id}/{after}"
    store.deliveries.queue_bytes(unit, connection, module, key, command.response_url, body, command.party)
