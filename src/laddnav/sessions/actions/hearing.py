"""The verbs about a partner's charge at its own place: it is heard of, and holds a part of the wallet that pays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers import wallet
from laddnav.customers.actions import allowing
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.money import FREE
from laddnav.locations import actions as locations
from laddnav.parties import actions as parties
from laddnav.sessions import rules, store
from laddnav.sessions.events import RoamingCostMoved, SessionChanged, SessionStarted, about
from laddnav.sessions.model import Known, Session, Status

VAT_MOST = Decimal(27)  # percent: the highest standard rate of the Union (Hungary)


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
    moves = before is None or _may_hold_another(before) or _may_hold_another(session)
    if session.token.owner == session.holder and moves:
        unit.announce(about(RoamingCostMoved, session))
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


async def hold(database: Database, event: RoamingCostMoved) -> None:
    """Hears RoamingCostMoved: what it may cost by now is held of its wallet until its CDR; again is nothing.

    Not with the partner's word itself: those that come together share a transaction, and two charges of one wallet
    among them would both find free what only one can have.
    """
    async with database.unit() as unit:
        session = await store.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if session is None:
            return
        party = await parties.fetch(unit, session.holder)
        part = _part(session, party.vat_percent)
        if part is None:
            await allowing.let_go(unit, session.holder, session.id, session.owner)
            return
        # Where it is over and holds nothing, its CDR was here already.
        if session.status is not Status.COMPLETED or await allowing.holds(
            unit, session.holder, session.id, session.owner
        ):
            contract, until = session.token.contract_id, unit.now + wallet.CDR_WITHIN
            await allowing.hold(
                unit,
                session.holder,
                contract,
                session.currency,
                session.id,
                part=part,
                owner=session.owner,
                until=until,
            )


async def held_for(
    unit: Unit, holder: PartyId, owner: PartyId, contract_id: str, where: EvseRef, began: datetime, ended: datetime
) -> str | None:
    """The id of the Session that holds a part for this charge, whose CDR does not tell it: none does in OCPI 2.1.1.

    None: nothing is held for any that could be it.
    """
    ids = await allowing.held_at(unit, holder, contract_id, owner)
    found = [await store.find(unit, holder, owner, id) for id in ids]
    return which([one for one in found if one is not None], where, began, ended)


def which(sessions: Iterable[Session], where: EvseRef, began: datetime, ended: datetime) -> str | None:
    """The id of the one that went on at this Evse, or else at its Location, in this time; of several the nearest."""
    location, evse = fold(where.location_id), fold(where.evse_uid)
    meanwhile = [
        (fold(one.evse_uid) != evse, abs(one.started_at - began), one.id)
        for one in sessions
        if one.started_at < ended
        and (one.ended_at is None or one.ended_at > began)
        and (fold(one.evse_uid) == evse or fold(one.location_id) == location)
    ]
    return min(meanwhile)[2] if meanwhile else None


def _may_hold_another(session: Session | Known) -> bool:
    """Nearly every word of a charge that goes on comes before it costs more than it held from its beginning.

    After one that may hold another the next may go back to it. Whoever holds knows which VAT will be owed; here the
    highest of the Union counts, so that none is overlooked.
    """
    return session.status is not Status.ACTIVE or _part(session, VAT_MOST) != wallet.part_at_partner(
        wallet.ZERO, session.currency
    )


def _part(session: Session | Known, vat_percent: Decimal | None) -> Decimal | None:
    """What it holds by what it costs so far, with VAT as it will be owed; None: nothing will come of it."""
    if session.status is Status.INVALID:
        return None
    cost = session.cost or FREE
    so_far = cost.after_taxes
    if so_far is None:
        so_far = wallet.with_vat(cost.before_taxes, cost.before_taxes, vat_percent, session.currency)
    return wallet.part_at_partner(so_far, session.currency)
