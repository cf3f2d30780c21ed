"""Connections: invite, register, be registered, renew, suspend and leave."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import offers, seal, store
from laddnav.ocpi.calling import Partner
from laddnav.ocpi.client import Clients
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.model import Connection, Delivery, Exchange, Invitation, KeptCommand, Pull
from laddnav.ocpi.rules import ASKED_ONLY, OFFERED, RECEIVER, SENDER, UnknownConnection, served, sole
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.upgrade import carried_over
from laddnav.ocpi.wire import envelope, handshake
from laddnav.ocpi.wire.handshake import (
    Credentials,
    CredentialsRole,
    Module,
    NoCommonVersion,
    State,
    Step,
)
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Role

NEWEST = max(VERSIONS, key=lambda number: [int(part) for part in number.split(".")])


# They register with us ------------------------------------------------------------------------------------------------


async def invite(
    unit: Unit, settings: Settings, holder: PartyId, role: Role, *, name: str = "", version: str = NEWEST
) -> Invitation:
    """A connection that waits for whoever shows its token (A). Raises UnknownParty, RoleNotServed, NoCommonVersion."""
    await parties.fetch(unit, holder)
    token = seal.new_token()
    connection = _new(unit, holder, role, name or "invited", _spoken(version), State.INVITED)
    store.connections.insert(unit, connection, seal.hash_of(token))
    _changed(unit, connection)
    return Invitation(connection_id=connection.id, token=token, versions_url=settings.versions_url)


async def accept(
    database: Database, clients: Clients, connection: Connection, version: Version, said: Credentials, step: Step
) -> Credentials:
    """They POST or PUT their credentials: look at their endpoints with their token, then answer with a new one of ours.

    A failure leaves everything as it was (OCPI 2.2.1 credentials_errors_during_registration). Raises NotNow,
    NoCredentialsRoles, PartyTaken, NoCommonVersion, EndpointsMissing, and what a call raises.
    """
    handshake.moved(connection.state, step)
    handshake.sound(said)
    asking, offered = await offers.greeted(clients, replace(connection, version=version.number), said.token, said.url)
    endpoints = await offers.endpoints(asking, offered, version.number)
    token = seal.new_token()
    async with database.unit() as unit:
        now = await _locked(unit, connection)
        state = handshake.moved(now.state, step)
        await _nobody_else(unit, now, said)
        before = await store.lines.inbound(unit, now.line) if step is Step.THEY_PUT else None
        after = _known(
            replace(
                now,
                state=state,
                version=version.number,
                endpoints=endpoints,
                offers=offers.numbers(offered),
                policy=asking.connection.policy,
                registered_at=unit.now,
            ),
            said,
        )
        # Token A is good for nothing any more; a renewed one stays good until its successor is first used.
        store.lines.set_inbound(unit, after.line, seal.hash_of(token), before)
        await _settled(unit, clients, now, after, said)
        return await credentials_of(unit, clients.settings, after, token)


async def leave(unit: Unit, connection: Connection, step: Step) -> None:
    """Nothing is sent or answered any more. Raises NotNow."""
    now = await _locked(unit, connection)
    store.connections.update(unit, replace(now, state=handshake.moved(now.state, step)))
    store.lines.set_inbound(unit, now.line, None, None)
    store.lines.set_outbound(unit, now.line, None)
    store.deliveries.drop_all(unit, now)
    store.pulls.forget(unit, now)
    _changed(unit, now)


async def credentials_of(unit: Unit, settings: Settings, connection: Connection, token: str) -> Credentials:
    """Who we are on this connection, and what the partner has to show us."""
    party = await parties.fetch(unit, connection.holder)
    business = BusinessDetails(party.name, party.website)
    role = CredentialsRole(role=connection.our_role, party=connection.holder, business=business)
    return Credentials(token=token, url=settings.versions_url, roles=(role,))


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
) -> Connection:
    """Go through the handshake with a partner that gave us token A, and stay connected.

    Token B is good here before it is sent, because the partner looks at our endpoints while it keeps us waiting.
    OCPI 2.2.1 credentials_registration. Raises UnknownParty, RoleNotServed, NoCommonVersion, EndpointsMissing,
    NoCredentialsRoles, PartyTaken, Unreadable, and what a call raises; then nothing of it is left.
    """
    ours = seal.new_token()
    async with database.unit() as unit:
        await parties.fetch(unit, our_party)
        connection = replace(
            _new(unit, our_party, our_role, name or versions_url, _spoken(version or NEWEST), State.REGISTERING),
            versions_url=versions_url,
        )
        store.connections.insert(unit, connection, seal.hash_of(ours))
        credentials = await credentials_of(unit, clients.settings, connection, ours)
    try:
        asking, offered = await offers.greeted(clients, connection, token, versions_url)
        chosen = handshake.chosen(offered, VERSIONS, version).version
        asking = await clients.to(replace(asking.connection, version=chosen), token=token)
        endpoints = await offers.endpoints(asking, offered, chosen)
        found = replace(asking.connection, endpoints=endpoints, offers=offers.numbers(offered))
        codec = VERSIONS[chosen].codecs[Credentials]
        url = found.endpoint(Module.CREDENTIALS, RECEIVER) or ""
        reply = await asking.call("POST", url, codec.encode(credentials), routed=False)
        said = handshake.sound(codec.decode(envelope.single(reply.answer.data), hearing(found)))
        async with database.unit() as unit:
            now = await _locked(unit, connection)
            state = handshake.moved(now.state, Step.THEY_ANSWER)
            await _nobody_else(unit, now, said)
            after = _known(replace(found, state=state, registered_at=unit.now), said)
            if name:
                after = replace(after, name=name)
            await _settled(unit, clients, now, after, said)
    except (Refusal, Trouble):
        async with database.unit() as unit:
            await leave(unit, connection, Step.WE_GIVE_UP)
        raise
    database.wake()
    return after


async def renew(database: Database, clients: Clients, connection: Connection, version: str | None = None) -> Connection:
    """Change both tokens, and tell the partner to look at our endpoints again: our PUT, at another version if wanted.

    OCPI 2.2.1 credentials_updating_the_credentials_and_resetting_the_token, credentials_updating_to_a_newer_version.
    Raises NotNow, NoCommonVersion, EndpointsMissing, and what a call raises; then all stays as it was.
    """
    handshake.moved(connection.state, Step.WE_UPDATE)
    partner = await clients.to(connection)
    if version is not None and version != connection.version:
        offered = await offers.versions(partner, connection.versions_url or "")
        there = await offers.endpoints(partner, offered, _spoken(version))
        partner = await clients.to(replace(connection, version=version, endpoints=there))
    return await _put(database, clients, connection, partner)


async def _put(database: Database, clients: Clients, connection: Connection, partner: Partner) -> Connection:
    """`partner` is as it is to be from now on."""
    spoken = partner.connection
    token = seal.new_token()
    async with database.unit() as unit:
        old = await store.lines.inbound(unit, (await _locked(unit, connection)).line)
        store.lines.set_inbound(unit, connection.line, seal.hash_of(token), old)
        credentials = await credentials_of(unit, clients.settings, connection, token)
    codec = VERSIONS[spoken.version].codecs[Credentials]
    url = spoken.endpoint(Module.CREDENTIALS, RECEIVER) or ""
    try:
        reply = await partner.call("PUT", url, codec.encode(credentials), routed=False)
        said = handshake.sound(codec.decode(envelope.single(reply.answer.data), hearing(connection)))
    except (Refusal, Trouble):
        async with database.unit() as unit:
            await _locked(unit, connection)
            store.lines.set_inbound(unit, connection.line, old, None)
        raise
    # With the token that they have just given us: theirs may have moved as well.
    asking, offered = await offers.greeted(clients, spoken, said.token, said.url)
    endpoints = await offers.endpoints(asking, offered, spoken.version)
    async with database.unit() as unit:
        now = await _locked(unit, connection)
        await _nobody_else(unit, now, said)
        found = replace(now, version=spoken.version, endpoints=endpoints, offers=offers.numbers(offered))
        after = _known(found, said)
        await _settled(unit, clients, now, after, said)
    database.wake()
    return after


async def remove(database: Database, clients: Clients, connection: Connection) -> None:
    """End it, and tell the partner if it can be reached; ours ends in any case. Raises NotNow."""
    handshake.moved(connection.state, Step.WE_REMOVE)
    url = connection.endpoint(Module.CREDENTIALS, RECEIVER)
    if connection.state is State.CONNECTED and url is not None:
        try:
            await (await clients.to(connection)).call("DELETE", url, routed=False)
        except (Refusal, Trouble):
            # It is in the log of exchanges; a partner that is gone must not keep us.
            pass
    async with database.unit() as unit:
        await leave(unit, connection, Step.WE_REMOVE)


async def suspend(unit: Unit, connection: Connection) -> None:
    """Keep everything, send and answer nothing. Raises NotNow."""
    await _move(unit, connection, Step.WE_SUSPEND)


async def resume(unit: Unit, connection: Connection) -> None:
    """Raises NotNow."""
    await _move(unit, connection, Step.WE_RESUME)


def ask_for_everything(unit: Unit, connection: Connection) -> None:
    """Have every list fetched soon of which we are the Receiver and they offer the Sender."""
    for module, interface in OFFERED[connection.our_role]:
        wanted = interface is RECEIVER and module not in ASKED_ONLY
        if wanted and connection.endpoint(module, SENDER) is not None:
            store.pulls.ask(unit, connection, module)


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


async def deliveries(unit: Unit, connection: Connection, limit: int = 100) -> tuple[Delivery, ...]:
    """The dead first, then what waits, then what is done."""
    return await store.deliveries.list_all(unit, connection, limit)


async def exchanges(unit: Unit, connection: Connection, limit: int = 100) -> tuple[Exchange, ...]:
    """Newest first."""
    return await store.exchanges.list_all(unit, connection, limit)


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


def _new(unit: Unit, holder: PartyId, role: Role, name: str, version: str, state: State) -> Connection:
    id = unit.new_id()
    return Connection(
        holder=holder,
        id=id,
        ref=id,
        line=id,
        our_role=served(role),
        state=state,
        name=name[:200],
        version=version,
        created_at=unit.now,
    )


async def _nobody_else(unit: Unit, connection: Connection, said: Credentials) -> None:
    """Raises PartyTaken."""
    known = await store.connections.dealt_with(unit, connection.holder, connection.our_role)
    sole(connection.holder, said.roles, (one for one in known if one.id != connection.id))


def _known(connection: Connection, said: Credentials) -> Connection:
    """Now that they have said who they are."""
    chief = handshake.counterpart(said.roles, connection.our_role)
    return replace(
        connection,
        name=chief.business.name or str(chief.party),
        party=chief.party,
        their_role=chief.role,
        roles=said.roles,
        hub=said.hub,
        versions_url=said.url,
    )


async def _settled(unit: Unit, clients: Clients, before: Connection, after: Connection, said: Credentials) -> None:
    """The connection as it is from now on; what they own is fetched as though we had never met."""
    store.connections.update(unit, after)
    store.lines.set_outbound(unit, after.line, clients.seal.sealed(said.token))
    store.lines.reached(unit, after.line)
    store.lines.look_at(unit, after.line, unit.now + unit.clock.wall(offers.EVERY))
    if before.state is State.CONNECTED:
        await carried_over(unit, before, after)
    ask_for_everything(unit, after)
    _changed(unit, after)


def _spoken(version: str) -> str:
    if version not in VERSIONS:
        raise NoCommonVersion([version])
    return version


async def _locked(unit: Unit, connection: Connection) -> Connection:
    now = await store.connections.find(unit, connection.holder, connection.id, lock=True)
    if now is None:
        raise UnknownConnection(connection.id)
    return now


async def _move(unit: Unit, connection: Connection, step: Step) -> None:
    now = await _locked(unit, connection)
    store.connections.update(unit, replace(now, state=handshake.moved(now.state, step)))
    _changed(unit, now)


def _changed(unit: Unit, connection: Connection) -> None:
    unit.announce(ConnectionChanged(holder=connection.holder, connection_id=connection.id))
