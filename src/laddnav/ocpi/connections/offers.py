"""What a partner offers: its versions, and where what is in one; asked when it comes, and again now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import TypeVar

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import Partner, PartnerRefused, PartnerTroubled, Reply
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import lines
from laddnav.ocpi.connections.course import Course
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.model import Connection, Stage
from laddnav.ocpi.telling.push import Dice
from laddnav.ocpi.wire import envelope, handshake
from laddnav.ocpi.wire.handshake import Endpoint, OfferedVersion, VersionDetails, opposite
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role

log = structlog.get_logger()

T = TypeVar("T")

EVERY = timedelta(days=1)
TOGETHER = 4  # partners that are looked at at a time


async def met(clients: Clients, connection: Connection, token: str, url: str, course: Course) -> Partner:
    """Whom to go on asking, in the version that it is to speak and at its endpoints there. Raises as the two below."""
    partner, offered = await versions_of(clients, connection, token, url, course)
    return await details_of(partner, offered, connection.version, course)


async def versions_of(
    clients: Clients, connection: Connection, token: str, url: str, course: Course
) -> tuple[Partner, list[OfferedVersion]]:
    """Whom to go on asking, and the versions that it offers.

    Some want the token as it is though their version says Base64, some the other way round, and some each way in
    another place; who does not know us is asked once more that way, while we come to know each other, and only then:
    later a 401 is a 401 (OCPI 2.2.1 transport_and_format_authorization_header).
    """
    partner = await clients.to(connection, token=token, heard=course.heard)
    async with course.step(Stage.VERSIONS) as told:
        partner, offered = await _either_way(partner, lambda one: versions(one, url))
        told.said = ", ".join(numbers(offered))
    return partner, offered


async def details_of(partner: Partner, offered: list[OfferedVersion], version: str, course: Course) -> Partner:
    """Whom to go on asking, in that version and at its endpoints there. Raises NoCommonVersion, EndpointsMissing."""
    partner = partner.on(replace(partner.connection, version=version, offers=numbers(offered)))
    async with course.step(Stage.DETAILS) as told:
        partner, there = await _either_way(partner, lambda one: endpoints(one, offered, version))
        told.said = ", ".join(sorted({one.identifier for one in there}))
    return partner.on(replace(partner.connection, endpoints=there))


async def _either_way(partner: Partner, ask: Callable[[Partner], Awaitable[T]]) -> tuple[Partner, T]:
    """Some answer a token that they cannot decode as though they were broken."""
    try:
        return partner, await ask(partner)
    except (PartnerRefused, PartnerTroubled) as error:
        if isinstance(error, PartnerRefused) and error.http not in (401, 403):
            raise
        policy = partner.connection.policy
        policy = replace(policy, calls=replace(policy.calls, raw_token=partner.connection.encodes_token))
        other = partner.on(replace(partner.connection, policy=policy))
        try:
            return other, await ask(other)
        except (Refusal, Trouble):
            raise error from None


async def versions(partner: Partner, url: str) -> list[OfferedVersion]:
    connection = partner.connection
    codec = VERSIONS[connection.version].codecs[OfferedVersion]
    words = envelope.members((await _asked(partner, url)).answer.data)
    return [codec.convert(one, hearing(connection)) for one in words]


async def endpoints(partner: Partner, offered: list[OfferedVersion], version: str) -> tuple[Endpoint, ...]:
    """Raises NoCommonVersion, EndpointsMissing."""
    codec = VERSIONS[version].codecs[VersionDetails]
    reply = await _asked(partner, handshake.chosen(offered, VERSIONS, version).url)
    said = replace(hearing(partner.connection), role=publishing(partner.connection))
    return handshake.usable(codec.decode(envelope.single(reply.answer.data), said))


def publishing(connection: Connection) -> Role:
    """As whom they list endpoints where a version names no sides: an access point tells all but CPOs of places."""
    theirs = connection.their_role or opposite(connection.our_role)
    return Role.CPO if theirs is Role.NAP and connection.our_role is not Role.CPO else theirs


def numbers(offered: Iterable[OfferedVersion]) -> tuple[str, ...]:
    """Each once, those that we do not know among them."""
    return tuple(sorted({one.version for one in offered}))


def better(connection: Connection) -> str | None:
    """The newest version that both speak, where it is not the one that is spoken."""
    spoken = list(VERSIONS)  # the newest last
    newer = spoken[spoken.index(connection.version) + 1 :]
    return next((version for version in reversed(newer) if version in connection.offers), None)


async def look_again(database: Database, clients: Clients, connection: Connection) -> Connection:
    """Its endpoints where they are now, for some move without the PUT that would tell; no version is changed.

    Raises NoCommonVersion, EndpointsMissing, Unreadable, and what a call raises; then what was known stays.
    """
    partner = await clients.to(connection)
    offered = await versions(partner, connection.versions_url or "")
    found = await endpoints(partner, offered, connection.version)
    async with database.unit() as unit:
        now = await store.connections.find(unit, connection.holder, connection.id, lock=True)
        if now is None or (now.state, now.version) != (connection.state, connection.version):
            return connection
        after = replace(now, endpoints=found, offers=numbers(offered))
        store.lines.look_at(unit, after.line, unit.now + unit.clock.wall(EVERY))
        if after != now:
            store.connections.update(unit, after)
            await lines.changed_for_all(unit, now.line)
            log.info(
                "partner_moved", connection=now.id, endpoints=after.endpoints != now.endpoints, offers=after.offers
            )
    return after


async def look_due(database: Database, clients: Clients, dice: Dice) -> int:
    """Look at those whose turn it is; says how many. One that cannot be looked at is looked at in its next turn."""
    async with database.unit() as unit:
        due = await store.connections.due_looks(unit, TOGETHER)
        for connection in due:
            store.lines.look_at(unit, connection.line, unit.now + unit.clock.wall(EVERY * (0.75 + dice() / 2)))
    await asyncio.gather(*(_looked(database, clients, connection) for connection in due))
    return len(due)


async def _looked(database: Database, clients: Clients, connection: Connection) -> None:
    try:
        await look_again(database, clients, connection)
    except (Refusal, Trouble) as error:
        log.warning("partner_not_looked_at", connection=connection.id, error=str(error))


async def _asked(partner: Partner, url: str) -> Reply:
    return await partner.call("GET", url, routed=False)
