"""What we ask of a partner and hear the result of later, at a URL of ours that nobody can guess."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.events import CommandAnswered
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.rules import way_to
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER, Side, path_of
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.commands import CommandState, CommandStep, moved
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.parties.model import Role


class NotConnectedTo(Refusal):
    """We have no connection to this party."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"We have no connection to {party}")
        self.party = party


class UnknownCommand(Refusal):
    """No command with this id was sent from here."""


class Question(Struct, frozen=True, kw_only=True):
    """One request; `url` below the partner's endpoint of the module."""

    method: str
    url: str
    body: bytes | None = None


class Heard(Struct, frozen=True):
    """What was said at once: yes or no, in which word."""

    granted: bool
    word: str


Make = Callable[[str, str], Question]


async def ask(
    database: Database,
    clients: Clients,
    connection: Connection,
    owner: PartyId,
    module: Module,
    kind: str,
    make: Make,
    read: Callable[[bytes, Hearing], Heard],
    *,
    session_id: str | None = None,
    asked_for: str | None = None,
    id: str | None = None,
) -> str:
    """Its id, a new one unless it is given. `make` gets the partner's endpoint and our response URL, `read` the
    partner's answer.

    The row is there before the question is sent, because the result may come before the answer. Raises NotOffered, and
    what a call raises.
    """
    settings = clients.settings
    id = id or new_id()
    base = f"{settings.base}/{path_of(connection.our_role)}/{connection.version}/{module}"
    partner = await clients.to(connection)
    response_url = joined(base, kind, id)
    question = make(partner.endpoint(module, RECEIVER), response_url)
    async with database.unit() as unit:
        kept = KeptCommand(
            holder=connection.holder,
            id=id,
            connection_id=connection.id,
            direction="out",
            kind=kind,
            body=question.body or b"",
            response_url=response_url,
            state=CommandState.ASKED,
            result=None,
            session_id=session_id,
            asked_at=unit.now,
            expires_at=unit.now + unit.clock.wall(settings.call_within + settings.command_within),
            answered_at=None,
            party=owner,
            asked_for=asked_for,
        )
        store.commands.insert(unit, kept)
    try:
        reply = await partner.call(question.method, question.url, question.body, to=_asked(connection, owner))
        heard = read(envelope.single(reply.answer.data), hearing(connection))
    except (Trouble, Refusal) as error:
        await _settle(database, kept, CommandStep.LOST, None)
        raise error
    await _settle(database, kept, CommandStep.TAKEN if heard.granted else CommandStep.DECLINED, heard.word)
    return id


def new_id() -> str:
    """One that nobody can guess: what is posted under it is believed."""
    return secrets.token_urlsafe(24)


async def hear_result(unit: Unit, command: KeptCommand, step: CommandStep, result: str) -> bool:
    """The partner says what became of it; a late word is heard too, a second one changes nothing: then False."""
    after = moved(command.state, step)
    if after is None:
        return False
    tell(unit, command, after, result)
    return True


def tell(unit: Unit, command: KeptCommand, state: CommandState, result: str) -> None:
    store.commands.move(unit, command, state, result)
    unit.announce(CommandAnswered(holder=command.holder, command_id=command.id, result=result))


async def sent_command(unit: Unit, id: str) -> KeptCommand:
    """By the id in its response URL, which nobody can guess. Raises UnknownCommand."""
    command = await store.commands.sent(unit, id)
    if command is None:
        raise UnknownCommand("No command of this id was sent from here")
    return command


async def connected_to(
    unit: Unit, holder: PartyId, party: PartyId, side: Side = (Module.COMMANDS, SENDER)
) -> Connection:
    """In a role of ours with this side. Raises NotConnectedTo, also where a hub says that nothing reaches it now."""
    connected = await store.connections.connected(unit, holder)
    connection = way_to(party, (one for one in connected if side in OFFERED[one.our_role]))
    if connection is None or party in connection.away:
        raise NotConnectedTo(party)
    return connection


def _asked(connection: Connection, owner: PartyId) -> PartyId | None:
    """The owner of what it is about; but who limits charges for an eMSP asks that one, and hears of no way further."""
    delegating = {one.party for one in connection.roles if one.role is Role.EMSP}
    return connection.hub if connection.our_role is Role.SCSP and connection.hub in delegating else owner


async def _settle(database: Database, kept: KeptCommand, step: CommandStep, said: str | None) -> None:
    """A result that overtook the answer is the later word."""
    async with database.unit() as unit:
        now = await store.commands.find(unit, kept.holder, kept.id, lock=True)
        if now is not None and now.state is CommandState.ASKED:
            store.commands.move(unit, now, moved(now.state, step) or now.state, said)
