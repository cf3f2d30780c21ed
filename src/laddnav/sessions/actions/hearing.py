"""The verb by which a partner tells of a charge at its own place, which holds a part of the wallet that pays for it."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.customers import wallet
from laddnav.customers.actions import allowing
from laddnav.db.unit import Unit
from laddnav.kit.money import FREE
from laddnav.locations import actions as locations
from laddnav.sessions import rules, store
from laddnav.sessions.events import SessionChanged, SessionStarted, about
from laddnav.sessions.model import Session, Status


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
    await _hold(unit, session, new=before is None)
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
    store.hear(unit, before, ours)
    unit.announce(about(SessionChanged, session))
    return True


async def _hold(unit: Unit, session: Session, *, new: bool) -> None:
    """Asked of the wallet only where it may hold something else than before. With its end it waits for its CDR."""
    if session.token.owner != session.holder:
        return
    if session.status is Status.INVALID:
        await allowing.let_go(unit, session.holder, session.id, session.owner)
        return
    cost = session.cost or FREE
    so_far = cost.before_taxes if cost.after_taxes is None else cost.after_taxes
    part = wallet.part_at_partner(so_far, session.currency)
    goes_on = session.status is not Status.COMPLETED
    if goes_on and not new and part == wallet.part_at_partner(wallet.ZERO, session.currency):
        return
    contract, until = session.token.contract_id, unit.now + wallet.CDR_WITHIN
    await allowing.hold(
        unit, session.holder, contract, session.currency, session.id, part=part, owner=session.owner, until=until
    )
