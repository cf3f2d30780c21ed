"""Who can be reached through a hub: as hub we look whether they live, as anybody else we hear it.

OCPI 2.2.1 mod_hub_client_info_flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import lines
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import receivers
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.handshake import CredentialsRole
from laddnav.parties.model import Role

# Without a word from somebody, a hub looks whether anybody is there (the text's own advice where one is unsure).
SILENT_FOR = timedelta(minutes=5)

# As hub ---------------------------------------------------------------------------------------------------------------


async def look_after_clients(database: Database, clients: Clients, limit: int = 20) -> int:
    """Ask those who were silent for long whether they live; says how many that were.

    Their list of versions costs them nothing and has no effects (OCPI 2.2.1 mod_hub_client_info_pull_model).
    """
    async with database.unit() as unit:
        since = unit.now - unit.clock.wall(SILENT_FOR)
        silent = await store.hub.silent(unit, Role.HUB, since, limit)
        found = [one for ref in silent if (one := await store.connections.by_ref(unit, ref)) is not None]
    for connection in found:
        await _look_after(database, clients, connection)
    return len(found)


async def _look_after(database: Database, clients: Clients, connection: Connection) -> None:
    problem: str | None = None
    try:
        partner = await clients.to(connection)
        await partner.call("GET", connection.versions_url or "", routed=False)
    except (Trouble, Refusal) as error:
        problem = str(error)
    async with database.unit() as unit:
        if problem is None:
            store.lines.answered(unit, connection.line)
        else:
            store.lines.not_reached(unit, connection.line, unit.now, problem)
        if (problem is None) is not (connection.failures == 0):
            await lines.changed_for_all(unit, connection.line)


async def client(unit: Unit, holder: PartyId, key: str) -> ClientInfo | None:
    """What we as hub say of one of ours."""
    return await store.hub.known(unit, holder, holder, key)


async def reachable_for(unit: Unit, line: Sequence[Connection]) -> list[CredentialsRole]:
    """Who is behind us as hub, seen from this line (OCPI 2.3.0 credentials_credentials_object)."""
    found: dict[tuple[PartyId, Role], CredentialsRole] = {}
    for hub in (one for one in line if one.our_role is Role.HUB):
        denied: set[PartyId] = set()
        for party in hub.parties:
            denied |= await store.hub.denied_to(unit, hub.holder, party, None)
        for other in await store.connections.connected(unit, hub.holder):
            if other.our_role is Role.HUB and other.line != hub.line:
                found |= {(one.party, one.role): one for one in other.roles if one.party not in denied}
    return list(found.values())


# As anybody else ------------------------------------------------------------------------------------------------------


async def hear(unit: Unit, connection: Connection, client: ClientInfo) -> bool:
    """The hub tells of one of its clients; True where that is new here. Older news are left alone."""
    hub = _hub_of(connection)
    before = await store.hub.known(unit, connection.holder, hub, client.key, lock=True)
    if before is None or before.last_updated <= client.last_updated:
        store.hub.put_client(unit, connection.holder, hub, client)
    return before is None


async def heard(unit: Unit, connection: Connection, party: PartyId) -> ClientInfo | None:
    """What we were told of a party; in which role, a URL does not say, so it is the newest word."""
    found = await store.hub.clients_of_party(unit, connection.holder, _hub_of(connection), party)
    return found[0] if found else None


async def behind(unit: Unit, connection: Connection, limit: int = 500) -> Sequence[ClientInfo]:
    """All who are behind this hub, or with us where we are the hub."""
    hub = connection.holder if connection.our_role is Role.HUB else _hub_of(connection)
    return await store.hub.behind(unit, connection.holder, hub, limit)


async def receivers_of(unit: Unit, connection: Connection) -> tuple[PartyId | None, ...]:
    """To whom of theirs goes what is for all; who is gone for good is nobody to tell."""
    told = await behind(unit, connection) if connection.serves_each else ()
    return receivers(connection, (one for one in told if one.status is not ClientStatus.SUSPENDED))


def _hub_of(connection: Connection) -> PartyId:
    """Whose clients are told of on this connection."""
    return connection.chief or connection.holder
