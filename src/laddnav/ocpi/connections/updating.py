"""What we ask at a partner's credentials endpoint once we know each other: to take our new ones, or to forget us.

OCPI 2.2.1 credentials_updating_the_credentials_and_resetting_the_token.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import seal, store
from laddnav.ocpi.calls.calling import Partner, PartnerRefused
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import lines, offers
from laddnav.ocpi.connections.course import Course, looked_over, parties_of
from laddnav.ocpi.connections.lines import Line, Speaker
from laddnav.ocpi.connections.ourselves import credentials_of, words_of
from laddnav.ocpi.connections.settling import settled, spoken
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.model import Connection, Stage
from laddnav.ocpi.sides import RECEIVER
from laddnav.ocpi.wire import envelope, handshake
from laddnav.ocpi.wire.handshake import Credentials, Module, NotNow, Step
from laddnav.ocpi.wire.versions import VERSIONS

log = structlog.get_logger()

MET_AGAIN = timedelta(minutes=10)  # until who forgot us, and did not take us again, is asked once more
LEFT = (
    "They took our DELETE of the credentials, and not the POST after it. It is tried again every 10 minutes; where "
    "that does not help, remove this connection and register with a new token of theirs. What they said: {error}"
)


async def updated(
    database: Database,
    clients: Clients,
    connection: Connection,
    partner: Partner,
    ours: Sequence[Speaker] | None,
    course: Course,
) -> Connection:
    """`partner` is as it is to be from now on. One that is still here of those who spoke on the line.

    What happens to the line while they are asked counts: removed, it stays removed, and they hear of it; suspended, it
    stays suspended, with the tokens that they took note of. Raises NotNow, and as `partners.renew` does.
    """
    told = partner.connection
    token = seal.new_token()
    async with database.unit() as unit:
        before = await lines.locked(unit, connection.line)
        handshake.moved(before[0].state, Step.WE_UPDATE)
        line = before if ours is None else await lines.changed_to(unit, before, ours)
        spoken(told.version, sum(not one.leaving for one in line))
        old = await store.lines.held(unit, connection.line)
        store.lines.set_inbound(unit, connection.line, seal.hash_of(token), old)
        credentials = await credentials_of(unit, clients.settings, line, token, told.version)
    async with course.step(Stage.CREDENTIALS):
        said = await _told(database, partner, before, credentials, old)
    try:
        async with database.unit() as unit:
            now = await lines.locked(unit, connection.line)
            handshake.moved(now[0].state, Step.THEY_ANSWER)
            # The one before is good for nothing any more, whatever becomes of the rest.
            store.lines.set_outbound(unit, connection.line, clients.seal.sealed(said.token))
        # With the token that they have just given us: theirs may have moved as well.
        asking = await offers.met(clients, told, said.token, said.url, course)
        async with course.step(Stage.TOKEN) as step, database.unit() as unit:
            after = await settled(unit, clients, connection.line, Step.THEY_ANSWER, said, asking.connection)
            step.said = parties_of(after)
    except NotNow:
        await goodbye(await clients.to(told, token=said.token))
        raise
    await looked_over(database, course, after)
    database.wake()
    return next((one for one in after if one.id == connection.id), after[0])


async def _told(
    database: Database, partner: Partner, before: Line, credentials: Credentials, old: str | None
) -> Credentials:
    """What they answer; `before` and `old` are the line and the hash of our token as they were until now."""
    connection, line = partner.connection, before[0].line
    version, ours = VERSIONS[connection.version], seal.hash_of(credentials.token)
    anew, forgotten = connection.policy.calls.registers_anew, False
    try:
        if anew:
            forgotten = await _forgotten(partner)
        words, url = words_of(connection, version, credentials), credentials_url(connection)
        reply = await partner.call("POST" if anew else "PUT", url, words, routed=False)
        answer = version.codecs[Credentials].decode(envelope.single(reply.answer.data), hearing(before[0]))
        return handshake.sound(answer)
    except (Refusal, Trouble) as error:
        async with database.unit() as unit:
            await lines.changed_back(unit, await lines.locked(unit, line), before)
            # Who said no has not taken it. Else nobody knows what came of it, and both stay good until the new one is
            # shown: a partner that thinks for too long goes on with the old one until it has thought.
            if isinstance(error, PartnerRefused) and await store.lines.inbound(unit, line) == ours:
                store.lines.set_inbound(unit, line, old, None)
            first, then = unit.now + unit.clock.wall(MET_AGAIN), unit.now + unit.clock.wall(2 * MET_AGAIN)
            store.lines.left(unit, line, first, then, LEFT.format(error=error), surely=forgotten)
        raise


async def _forgotten(partner: Partner) -> bool:
    """Whether they took our DELETE. Raises PartnerTroubled, PartnerUnreachable."""
    try:
        await partner.call("DELETE", credentials_url(partner.connection), routed=False)
    except PartnerRefused as error:
        # They knew us no more, from an attempt that went no further; the POST will tell.
        log.info("partner_left_already", connection=partner.connection.id, error=str(error))
        return False
    return True


async def goodbye(partner: Partner) -> None:
    """Tell them that it is over; a partner that is gone must not keep us."""
    if partner.connection.endpoint(Module.CREDENTIALS, RECEIVER) is None:
        return
    try:
        await partner.call("DELETE", credentials_url(partner.connection), routed=False)
    except (Refusal, Trouble) as error:
        log.info("partner_not_told", connection=partner.connection.id, error=str(error))


def credentials_url(connection: Connection) -> str:
    return connection.endpoint(Module.CREDENTIALS, RECEIVER) or ""
