"""Connections: invite, register, be registered, renew, suspend and leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import seal, store
from laddnav.ocpi.calls.calling import Partner, PartnerRefused, Reply
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.calls.tls import set_guard
from laddnav.ocpi.connections import lines, offers
from laddnav.ocpi.connections.lines import Line, Speaker
from laddnav.ocpi.connections.ourselves import credentials_of, note_told, words_of
from laddnav.ocpi.connections.upgrade import carried_over
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.model import Connection, Delivery, Exchange, Invitation, KeptCommand, Looked, Pull, Tls
from laddnav.ocpi.rules import RECEIVER, SENDER, UnknownConnection, fetched, spoken_by
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire import envelope, handshake
from laddnav.ocpi.wire.handshake import (
    Credentials,
    Module,
    NoCommonVersion,
    State,
    Step,
)
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
    Raises UnknownParty, RoleNotServed, NoCommonVersion, OnePartyOnly.
    """
    token = seal.new_token()
    ours = (Speaker(holder, role), *also)
    line = await lines.opened(unit, ours, name or "invited", _spoken(version, len(set(ours))), State.INVITED)
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
    asking, offered = await offers.greeted(clients, replace(connection, version=version.number), said.token, said.url)
    asking, endpoints = await offers.found(asking, offered, version.number)
    token = seal.new_token()
    async with database.unit() as unit:
        now = await lines.locked(unit, connection.line)
        state = handshake.moved(now[0].state, step)
        await lines.nobody_else(unit, lines.known(now, said))
        before = await store.lines.inbound(unit, connection.line) if step is Step.THEY_PUT else None
        # Token A is good for nothing any more; a renewed one stays good until its successor is first used.
        store.lines.set_inbound(unit, connection.line, seal.hash_of(token), before)
        after = await _settled(
            unit,
            clients,
            now,
            said,
            state=state,
            version=version.number,
            endpoints=endpoints,
            offers=offers.numbers(offered),
            policy=asking.connection.policy,
            registered_at=unit.now,
        )
        return await credentials_of(unit, clients.settings, after, token)


async def leave(unit: Unit, connection: Connection, step: Step) -> None:
    """Nothing is sent or answered on its line any more. Raises NotNow."""
    line = await _move(unit, connection, step)
    store.lines.set_inbound(unit, connection.line, None, None)
    store.lines.set_outbound(unit, connection.line, None)
    for one in line:
        lines.silence(unit, one)


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
) -> Connection:
    """Go through the handshake with a partner that gave us token A, and stay connected; the first of ours on the line.

    Token B is good here before it is sent, because the partner looks at our endpoints while it keeps us waiting.
    OCPI 2.2.1 credentials_registration. `also` and `theirs` are as in an invitation, `policy` is what is known already
    of how they deviate, `tls` and the `key` of its certificate what guards the line. Raises UnknownParty, UnfitTls,
    RoleNotServed, OnePartyOnly, EndpointsMissing, NoCredentialsRoles, PartyTaken, Unreadable, and what a call raises;
    then nothing of it is left.
    """
    ours = (Speaker(our_party, our_role), *also)
    token_b = seal.new_token()
    async with database.unit() as unit:
        speaks = _spoken(version or NEWEST, len(set(ours)))
        line = await lines.opened(unit, ours, name or versions_url, speaks, State.REGISTERING)
        line = tuple(replace(one, versions_url=versions_url, their_role=theirs, policy=policy) for one in line)
        _insert(unit, line, token_b)
        if tls is not None:
            line = (await set_guard(unit, clients.seal, line[0].ref, tls, key), *line[1:])
    first = line[0]
    try:
        asking, offered = await offers.greeted(clients, first, token, versions_url)
        chosen = _spoken(handshake.chosen(offered, VERSIONS, version).version, len(line))
        asking, endpoints = await offers.found(asking.on(replace(asking.connection, version=chosen)), offered, chosen)
        found = replace(asking.connection, endpoints=endpoints)
        codec = VERSIONS[chosen].codecs[Credentials]
        url = found.endpoint(Module.CREDENTIALS, RECEIVER) or ""
        async with database.unit() as unit:
            credentials = await credentials_of(unit, clients.settings, line, token_b, chosen)
        reply = await asking.call("POST", url, words_of(found, VERSIONS[chosen], credentials), routed=False)
        said = handshake.sound(codec.decode(envelope.single(reply.answer.data), hearing(found)))
        async with database.unit() as unit:
            now = await lines.locked(unit, first.line)
            state = handshake.moved(now[0].state, Step.THEY_ANSWER)
            await lines.nobody_else(unit, lines.known(now, said))
            after = await _settled(
                unit,
                clients,
                now,
                said,
                name,
                state=state,
                version=chosen,
                endpoints=endpoints,
                offers=offers.numbers(offered),
                policy=found.policy,
                registered_at=unit.now,
            )
    except (Refusal, Trouble):
        async with database.unit() as unit:
            await leave(unit, first, Step.WE_GIVE_UP)
        raise
    database.wake()
    return after[0]


