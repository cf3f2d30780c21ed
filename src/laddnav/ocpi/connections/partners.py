"""Connections: invite, register, be registered, renew, suspend and leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import seal, store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.calls.tls import set_guard
from laddnav.ocpi.connections import lines, offers
from laddnav.ocpi.connections.course import Course, looked_over, parties_of
from laddnav.ocpi.connections.lines import Line, Speaker
from laddnav.ocpi.connections.ourselves import credentials_of, words_of
from laddnav.ocpi.connections.settling import settled, spoken
from laddnav.ocpi.connections.updating import credentials_url, goodbye, updated
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.model import (
    Connection,
    Deed,
    Delivery,
    Exchange,
    HandshakeStep,
    Invitation,
    KeptCommand,
    Looked,
    Pull,
    Stage,
    Tls,
)
from laddnav.ocpi.rules import UnknownConnection, UnknownExchange
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire import envelope, handshake
from laddnav.ocpi.wire.handshake import Credentials, State, Step
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role

log = structlog.get_logger()

AS_THE_TEXT_SAYS = Policy()
NEWEST = max(VERSIONS, key=lambda number: [int(part) for part in number.split(".")])


# They register with us ------------------------------------------------------------------------------------------------


async def invite(
    unit: Unit,
    settings: Settings,
    holder: PartyId,
    role: Role,
    *,
    also: Sequence[Speaker] = (),
    name: str = "",
    version: str = NEWEST,
    theirs: Role | None = None,
) -> Invitation:
    """A line that waits for whoever shows its token (A). `also` are others of us who are to speak there.

    `theirs` is what they are, which a hub cannot tell where a version says nothing of roles.
    Raises UnknownParty, NoCommonVersion, OnePartyOnly.
    """
    token = seal.new_token()
    ours = (Speaker(holder, role), *also)
    line = await lines.opened(unit, ours, name or "invited", spoken(version, len(set(ours))), State.INVITED)
    line = tuple(replace(one, their_role=theirs) for one in line)
    _insert(unit, line, token)
    lines.changed(unit, line)
    return Invitation(connection_id=line[0].id, token=token, versions_url=settings.versions_url)


async def accept(
    database: Database, clients: Clients, connection: Connection, version: Version, said: Credentials, step: Step
) -> Credentials:
    """They POST or PUT their credentials: look at their endpoints with their token, then answer with a new one of ours.

    A failure leaves everything as it was (OCPI 2.2.1 credentials_errors_during_registration). Raises NotNow,
    NoCredentialsRoles, PartyTaken, NoCommonVersion, EndpointsMissing, and what a call raises.
    """
    handshake.moved(connection.state, step)
    handshake.sound(said)
    course = Course(database, (connection,), Deed.ACCEPT)
    speaking = replace(connection, version=version.number)
    asking = await offers.met(clients, speaking, said.token, said.url, course)
    token = seal.new_token()
    async with course.step(Stage.TOKEN) as told, database.unit() as unit:
        after = await settled(unit, clients, connection.line, step, said, asking.connection)
        before = await store.lines.held(unit, connection.line) if step is Step.THEY_PUT else None
        # Token A is good for nothing any more; a renewed one stays good until its successor is first used.
        store.lines.set_inbound(unit, connection.line, seal.hash_of(token), before)
        credentials = await credentials_of(unit, clients.settings, after, token)
        told.said = parties_of(after)
    await looked_over(database, course, after)
    return credentials


async def leave(unit: Unit, connection: Connection, step: Step) -> None:
    """Nothing is sent or answered on its line any more. Raises NotNow."""
    line = await _move(unit, connection, step)
    store.lines.set_inbound(unit, connection.line, None, None)
    store.lines.set_outbound(unit, connection.line, None)
    for one in line:
        lines.silence(unit, one)
        if one.policy.shares.smart_charging:
            await sharing.end_contract(unit, one)


# We register with them ------------------------------------------------------------------------------------------------


async def register(
    database: Database,
    clients: Clients,
    versions_url: str,
    token: str,
    our_party: PartyId,
    our_role: Role,
    version: str | None = None,
    name: str = "",
    *,
    also: Sequence[Speaker] = (),
    theirs: Role | None = None,
    policy: Policy = AS_THE_TEXT_SAYS,
    tls: Tls | None = None,
    key: str = "",
    began: Callable[[Connection], None] = lambda _: None,
) -> Connection:
    """Go through the handshake with a partner that gave us token A, and stay connected; the first of ours on the line.

    Token B is good here before it is sent, because the partner looks at our endpoints while it keeps us waiting.
    OCPI 2.2.1 credentials_registration. `also` and `theirs` are as in an invitation, `policy` is what is known already
    of how they deviate, `tls` and the `key` of its certificate what guards the line; `began` hears of the line
    as soon as there is one, for its steps can be followed. Raises UnknownParty, UnfitTls, OnePartyOnly,
    EndpointsMissing, NoCredentialsRoles, PartyTaken, Unreadable, and what a call raises; then nothing of it is left.
    """
    ours = (Speaker(our_party, our_role), *also)
    token_b = seal.new_token()
    async with database.unit() as unit:
        speaks = spoken(version or NEWEST, len(set(ours)))
        line = await lines.opened(unit, ours, name or versions_url, speaks, State.REGISTERING)
        line = tuple(replace(one, versions_url=versions_url, their_role=theirs, policy=policy) for one in line)
        _insert(unit, line, token_b)
        if tls is not None:
            line = (await set_guard(unit, clients.seal, line[0].ref, tls, key), *line[1:])
    first, said, asking = line[0], None, None
    course = Course(database, line, Deed.REGISTER)
    began(first)
    try:
        asking, offered = await offers.versions_of(clients, first, token, versions_url, course)
        async with course.step(Stage.CHOICE) as told:
            told.said = chosen = spoken(handshake.chosen(offered, VERSIONS, version).version, len(line))
        asking = await offers.details_of(asking, offered, chosen, course)
        codec = VERSIONS[chosen].codecs[Credentials]
        async with database.unit() as unit:
            credentials = await credentials_of(unit, clients.settings, line, token_b, chosen)
        words = words_of(asking.connection, VERSIONS[chosen], credentials)
        async with course.step(Stage.CREDENTIALS):
            reply = await asking.call("POST", credentials_url(asking.connection), words, routed=False)
            said = handshake.sound(codec.decode(envelope.single(reply.answer.data), hearing(asking.connection)))
        async with course.step(Stage.TOKEN) as told, database.unit() as unit:
            after = await settled(unit, clients, first.line, Step.THEY_ANSWER, said, asking.connection, name=name)
            told.said = parties_of(after)
    except (Refusal, Trouble):
        async with database.unit() as unit:
            await leave(unit, first, Step.WE_GIVE_UP)
        if said is not None and asking is not None:
            await goodbye(await clients.to(asking.connection, token=said.token))
        raise
    await looked_over(database, course, after)
    database.wake()
    return after[0]


async def renew(
    database: Database,
    clients: Clients,
    connection: Connection,
    version: str | None = None,
    *,
    ours: Sequence[Speaker] | None = None,
    began: Callable[[Connection], None] = lambda _: None,
) -> Connection:
    """Change both tokens, and tell the partner to look at our endpoints again: our PUT.

    At another version if wanted, and with `ours` for who speaks on the line from now on; `began` as above. OCPI 2.2.1
    credentials_updating_the_credentials_and_resetting_the_token, credentials_updating_to_a_newer_version. Raises
    NotNow, NoCommonVersion, OnePartyOnly, EndpointsMissing, NobodySpeaks, HubStandsAlone, PartyTaken, and what a call
    raises; then all stays as it was.
    """
    handshake.moved(connection.state, Step.WE_UPDATE)
    course = Course(database, (connection,), Deed.RENEW)
    partner = await clients.to(connection, heard=course.heard)
    began(connection)
    if version is not None and version != connection.version:
        async with course.step(Stage.VERSIONS) as told:
            offered = await offers.versions(partner, connection.versions_url or "")
            told.said = ", ".join(offers.numbers(offered))
        async with course.step(Stage.DETAILS):
            there = await offers.endpoints(partner, offered, spoken(version))
        partner = partner.on(replace(connection, version=version, endpoints=there))
    return await updated(database, clients, connection, partner, ours, course)


async def remove(database: Database, clients: Clients, connection: Connection) -> None:
    """End its line, and tell the partner if it can be reached; ours ends in any case. Raises NotNow."""
    handshake.moved(connection.state, Step.WE_REMOVE)
    if connection.state is State.CONNECTED:
        try:
            await goodbye(await clients.to(connection))
        except Refusal as error:
            # It has no token that could be shown, or none that can be read; that must not keep us either.
            log.info("partner_not_told", connection=connection.id, error=str(error))
    async with database.unit() as unit:
        # They may have left as well, while they were told.
        if (await lines.locked(unit, connection.line))[0].state is not State.REMOVED:
            await leave(unit, connection, Step.WE_REMOVE)


async def suspend(unit: Unit, connection: Connection) -> None:
    """Keep everything, send and answer nothing on its line. Raises NotNow."""
    await _move(unit, connection, Step.WE_SUSPEND)


async def resume(unit: Unit, connection: Connection) -> None:
    """Raises NotNow."""
    await _move(unit, connection, Step.WE_RESUME)


# Reads ----------------------------------------------------------------------------------------------------------------


async def connections(unit: Unit, holder: PartyId | None = None) -> tuple[Connection, ...]:
    """All that were not removed, oldest first, each with what waits for it and what is dead."""
    return await store.connections.list_all(unit, holder)


async def fetch(unit: Unit, ref: str) -> Connection:
    """By its id, which is its ref too. Raises UnknownConnection."""
    connection = await store.connections.by_ref(unit, ref)
    if connection is None:
        raise UnknownConnection(ref)
    return connection


async def beside(unit: Unit, connection: Connection) -> Line:
    """All of us who speak on the same line, it among them."""
    return await store.connections.on_line(unit, connection.line)


async def deliveries(unit: Unit, connection: Connection, limit: int = 100) -> tuple[Delivery, ...]:
    """The dead first, then what waits, then what is done."""
    return await store.deliveries.list_all(unit, connection, limit)


async def outbox(
    unit: Unit, connection: Connection, state: str, limit: int = 50, *, before: int | None = None
) -> tuple[Delivery, ...]:
    """What is waiting, done or dead, the newest first, from before the one with this id."""
    return await store.deliveries.in_state(unit, connection, state, before, limit)


async def delivery(unit: Unit, connection: Connection, id: int | None) -> Delivery | None:
    """None where there is no such delivery, or it was dropped since."""
    return None if id is None else await store.deliveries.find(unit, connection, id)


async def handshakes(unit: Unit, connection: Connection, limit: int = 10) -> tuple[HandshakeStep, ...]:
    """The steps of the last so many on its line, the newest handshake first, each from its beginning."""
    return await store.handshakes.list_all(unit, connection.line, limit)


async def exchanges(
    unit: Unit, connection: Connection, limit: int = 100, *, looked: Looked | None = None, before: str | None = None
) -> tuple[Exchange, ...]:
    """Newest first, from before the one with this id; those that somebody looks for, or all."""
    return await store.exchanges.list_all(unit, connection, limit, looked or Looked(), before)


async def exchange(unit: Unit, connection: Connection, id: str) -> Exchange:
    """With its bodies, where it failed. Raises UnknownExchange."""
    found = await store.exchanges.find(unit, connection, id)
    if found is None:
        raise UnknownExchange(id)
    return found


async def commands(unit: Unit, connection: Connection, limit: int = 100) -> tuple[KeptCommand, ...]:
    """Newest first."""
    return await store.commands.list_all(unit, connection, limit)


async def pulls(unit: Unit, connection: Connection) -> tuple[Pull, ...]:
    return await store.pulls.list_all(unit, connection)


async def resend(unit: Unit, connection: Connection, delivery_id: int | None = None) -> int:
    """Send one delivery again, or everything that is dead; says how many that are."""
    if delivery_id is not None:
        return await store.deliveries.resend(unit, connection, delivery_id)
    return await store.deliveries.resend_dead(unit, connection)


# Shared ---------------------------------------------------------------------------------------------------------------


def _insert(unit: Unit, line: Line, token: str) -> None:
    store.lines.insert(unit, line[0], seal.hash_of(token))
    store.lines.update(unit, line[0])
    for one in line:
        store.connections.join(unit, one)


async def _move(unit: Unit, connection: Connection, step: Step) -> Line:
    line = await lines.locked(unit, connection.line)
    state = handshake.moved(line[0].state, step)
    store.lines.update(unit, replace(line[0], state=state))
    lines.changed(unit, line)
    return line
