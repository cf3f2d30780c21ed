"""The verb by which a partner tells of a charge at its own place."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.locations import actions as locations
from laddnav.sessions import rules, store
from laddnav.sessions.events import SessionChanged, SessionStarted, about
from laddnav.sessions.model import Session


async def hear(unit: Unit, session: Session) -> bool:
    """Keep a partner's Session, in the time zone of its Location where we know that; False when it says nothing new.

    `ref` and `revision` of what is known stay.
    """
    before = await store.lock_known(unit, session)
    if before is not None and rules.stays(before, session):
        return False
    if before is not None and rules.stands(before, session):
        zone: str | None = before.time_zone
    else:
        zone = await locations.time_zone(unit, session.holder, session.owner, session.location_id)
    session = replace(session, time_zone=zone or session.time_zone)
    if before is None:
        store.insert(unit, session)
        unit.announce(about(SessionStarted, session))
        return True
    ours = replace(
        session,
        ref=before.ref,
        limits=before.limits,
        preferred=before.preferred,
        active_profile=before.active_profile,
    )
    store.update(unit, ours)
    unit.announce(about(SessionChanged, session))
    return True
