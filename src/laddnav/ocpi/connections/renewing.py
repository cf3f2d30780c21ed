"""Keeps what partners know of us true and their tokens young: a PUT of our credentials, which makes them look again.

OCPI 2.2.1 credentials_updating_the_credentials_and_resetting_the_token.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha256

import structlog

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.ourselves import digest_of, note_told
from laddnav.ocpi.model import Connection
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.sides import OFFERED, details
from laddnav.ocpi.store.lines import NOTHING, Told
from laddnav.ocpi.wire.handshake import Step
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties

log = structlog.get_logger()

AGAIN = timedelta(days=1)  # for whoever did not take it
STRANDED_AFTER = timedelta(minutes=15)  # a handshake is some calls of half a minute at most
TOGETHER = 4  # partners that are told in one go; each looks at our endpoints meanwhile
LOOKED_AT = 100  # lines that are compared in one go, where something became different


async def renew_due(database: Database, clients: Clients) -> int:
    """Where a month is over, or we are not any more as we said; says how many were told.

    As long as nothing is different about us, only those are read whose month is over.
    """
    due: list[Connection] = []
    async with database.unit() as unit:
        around = await surroundings(unit, clients.settings)
        for told in await store.lines.perhaps_due(unit, around, LOOKED_AT):
            if (connection := await _due(unit, clients.settings, told)) is not None:
                due.append(connection)
            store.lines.compared(unit, told.line, around)
            if len(due) == TOGETHER:
                break
    await asyncio.gather(*(_renewed(database, clients, connection) for connection in due))
    return len(due)


async def surroundings(unit: Unit, settings: Settings) -> str:
    """Different as soon as anything is that lines have in common of what their partners are told."""
    names = [(str(party.holder), party.name, party.website) for party in await parties.list_all(unit)]
    found = [
        details([(role, sides)], version, settings.base, theirs)
        for version in VERSIONS.values()
        for role, sides in OFFERED.items()
        for theirs in (None, *OFFERED)
    ]
    return sha256(json.encode((names, found, await store.lines.at_hubs(unit)))).hexdigest()


async def _due(unit: Unit, settings: Settings, told: Told) -> Connection | None:
    """One of ours on the line, where its partner is to be told.

    Who knows no PUT would have to be left and met again, which is for a person to decide; it goes on once begun.
    """
    line = await store.connections.on_line(unit, told.line)
    if told.digest is None or told.renew_at is None:
        await note_told(unit, settings, line)
        return None
    now = await digest_of(unit, settings, line)
    if told.digest == now and told.renew_at > unit.now:
        return None
    begun = told.digest == NOTHING
    store.lines.told(unit, told.line, NOTHING if begun else now, unit.now + unit.clock.wall(AGAIN))
    return None if line[0].policy.calls.registers_anew and not begun else line[0]


async def _renewed(database: Database, clients: Clients, connection: Connection) -> None:
    try:
        await partners.renew(database, clients, connection)
    except (Refusal, Trouble) as error:
        log.warning("tokens_not_renewed", connection=connection.id, error=str(error))


async def give_up_stranded(database: Database) -> int:
    """Registrations that broke off with the process that made them; says how many. Their token is good no more."""
    async with database.unit() as unit:
        stranded = await store.connections.stranded(unit, unit.now - unit.clock.wall(STRANDED_AFTER))
        for connection in stranded:
            await partners.leave(unit, connection, Step.WE_GIVE_UP)
    return len(stranded)
