"""What there is to be read of charges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import actions as locations
from laddnav.readings import actions as readings
from laddnav.sessions import store
from laddnav.sessions.course import Course, course
from laddnav.sessions.model import Session, Status, Stay
from laddnav.sessions.rules import READ_WITHIN, UnknownSession, read_between


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Session:
    """With `lock`, nothing happens to it before the Unit ends. Raises UnknownSession."""
    session = await store.find(unit, holder, owner, id, lock=lock)
    if session is None:
        raise UnknownSession(id)
    return session


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Session | None:
    return await store.find(unit, holder, owner, id)


async def several(unit: Unit, keys: Collection[tuple[PartyId, str]]) -> dict[tuple[PartyId, str], Session]:
    """Charges at Stations of ours by (holder, folded id); what is not known is not in it."""
    return await store.several(unit, keys)


async def by_ref(unit: Unit, ref: str) -> Session:
    """Raises UnknownSession."""
    session = await store.by_ref(unit, ref)
    if session is None:
        raise UnknownSession(ref)
    return session


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    statuses: Sequence[Status] | None = None,
    station_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Session]:
    """Newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, owner, statuses, station_id, before, limit)


async def open_of_tokens(unit: Unit, holder: PartyId, uids: Iterable[str]) -> Sequence[Session]:
    """What is charged now with any Token of these uids, whoever's contract it is; newest first."""
    return await store.open_of_tokens(unit, holder, uids)


async def of_our_drivers(
    unit: Unit, holder: PartyId, since: datetime, until: datetime | None, offset: int, limit: int
) -> tuple[int, Sequence[Session]]:
    """(how many, a page of) their charges with partners that changed in this time, as we first heard of them."""
    return await store.of_our_drivers(unit, holder, since, until, offset, limit)


async def under_way_at(unit: Unit, holder: PartyId, evse: EvseRef, *, lock: bool = True) -> Sequence[Session]:
    """What goes on at an Evse of ours, and what is awaited there; without `lock`, to be looked at alone."""
    found = await locations.station_at(unit, holder, evse)
    return () if found is None else await store.open_at_evse(unit, holder, found[0].id, found[1], lock=lock)


async def charging_at(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], known: Iterable[Session] = ()
) -> Sequence[Session]:
    """All cars that charge at some Stations of ours; what is `known` is not read again where nothing happened."""
    if not station_ids:
        return ()
    return await store.charging_at(unit, holder, station_ids, {fold(one.id): one for one in known})


async def charged_at(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], since: datetime, until: datetime
) -> Sequence[Session]:
    """All charges at some Stations of ours that went on in this time, in the order in which they began."""
    return await store.charged_at(unit, holder, station_ids, since, until) if station_ids else ()


async def billed_meanwhile(unit: Unit, session: Session) -> Sequence[Session]:
    """Charges at the same Evse that are over, began within days of this one and went on in its time; itself too."""
    if session.station_id is None or session.evse_no is None or session.ended_at is None:
        return ()
    begun_since = session.started_at - READ_WITHIN
    return await store.billed_meanwhile(
        unit, session.holder, session.station_id, session.evse_no, begun_since, session.started_at, session.ended_at
    )


async def stays(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], since: datetime, until: datetime
) -> Sequence[Stay]:
    """Charges at some Stations of ours that began in this time, are over and took something; by when they began."""
    return await store.stays(unit, holder, station_ids, since, until) if station_ids else ()


async def course_of(unit: Unit, session: Session) -> Course:
    """How the charge went so far, stretch by stretch."""
    return course(session, await readings.facts(unit, session.holder, session.id, *read_between(session)))


async def counts(unit: Unit, holder: PartyId | None) -> dict[str, int]:
    """How many Sessions are in each Status."""
    return await store.counts(unit, holder)
