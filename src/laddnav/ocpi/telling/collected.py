"""As national access point: what somebody told us of public places and prices is told on, in the name of its owner.

OCPI 2.2.1 terminology_roles: information can be sent to it and retrieved from it.
"""

from __future__ import annotations

from typing import Any

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.sides import RECEIVER
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.telling.words import KINDS
from laddnav.ocpi.wire.codec import Unsayable, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.tariffs import actions as tariffs

COLLECTED = (Module.LOCATIONS, Module.TARIFFS)


async def words_of(
    unit: Unit, holder: PartyId, module: Module, version: Version, owner: PartyId, key: str
) -> bytes | None:
    """Its owner's own, where these are of this version, else as we understand it; None where it is not there.

    None too where the version has no words for it.
    """
    thing: Any = await (locations if module is Module.LOCATIONS else tariffs).find(unit, holder, owner, key)
    if thing is None:
        return None
    heard = await store.words.find(
        unit, Key(holder=holder, owner=owner, module=module, version=version.number, said=False, id=key)
    )
    try:
        return version.codecs[KINDS[module]].encode(thing) if heard is None else heard.body
    except Unsayable:
        return None


async def queue(unit: Unit, holder: PartyId, owner: PartyId, module: Module, key: str) -> None:
    """For everybody but whoever has told it; of what is not public only those hear who have heard of it before."""
    if not await store.collected.collects(unit, holder):
        return
    public = owner in await store.collected.owners(unit, holder, module, key, ())
    for one in await store.connections.registered(unit, holder):
        if one.our_role is Role.NAP and owner not in one.parties and one.endpoint(module, RECEIVER) is not None:
            named = f"{owner} {key}"
            if public or await store.deliveries.told(unit, one, module, named):
                store.deliveries.queue_news(unit, one, module, named, "PUT")


def is_collected(connection: Connection, delivery: Delivery) -> bool:
    return connection.our_role is Role.NAP and delivery.module in COLLECTED


async def message_of(unit: Unit, connection: Connection, delivery: Delivery) -> Message | None:
    """None where there is nothing to say any more."""
    endpoint = connection.endpoint(delivery.module, RECEIVER)
    owned_by, _, key = delivery.object_key.partition(" ")
    owner = PartyId.parse(owned_by)
    version = VERSIONS[connection.version]
    body = await words_of(unit, connection.holder, delivery.module, version, owner, key)
    if endpoint is None or (body is None and delivery.module is not Module.TARIFFS):
        return None
    id = key if body is None else parsed(body)["id"]
    url = joined(endpoint, owner.country, owner.party, id)
    return Message(method="DELETE" if body is None else "PUT", url=url, body=body)
