"""Keeps what partners know of us true and their tokens young: a PUT of our credentials, which makes them look again.

OCPI 2.2.1 credentials_updating_the_credentials_and_resetting_the_token.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.ourselves import digest_of, note_told
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.handshake import Step

log = structlog.get_logger()

AGAIN = timedelta(days=1)  # for whoever did not take it
STRANDED_AFTER = timedelta(minutes=15)  # a handshake is some calls of half a minute at most
TOGETHER = 4  # partners that are told in one go; each looks at our endpoints meanwhile


async def renew_due(database: Database, clients: Clients) -> int:
    """Where a month is over, or we are not any more as we said; says how many were told.

    Who knows no PUT would have to be left and met again, which is for a person to decide.
    """
    due: list[Connection] = []
    async with database.unit() as unit:
        for id, told, renew_at in await store.lines.told_to(unit):
            line = await store.connections.on_line(unit, id)
            now = await digest_of(unit, clients.settings, line)
            if told is None or renew_at is None:
                await note_told(unit, clients.settings, line)
            elif (told != now or renew_at <= unit.now) and not line[0].policy.calls.registers_anew:
                store.lines.told(unit, id, now, unit.now + unit.clock.wall(AGAIN))
                due.append(line[0])
            if len(due) == TOGETHER:
                break
    for connection in due:
        try:
            await partners.renew(database, clients, connection)
        except (Refusal, Trouble) as error:
            log.warning("tokens_not_renewed", connection=connection.id, error=str(error))
    return len(due)


async def give_up_stranded(database: Database) -> int:
    """Registrations that broke off with the process that made them; says how many. Their token is good no more."""
    async with database.unit() as unit:
        stranded = await store.connections.stranded(unit, unit.now - unit.clock.wall(STRANDED_AFTER))
        for connection in stranded:
            await partners.leave(unit, connection, Step.WE_GIVE_UP)
    return len(stranded)
