"""Locations: as CPO we say where one can charge, as eMSP we hear it (OCPI 2.2.1 mod_locations_locations_module)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.kit.time import as_told, rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Evse, Location
from laddnav.locations.rules import UnknownConnector, UnknownEvse, UnknownLocation, removed
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Kept, Mismatch, Subject, changed, part, readable, with_part
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.codec import encoded, parsed, unmarked
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.opened import OpenedLocation
from laddnav.ocpi.wire.shared.scalars import instant

SUBJECT = Subject(
    module=Module.LOCATIONS,
    kind=Location,
    field="id",
    id=lambda location: location.id,
    key=lambda location: fold(location.id),
    owner=lambda location: location.owner,
    last_updated=lambda location: location.last_updated,
    keep=locations.keep,
    unknown=UnknownLocation,
    correct=locations.correct,
)


async def ours(unit: Unit, call: Call) -> Reply:
    """A Location, an Evse or a Connector of ours. Raises UnknownLocation, UnknownEvse, UnknownConnector."""
    body = await lists.own(unit, call, Module.LOCATIONS, call.segments[0])
    if body is None:
        raise UnknownLocation(call.segments[0])
    return Reply(data=inside(body, call.segments))


async def theirs(unit: Unit, call: Call) -> Reply:
    """As it is kept here. Raises UnknownLocation, UnknownEvse, UnknownConnector."""
    id = call.segments[2]
    return Reply(data=inside(await SUBJECT.get(unit, call, id, fold(id)), call.segments[2:]))


async def put_location(unit: Unit, call: Call) -> Reply:
    return kept(new=await SUBJECT.put(unit, call, call.segments[2]))


async def patch_location(unit: Unit, call: Call) -> Reply:
    await SUBJECT.patch(unit, call, call.segments[2], fold(call.segments[2]))
    return kept(new=False)


async def put_evse(unit: Unit, call: Call) -> Reply:
    """Raises UnknownLocation: an Evse stands nowhere by itself."""
    return await _evse(unit, call, unmarked(readable(call.connection, call.body)))


async def patch_evse(unit: Unit, call: Call) -> Reply:
    """Raises UnknownLocation, UnknownEvse."""
    return await _evse(unit, call)


async def put_connector(unit: Unit, call: Call) -> Reply:
    """Raises UnknownLocation, UnknownEvse."""
    return await _connector(unit, call, parsed(readable(call.connection, call.body)))


async def patch_connector(unit: Unit, call: Call) -> Reply:
    """Raises UnknownLocation, UnknownEvse, UnknownConnector."""
    return await _connector(unit, call)


async def gone(unit: Unit, key: Key) -> None:
    """What its CPO does not list any more has no Evse any more (OCPI 2.2.1 mod_locations_status_enum, REMOVED)."""
    location = await locations.find(unit, key.holder, key.owner, key.id)
    if location is not None:
        await locations.keep(unit, key.holder, removed(location))


async def _evse(unit: Unit, call: Call, said: bytes | None = None) -> Reply:
    """`said` None: the body is a change of the Evse that is there."""
    location_id, uid = call.segments[2:4]
    words, location = await _locked(unit, call, location_id)
    found = location.evse(uid)
    if said is None:
        if found is None:
            raise UnknownEvse(location_id, uid)
        said = encoded(changed(unit, call, Evse, found))
    evse = call.codec(Evse).decode(said, call.hearing())
    if fold(uid) != fold(evse.uid):
        raise Mismatch("uid", uid, evse.uid)
    if found is None or evse.last_updated >= _instant(found):
        location.put(evse.uid, said)
        await _keep(unit, words, location, evse, evse.last_updated)
    return kept(new=found is None)


async def _connector(unit: Unit, call: Call, whole: Any = UNSET) -> Reply:
    """`whole` UNSET: the body is a change of the Connector that is there."""
    location_id, uid, connector_id = call.segments[2:5]
    words, location = await _locked(unit, call, location_id)
    evse = location.evse(uid)
    if evse is None:
        raise UnknownEvse(location_id, uid)
    found = part(evse, "connectors", "id", connector_id)
    if whole is UNSET:
        if found is None:
            raise UnknownConnector(uid, connector_id)
        whole = changed(unit, call, Connector, found[1])
    connector = call.codec(Connector).convert(whole, call.hearing())
    if fold(connector_id) != fold(connector.id):
        raise Mismatch("id", connector_id, connector.id)
    if found is None or connector.last_updated >= _instant(found[1]):
        with_part(evse, "connectors", "id", whole)
        evse["last_updated"] = rfc3339(max(connector.last_updated, _instant(evse)))
        said = encoded(evse)
        meant = call.codec(Evse).decode(said, call.hearing())
        location.put(meant.uid, said)
        await _keep(unit, words, location, meant, connector.last_updated)
    return kept(new=found is None)


async def _keep(unit: Unit, words: Kept, location: OpenedLocation, evse: Evse, at: datetime) -> None:
    """What an Evse with news makes of its Location: a part that is newer makes it as new.

    OCPI 2.2.1 mod_locations_put_method.
    """
    newest = as_told(max(at, words.last_updated or at))
    if not words.means_nothing:
        await locations.hear_evse(unit, words.key.holder, words.key.owner, location.id, evse, at=newest)
    store.words.renew(unit, words.key, words.said, location.encoded(last_updated=rfc3339(newest)), newest)


async def _locked(unit: Unit, call: Call, location_id: str) -> tuple[Kept, OpenedLocation]:
    words = await SUBJECT.before(unit, call.connection, call.version, call.owner(), fold(location_id))
    if words.body is None:
        raise UnknownLocation(location_id)
    return words, OpenedLocation(words.body)


def _instant(said: dict[str, Any]) -> datetime:
    """When a part changed that was understood before."""
    return instant(said["last_updated"])


def inside(body: bytes, segments: tuple[str, ...]) -> bytes:
    """The Location itself, or the Evse or Connector in it that the URL goes on to name."""
    if len(segments) == 1:
        return body
    evse = OpenedLocation(body).evse(segments[1])
    if evse is None:
        raise UnknownEvse(segments[0], segments[1])
    if len(segments) == 2:
        return encoded(evse)
    connector = part(evse, "connectors", "id", segments[2])
    if connector is None:
        raise UnknownConnector(segments[1], segments[2])
    return encoded(connector[1])


SENDER: Table = {
    ("GET", 0): lists.listing(Module.LOCATIONS),
    ("GET", 1): Within(ours),
    ("GET", 2): Within(ours),
    ("GET", 3): Within(ours),
}
RECEIVER: Table = {
    ("GET", 3): Within(theirs),
    ("PUT", 3): Within(put_location, shares=True),
    ("PATCH", 3): Within(patch_location, shares=True),
    ("GET", 4): Within(theirs),
    ("PUT", 4): Within(put_evse, shares=True),
    ("PATCH", 4): Within(patch_evse, shares=True),
    ("GET", 5): Within(theirs),
    ("PUT", 5): Within(put_connector, shares=True),
    ("PATCH", 5): Within(patch_connector, shares=True),
}
