"""Verbs about places: Locations with their Evses and Connectors, ours and those of partners."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import rules, store
from laddnav.locations.events import EvseStatusChanged, LocationChanged
from laddnav.locations.model import Connector, Evse, Location, Status
from laddnav.locations.rules import Named, UnknownEvse, UnknownLocation


async def keep(unit: Unit, holder: PartyId, location: Location) -> bool:
    """Insert or replace a whole Location; True and LocationChanged when that changed anything.

    Raises TwoEvsesAlike, UnknownTimeZone.
    """
    rules.sound(location, ours=holder == location.owner)
    if holder == location.owner:
        location = rules.dated(location)
    before = await store.places.find(unit, holder, location.owner, location.id, lock=True)
    if before is not None and holder == location.owner:
        location = rules.succeeding(before, location)
    if before is not None and rules.stays(before, location, ours=holder == location.owner):
        return False
    _write(unit, holder, location)
    return True


async def correct(unit: Unit, holder: PartyId, location: Location) -> bool:
    """As `keep` of a partner's, also where newer is here: that was dated too late. Raises what `keep` raises."""
    rules.sound(location, ours=False)
    if await store.places.find(unit, holder, location.owner, location.id, lock=True) == location:
        return False
    _write(unit, holder, location)
    return True


async def keep_evse(unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse: Evse) -> bool:
    """Insert or replace one Evse. Raises UnknownLocation."""
    return await keep(unit, holder, rules.with_evse(await _locked(unit, holder, owner, location_id), evse))


async def keep_connector(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse_uid: str, connector: Connector
) -> bool:
    """Insert or replace one Connector. Raises UnknownLocation, UnknownEvse."""
    location = await _locked(unit, holder, owner, location_id)
    return await keep(unit, holder, rules.with_connector(location, evse_uid, connector))


async def hear_evse(unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse: Evse, *, at: datetime) -> bool:
    """Insert or replace one Evse of a partner, whose Location is of `at` then: as `keep` of all of it, at less cost.

    True and LocationChanged when that changed anything. Raises UnknownLocation, TwoEvsesAlike.
    """
    rules.sound_evse(evse)
    before = await store.evses.lock(unit, holder, owner, EvseRef(location_id, evse.uid))
    if before is None:
        raise UnknownLocation(location_id)
    if before.evse is not None and rules.stays_evse(before.evse, evse):
        return False
    store.evses.write(unit, holder, owner, location_id, evse, before, at)
    unit.announce(LocationChanged(holder=holder, owner=str(owner), location_id=location_id))
    return True


async def report_status(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse_uid: str, status: Status, at: datetime
) -> bool:
    """The Evse is so since `at`; False when it was so already or newer is known."""
    if not await store.evses.set_status(unit, holder, owner, EvseRef(location_id, evse_uid), status, at):
        return False
    unit.announce(
        EvseStatusChanged(
            holder=holder, owner=str(owner), location_id=location_id, evse_uid=evse_uid, status=status.value
        )
    )
    return True


async def can(unit: Unit, holder: PartyId, where: EvseRef, capability: str) -> bool:
    """Whether an Evse of ours says that it can do this; one that is not known any more can nothing."""
    location = await store.places.find(unit, holder, holder, where.location_id)
    evses = () if location is None else location.evses
    return any(capability in evse.capabilities for evse in evses if fold(evse.uid) == fold(where.evse_uid))


async def vacated(unit: Unit, holder: PartyId, where: EvseRef, was: Status = Status.RESERVED) -> None:
    """What was kept or taken by a driver is free again, unless its Station has said otherwise meanwhile."""
    location = await store.places.find(unit, holder, holder, where.location_id)
    for evse in () if location is None else location.evses:
        if fold(evse.uid) == fold(where.evse_uid) and evse.status is was:
            await report_status(unit, holder, holder, where.location_id, evse.uid, Status.AVAILABLE, unit.now)


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Location:
    """Raises UnknownLocation."""
    location = await store.places.find(unit, holder, owner, id)
    if location is None:
        raise UnknownLocation(id)
    return location


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Location | None:
    return await store.places.find(unit, holder, owner, id)


