"""What one client tells all: kept and queued in one Unit, and then told to each as it is when it is told.

A receiver that is away hears it when it is back, and one that refuses it stands in nobody's way
(OCPI 2.2.1 transport_and_format_message_routing_broadcast_push). A change is told as the whole of what it changed,
because what is older may have been overtaken before it arrives.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from urllib.parse import quote, unquote, urlencode

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.locations.rules import UnknownConnector, UnknownEvse
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import locations
from laddnav.ocpi.hub import kept
from laddnav.ocpi.hub.rules import Client
from laddnav.ocpi.hub.telling import retold
from laddnav.ocpi.hub.through import Through
from laddnav.ocpi.hub.translate import OBJECTS, PARTS
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.sides import RECEIVER
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire.codec import Unsayable, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined, with_query
from laddnav.ocpi.wire.versions import VERSIONS


async def queued(unit: Unit, through: Through, clients: Iterable[Client], connections: Iterable[Connection]) -> None:
    """Each party that is to hear it has a delivery of its own, of which only the newest matters.

    To who wants everything in its order goes what is so now, and who takes no changes gets the whole of it.
    """
    by_id = {one.id: one for one in connections}
    module, key = through.module, _key(through)
    for client in clients:
        connection = by_id[client.connection_id]
        pushes = connection.policy.pushes
        meant = _whole(key) if pushes.whole_only else key
        method = "DELETE" if through.method == "DELETE" else "PATCH" if meant != _whole(key) else "PUT"
        if not pushes.in_order:
            store.deliveries.queue_news(unit, connection, module, meant, method, client.party)
        elif message := await _if_sayable(news(unit, connection, module, meant, method, client.party)):
            store.deliveries.queue_message(unit, connection, module, meant, message, client.party)


async def message_of(unit: Unit, connection: Connection, delivery: Delivery) -> Message | None:
    """None where there is nothing to say any more. Raises Unreadable, Unsayable."""
    assert delivery.to is not None, "what is told to all is told to each by name"
    if delivery.path.startswith("http"):
        return Message(method=delivery.method, url=delivery.path, body=delivery.body)
    return await news(unit, connection, delivery.module, delivery.object_key, delivery.method, delivery.to)


async def news(
    unit: Unit, connection: Connection, module: Module, about: str, method: str, to: PartyId
) -> Message | None:
    """What is so now. None where there is nothing to say any more. Raises Unreadable, Unsayable."""
    endpoint = connection.endpoint(module, RECEIVER)
    if endpoint is None:
        return None
    owned_by, _, path = about.partition(" ")
    owner = PartyId.parse(owned_by)
    key, *parts = (unquote(part) for part in path.split("/"))
    where = (owner.country, owner.party)
    if method == "DELETE":
        return Message(method="DELETE", url=joined(endpoint, *where, key), body=None)
    found = await kept.words_of(unit, connection.holder, module, owner, key)
    if found is None:
        return None
    told, body = found
    kind = OBJECTS[module]
    ids = [_id(body)]
    try:
        for _ in parts:
            body = locations.inside(found[1], (ids[0], *parts[: len(ids)]))
            ids.append(_id(body))
    except (UnknownEvse, UnknownConnector):
        return None
    if parts:
        kind = PARTS[len(parts)]
    version = VERSIONS[connection.version]
    spoken = VERSIONS[told.version]
    words = await retold(unit, connection.holder, spoken, version, kind, body, said_by=owner, said_to=to)
    url = joined(endpoint, *where, *ids)
    if module is Module.TOKENS and version.types_tokens:
        url = with_query(url, urlencode({"type": parsed(words)["type"]}))
    return Message(method="PUT", url=url, body=words)


async def _if_sayable(said: Awaitable[Message | None]) -> Message | None:
    """What their version has no words for now, it has none for later either."""
    try:
        return await said
    except (Unreadable, Unsayable):
        return None


def _whole(key: str) -> str:
    """Of a part, what it is part of."""
    return key.split("/")[0]


def _key(through: Through) -> str:
    """Whose, and what: its key, and the parts of it that the URL goes on to name."""
    owner, (id, *parts) = PartyId.of(*through.segments[:2]), through.segments[2:]
    key = fold(id)
    if through.module is Module.TOKENS:
        said = parsed(through.body) if through.method == "PUT" else {}
        key = token_key(str(said.get("type") or through.query.get("type") or "RFID"), id)
    return f"{owner} {'/'.join(quote(part, safe='') for part in (key, *parts))}"


def _id(body: bytes) -> str:
    words = parsed(body)
    return str(words["uid"] if "uid" in words else words["id"])
