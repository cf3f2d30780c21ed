"""The verb by which a partner tells of a charge at its own place."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.sessions import rules, store
from laddnav.sessions.events import SessionChanged, SessionStarted, about
from laddnav.sessions.model import Session


async def hear(unit: Unit, session: Session) -> bool:
    """Keep a partner's Session; False when it says nothing new. `ref` and `revision` of what is known stay."""
    before = await store.find(unit, session.holder, session.owner, session.id, lock=True)
    if before is None:
        store.insert(unit, session)
        unit.announce(about(SessionStarted, session))
        return True
    if rules.stays(before, session):
        return False
    ours = replace(session, ref=before.ref, limits=before.limits, active_profile=before.active_profile)
    store.update(unit, ours)
    unit.announce(about(SessionChanged, session))
    return True