async def time_zone(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> str | None:
    """Of a Location; None where it is not known."""
    return await store.places.time_zone(unit, holder, owner, id)


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Location]:
    """(holder, Location). Raises UnknownLocation."""
    found = await store.places.by_ref(unit, ref)
    if found is None:
        raise UnknownLocation(ref)
    return found


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    words: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[tuple[str, PartyId, Location]]:
    """(ref, holder, Location) in the order in which they became known; the last ref is the next `after`."""
    return await store.places.page(unit, holder, owner, words, after, limit)


async def several(
    unit: Unit, keys: Collection[tuple[PartyId, PartyId, str]]
) -> dict[tuple[PartyId, PartyId, str], tuple[str, Location]]:
    """(ref, Location) by (holder, owner, folded id); what is not known is not in it."""
    return await store.places.several(unit, keys)


async def offering(unit: Unit, holder: PartyId, tariff_id: str) -> str | None:
    """The id of a Location of ours where a Connector still has this Tariff; None: nobody can charge on it."""
    return await store.places.offering(unit, holder, tariff_id)


async def elsewhere(unit: Unit, location: Location) -> dict[str, str]:
    """At which other Location of the same company of ours an Evse uid of this one stands too."""
    return await store.places.elsewhere(unit, location)


async def offered_at(unit: Unit, holder: PartyId, tariff_id: str) -> tuple[str, ...]:
    """Every Location of ours where a Connector has this Tariff."""
    return await store.places.offered_at(unit, holder, tariff_id)


async def shown_to(unit: Unit, holder: PartyId, token: Named) -> tuple[str, ...]:
    """Every Location of ours that is not published, but may be shown to whoever owns this Token."""
    words = [word for word in (token.uid, token.visual_number, token.group_id) if word is not None]
    named = await store.places.naming(unit, holder, words)
    return tuple(location.id for location in named if rules.may_be_shown(location, token))


def redate(unit: Unit, holder: PartyId, location_id: str) -> None:
    """What some were told of a Location of ours is as new as now, so that nothing they hear after it is older."""
    store.evses.touch(unit, holder, location_id)


async def touch(unit: Unit, holder: PartyId, location_id: str) -> None:
    """What is told of a Location of ours is different, though it is as it was: as new as now, and LocationChanged."""
    store.evses.touch(unit, holder, location_id)
    unit.announce(LocationChanged(holder=holder, owner=str(holder), location_id=location_id))


async def count(unit: Unit, holder: PartyId | None) -> int:
    return await store.places.count(unit, holder)


async def evse_named(unit: Unit, name: str, holder: PartyId | None = None) -> tuple[PartyId, Location, Evse]:
    """(holder, Location, Evse) by our ref or the number printed at the Evse, among all or one holder's.

    Raises UnknownEvse.
    """
    found = await store.evses.named(unit, name, holder)
    if found is None:
        raise UnknownEvse("", name)
    holder, owner, location_key, uid = found
    location = await fetch(unit, holder, owner, location_key)
    return holder, location, rules.evse_of(location, uid)


async def printed_evse(unit: Unit, number: str) -> tuple[Location, Evse]:
    """What anybody may be told of the Evse that shows this number, typed with or without its separators.

    Raises UnknownEvse also where it is a partner's or not published.
    """
    plain = rules.as_printed(number)
    for holder, location_key, uid in () if plain is None else await store.evses.printed(unit, plain):
        location = await fetch(unit, holder, holder, location_key)
        evse = rules.evse_of(location, uid)
        if rules.shown_to_anybody(location, evse):
            return location, evse
    raise UnknownEvse("", number)


async def evses_of_uid(unit: Unit, holder: PartyId, evse_uid: str) -> Sequence[tuple[PartyId, str]]:
    """(owner, Location id) of every Evse of this uid among a holder's."""
    return await store.evses.where_is(unit, holder, evse_uid)


async def _locked(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Location:
    location = await store.places.find(unit, holder, owner, id, lock=True)
    if location is None:
        raise UnknownLocation(id)
    return location


def _write(unit: Unit, holder: PartyId, location: Location) -> None:
    store.places.write(unit, holder, location)
    unit.announce(LocationChanged(holder=holder, owner=str(location.owner), location_id=location.id))