async def renew(
    database: Database,
    clients: Clients,
    connection: Connection,
    version: str | None = None,
    *,
    ours: Sequence[Speaker] | None = None,
) -> Connection:
    """Change both tokens, and tell the partner to look at our endpoints again: our PUT.

    At another version if wanted, and with `ours` for who speaks on the line from now on. OCPI 2.2.1
    credentials_updating_the_credentials_and_resetting_the_token, credentials_updating_to_a_newer_version. Raises
    NotNow, NoCommonVersion, OnePartyOnly, EndpointsMissing, NobodySpeaks, HubStandsAlone, PartyTaken, and what a call
    raises; then all stays as it was.
    """
    handshake.moved(connection.state, Step.WE_UPDATE)
    partner = await clients.to(connection)
    if version is not None and version != connection.version:
        offered = await offers.versions(partner, connection.versions_url or "")
        there = await offers.endpoints(partner, offered, _spoken(version))
        partner = await clients.to(replace(connection, version=version, endpoints=there))
    return await _put(database, clients, connection, partner, ours)


async def _put(
    database: Database, clients: Clients, connection: Connection, partner: Partner, ours: Sequence[Speaker] | None
) -> Connection:
    """`partner` is as it is to be from now on. One that is still here of those who spoke on the line."""
    spoken = partner.connection
    token = seal.new_token()
    async with database.unit() as unit:
        before = await lines.locked(unit, connection.line)
        line = before if ours is None else await lines.changed_to(unit, before, ours)
        _spoken(spoken.version, sum(not one.leaving for one in line))
        old = await store.lines.inbound(unit, connection.line)
        store.lines.set_inbound(unit, connection.line, seal.hash_of(token), old)
        credentials = await credentials_of(unit, clients.settings, line, token, spoken.version)
    codec = VERSIONS[spoken.version].codecs[Credentials]
    try:
        reply = await _updated(partner, words_of(spoken, VERSIONS[spoken.version], credentials))
        said = handshake.sound(codec.decode(envelope.single(reply.answer.data), hearing(connection)))
    except (Refusal, Trouble):
        async with database.unit() as unit:
            await lines.changed_back(unit, await lines.locked(unit, connection.line), before)
            # Nobody knows what came of it, if no answer came: the new token stays good until the old one is shown.
            if await store.lines.inbound(unit, connection.line) == seal.hash_of(token):
                store.lines.set_inbound(unit, connection.line, old, seal.hash_of(token))
        raise
    async with database.unit() as unit:
        # The one before is good for nothing any more, whatever becomes of the rest.
        store.lines.set_outbound(unit, connection.line, clients.seal.sealed(said.token))
    # With the token that they have just given us: theirs may have moved as well.
    asking, offered = await offers.greeted(clients, spoken, said.token, said.url)
    asking, endpoints = await offers.found(asking, offered, spoken.version)
    async with database.unit() as unit:
        now = lines.without_leaving(unit, await lines.locked(unit, connection.line))
        await lines.nobody_else(unit, lines.known(now, said))
        after = await _settled(
            unit, clients, now, said, version=spoken.version, endpoints=endpoints, offers=offers.numbers(offered)
        )
    database.wake()
    return next((one for one in after if one.id == connection.id), after[0])


