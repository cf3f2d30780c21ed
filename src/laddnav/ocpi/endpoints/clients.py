"""Hub client info: a hub lists who is behind it and tells what changes (OCPI 2.2.1 mod_hub_client_info_module)."""

from __future__ import annotations

from typing import Any

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, hearing, kept
from laddnav.ocpi.endpoints.heard import readable, same_owner
from laddnav.ocpi.endpoints.lists import listing
from laddnav.ocpi.hub import clients
from laddnav.ocpi.model import Connection
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.version import Version
from laddnav.parties.model import Role


class UnknownClient(Refusal):
    """The hub never told us of this party."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"{party} is no client that we were told of")
        self.party = party


class NotAHub(Refusal):
    """Nobody is behind this partner: only a hub tells who can be reached through it."""


async def get(unit: Unit, call: Call) -> Reply:
    """Raises UnknownClient, NotAPartyId, NotAHub."""
    party = PartyId.of(*call.segments)
    client = await clients.heard(unit, _hub(call), party)
    if client is None:
        raise UnknownClient(party)
    return Reply(data=call.codec(ClientInfo).encode(client))


async def put(unit: Unit, call: Call) -> Reply:
    """Each of our parties on the line hears it. Raises Unreadable, Mismatch, NotAPartyId, NotAHub."""
    hub = _hub(call)
    client = call.codec(ClientInfo).decode(readable(hub, call.body), call.hearing())
    same_owner(PartyId.of(*call.segments), client.party)
    told = {one.holder: one for one in call.ours}
    return kept(new=any([await clients.hear(unit, one, client) for one in told.values()]))


def _hub(call: Call) -> Connection:
    """Raises NotAHub."""
    connection = call.connection
    if connection.hub is None and Role.HUB not in {one.role for one in connection.roles}:
        raise NotAHub("You are no hub to us, so nobody is reached through you")
    return connection


async def pulled(unit: Unit, connection: Connection, version: Version, words: Any) -> Key:
    """One client out of the hub's list. Raises Unreadable, NotAPartyId."""
    body = readable(connection, encoded(words))
    client = version.codecs[ClientInfo].decode(body, hearing(connection))
    await clients.hear(unit, connection, client)
    owner = connection.chief or connection.holder
    return Key(
        holder=connection.holder,
        owner=owner,
        module=Module.HUB_CLIENT_INFO,
        version=version.number,
        said=False,
        id=client.key,
    )


SENDER: Table = {("GET", 0): listing(Module.HUB_CLIENT_INFO)}
RECEIVER: Table = {("GET", 2): Within(get, several=True), ("PUT", 2): Within(put, several=True)}
