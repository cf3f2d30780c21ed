"""As hub: who comes, goes and falls silent is told to all others behind us (OCPI 2.2.1 mod_hub_client_info_flow)."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.ocpi import store
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import RECEIVER
from laddnav.ocpi.telling.listeners import tell
from laddnav.ocpi.wire.clients import ClientInfo, clients_of
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role


async def tell_clients(database: Database, changed: ConnectionChanged) -> None:
    """Hears that something is different about a connection: where we are its hub, the others are told."""
    async with database.unit() as unit:
        connection = await store.connections.find(unit, changed.holder, changed.connection_id)
        if connection is None or connection.our_role is not Role.HUB:
            return
        holder, reachable = connection.holder, connection.failures == 0
        for client in clients_of(connection.roles, connection.state, reachable=reachable, now=unit.now):
            before = await store.hub.known(unit, holder, holder, client.key, lock=True)
            if before is None or replace(before, last_updated=client.last_updated) != client:
                store.hub.put_client(unit, holder, holder, client)
                await _tell(unit, connection, client)
    database.wake()


async def _tell(unit: Unit, about: Connection, client: ClientInfo) -> None:
    for other in await store.connections.registered(unit, about.holder):
        takes = other.our_role is Role.HUB and other.endpoint(Module.HUB_CLIENT_INFO, RECEIVER) is not None
        if takes and other.id != about.id:
            await tell(unit, other, Module.HUB_CLIENT_INFO, client.key)