async def _updated(partner: Partner, credentials: bytes) -> Reply:
    """Raises what a call raises."""
    url = partner.connection.endpoint(Module.CREDENTIALS, RECEIVER) or ""
    if not partner.connection.policy.calls.registers_anew:
        return await partner.call("PUT", url, credentials, routed=False)
    try:
        await partner.call("DELETE", url, routed=False)
    except PartnerRefused as error:
        # They knew us no more, from an attempt that went no further; the POST will tell.
        log.info("partner_left_already", connection=partner.connection.id, error=str(error))
    return await partner.call("POST", url, credentials, routed=False)


async def remove(database: Database, clients: Clients, connection: Connection) -> None:
    """End its line, and tell the partner if it can be reached; ours ends in any case. Raises NotNow."""
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
    """Keep everything, send and answer nothing on its line. Raises NotNow."""
    await _move(unit, connection, Step.WE_SUSPEND)


async def resume(unit: Unit, connection: Connection) -> None:
    """Raises NotNow."""
    await _move(unit, connection, Step.WE_RESUME)


def ask_for_everything(unit: Unit, line: Iterable[Connection]) -> None:
    """Have every list fetched soon of which we are the Receiver and they offer the Sender; once for each of ours."""
    wanted = {
        (one.holder, module): one
        for one in line
        for module in fetched(one.our_role)
        if one.endpoint(module, SENDER) is not None
    }
    for (_, module), one in wanted.items():
        store.pulls.ask(unit, one, module)


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


async def exchanges(
    unit: Unit, connection: Connection, limit: int = 100, *, looked: Looked | None = None, before: str | None = None
) -> tuple[Exchange, ...]:
    """Newest first, from before the one with this id; those that somebody looks for, or all."""
    return await store.exchanges.list_all(unit, connection, limit, looked or Looked(), before)


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
    for one in line:
        store.connections.join(unit, one)


async def _settled(unit: Unit, clients: Clients, before: Line, said: Credentials, name: str = "", **facts: Any) -> Line:
    """The line as it is from now on; what they own is fetched as though we had never met.

    `facts` are what is new about it, `name` what we call them whatever they call themselves.
    """
    after = lines.known(tuple(replace(one, **facts) for one in before), said)
    after = tuple(replace(one, name=name or one.name) for one in after)
    first = after[0]
    store.lines.set_outbound(unit, first.line, clients.seal.sealed(said.token))
    store.lines.reached(unit, first.line)
    store.lines.look_at(unit, first.line, unit.now + unit.clock.wall(offers.EVERY))
    for was, one in zip(before, after, strict=True):
        store.connections.update(unit, one)
        if one.policy.shares.price_group:
            sharing.belong(unit, one)
        if was.state is State.CONNECTED:
            await carried_over(unit, was, one)
    await note_told(unit, clients.settings, after)
    ask_for_everything(unit, after)
    lines.changed(unit, after)
    return after


async def _move(unit: Unit, connection: Connection, step: Step) -> Line:
    line = await lines.locked(unit, connection.line)
    state = handshake.moved(line[0].state, step)
    store.lines.update(unit, replace(line[0], state=state))
    lines.changed(unit, line)
    return line


def _spoken(version: str, many: int = 1) -> str:
    """Raises NoCommonVersion, OnePartyOnly."""
    if version not in VERSIONS:
        raise NoCommonVersion([version])
    return spoken_by(VERSIONS[version], many).number
